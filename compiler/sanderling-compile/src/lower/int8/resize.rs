//! Bilinear resizing of 8-bit images.

use sanderling_format::calls::ResizeI8;
use sanderling_ir::Coordinates;

use crate::CompileError;
use crate::lower::Site;
use crate::lower::data::is_flipped;

/// u8 images are blended in f32, i8 images in integers; see `docs/numerics.md`.
pub fn bilinear(site: &mut Site, coordinates: Coordinates) -> Result<u32, CompileError> {
    if site.ty(0).dtype != site.out_ty().dtype || site.out_ty().quant.is_none() {
        return site.fail(format!("there is no kernel to resize {} into {}", site.ty(0), site.out_ty()));
    }
    let single = is_flipped(site.ty(0));
    let (x, out) = (site.ty(0).shape.clone(), site.out_ty().shape.clone());
    let scale = |axis: usize| {
        let (n, m) = match coordinates {
            Coordinates::AlignCorners if out[axis] > 1 => (x[axis] - 1, out[axis] - 1),
            _ => (x[axis], out[axis]),
        };
        if single { (n as f32 / m as f32).to_bits() } else { ((1024 * n + m / 2) / m) as u32 }
    };
    let n = |v: usize| v as u32;
    let call = ResizeI8 {
        batch: n(x[0]),
        in_h: n(x[1]),
        in_w: n(x[2]),
        channels: n(x[3]),
        out_h: n(out[1]),
        out_w: n(out[2]),
        single: u32::from(single),
        half_pixel: u32::from(coordinates == Coordinates::HalfPixel),
        scale_h: scale(1),
        scale_w: scale(2),
        input: site.at(0),
        output: site.out_at(),
    };
    site.call(&call)
}
