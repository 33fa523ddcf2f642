//! Between types of numbers.

use sanderling_format::calls::{Cast, Dequantize, Numeric, Quantize};
use sanderling_ir::{DType, Quant, TensorType};
use sanderling_oracle::params;

use crate::CompileError;
use crate::lower::Site;

pub fn cast(site: &mut Site) -> Result<u32, CompileError> {
    let call = Cast {
        from: site.numeric(site.ty(0)) as u32,
        to: site.numeric(site.out_ty()) as u32,
        len: site.out_ty().elements() as u32,
        input: site.at(0),
        output: site.out_at(),
    };
    site.call_part(&call, true)
}

/// Real numbers into a quantization; half precision widens into scratch first.
pub fn quantize(site: &mut Site) -> Result<u32, CompileError> {
    let out = site.out_ty();
    let Some(quant) = out.quant.clone() else {
        return site.fail(format!("its output {out} has no quantization parameters"));
    };
    let (low, high) = params::dtype_range(out.dtype);
    let [outer, count, inner] = channels(out, &quant);
    let (to, len) = (site.numeric(out) as u32, out.elements() as u32);
    let mut scratch = 0;
    let mut input = site.at(0);
    if site.ty(0).dtype != DType::F32 {
        let from = site.numeric(site.ty(0)) as u32;
        scratch = len * 4;
        let widen = Cast { from, to: Numeric::F32 as u32, len, input, output: site.scratch };
        input = site.scratch;
        site.call_part(&widen, false)?;
    }
    let params = parameters(site, &quant);
    let call = Quantize { to, outer, count, inner, low, high, input, params, output: site.out_at() };
    site.call_part(&call, true)?;
    Ok(scratch)
}

pub fn dequantize(site: &mut Site) -> Result<u32, CompileError> {
    let x = site.ty(0);
    if matches!(x.dtype, DType::F32 | DType::F16 | DType::BF16) {
        return cast(site);
    }
    let Some(quant) = x.quant.clone() else {
        return site.fail(format!("its input {x} has no quantization parameters"));
    };
    let [outer, count, inner] = channels(x, &quant);
    let from = site.numeric(x) as u32;
    let call = Dequantize {
        from,
        outer,
        count,
        inner,
        input: site.at(0),
        params: parameters(site, &quant),
        output: site.out_at(),
    };
    site.call_part(&call, true)
}

/// Elements before, along and after the axis of the scales.
fn channels(ty: &TensorType, quant: &Quant) -> [u32; 3] {
    if quant.scales.len() == 1 {
        return [1, 1, ty.elements() as u32];
    }
    let product = |shape: &[usize]| shape.iter().product::<usize>() as u32;
    [product(&ty.shape[..quant.axis]), ty.shape[quant.axis] as u32, product(&ty.shape[quant.axis + 1..])]
}

fn parameters(site: &mut Site, quant: &Quant) -> u32 {
    let pair = |(scale, zero): (&f32, &i32)| [scale.to_le_bytes(), zero.to_le_bytes()].concat();
    let bytes: Vec<u8> = quant.scales.iter().zip(&quant.zero_points).flat_map(pair).collect();
    site.artifact.constant(&bytes)
}
