//! Categories and labels by their place in a list.

use sanderling_ir::{BinaryKind, DType, Op, PadMode, Tensor, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};
use crate::onnx::{tensor, texts};

/// What a NaN becomes before it is looked for among keys.
const NAN_KEY: f32 = f32::MIN;

/// A last axis with a 1 at the category of each element; none where it is not among them.
pub(super) fn one_hot(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let names = call.texts("cats_strings")?;
    let numbers = call.ints("cats_int64s")?.unwrap_or_default();
    let (x, categories) = match b.texts.list_of(x) {
        Some(list) if !names.is_empty() => (x, b.texts.places(list, &names)),
        None if !numbers.is_empty() => (b.cast(call, x, DType::I64)?, numbers.to_vec()),
        Some(_) => return call.fail("it reads texts, but cats_strings has none"),
        None => return call.fail("it reads numbers, but cats_int64s has none"),
    };
    let categories = b.integers(call, &[categories.len()], &categories);
    let hits = hits(b, call, x, categories)?;
    b.cast(call, hits, DType::F32)
}

/// A last axis that tells which of the keys an element is.
fn hits(b: &mut Builder, call: &Call, x: ValueId, keys: ValueId) -> One {
    let shape = [&b.shape(x)[..], &[1]].concat();
    let x = b.reshape(call, x, &shape)?;
    b.binary(call, BinaryKind::Equal, x, keys)
}

/// A list that a LabelEncoder maps from or to.
enum List {
    Integers(Vec<i64>),
    Reals(Vec<f32>),
    Texts(Vec<String>),
}

impl List {
    fn len(&self) -> usize {
        match self {
            List::Integers(values) => values.len(),
            List::Reals(values) => values.len(),
            List::Texts(values) => values.len(),
        }
    }
}

/// The value of the first key that an element is, or the default.
pub(super) fn label(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    // The first version had texts alone, with their places.
    let old = call.texts("classes_strings")?;
    if !old.is_empty() {
        let places = List::Integers((0..old.len() as i64).collect());
        return match b.texts.list_of(x) {
            Some(_) => look_up(b, call, x, List::Texts(old), places),
            None => look_up(b, call, x, places, List::Texts(old)),
        };
    }
    let (keys, values) = (list(call, "keys")?, list(call, "values")?);
    if keys.len() != values.len() || keys.len() == 0 {
        return call.fail(format!("{} keys do not match {} values", keys.len(), values.len()));
    }
    look_up(b, call, x, keys, values)
}

fn look_up(b: &mut Builder, call: &Call, x: ValueId, keys: List, values: List) -> One {
    let count = keys.len();
    let (x, keys) = match (b.texts.list_of(x), keys) {
        (Some(list), List::Texts(keys)) => {
            let places = b.texts.places(list, &keys);
            (x, b.integers(call, &[count], &places))
        }
        (None, List::Integers(keys)) => {
            let x = b.cast(call, x, DType::I64)?;
            (x, b.integers(call, &[count], &keys))
        }
        (None, List::Reals(mut keys)) => {
            let mut x = b.cast(call, x, DType::F32)?;
            // The versions before the fourth found no NaN.
            if call.opset >= 4 && keys.iter().any(|key| key.is_nan()) {
                let same = b.binary(call, BinaryKind::Equal, x, x)?;
                let nan = b.scalar(call, x, f64::from(NAN_KEY))?;
                x = b.push(call, Op::Select, &[same, x, nan])?;
                keys.iter_mut().filter(|key| key.is_nan()).for_each(|key| *key = NAN_KEY);
            }
            (x, b.floats(call, &[count], &keys))
        }
        (Some(_), _) => return call.fail("it reads texts, but has no keys_strings"),
        (None, List::Texts(_)) => return call.fail("it reads numbers, but its keys are texts"),
    };
    let hits = hits(b, call, x, keys)?;
    // The default is one key more, which everything is.
    let hits = b.cast(call, hits, DType::F32)?;
    let axis = b.rank(hits) - 1;
    let mut after = vec![0; axis + 1];
    after[axis] = 1;
    let pad = Op::Pad { before: vec![0; axis + 1], after, mode: PadMode::Constant(1.0) };
    let hits = b.push(call, pad, &[hits])?;
    let place = b.push(call, Op::ArgMax { axis, dtype: DType::I64 }, &[hits])?;
    let table = match values {
        List::Integers(mut values) => {
            let default = default(call, DType::I64)?.and_then(|tensor| tensor.as_i64().first().copied());
            values.push(default.unwrap_or(call.int("default_int64", -1)?));
            b.integers(call, &[count + 1], &values)
        }
        List::Reals(mut values) => {
            let default = default(call, DType::F32)?.and_then(|tensor| tensor.as_f32().first().copied());
            values.push(default.unwrap_or(call.float("default_float", -0.0)?));
            b.floats(call, &[count + 1], &values)
        }
        List::Texts(mut values) => {
            let default = match call.tensor("default_tensor")?.map(texts::read) {
                Some(Ok((texts, _))) if texts.len() == 1 => texts[0].clone(),
                Some(_) => return call.fail("its default_tensor should be one text"),
                None => call.text("default_string", "_Unused")?,
            };
            values.push(default);
            texts::constant(b, &format!("{}.values", call.site.name), &values, &[count + 1])
        }
    };
    let list = b.texts.list_of(table);
    let y = b.push(call, Op::Gather { axis: 0 }, &[table, place])?;
    if let Some(list) = list {
        b.texts.mark(y, list);
    }
    Ok(y)
}

/// The default number, where it is a tensor.
fn default(call: &Call, dtype: DType) -> Result<Option<Tensor>, ImportError> {
    match call.constant("default_tensor")? {
        Some(tensor) if tensor.ty.dtype == dtype => Ok(Some(tensor)),
        Some(tensor) => call.fail(format!("its default_tensor {} should be {dtype}", tensor.ty)),
        None => Ok(None),
    }
}

/// The keys or the values.
fn list(call: &Call, what: &str) -> Result<List, ImportError> {
    if let Some(proto) = call.tensor(&format!("{what}_tensor"))? {
        let named = |why: String| format!("attribute {what}_tensor: {why}");
        if texts::is_text(proto.data_type) {
            return texts::read(proto).map(|(texts, _)| List::Texts(texts)).or_else(|why| call.fail(named(why)));
        }
        let tensor = tensor::read(proto).or_else(|why| call.fail(named(why)))?;
        return match tensor.ty.dtype {
            DType::I64 => Ok(List::Integers(tensor.as_i64())),
            DType::F32 => Ok(List::Reals(tensor.as_f32())),
            _ => call.fail(format!("attribute {what}_tensor: {} should be f32, i64 or texts", tensor.ty)),
        };
    }
    let names = call.texts(&format!("{what}_strings"))?;
    if !names.is_empty() {
        return Ok(List::Texts(names));
    }
    if let Some(values) = call.ints(&format!("{what}_int64s"))? {
        return Ok(List::Integers(values.to_vec()));
    }
    match call.floats(&format!("{what}_floats"))? {
        Some(values) => Ok(List::Reals(values.to_vec())),
        None => call.fail(format!("it has no {what}: {what}_strings, _int64s, _floats or _tensor")),
    }
}
