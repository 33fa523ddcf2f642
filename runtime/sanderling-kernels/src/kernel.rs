//! What a runtime needs to know of a kernel.

use sanderling_format::{Accesses, Call, Features, READS, Reader, Words};

use crate::window::copy_to_start;

/// What the code of a kernel needs of the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Nothing: plain Rust.
    Scalar,
    /// The DSP extension of Armv7E-M and Armv8-M.
    Dsp,
    /// AVX2, FMA and F16C.
    Avx2,
    /// NEON.
    Neon,
    /// NEON and SDOT.
    DotProd,
}

/// The memory of one call: exactly the regions of its [`Accesses`].
pub struct Operands<'a> {
    /// Empty where the call works on a read in place.
    pub reads: [&'a [u8]; READS],
    /// [`Accesses::window`]: the output and, where a read lies in its place, that read.
    pub output: &'a mut [u8],
    pub scratch: &'a mut [u8],
}

impl Operands<'_> {
    /// Copies a read of the size of the output there, unless it is there already: then the call works in place whatever it
    /// was asked.
    pub(crate) fn bring(&mut self, read: usize) {
        let from = self.reads.get(read).copied().unwrap_or_default();
        copy_to_start(self.output, from);
    }
}

/// The code for one kind of call.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// See [`Call::ID`].
    pub id: u16,
    pub name: &'static str,
    pub isa: Isa,
    /// See [`Call::FEATURES`].
    pub features: Features,
    /// What a call with these words touches; `None` when the words make no sense.
    pub accesses: fn(&[u8]) -> Option<Accesses>,
    /// Runs a call whose words [`Kernel::accesses`] accepted, on operands of just these sizes.
    pub run: fn(&[u8], Operands<'_>),
}

/// The table entry of `R`, which runs calls of type `C`.
pub(crate) const fn kernel<C: Call, R: Runs<C>>(isa: Isa) -> Kernel {
    Kernel { id: C::ID, name: C::NAME, isa, features: C::FEATURES, accesses: accesses::<C>, run: run::<C, R> }
}

/// `base` with each kernel of `faster` in the place of the one that it is a twin of.
#[allow(dead_code, reason = "only instruction sets that exist on the machine use it")]
pub(crate) const fn overlay<const N: usize>(base: &[Kernel; N], faster: &[Kernel]) -> [Kernel; N] {
    let mut all = *base;
    let mut at = 0;
    while at < N {
        let mut twin = 0;
        while twin < faster.len() {
            if faster[twin].id == all[at].id {
                all[at] = faster[twin];
            }
            twin += 1;
        }
        at += 1;
    }
    all
}

/// Code for calls of type `C`.
pub(crate) trait Runs<C> {
    fn run(call: &C, operands: Operands<'_>);
}

fn accesses<C: Call>(words: &[u8]) -> Option<Accesses> {
    decode::<C>(words)?.accesses()
}

fn run<C: Call, R: Runs<C>>(words: &[u8], operands: Operands<'_>) {
    if let Some(call) = decode::<C>(words) {
        R::run(&call, operands);
    }
}

/// The call, if the words are exactly as many as it takes.
fn decode<C: Words>(words: &[u8]) -> Option<C> {
    let mut reader = Reader(words);
    let call = C::decode(&mut reader)?;
    reader.0.is_empty().then_some(call)
}
