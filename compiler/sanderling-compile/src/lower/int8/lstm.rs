//! Recurrent layers on int8 values with a cell of 16 bits.

use sanderling_format::calls::{AXES, LstmI8, StridedCopy};
use sanderling_oracle::params::{self, Multiplier};

use crate::CompileError;
use crate::lower::Site;
use crate::lower::float::last_state;

pub fn lstm(site: &mut Site, reverse: bool, clip: f32) -> Result<u32, CompileError> {
    let (cell_scale, _) = site.stored_quant(site.ty(5))?;
    let Some(cell_bits) = params::lstm_cell_bits(cell_scale) else {
        return site.fail(format!("the scale {cell_scale} of its cell is not a power of two from 2^-15 to 2^-9"));
    };
    let (state_scale, zero) = site.quant(site.ty(4))?;
    let Multiplier { multiplier, shift } = Multiplier::new(params::lstm_output_multiplier(state_scale));
    let (x, r) = (&site.ty(0).shape, &site.ty(2).shape);
    let [steps, batch, features, units] = [x[0], x[1], x[2], r[1]].map(|n| n as u32);
    let rows = rows(site)?;
    let call = LstmI8 {
        steps,
        batch,
        features,
        units,
        reverse: u32::from(reverse),
        cell_bits,
        clip: params::lstm_cell_clip(clip, cell_scale),
        zero,
        multiplier,
        shift,
        x: site.at(0),
        w: site.at(1),
        r: site.at(2),
        rows: site.artifact.constant(&rows),
        h: site.at(4),
        c: site.at(5),
        output: site.out_at(),
        cell: site.scratch,
    };
    let scratch = site.call(&call)?;
    last_state(site, reverse)?;
    let len = batch * units;
    // The cell was scratch of the kernel, which traces do not see.
    site.call(&StridedCopy {
        element: 2,
        mapped: 0,
        dims: [1, 1, 1, 1, 1, len],
        in_strides: [1; AXES],
        out_strides: [1; AXES],
        in_first: 0,
        out_first: 0,
        in_len: len,
        out_len: len,
        input: site.scratch,
        output: (site.place)(site.node.outputs[2]),
        table: 0,
    })?;
    Ok(scratch)
}

/// The `rows` of [`LstmI8`].
fn rows(site: &Site) -> Result<Vec<u8>, CompileError> {
    let bias = site.constant(3)?.as_i32();
    let mut rows = vec![Vec::new(); bias.len()];
    for (values, weights) in [(0, 1), (4, 2)] {
        let (scale, zero) = site.quant(site.ty(values))?;
        let weights = site.constant(weights)?;
        let Some(quant) = weights.ty.quant.as_ref().filter(|q| q.scales.len() == 1 || q.axis == 0) else {
            return site.fail("its weights should have one scale or one for each row".to_string());
        };
        if quant.zero_points.iter().any(|&z| z != 0) {
            return site.fail("its weights have a zero point".to_string());
        }
        let elements = weights.as_i8();
        for (o, row) in elements.chunks(weights.ty.shape[1].max(1)).enumerate() {
            let sum: i32 = row.iter().map(|&w| i32::from(w)).sum();
            let own = if values == 0 { bias[o] } else { 0 };
            let scale_w = quant.scales[o % quant.scales.len()];
            let Multiplier { multiplier, shift } = Multiplier::new(params::lstm_gate_multiplier(scale, scale_w));
            let words = [own.wrapping_sub(zero.wrapping_mul(sum)), multiplier, shift];
            rows[o].extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
    }
    Ok(rows.concat())
}
