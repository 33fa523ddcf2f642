//! Calls whose words were changed: refused, or run without a panic on memory of just the sizes that they name.

use sanderling_format::{Accesses, READS};
use sanderling_kernels::{Kernel, Operands};
use sanderling_runtime::Model;

/// Variations of each call.
const TRIES: usize = 24;
/// Regions beyond this are not tried: they say nothing that small ones do not.
const MOST_BYTES: u32 = 1 << 14;

/// Changes the words of every call of a model and runs what is accepted.
pub fn disturb(model: &Model) {
    let mut seed = 5u32;
    let mut next = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 8
    };
    for step in model.steps() {
        for _ in 0..TRIES {
            let mut words = step.call.words.to_vec();
            let (words_mut, _) = words.as_chunks_mut::<4>();
            for _ in 0..next() % 3 + 1 {
                let at = next() as usize % words_mut.len();
                let old = u32::from_le_bytes(words_mut[at]);
                let choices = [0, 1, 2, 3, 7, 128, 65_536, 1 << 31, u32::MAX, i32::MAX as u32, old / 2];
                let new = match next() as usize % (choices.len() + 3) {
                    0 => old.wrapping_add(1),
                    1 => old.wrapping_sub(1),
                    2 => old.wrapping_neg(),
                    i => choices[i - 3],
                };
                words_mut[at] = new.to_le_bytes();
            }
            run(step.kernel, &words, &mut next);
        }
    }
}

fn run(kernel: &Kernel, words: &[u8], next: &mut impl FnMut() -> u32) {
    let Some(accesses) = (kernel.accesses)(words).filter(Accesses::is_sound) else { return };
    let regions = accesses.reads.iter().chain([&accesses.output, &accesses.scratch]);
    if regions.map(|r| r.bytes).max() > Some(MOST_BYTES) {
        return;
    }
    // Positive bytes: parameters in constants are the compiler's, and shifts among them stay negatable.
    let mut memory = |bytes: u32| -> Vec<u8> { (0..bytes).map(|_| next() as u8 & 0x7f).collect() };
    let reads: [Vec<u8>; READS] = accesses.reads.map(|r| memory(r.bytes));
    let (mut output, mut scratch) = (memory(accesses.window().bytes), memory(accesses.scratch.bytes));
    let reads = std::array::from_fn(|i| if accesses.is_in_place(i) { &[] } else { &reads[i][..] });
    (kernel.run)(words, Operands { reads, output: &mut output, scratch: &mut scratch });
}
