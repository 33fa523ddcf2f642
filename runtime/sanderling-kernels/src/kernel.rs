//! What a runtime needs to know of a kernel.

use sanderling_format::{Accesses, Call, READS, Reader, Words};

/// What the code of a kernel needs of the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Nothing: plain Rust.
    Scalar,
    /// The DSP extension of Armv7E-M and Armv8-M.
    Dsp,
    /// AVX2 and FMA.
    Avx2,
}

/// The memory of one call: exactly the regions of its [`Accesses`].
pub struct Operands<'a> {
    pub reads: [&'a [u8]; READS],
    pub output: &'a mut [u8],
    pub scratch: &'a mut [u8],
}

/// The code for one kind of call.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// See [`Call::ID`].
    pub id: u16,
    pub name: &'static str,
    pub isa: Isa,
    /// What a call with these words touches; `None` when the words make no sense.
    pub accesses: fn(&[u8]) -> Option<Accesses>,
    /// Runs a call whose words [`Kernel::accesses`] accepted, on operands of just these sizes.
    pub run: fn(&[u8], Operands<'_>),
}

/// The table entry of `R`, which runs calls of type `C`.
pub(crate) const fn kernel<C: Call, R: Runs<C>>(isa: Isa) -> Kernel {
    Kernel { id: C::ID, name: C::NAME, isa, accesses: accesses::<C>, run: run::<C, R> }
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
