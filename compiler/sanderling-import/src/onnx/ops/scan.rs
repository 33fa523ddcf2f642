//! The one loop that is read: squared distances between rows, as exporters of nearest neighbours write them.
//!
//! The body passes its first input on and gives `ReduceSumSquare(Sub(x, row))` for each row of the second.

use std::collections::HashMap;

use sanderling_ir::{BinaryKind, Op, ReduceKind};
use tract_onnx::pb::{GraphProto, NodeProto};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many};

pub(crate) fn scan(b: &mut Builder, call: &Call) -> Many {
    let hint = "export the model with its loop unrolled, or one step with its state as inputs and outputs";
    if !are_distances(call)? {
        return call.unsupported(hint);
    }
    let (x, rows) = (call.input(0)?, call.input(1)?);
    let (&[n, features], &[count, width]) = (&b.shape(x)[..], &b.shape(rows)[..]) else {
        return call.fail(format!("{} and {} should be rows of features", b.ty(x), b.ty(rows)));
    };
    if features != width {
        return call.fail(format!("{} and {} differ in features", b.ty(x), b.ty(rows)));
    }
    let each = b.reshape(call, x, &[1, n, features])?;
    let row = b.reshape(call, rows, &[count, 1, features])?;
    let squares = b.binary(call, BinaryKind::SquaredDifference, each, row)?;
    let reduce = Op::Reduce { kind: ReduceKind::Sum, axes: vec![2], keep_dims: false };
    let distances = b.push(call, reduce, &[squares])?;
    Ok(vec![x, distances])
}

fn are_distances(call: &Call) -> Result<bool, ImportError> {
    let body: &GraphProto = call.graph("body")?;
    // From the front to the back, along the first axes.
    let usual = ["scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"];
    for name in usual {
        if call.ints(name)?.is_some_and(|values| values.iter().any(|&v| v != 0)) {
            return Ok(false);
        }
    }
    let producers: HashMap<&str, &NodeProto> =
        body.node.iter().filter_map(|node| Some((node.output.first()?.as_str(), node))).collect();
    let named = |name: &str, op: &str| producers.get(name).copied().filter(|node| node.op_type == op);
    // A body of so many nodes has no longer chain of names for one value.
    let resolve = |name: &str| {
        let mut name = name.to_string();
        for _ in 0..body.node.len() {
            match named(&name, "Identity").and_then(|node| node.input.first()) {
                Some(input) => name = input.clone(),
                None => break,
            }
        }
        name
    };
    let input = |node: &NodeProto, i: usize| node.input.get(i).map(|name| resolve(name)).unwrap_or_default();
    let ([x, row], [passed, distance]) = (&body.input[..], &body.output[..]) else { return Ok(false) };
    if call.int("num_scan_inputs", 0)? != 1 || resolve(&passed.name) != x.name {
        return Ok(false);
    }
    let Some(sum) = named(&resolve(&distance.name), "ReduceSumSquare") else { return Ok(false) };
    let Some(difference) = named(&input(sum, 0), "Sub") else { return Ok(false) };
    let inner = Call { node: sum, site: call.site.clone(), opset: call.opset, inputs: Vec::new() };
    let over_features = matches!(inner.ints("axes")?, Some([1 | -1])) && inner.int("keepdims", 1)? == 0;
    let (a, b) = (input(difference, 0), input(difference, 1));
    let of_both = (&a, &b) == (&x.name, &row.name) || (&a, &b) == (&row.name, &x.name);
    Ok(over_features && of_both)
}
