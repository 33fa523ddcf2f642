//! The inputs of the graph: their element types and static shapes.

use std::collections::{BTreeMap, HashMap};

use sanderling_ir::TensorType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Size;
use tract_onnx::pb::type_proto::Value as Kind;
use tract_onnx::pb::{GraphProto, ValueInfoProto, type_proto};

use super::builder::{Binding, Builder};
use super::tensor::{elements, input_dtype};
use super::texts;
use crate::{ImportError, ImportOptions};

/// What a hint proposes for an open dimension that is not a batch.
const EXAMPLE: usize = 96;

/// A dimension of an input.
enum Dim<'a> {
    Fixed(usize),
    /// Open, with its symbol if it has one.
    Open(&'a str),
}

/// Adds the inputs of the graph, except those with a constant in their place.
pub(super) fn declare<'a>(
    builder: &mut Builder<'a>,
    proto: &'a GraphProto,
    options: &ImportOptions,
) -> Result<(), ImportError> {
    let mut inputs = Vec::new();
    for input in &proto.input {
        if !builder.scopes.iter().any(|scope| scope.contains_key(input.name.as_str())) {
            inputs.push((input.name.as_str(), tensor_type(input)?));
        }
    }
    let names: Vec<&str> = inputs.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = options.shapes.keys().find(|name| !names.contains(&name.as_str())) {
        let why = format!("the model has no such input; it has {}", names.join(", "));
        return Err(ImportError::BadShapeOption { input: unknown.clone(), why });
    }
    let symbols = symbols(&inputs, &options.shapes)?;
    for (name, ty) in inputs {
        let is_text = texts::is_text(ty.elem_type);
        let elem_type = if is_text { DataType::Int64 as i32 } else { ty.elem_type };
        let dtype = input_dtype(elem_type).map_err(|why| ImportError::BadTensor { tensor: name.into(), why })?;
        let shape = match options.shapes.get(name) {
            Some(given) => given.clone(),
            None => static_shape(name, ty, &symbols)?,
        };
        if elements(&shape).is_none() {
            let why = format!("{shape:?} is not a shape that a tensor can have");
            return Err(ImportError::BadTensor { tensor: name.into(), why });
        }
        let id = builder.graph.input(name, TensorType::new(dtype, &shape));
        if is_text {
            let list = builder.texts.list(&[]);
            builder.texts.mark(id, list);
        }
        if let Some(scope) = builder.scopes.last_mut() {
            scope.insert(name, Binding::Value(id));
        }
    }
    Ok(())
}

fn tensor_type(input: &ValueInfoProto) -> Result<&type_proto::Tensor, ImportError> {
    match input.r#type.as_ref().and_then(|ty| ty.value.as_ref()) {
        Some(Kind::TensorType(ty)) => Ok(ty),
        None => {
            let why = "the input is not a tensor".to_string();
            Err(ImportError::BadTensor { tensor: input.name.clone(), why })
        }
    }
}

/// The dimensions of a type, `None` where even their number is open.
fn dims(ty: &type_proto::Tensor) -> Option<Vec<Dim<'_>>> {
    let dim = |value: &'_ Option<Size>| -> Option<usize> {
        match value {
            Some(Size::DimValue(n)) => usize::try_from(*n).ok().filter(|&n| n > 0),
            _ => None,
        }
    };
    let shape = ty.shape.as_ref()?;
    let dims = shape.dim.iter().map(|d| match (dim(&d.value), &d.value) {
        (Some(n), _) => Dim::Fixed(n),
        (None, Some(Size::DimParam(symbol))) => Dim::Open(symbol),
        (None, _) => Dim::Open(""),
    });
    Some(dims.collect())
}

/// Whether a name stands for one size wherever it appears; exporters also write `?` for any.
fn is_symbol(name: &str) -> bool {
    !matches!(name, "" | "?")
}

/// What the symbols of open dimensions stand for: given shapes decide, then batches.
fn symbols<'a>(
    inputs: &[(&'a str, &'a type_proto::Tensor)],
    given: &BTreeMap<String, Vec<usize>>,
) -> Result<HashMap<&'a str, usize>, ImportError> {
    let mut symbols = HashMap::new();
    for (name, ty) in inputs {
        let (Some(shape), Some(dims)) = (given.get(*name), dims(ty)) else { continue };
        if shape.len() != dims.len() {
            let why = format!("the model's input has {} dimensions, the given shape {}", dims.len(), shape.len());
            return Err(ImportError::BadShapeOption { input: name.to_string(), why });
        }
        for (dim, &n) in dims.iter().zip(shape) {
            if let Dim::Open(symbol) = dim
                && is_symbol(symbol)
            {
                symbols.insert(*symbol, n);
            }
        }
    }
    for (_, ty) in inputs {
        if let Some([Dim::Open(symbol), _, ..]) = dims(ty).as_deref()
            && is_symbol(symbol)
        {
            symbols.entry(*symbol).or_insert(1);
        }
    }
    Ok(symbols)
}

fn static_shape(
    name: &str,
    ty: &type_proto::Tensor,
    symbols: &HashMap<&str, usize>,
) -> Result<Vec<usize>, ImportError> {
    let dynamic = |hint: String| ImportError::DynamicShape { tensor: name.to_string(), hint };
    let Some(dims) = dims(ty) else {
        return Err(dynamic(format!(
            "the file leaves it open; fix it, for example with --shape {name}=1x3x{EXAMPLE}x{EXAMPLE}"
        )));
    };
    let batch = dims.len() > 1;
    let mut shape = Vec::with_capacity(dims.len());
    for (i, dim) in dims.iter().enumerate() {
        shape.push(match dim {
            Dim::Fixed(n) => *n,
            Dim::Open(symbol) => match symbols.get(symbol) {
                Some(&n) => n,
                None if i == 0 && batch => 1,
                None => return Err(dynamic(hint(name, &dims, i))),
            },
        });
    }
    Ok(shape)
}

fn hint(name: &str, dims: &[Dim], open: usize) -> String {
    let symbol = match &dims[open] {
        Dim::Open(symbol) if !symbol.is_empty() => format!(" (\"{symbol}\")"),
        _ => String::new(),
    };
    let example: Vec<String> = dims
        .iter()
        .enumerate()
        .map(|(i, dim)| match dim {
            Dim::Fixed(n) => n.to_string(),
            Dim::Open(_) if i == 0 && dims.len() > 1 => "1".into(),
            Dim::Open(_) => EXAMPLE.to_string(),
        })
        .collect();
    format!("dimension {open}{symbol} is open: fix it, for example with --shape {name}={}", example.join("x"))
}
