//! f32 functions of one and two values that are a few instructions each.

use core::arch::aarch64::*;

use sanderling_format::calls::{AXES, BinaryF32, BinaryOp, RealOp, UnaryF32};

use super::Neon;
use super::float::{Eight, apply, load, load_some, store};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::data::walk::rows;
use crate::tiles::{Clamp, Float, LANES, fits};

impl Runs<UnaryF32> for Neon {
    fn run(call: &UnaryF32, operands: Operands<'_>) {
        let op = RealOp::from_code(call.op).filter(|_| fits(call, &operands));
        // SAFETY: every CPU of this architecture has NEON.
        let done = op.is_some_and(|op| unsafe { unary(op, call, operands.reads[0], operands.output) });
        if !done {
            Scalar::run(call, operands);
        }
    }
}

/// Whether the op is one of those that are computed here.
#[target_feature(enable = "neon")]
fn unary(op: RealOp, call: &UnaryF32, input: &[u8], output: &mut [u8]) -> bool {
    let (zero, one) = (vdupq_n_f32(0.0), vdupq_n_f32(1.0));
    let (alpha, beta) = (vdupq_n_f32(call.alpha), vdupq_n_f32(call.beta));
    let unit = |v: float32x4_t| vminnmq_f32(vmaxnmq_f32(v, zero), one);
    match op {
        RealOp::Neg => each(input, output, |x| vnegq_f32(x)),
        RealOp::Abs => each(input, output, |x| vabsq_f32(x)),
        RealOp::Sqrt => each(input, output, |x| vsqrtq_f32(x)),
        RealOp::Rsqrt => each(input, output, |x| vdivq_f32(one, vsqrtq_f32(x))),
        RealOp::Reciprocal => each(input, output, |x| vdivq_f32(one, x)),
        RealOp::Floor => each(input, output, |x| vrndmq_f32(x)),
        RealOp::Ceil => each(input, output, |x| vrndpq_f32(x)),
        RealOp::Round => each(input, output, |x| vrndnq_f32(x)),
        RealOp::HardSigmoid => each(input, output, |x| unit(vaddq_f32(vmulq_f32(alpha, x), beta))),
        RealOp::HardSwish => {
            each(input, output, |x| vmulq_f32(x, unit(vaddq_f32(vdivq_f32(x, vdupq_n_f32(6.0)), vdupq_n_f32(0.5)))))
        }
        RealOp::LeakyRelu => each(input, output, |x| vbslq_f32(vcgtq_f32(x, zero), x, vmulq_f32(alpha, x))),
        RealOp::Clamp => {
            let clamp = Clamp { low: call.alpha, high: call.beta };
            stretch(Eights(input, 1), Eights(input, 1), output, |x, _| apply(clamp, x));
        }
        _ => return false,
    }
    true
}

#[inline]
#[target_feature(enable = "neon")]
fn each(input: &[u8], output: &mut [u8], f: impl Fn(float32x4_t) -> float32x4_t) {
    stretch(Eights(input, 1), Eights(input, 1), output, |x, _| x.map(&f));
}

impl Runs<BinaryF32> for Neon {
    fn run(call: &BinaryF32, operands: Operands<'_>) {
        let steps = [call.operands.a_strides[AXES - 1], call.operands.b_strides[AXES - 1]];
        let is_plain = steps.iter().all(|step| matches!(step, 0 | 1)) && fits(call, &operands);
        let op = BinaryOp::from_code(call.op).filter(|_| is_plain);
        let reads = operands.reads;
        // SAFETY: every CPU of this architecture has NEON.
        let done = op.is_some_and(|op| unsafe { binary(op, call, [reads[0], reads[1]], operands.output) });
        if !done {
            Scalar::run(call, operands);
        }
    }
}

/// Whether the op is one of those that are computed here.
#[target_feature(enable = "neon")]
fn binary(op: BinaryOp, call: &BinaryF32, reads: [&[u8]; 2], output: &mut [u8]) -> bool {
    match op {
        BinaryOp::Add => lines(call, reads, output, |a, b| vaddq_f32(a, b)),
        BinaryOp::Sub => lines(call, reads, output, |a, b| vsubq_f32(a, b)),
        BinaryOp::Mul => lines(call, reads, output, |a, b| vmulq_f32(a, b)),
        BinaryOp::Div => lines(call, reads, output, |a, b| vdivq_f32(a, b)),
        BinaryOp::Min => lines(call, reads, output, |a, b| vminnmq_f32(a, b)),
        BinaryOp::Max => lines(call, reads, output, |a, b| vmaxnmq_f32(a, b)),
        BinaryOp::SquaredDifference => lines(call, reads, output, |a, b| {
            let difference = vsubq_f32(a, b);
            vmulq_f32(difference, difference)
        }),
        _ => return false,
    }
    true
}

/// Line by line along the last axis, in which each operand goes on or stands still.
#[inline]
#[target_feature(enable = "neon")]
fn lines(call: &BinaryF32, [a, b]: [&[u8]; 2], output: &mut [u8], f: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) {
    let o = &call.operands;
    let clamp = Clamp { low: call.low, high: call.high };
    let (a_step, b_step) = (o.a_strides[AXES - 1] as usize, o.b_strides[AXES - 1] as usize);
    let mut lines = output.chunks_exact_mut(o.dims[AXES - 1] as usize * 4);
    rows(&o.dims, [&o.a_strides, &o.b_strides], [0; 2], |[a_at, b_at]| {
        let Some(line) = lines.next() else { return };
        let (Some(a), Some(b)) = (a.get(a_at as usize * 4..), b.get(b_at as usize * 4..)) else { return };
        let compute = |a: Eight, b: Eight| apply(clamp, [f(a[0], b[0]), f(a[1], b[1])]);
        stretch(Eights(a, a_step), Eights(b, b_step), line, compute);
    });
}

/// Numbers, and whether they go on (1) or the first stands for all (0).
#[derive(Clone, Copy)]
struct Eights<'a>(&'a [u8], usize);

impl Eights<'_> {
    /// `n` numbers, at most eight, from `at` on.
    #[inline]
    #[target_feature(enable = "neon")]
    fn get(self, at: usize, n: usize) -> Eight {
        let floats: &[Float] = self.0.as_chunks().0;
        if self.1 == 0 {
            return [vdupq_n_f32(floats.first().map_or(0.0, |&v| f32::from_le_bytes(v))); 2];
        }
        let from = floats.get(at..at + n).unwrap_or(&[]);
        // SAFETY: as many are there.
        unsafe {
            if from.len() == LANES { load(from.as_ptr().cast()) } else { load_some(from.as_ptr().cast(), from.len()) }
        }
    }
}

/// `f` of every pair of numbers.
#[inline]
#[target_feature(enable = "neon")]
fn stretch(a: Eights<'_>, b: Eights<'_>, output: &mut [u8], f: impl Fn(Eight, Eight) -> Eight) {
    for (i, out) in output.as_chunks_mut::<4>().0.chunks_mut(LANES).enumerate() {
        let at = i * LANES;
        let values = f(a.get(at, out.len()), b.get(at, out.len()));
        // SAFETY: there is room for as many.
        unsafe { store(out.as_mut_ptr().cast(), values, out.len()) };
    }
}
