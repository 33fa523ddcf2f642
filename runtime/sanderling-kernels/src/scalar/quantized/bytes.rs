//! Functions of one byte.

use sanderling_format::calls::{FlipI8, LookupI8, MapI8};

use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;

impl Runs<FlipI8> for Scalar {
    fn run(_: &FlipI8, operands: Operands<'_>) {
        operands.output.iter_mut().for_each(|byte| *byte ^= 0x80);
    }
}

impl Runs<LookupI8> for Scalar {
    fn run(_: &LookupI8, mut operands: Operands<'_>) {
        operands.bring(0);
        let Operands { reads: [_, table, ..], output, .. } = operands;
        map(table, output);
    }
}

impl Runs<MapI8> for Scalar {
    fn run(_: &MapI8, operands: Operands<'_>) {
        let Operands { reads: [table, ..], output, .. } = operands;
        map(table, output);
    }
}

fn map(table: &[u8], bytes: &mut [u8]) {
    let Some(table) = table.first_chunk::<256>() else { return };
    bytes.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
}
