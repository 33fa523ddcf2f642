//! Every kernel of this folder against its scalar twin, over shapes around the width of vectors: bytes are equal, real
//! numbers but for the rounding of sums.

mod half;
mod int8;
mod real;

use std::vec;
use std::vec::Vec;

use sanderling_format::calls::Window;
use sanderling_format::{Call, READS};

use super::{ALL, detect};
use crate::kernel::{Isa, Kernel, Operands};
use crate::scalar;

/// Bytes before and behind what a kernel may write, which must stay as they are; odd, so that nothing is aligned.
const GUARD: usize = 33;

/// Where outputs lie, and scratch behind them: apart from what is read, so that no call works in place.
const APART: u32 = 1 << 24;

/// Numbers that are the same for the same seed.
struct Stream(u32);

impl Stream {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 24) as u8
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    fn below(&mut self, n: u32) -> u32 {
        self.word() % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.byte()).collect()
    }

    fn reals(&mut self, bytes: u32) -> Vec<u8> {
        (0..bytes / 4).flat_map(|_| ((f32::from(self.byte()) - 127.5) / 64.0).to_le_bytes()).collect()
    }

    /// A length around the widths of vectors.
    fn length(&mut self) -> u32 {
        self.pick(&[1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40])
    }

    /// A window whose outputs may lie wholly in the padding, or one without any.
    fn window(&mut self, in_c: u32, out_c: u32) -> Window {
        let mut pair = |n: u32, from: u32| (from + self.below(n), from + self.below(n));
        let (input, output, kernel, pad) = (pair(7, 1), pair(7, 1), pair(5, 1), pair(4, 0));
        let plain = Window {
            batch: pair(2, 1).0,
            in_h: input.0,
            in_w: input.1,
            in_c,
            out_h: input.0,
            out_w: input.1,
            out_c,
            kernel_h: 1,
            kernel_w: 1,
            stride_h: 1,
            stride_w: 1,
            dilation_h: 1,
            dilation_w: 1,
            pad_top: 0,
            pad_left: 0,
        };
        let (stride, dilation) = (pair(3, 1), pair(2, 1));
        let strides = self.pick(&[(1, 1), (1, 1), stride]);
        let square = self.pick(&[(3, 3), kernel]);
        let wide = Window {
            out_h: output.0,
            out_w: output.1,
            kernel_h: square.0,
            kernel_w: square.1,
            stride_h: strides.0,
            stride_w: strides.1,
            dilation_h: dilation.0,
            dilation_w: dilation.1,
            pad_top: pad.0,
            pad_left: pad.1,
            ..plain
        };
        self.pick(&[plain, wide, wide])
    }
}

/// What a kernel makes of a call.
fn output<C: Call>(kernel: &Kernel, call: &C, reads: &[Vec<u8>]) -> Vec<u8> {
    let mut words = vec![];
    call.encode(&mut words);
    let accesses = (kernel.accesses)(&words).expect("the words are those of a call");
    let mut all: [&[u8]; READS] = [&[]; READS];
    for ((slot, read), region) in all.iter_mut().zip(reads).zip(&accesses.reads) {
        assert_eq!(read.len(), region.bytes as usize, "{}", kernel.name);
        *slot = read;
    }
    let mut output = vec![0xa5; accesses.output.bytes as usize + 2 * GUARD];
    let mut scratch = vec![0xa5; accesses.scratch.bytes as usize + 2 * GUARD];
    let inner = |all: &[u8]| GUARD..all.len() - GUARD;
    let (output_at, scratch_at) = (inner(&output), inner(&scratch));
    let operands =
        Operands { reads: all, output: &mut output[output_at.clone()], scratch: &mut scratch[scratch_at.clone()] };
    (kernel.run)(&words, operands);
    for (all, at) in [(&output, &output_at), (&scratch, &scratch_at)] {
        let guards = all[..at.start].iter().chain(&all[at.end..]);
        assert!(guards.into_iter().all(|&b| b == 0xa5), "{} writes outside", kernel.name);
    }
    output[output_at].to_vec()
}

/// The scalar kernel of a call, and its twins on this CPU.
fn kernels<C: Call>() -> (Kernel, Vec<Kernel>) {
    let find = |table: &[Kernel]| *table.iter().find(|k| k.id == C::ID).unwrap();
    let twins: Vec<Kernel> = [ALL, detect()].into_iter().map(find).collect();
    assert!(twins.iter().all(|twin| twin.isa != Isa::Scalar), "{} has no twin", C::NAME);
    (find(scalar::ALL), twins)
}

/// The same bytes from all.
fn equal<C: Call + core::fmt::Debug>(call: &C, reads: &[Vec<u8>]) {
    let (scalar, twins) = kernels::<C>();
    let want = output(&scalar, call, reads);
    for twin in twins {
        let found = output(&twin, call, reads);
        let first = want.iter().zip(&found).position(|(a, b)| a != b);
        assert_eq!(first, None, "{:?} differs: {call:?}", twin.isa);
    }
}

/// The same numbers from all, but for `slack`.
fn near<C: Call + core::fmt::Debug>(call: &C, reads: &[Vec<u8>], slack: f32) {
    let (scalar, twins) = kernels::<C>();
    let values = |bytes: Vec<u8>| bytes.as_chunks().0.iter().map(|&v| f32::from_le_bytes(v)).collect::<Vec<_>>();
    let want = values(output(&scalar, call, reads));
    for twin in twins {
        for (i, (a, b)) in want.iter().zip(values(output(&twin, call, reads))).enumerate() {
            assert!(*a == b || (a - b).abs() <= slack, "{i}: {b} should be {a}: {call:?}");
        }
    }
}
