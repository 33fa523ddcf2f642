//! Instructions by SysTick. With `-icount shift=0` an instruction takes one virtual nanosecond, a tick of the 25 MHz
//! clock 40 of them.

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{Peripherals, SYST};

const INSTRUCTIONS_PER_TICK: u64 = 40;
/// The counter has 24 bits.
const TICKS: u32 = 1 << 24;

/// A running count.
pub struct Clock(SYST);

impl Clock {
    /// Starts at zero. `None` if the peripherals are taken.
    pub fn start() -> Option<Clock> {
        let mut systick = Peripherals::take()?.SYST;
        systick.set_clock_source(SystClkSource::Core);
        systick.set_reload(TICKS - 1);
        systick.clear_current();
        systick.enable_counter();
        Some(Clock(systick))
    }

    /// A point in time to measure from.
    pub fn now(&self) -> u32 {
        SYST::get_current()
    }

    /// Instructions since `start`, to 40, if they are fewer than 671 million.
    pub fn instructions_since(&self, start: u32) -> u64 {
        // The counter runs down.
        let ticks = start.wrapping_sub(SYST::get_current()) % TICKS;
        u64::from(ticks) * INSTRUCTIONS_PER_TICK
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.0.disable_counter();
    }
}
