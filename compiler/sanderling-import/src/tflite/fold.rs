//! Arithmetic on shapes, done here: models compute them from other shapes, and ours are constants.

use sanderling_ir::{Activation, BinaryKind, DType, Op, ReduceKind, Tensor, TensorType};

/// Shapes are short; larger constants are left to the passes.
const MOST_ELEMENTS: usize = 1024;

/// Whether [`fold`] might know the result.
pub(super) fn applies(op: &Op, inputs: &[&Tensor]) -> bool {
    let small = |t: &&Tensor| t.ty.elements() <= MOST_ELEMENTS && matches!(t.ty.dtype, DType::I32 | DType::I64);
    let total: usize = inputs.iter().map(|t| t.ty.elements()).sum();
    let known = match op {
        Op::Slice { .. } | Op::Concat { .. } | Op::Reshape { .. } | Op::Gather { axis: 0 } => true,
        Op::Reduce { kind, .. } => *kind == ReduceKind::Prod,
        Op::Cast { dtype } => matches!(dtype, DType::I32 | DType::I64),
        Op::Binary { kind, activation: Activation::None } => !kind.is_comparison(),
        _ => false,
    };
    known && !inputs.is_empty() && total <= MOST_ELEMENTS && inputs.iter().all(small)
}

/// The constant that `op` makes of constants, if it is simple enough.
pub(super) fn fold(op: &Op, inputs: &[&Tensor], ty: TensorType) -> Option<Tensor> {
    let first = ints(inputs.first()?);
    let values = match op {
        Op::Reshape { .. } | Op::Cast { .. } => first,
        Op::Concat { .. } if ty.shape.len() == 1 => inputs.iter().flat_map(|t| ints(t)).collect(),
        Op::Slice { start, step, size } if ty.shape.len() == 1 => {
            let at = |i: usize| first.get(start[0].checked_add_signed(step[0].checked_mul(i as isize)?)?).copied();
            (0..size[0]).map(at).collect::<Option<_>>()?
        }
        Op::Gather { .. } if inputs[0].ty.shape.len() == 1 => {
            let at = |i: i64| {
                let index = if i < 0 { i.checked_add(first.len() as i64)? } else { i };
                first.get(usize::try_from(index).ok()?).copied()
            };
            ints(inputs[1]).into_iter().map(at).collect::<Option<_>>()?
        }
        Op::Reduce { kind: ReduceKind::Prod, .. } if ty.elements() == 1 => {
            vec![first.into_iter().try_fold(1i64, i64::checked_mul)?]
        }
        Op::Binary { kind, .. } => binary(*kind, &first, &ints(inputs[1]), ty.elements())?,
        _ => return None,
    };
    tensor(ty, &values)
}

fn ints(tensor: &Tensor) -> Vec<i64> {
    match tensor.ty.dtype {
        DType::I32 => tensor.as_i32().into_iter().map(i64::from).collect(),
        _ => tensor.as_i64(),
    }
}

/// Two lists of one length, or one of them a single number.
fn binary(kind: BinaryKind, a: &[i64], b: &[i64], n: usize) -> Option<Vec<i64>> {
    let fits = |s: &[i64]| s.len() == n || s.len() == 1;
    if !fits(a) || !fits(b) {
        return None;
    }
    let of = |s: &[i64], i: usize| s.get(if s.len() == 1 { 0 } else { i }).copied();
    (0..n).map(|i| apply(kind, of(a, i)?, of(b, i)?)).collect()
}

fn apply(kind: BinaryKind, a: i64, b: i64) -> Option<i64> {
    match kind {
        BinaryKind::Add => a.checked_add(b),
        BinaryKind::Sub => a.checked_sub(b),
        BinaryKind::Mul => a.checked_mul(b),
        BinaryKind::Div => a.checked_div(b),
        BinaryKind::Min => Some(a.min(b)),
        BinaryKind::Max => Some(a.max(b)),
        _ => None,
    }
}

fn tensor(ty: TensorType, values: &[i64]) -> Option<Tensor> {
    if values.len() != ty.elements() {
        return None;
    }
    match ty.dtype {
        DType::I64 => Some(Tensor::from_i64(ty, values)),
        DType::I32 => {
            let narrow: Option<Vec<i32>> = values.iter().map(|&v| i32::try_from(v).ok()).collect();
            narrow.map(|v| Tensor::from_i32(ty, &v))
        }
        _ => None,
    }
}
