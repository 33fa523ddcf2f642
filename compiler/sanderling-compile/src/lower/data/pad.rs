//! Padding and nearest-neighbour resizing: copies by index.

use sanderling_format::calls::{AXES, Fill, IndexedCopy};
use sanderling_ir::{Coordinates, Op, PadMode, ResizeMode, Tensor, TensorType};
use sanderling_oracle::{evaluate, params};

use super::copy::{Move, copy};
use super::walk::strides;
use super::{flip_offset, is_flipped};
use crate::CompileError;
use crate::lower::Site;

pub fn pad(site: &mut Site, before: &[usize], mode: PadMode) -> Result<u32, CompileError> {
    let (x, out) = (site.ty(0).shape.clone(), site.out_ty().shape.clone());
    let PadMode::Constant(value) = mode else {
        let source = |axis: usize, o: usize| {
            let (o, n) = (o as isize - before[axis] as isize, x[axis] as isize);
            let place = if mode == PadMode::Edge { o.clamp(0, n - 1) } else { mirror(o, n) };
            place as usize
        };
        let axes = (0..x.len()).map(|axis| (0..out[axis]).map(|o| source(axis, o)).collect()).collect();
        return indexed(site, axes);
    };
    let bytes = fill_bytes(site, value)?;
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(&bytes);
    let fill = Fill {
        element: bytes.len() as u32,
        len: site.out_ty().elements() as u32,
        value: u64::from_le_bytes(word),
        output: site.out_at(),
    };
    let has_input = site.ty(0).elements() > 0;
    site.call_part(&fill, !has_input)?;
    if !has_input {
        return Ok(0);
    }
    let out_strides = strides(&out);
    let out_first = before.iter().zip(&out_strides).map(|(&b, &s)| b * s as usize).sum();
    copy(site, 0, Move { in_strides: strides(&x), dims: x, in_first: 0, out_strides, out_first }, true)
}

/// The source index of a mirror image whose edges are not repeated.
fn mirror(o: isize, n: isize) -> isize {
    let period = (2 * (n - 1)).max(1);
    let o = o.rem_euclid(period);
    o.min(period - o).min(n - 1)
}

/// The bytes of the constant around a tensor, as kernels keep them.
fn fill_bytes(site: &Site, value: f32) -> Result<Vec<u8>, CompileError> {
    let out = site.out_ty();
    if out.quant.is_some() {
        let (scale, zero) = site.stored_quant(out)?;
        let quantized = params::clamp(params::quantize_value(value, scale, zero), params::dtype_range(out.dtype));
        return Ok((quantized - flip_offset(out)).to_le_bytes()[..out.dtype.bytes()].to_vec());
    }
    let real = Tensor::from_f32(TensorType::new(sanderling_ir::DType::F32, &[1]), &[value]);
    let cast = evaluate(&Op::Cast { dtype: out.dtype }, &[&real], &[TensorType::new(out.dtype, &[1])])?;
    Ok(cast[0].data.clone())
}

/// Nearest-neighbour resizing.
pub fn nearest(site: &mut Site, mode: ResizeMode, coordinates: Coordinates) -> Result<u32, CompileError> {
    let (x, out) = (site.ty(0).shape.clone(), site.out_ty().shape.clone());
    let axis = |axis: usize| -> Vec<usize> {
        match axis {
            1 | 2 => (0..out[axis]).map(|o| nearest_index(o, x[axis], out[axis], mode, coordinates)).collect(),
            _ => (0..out[axis]).collect(),
        }
    };
    indexed(site, (0..4).map(axis).collect())
}

fn nearest_index(o: usize, input: usize, output: usize, mode: ResizeMode, coordinates: Coordinates) -> usize {
    let (o, n, m) = (o as f64, input as f64, output as f64);
    let at = match coordinates {
        Coordinates::HalfPixel => (o + 0.5) * n / m - 0.5,
        Coordinates::AlignCorners if output > 1 => o * (n - 1.0) / (m - 1.0),
        _ => o * n / m,
    };
    let nearest = if mode == ResizeMode::NearestFloor { at.floor() } else { (at - 0.5).ceil() };
    (nearest.max(0.0) as usize).min(input.saturating_sub(1))
}

/// Output element `(i, j, ...)` from input element `(axes[0][i], axes[1][j], ...)`.
fn indexed(site: &mut Site, axes: Vec<Vec<usize>>) -> Result<u32, CompileError> {
    let x = site.ty(0);
    let (shape, own) = (x.shape.clone(), strides(&x.shape));
    // Trailing axes that stay as they are make one run.
    let whole = |axis: &usize| axes[*axis].len() == shape[*axis] && axes[*axis].iter().copied().eq(0..shape[*axis]);
    let moved = shape.len() - (0..shape.len()).rev().take_while(whole).count();
    let run: usize = shape[moved..].iter().product();
    // Other axes of one element only shift the rest, by nothing where they stay.
    let listed: Vec<usize> = (0..moved).filter(|&a| axes[a] != [0]).collect();
    if listed.len() > AXES {
        return site.fail(format!("it changes more than {AXES} axes"));
    }
    let (mut dims, mut table) = ([1; AXES], vec![0u32; AXES - listed.len()]);
    for (slot, &axis) in listed.iter().enumerate() {
        dims[AXES - listed.len() + slot] = axes[axis].len() as u32;
        table.extend(axes[axis].iter().map(|&i| (i * own[axis] as usize / run) as u32));
    }
    let table: Vec<u8> = table.into_iter().flat_map(u32::to_le_bytes).collect();
    let conversion = match site.node.op {
        // Resizing leaves the bytes as they are, whatever the quantization of its output.
        Op::Resize { .. } if is_flipped(x) == is_flipped(site.out_ty()) => None,
        Op::Resize { .. } => Some(std::array::from_fn(|i| i as u8 ^ 0x80)),
        _ => site.conversion(0)?,
    };
    let call = IndexedCopy {
        dims,
        run: (run * x.dtype.bytes()) as u32,
        in_len: (x.elements() / run) as u32,
        input: site.at(0),
        table: site.artifact.constant(&table),
        output: site.out_at(),
    };
    site.call_part(&call, conversion.is_none())?;
    conversion.map_or(Ok(0), |table| site.map_output(&table))
}
