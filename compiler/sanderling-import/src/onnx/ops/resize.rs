//! Resize and its predecessor Upsample.
//!
//! The graph's op covers the usual cases. Other nearest ones become gathers, other linear ones and cubic ones
//! products with constant matrices, axis by axis.

use sanderling_ir::{Coordinates, Op, ResizeMode, ValueId};

use super::gather;
use super::resize_axis::{Axis, Rounding, Transform};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

enum Method {
    Nearest(Rounding),
    Linear,
    Cubic(f32),
}

pub(crate) fn resize(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let method = method(call)?;
    let transform = transform(call)?;
    for (attribute, usual) in [("antialias", 0), ("exclude_outside", 0)] {
        let value = call.int(attribute, usual)?;
        if value != usual {
            return call.refuse(attribute, value, "0 works");
        }
    }
    let mut axes = Vec::new();
    for (i, (after, scale)) in targets(b, call, x)?.into_iter().enumerate() {
        let before = b.shape(x)[i];
        b.charge(after.saturating_mul(8))?;
        if after != before || scale != 1.0 {
            axes.push((i, Axis { before, after, scale, transform }));
        }
    }
    if axes.iter().any(|(_, axis)| axis.before == 0) {
        return call.fail(format!("{} is empty", b.ty(x)));
    }
    if let Some((first, mode, coordinates)) = op_for(b, x, &axes, &method) {
        return spatial(b, call, x, first, &axes, mode, coordinates);
    }
    let mut y = x;
    for (i, axis) in axes {
        y = match method {
            Method::Nearest(rounding) => gather::select(b, call, y, i, &axis.nearest(rounding))?,
            Method::Linear => by_matrix(b, call, y, i, &axis, None)?,
            Method::Cubic(a) => by_matrix(b, call, y, i, &axis, Some(a))?,
        };
    }
    Ok(y)
}

fn method(call: &Call) -> Result<Method, ImportError> {
    let mode = call.text("mode", "nearest")?;
    let default = if call.opset < 11 { "floor" } else { "round_prefer_floor" };
    Ok(match mode.as_str() {
        "linear" | "bilinear" => Method::Linear,
        "cubic" => Method::Cubic(call.float("cubic_coeff_a", -0.75)?),
        "nearest" => Method::Nearest(match call.text("nearest_mode", default)?.as_str() {
            "round_prefer_floor" => Rounding::PreferFloor,
            "round_prefer_ceil" => Rounding::PreferCeil,
            "floor" => Rounding::Floor,
            "ceil" => Rounding::Ceil,
            other => return call.refuse("nearest_mode", other, "round_prefer_floor and floor work"),
        }),
        other => return call.refuse("mode", other, "nearest, linear and cubic work"),
    })
}

fn transform(call: &Call) -> Result<Transform, ImportError> {
    let name = "coordinate_transformation_mode";
    // Upsample, and Resize before it had the attribute.
    let default = if call.opset < 11 || call.op() == "Upsample" { "asymmetric" } else { "half_pixel" };
    Ok(match call.text(name, default)?.as_str() {
        "asymmetric" => Transform::Asymmetric,
        "half_pixel" => Transform::HalfPixel,
        "half_pixel_symmetric" => Transform::HalfPixelSymmetric,
        "pytorch_half_pixel" => Transform::PytorchHalfPixel,
        "align_corners" => Transform::AlignCorners,
        other => return call.refuse(name, other, "asymmetric, half_pixel, pytorch_half_pixel and align_corners work"),
    })
}

/// Size and scale of every axis after the node.
fn targets(b: &mut Builder, call: &Call, x: ValueId) -> Result<Vec<(usize, f32)>, ImportError> {
    let shape = b.shape(x);
    let axes = match call.ints("axes")? {
        Some(axes) => axes.iter().map(|&a| call.axis(a, shape.len())).collect::<Result<Vec<_>, _>>()?,
        None => (0..shape.len()).collect(),
    };
    let mut targets: Vec<(usize, f32)> = shape.iter().map(|&n| (n, 1.0)).collect();
    if let Some(sizes) = call.optional(3) {
        let policy = call.text("keep_aspect_ratio_policy", "stretch")?;
        if policy != "stretch" {
            return call.refuse("keep_aspect_ratio_policy", policy, "stretch works");
        }
        let sizes = super::shape::sizes(call, "sizes", &b.known_ints(call, sizes, "the list of sizes")?)?;
        if sizes.len() != axes.len() {
            return call.fail(format!("{} sizes do not fit {} axes", sizes.len(), axes.len()));
        }
        for (&axis, n) in axes.iter().zip(sizes) {
            targets[axis] = (n, n as f32 / shape[axis].max(1) as f32);
        }
        return Ok(targets);
    }
    let scales = scales(b, call)?;
    if scales.len() != axes.len() {
        return call.fail(format!("{} scales do not fit {} axes", scales.len(), axes.len()));
    }
    for (&axis, scale) in axes.iter().zip(scales) {
        if !(scale.is_finite() && scale > 0.0) {
            return call.fail(format!("the scale {scale} is not positive"));
        }
        let after = (shape[axis] as f32 * scale).floor();
        targets[axis] = (call.size("scales", after as i64)?, scale);
    }
    Ok(targets)
}

fn scales(b: &mut Builder, call: &Call) -> Result<Vec<f32>, ImportError> {
    if let Some(scales) = call.floats("scales")? {
        return Ok(scales.to_vec());
    }
    // Between them, opset 11 put the region of interest.
    let index = if call.op() == "Upsample" || call.opset < 11 { 1 } else { 2 };
    b.known_floats(call, call.input(index)?, "the list of scales")
}

/// The op that does the same on two neighbouring axes, if there is one; the first of these axes comes with it.
fn op_for(
    b: &Builder,
    x: ValueId,
    axes: &[(usize, Axis)],
    method: &Method,
) -> Option<(usize, ResizeMode, Coordinates)> {
    use Coordinates::{AlignCorners, Asymmetric, HalfPixel};
    let (least, most) = (axes.first()?.0, axes.last()?.0);
    let first = match (b.rank(x), least, most) {
        (4, 2.., 3) | (4, 2, _) => 2,
        (4, 1, ..=2) => 1,
        (3, 2, 2) => 2,
        _ => return None,
    };
    let all = |fits: &dyn Fn(&Axis) -> bool| axes.iter().all(|(_, axis)| fits(axis));
    for coordinates in [Asymmetric, HalfPixel, AlignCorners] {
        match method {
            Method::Nearest(rounding) => {
                for mode in [ResizeMode::NearestFloor, ResizeMode::NearestRound] {
                    if all(&|axis| axis.is_nearest(*rounding, mode, coordinates)) {
                        return Some((first, mode, coordinates));
                    }
                }
            }
            Method::Linear if all(&|axis| axis.is_linear(coordinates)) => {
                return Some((first, ResizeMode::Bilinear, coordinates));
            }
            _ => {}
        }
    }
    None
}

fn spatial(
    b: &mut Builder,
    call: &Call,
    x: ValueId,
    first: usize,
    axes: &[(usize, Axis)],
    mode: ResizeMode,
    coordinates: Coordinates,
) -> One {
    let rank = b.rank(x);
    // Channels may be last already, as in models that come from TensorFlow.
    let plane = if first == 1 { x } else { super::conv::to_plane(b, call, x)? };
    let mut size = super::conv::spatial(b, plane);
    for (i, axis) in axes {
        size[if rank == 3 { 1 } else { i - first }] = axis.after;
    }
    let y = b.push(call, Op::Resize { size, mode, coordinates }, &[plane])?;
    if first == 1 { Ok(y) } else { super::conv::from_plane(b, call, y, rank) }
}

/// One axis as a product with a matrix of interpolation weights.
fn by_matrix(b: &mut Builder, call: &Call, x: ValueId, i: usize, axis: &Axis, cubic: Option<f32>) -> One {
    let rank = b.rank(x);
    b.charge(axis.after.saturating_mul(axis.before))?;
    let weights = b.floats(call, &[axis.after, axis.before], &axis.matrix(cubic));
    let mut perm: Vec<usize> = (0..rank).collect();
    perm.swap(i, rank - 1);
    let last = b.transpose(call, x, &perm)?;
    let weights = b.transpose(call, weights, &[1, 0])?;
    let y = super::dense::product(b, call, last, weights)?;
    b.transpose(call, y, &perm)
}
