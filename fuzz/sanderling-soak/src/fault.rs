//! Who is at what since when, for those who cannot say it any more: a worker that hangs, or that met a guard.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Most workers.
pub const WORKERS: usize = 16;

/// Between trials.
const IDLE: u64 = u64::MAX;

static CURRENT: [AtomicU64; WORKERS] = [const { AtomicU64::new(IDLE) }; WORKERS];
/// When the trial began, in milliseconds.
static SINCE: [AtomicU64; WORKERS] = [const { AtomicU64::new(0) }; WORKERS];

/// A worker starts a trial.
pub fn begin(worker: usize, index: u64, now: Duration) {
    SINCE[worker].store(now.as_millis() as u64, Ordering::Relaxed);
    CURRENT[worker].store(index, Ordering::Release);
}

/// A worker is done with its trial.
pub fn end(worker: usize) {
    CURRENT[worker].store(IDLE, Ordering::Release);
}

/// The trials that take longer than `limit`, and how long each has taken.
pub fn overdue(workers: usize, now: Duration, limit: Duration) -> impl Iterator<Item = (u64, Duration)> {
    (0..workers.min(WORKERS)).filter_map(move |worker| {
        let index = CURRENT[worker].load(Ordering::Acquire);
        let taken = now.saturating_sub(Duration::from_millis(SINCE[worker].load(Ordering::Relaxed)));
        // A new trial may have begun meanwhile: then this one was in time.
        let same = CURRENT[worker].load(Ordering::Acquire) == index;
        (index != IDLE && same && taken > limit).then_some((index, taken))
    })
}

/// From now on a touched guard says which trials were running, and ends the process.
pub fn install() {
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE] {
        // SAFETY: the handler calls nothing but write and _exit, which a signal handler may.
        unsafe { libc::signal(signal, on_fault as *const () as libc::sighandler_t) };
    }
}

extern "C" fn on_fault(signal: libc::c_int) {
    let mut text = [0u8; 512];
    let mut rest = &mut text[..];
    let _ = write!(rest, "error: out of bounds (signal {signal}), in one of the artifacts");
    for current in &CURRENT {
        let index = current.load(Ordering::Relaxed);
        if index != IDLE {
            let _ = write!(rest, " {index}");
        }
    }
    let _ = writeln!(rest, "; again with the same --seed and --only NUMBER");
    let left = rest.len();
    let written = text.len() - left;
    // SAFETY: bytes of `text`, to standard error.
    unsafe { libc::write(2, text.as_ptr().cast(), written) };
    // SAFETY: ends the process.
    unsafe { libc::_exit(3) };
}
