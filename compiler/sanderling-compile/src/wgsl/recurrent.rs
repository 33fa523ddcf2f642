//! Layers that keep a state from step to step.

use sanderling_format::calls::*;

use super::source::{Shader, Source};

const REAL: &str = include_str!("real.wgsl");

pub fn lstm(call: &LstmF32) -> Option<Vec<Shader>> {
    Source::new(&[REAL])
        .u("STEPS", call.steps)
        .u("BATCH", call.batch)
        .u("FEATURES", call.features)
        .u("UNITS", call.units)
        .u("REVERSE", u32::from(call.reverse != 0))
        .f("CLIP", call.clip)
        .tensor("x", call.x)
        .tensor("w", call.w)
        .tensor("r", call.r)
        .tensor("bias", call.bias)
        .tensor("h", call.h)
        .tensor("c", call.c)
        .u("OUTPUT", call.output / 4)
        .u("CELL", call.cell / 4)
        .workgroup(call.batch.checked_mul(call.units)?, include_str!("lstm_f32.wgsl"))
}

pub fn gru(call: &GruF32) -> Option<Vec<Shader>> {
    Source::new(&[REAL])
        .u("STEPS", call.steps)
        .u("BATCH", call.batch)
        .u("FEATURES", call.features)
        .u("UNITS", call.units)
        .u("REVERSE", u32::from(call.reverse != 0))
        .u("LINEAR_BEFORE_RESET", u32::from(call.linear_before_reset != 0))
        .tensor("x", call.x)
        .tensor("w", call.w)
        .tensor("r", call.r)
        .tensor("bias", call.bias)
        .tensor("recurrent_bias", call.recurrent_bias)
        .tensor("h", call.h)
        .u("OUTPUT", call.output / 4)
        .u("SCRATCH", call.scratch / 4)
        .workgroup(call.units, include_str!("gru_f32.wgsl"))
}

pub fn lstm_i8(call: &LstmI8) -> Option<Vec<Shader>> {
    Source::new(&[include_str!("fixed.wgsl")])
        .atomic()
        .u("STEPS", call.steps)
        .u("BATCH", call.batch)
        .u("FEATURES", call.features)
        .u("UNITS", call.units)
        .u("REVERSE", u32::from(call.reverse != 0))
        .u("CELL_BITS", call.cell_bits)
        .i("CLIP", call.clip)
        .i("ZERO", call.zero)
        .i("MULTIPLIER", call.multiplier)
        .i("SHIFT", call.shift)
        .tensor("x", call.x)
        .tensor("w", call.w)
        .tensor("r", call.r)
        .tensor("rows", call.rows)
        .tensor("h", call.h)
        .tensor("c", call.c)
        .tensor("y", call.output)
        .tensor("cell", call.cell)
        .u("OUTPUT", call.output / 4)
        .u("CELL", call.cell / 4)
        .workgroup(call.batch.checked_mul(call.units)?, include_str!("lstm_i8.wgsl"))
}
