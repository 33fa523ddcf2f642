//! Elements by index.

use sanderling_ir::{BinaryKind, DType, Op, Tensor, TensorType, ValueId};

use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

pub(crate) fn gather(b: &mut Builder, call: &Call) -> One {
    let (x, indices) = (call.input(0)?, call.input(1)?);
    let axis = call.axis(call.int("axis", 0)?, b.rank(x))?;
    match known_index(b, call, indices) {
        Some(index) => {
            let mut shape = b.shape(x);
            let first = call.axis(index, shape[axis])?;
            // A slice needs no table, and devices have it for free more often.
            let y = b.part(call, x, axis, first, 1)?;
            shape.splice(axis..=axis, b.shape(indices));
            b.reshape(call, y, &shape)
        }
        None => b.push(call, Op::Gather { axis }, &[x, indices]),
    }
}

/// The index, if there is one and it is constant.
fn known_index(b: &Builder, call: &Call, indices: ValueId) -> Option<i64> {
    let known = b.known_ints(call, indices, "the index").ok().filter(|_| b.ty(indices).elements() == 1)?;
    known.first().copied()
}

/// For each index the element that stands there along one axis, and where the index stands along the others.
pub(crate) fn elements(b: &mut Builder, call: &Call) -> One {
    let (x, indices) = (call.input(0)?, call.input(1)?);
    let (shape, wanted) = (b.shape(x), b.shape(indices));
    let axis = call.axis(call.int("axis", 0)?, shape.len())?;
    let fits = |i: usize| i == axis || wanted[i] <= shape[i];
    if wanted.len() != shape.len() || !(0..shape.len()).all(fits) {
        return call.fail(format!("{} does not fit {} along axis {axis}", b.ty(indices), b.ty(x)));
    }
    let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>() as i64;
    // Where the others lie in the flat tensor does not depend on the indices.
    let count = b.ty(indices).elements();
    b.charge(count)?;
    let place = |mut at: usize| {
        let mut place = 0;
        for i in (0..wanted.len()).rev() {
            place += if i == axis { 0 } else { (at % wanted[i]) as i64 * stride(i) };
            at /= wanted[i];
        }
        place
    };
    let places: Vec<i64> = (0..count).map(place).collect();
    let indices = b.cast(call, indices, DType::I64)?;
    let (zero, size) = (b.scalar(call, indices, 0.0)?, b.scalar(call, indices, shape[axis] as f64)?);
    let negative = b.binary(call, BinaryKind::Less, indices, zero)?;
    let wrapped = b.binary(call, BinaryKind::Add, indices, size)?;
    let indices = b.push(call, Op::Select, &[negative, wrapped, indices])?;
    let step = b.scalar(call, indices, stride(axis) as f64)?;
    let along = b.binary(call, BinaryKind::Mul, indices, step)?;
    let places = b.integers(call, &wanted, &places);
    let places = b.binary(call, BinaryKind::Add, along, places)?;
    let flat = b.reshape(call, x, &[b.ty(x).elements()])?;
    b.push(call, Op::Gather { axis: 0 }, &[flat, places])
}

/// Elements of a constant list along one axis.
pub(super) fn select(b: &mut Builder, call: &Call, x: ValueId, axis: usize, list: &[usize]) -> One {
    let list: Vec<i64> = list.iter().map(|&i| i as i64).collect();
    let indices = b.integers(call, &[list.len()], &list);
    b.push(call, Op::Gather { axis }, &[x, indices])
}

/// The upper or lower triangle of matrices, zeros elsewhere.
pub(crate) fn triangle(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let (&[.., rows, columns], upper) = (&b.shape(x)[..], call.int("upper", 1)? != 0) else {
        return call.fail(format!("{} is no matrix", b.ty(x)));
    };
    let shift = match call.optional(1) {
        Some(k) => b.known_ints(call, k, "the diagonal")?.first().copied().unwrap_or(0),
        None => 0,
    };
    b.charge(rows.saturating_mul(columns))?;
    let (wide, shift) = (columns as i64, i128::from(shift));
    let inside = |i: i64| {
        let beyond = i128::from(i % wide.max(1)) - i128::from(i / wide.max(1)) - shift;
        if upper { beyond >= 0 } else { beyond <= 0 }
    };
    let data = (0..(rows * columns) as i64).map(|i| u8::from(inside(i))).collect();
    let mask = b.constant(call, Tensor { ty: TensorType::new(DType::Bool, &[rows, columns]), data });
    let zero = b.scalar(call, x, 0.0)?;
    b.push(call, Op::Select, &[mask, x, zero])
}

/// A row for each index, with `on` at the index and `off` elsewhere.
pub(crate) fn one_hot(b: &mut Builder, call: &Call) -> One {
    let (indices, values) = (call.input(0)?, call.input(2)?);
    let depth = match b.known_floats(call, call.input(1)?, "the depth")?[..] {
        [depth] if depth >= 0.0 => call.size("depth", depth as i64)?,
        _ => return call.fail("the depth should be one number"),
    };
    let rank = b.rank(indices) + 1;
    let axis = call.axis(call.int("axis", -1)?, rank)?;
    b.charge(depth)?;
    let indices = b.cast(call, indices, DType::I64)?;
    // Negative indices count from the end.
    let zero = b.scalar(call, indices, 0.0)?;
    let size = b.scalar(call, indices, depth as f64)?;
    let negative = b.binary(call, BinaryKind::Less, indices, zero)?;
    let wrapped = b.binary(call, BinaryKind::Add, indices, size)?;
    let indices = b.push(call, Op::Select, &[negative, wrapped, indices])?;
    let mut shape = b.shape(indices);
    shape.insert(axis, 1);
    let indices = b.reshape(call, indices, &shape)?;
    let mut row = vec![1; rank];
    row[axis] = depth;
    let row = b.integers(call, &row, &(0..depth as i64).collect::<Vec<_>>());
    let hit = b.binary(call, BinaryKind::Equal, indices, row)?;
    let off = b.part(call, values, 0, 0, 1)?;
    let on = b.part(call, values, 0, 1, 1)?;
    b.push(call, Op::Select, &[hit, on, off])
}
