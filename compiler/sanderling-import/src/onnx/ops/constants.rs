//! Constants, and values that follow from shapes alone.

use sanderling_ir::{DType, Tensor, TensorType};

use tract_onnx::pb::tensor_proto::DataType;

use super::shape;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};
use crate::onnx::tensor::dtype;
use crate::onnx::texts;

pub(crate) fn constant(b: &mut Builder, call: &Call) -> One {
    if let Some(proto) = call.tensor("value")?.filter(|proto| texts::is_text(proto.data_type)) {
        let (texts, shape) = texts::read(proto).or_else(|why| call.fail(format!("attribute value: {why}")))?;
        return Ok(texts::constant(b, &call.site.name, &texts, &shape));
    }
    if call.has("value_strings") {
        let texts = call.texts("value_strings")?;
        return Ok(texts::constant(b, &call.site.name, &texts, &[texts.len()]));
    }
    if call.has("value_string") {
        return Ok(texts::constant(b, &call.site.name, &[call.text("value_string", "")?], &[]));
    }
    if let Some(tensor) = call.constant("value")? {
        return Ok(b.constant(call, tensor));
    }
    if let Some(values) = call.floats("value_floats")? {
        return Ok(b.floats(call, &[values.len()], values));
    }
    if let Some(values) = call.ints("value_ints")? {
        return Ok(b.integers(call, &[values.len()], values));
    }
    if call.has("value_float") {
        return Ok(b.floats(call, &[], &[call.float("value_float", 0.0)?]));
    }
    if call.has("value_int") {
        return Ok(b.integers(call, &[], &[call.int("value_int", 0)?]));
    }
    call.unsupported("it should have a tensor, a number or numbers as its value")
}

pub(crate) fn shape_of(b: &mut Builder, call: &Call) -> One {
    let dims: Vec<i64> = b.shape(call.input(0)?).into_iter().map(|n| n as i64).collect();
    let rank = dims.len() as i64;
    let bound = |value: i64| {
        let from_start = if value < 0 { value.saturating_add(rank) } else { value };
        from_start.clamp(0, rank) as usize
    };
    let (start, end) = (bound(call.int("start", 0)?), bound(call.int("end", rank)?));
    let dims = dims.get(start..end).unwrap_or_default();
    Ok(b.integers(call, &[dims.len()], dims))
}

pub(crate) fn size(b: &mut Builder, call: &Call) -> One {
    let count = b.ty(call.input(0)?).elements() as i64;
    Ok(b.integers(call, &[], &[count]))
}

pub(crate) fn constant_of_shape(b: &mut Builder, call: &Call) -> One {
    let wanted = b.known_ints(call, call.input(0)?, "the shape")?;
    let wanted = shape::sizes(call, "shape", &wanted)?;
    let value = match call.constant("value")? {
        Some(tensor) => tensor,
        None => Tensor::from_f32(TensorType::new(DType::F32, &[]), &[0.0]),
    };
    if value.ty.elements() != 1 {
        return call.fail(format!("its value {} should be one number", value.ty));
    }
    let value = b.constant(call, value);
    let value = b.reshape(call, value, &vec![1; wanted.len()])?;
    shape::broadcast(b, call, value, wanted)
}

/// `start, start + delta, ...` below `limit`.
pub(crate) fn range(b: &mut Builder, call: &Call) -> One {
    let (start, limit, delta) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let dtype = b.ty(start).dtype;
    if dtype == DType::F32 {
        let mut read = |id| Ok(b.known_floats(call, id, "a bound")?.first().copied().unwrap_or(0.0));
        let (start, limit, delta) = (read(start)?, read(limit)?, read(delta)?);
        let count = ((f64::from(limit) - f64::from(start)) / f64::from(delta)).ceil();
        // A count that is not finite saturates, and the size check refuses it.
        let count = call.size("its length", if count.is_nan() { -1 } else { count.max(0.0) as i64 })?;
        b.charge(count)?;
        let values: Vec<f32> = (0..count).map(|i| start + i as f32 * delta).collect();
        return Ok(b.floats(call, &[count], &values));
    }
    let read = |id| Ok(b.known_ints(call, id, "a bound")?.first().copied().map_or(0, i128::from));
    let (start, limit, delta) = (read(start)?, read(limit)?, read(delta)?);
    if delta == 0 {
        return call.fail("its step must not be 0");
    }
    let span = if delta > 0 { limit - start } else { start - limit };
    let count = if span <= 0 { 0 } else { (span - 1) / delta.abs() + 1 };
    let count = call.size("its length", i64::try_from(count).unwrap_or(i64::MAX))?;
    b.charge(count)?;
    let values: Vec<i64> = (0..count).map(|i| (start + i as i128 * delta) as i64).collect();
    let values = b.integers(call, &[count], &values);
    b.cast(call, values, dtype)
}

pub(crate) fn cast(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let is_text = b.texts.list_of(x).is_some();
    if is_text || call.op() == "Cast" && call.int("to", 0)? == DataType::String as i64 {
        return match is_text && call.int("to", 0)? == DataType::String as i64 {
            true => Ok(x),
            false => {
                let to = i32::try_from(call.int("to", 0)?).ok().and_then(|code| DataType::try_from(code).ok());
                let to = to.map_or("?", |to| to.as_str_name());
                call.refuse("to", to, "texts and numbers do not become each other here")
            }
        };
    }
    let to = match call.op() {
        "CastLike" => b.ty(call.input(1)?).dtype,
        _ => {
            let code = i32::try_from(call.int("to", 0)?).unwrap_or(0);
            dtype(code).or_else(|why| call.fail(why))?
        }
    };
    b.cast(call, x, to)
}
