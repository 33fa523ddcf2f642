//! f32 kernels that the compiler vectorizes well by itself once it may use AVX2.

use sanderling_format::calls::{AXES, BinaryF32, BinaryOp, MatMulF32, RealOp, UnaryF32};

use super::Avx2;
use super::float_tile::Float;
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::data::walk::rows;
use crate::scalar::float::clamp;
use crate::scalar::float::mat_mul::mat_mul;
use crate::scalar::float::stored::F32;

impl Runs<MatMulF32> for Avx2 {
    fn run(call: &MatMulF32, operands: Operands<'_>) {
        #[target_feature(enable = "avx2,fma")]
        fn wide(call: &MatMulF32, operands: Operands<'_>) {
            mat_mul::<F32>(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { wide(call, operands) }
    }
}

impl Runs<UnaryF32> for Avx2 {
    fn run(call: &UnaryF32, operands: Operands<'_>) {
        #[target_feature(enable = "avx2,fma")]
        fn wide(call: &UnaryF32, mut operands: Operands<'_>) {
            operands.bring(0);
            for x in operands.output.as_chunks_mut().0 {
                *x = clamp(f32::from_le_bytes(*x), call.alpha, call.beta).to_le_bytes();
            }
        }
        if RealOp::from_code(call.op) != Some(RealOp::Clamp) {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { wide(call, operands) }
    }
}

impl Runs<BinaryF32> for Avx2 {
    fn run(call: &BinaryF32, operands: Operands<'_>) {
        let steps = [call.operands.a_strides[AXES - 1], call.operands.b_strides[AXES - 1]];
        let is_plain = steps.iter().all(|step| matches!(step, 0 | 1));
        match BinaryOp::from_code(call.op) {
            // SAFETY: `Avx2` is reached through `detect` alone.
            Some(BinaryOp::Add) if is_plain => unsafe { add(call, operands) },
            // SAFETY: as above.
            Some(BinaryOp::Sub) if is_plain => unsafe { sub(call, operands) },
            // SAFETY: as above.
            Some(BinaryOp::Mul) if is_plain => unsafe { mul(call, operands) },
            // SAFETY: as above.
            Some(BinaryOp::Div) if is_plain => unsafe { div(call, operands) },
            _ => Scalar::run(call, operands),
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn add(call: &BinaryF32, operands: Operands<'_>) {
    lines(call, operands, |a, b| a + b);
}

#[target_feature(enable = "avx2,fma")]
fn sub(call: &BinaryF32, operands: Operands<'_>) {
    lines(call, operands, |a, b| a - b);
}

#[target_feature(enable = "avx2,fma")]
fn mul(call: &BinaryF32, operands: Operands<'_>) {
    lines(call, operands, |a, b| a * b);
}

#[target_feature(enable = "avx2,fma")]
fn div(call: &BinaryF32, operands: Operands<'_>) {
    lines(call, operands, |a, b| a / b);
}

/// Line by line along the last axis, in which each operand goes on or stands still.
#[inline(always)]
fn lines(call: &BinaryF32, operands: Operands<'_>, f: impl Fn(f32, f32) -> f32) {
    let Operands { reads: [a, b, ..], output, .. } = operands;
    match (a.is_empty(), b.is_empty()) {
        (true, _) => return lines_in_place(call, output, b, &call.operands.b_strides, f),
        (_, true) => return lines_in_place(call, output, a, &call.operands.a_strides, |b, a| f(a, b)),
        _ => {}
    }
    let (a, b): (&[Float], &[Float]) = (a.as_chunks().0, b.as_chunks().0);
    let o = &call.operands;
    let n = o.dims[AXES - 1] as usize;
    let steps = (o.a_strides[AXES - 1], o.b_strides[AXES - 1]);
    let value = |x: &Float| f32::from_le_bytes(*x);
    let put = |out: &mut Float, a: f32, b: f32| *out = clamp(f(a, b), call.low, call.high).to_le_bytes();
    let mut lines = output.as_chunks_mut().0.chunks_exact_mut(n);
    rows(&o.dims, [&o.a_strides, &o.b_strides], [0; 2], |[a_at, b_at]| {
        let Some(line) = lines.next() else { return };
        let stretch = |x: &'_ [Float], at: isize, step: i32| {
            let from = at as usize;
            let end = from.saturating_add(if step == 0 { 1 } else { n });
            (end <= x.len()).then_some(from..end)
        };
        let (Some(a_at), Some(b_at)) = (stretch(a, a_at, steps.0), stretch(b, b_at, steps.1)) else { return };
        let (a, b) = (&a[a_at], &b[b_at]);
        match steps {
            (1, 1) => line.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| put(out, value(a), value(b))),
            (1, _) => {
                let b = value(&b[0]);
                line.iter_mut().zip(a).for_each(|(out, a)| put(out, value(a), b));
            }
            (_, 1) => {
                let a = value(&a[0]);
                line.iter_mut().zip(b).for_each(|(out, b)| put(out, a, value(b)));
            }
            _ => {
                let (a, b) = (value(&a[0]), value(&b[0]));
                line.iter_mut().for_each(|out| put(out, a, b));
            }
        }
    });
}

/// The same, the first operand in the output, the second as its strides say.
#[inline(always)]
fn lines_in_place(
    call: &BinaryF32,
    output: &mut [u8],
    other: &[u8],
    strides: &[i32; AXES],
    f: impl Fn(f32, f32) -> f32,
) {
    let other: &[Float] = other.as_chunks().0;
    let put = |out: &mut Float, other: &Float| {
        let (own, other) = (f32::from_le_bytes(*out), f32::from_le_bytes(*other));
        *out = clamp(f(own, other), call.low, call.high).to_le_bytes();
    };
    let mut lines = output.as_chunks_mut().0.chunks_exact_mut(call.operands.dims[AXES - 1] as usize);
    rows(&call.operands.dims, [strides], [0], |[at]| {
        let (Some(line), Some(other)) = (lines.next(), other.get(at as usize..)) else { return };
        match (strides[AXES - 1], other) {
            (0, [other, ..]) => line.iter_mut().for_each(|out| put(out, other)),
            _ => line.iter_mut().zip(other).for_each(|(out, other)| put(out, other)),
        }
    });
}
