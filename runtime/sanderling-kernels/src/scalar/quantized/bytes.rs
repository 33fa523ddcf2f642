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
    fn run(_: &LookupI8, operands: Operands<'_>) {
        let Operands { reads: [input, table, ..], output, .. } = operands;
        let Some(table) = table.first_chunk::<256>() else { return };
        output.iter_mut().zip(input).for_each(|(to, &from)| *to = table[usize::from(from)]);
    }
}

impl Runs<MapI8> for Scalar {
    fn run(_: &MapI8, operands: Operands<'_>) {
        let Operands { reads: [table, ..], output, .. } = operands;
        let Some(table) = table.first_chunk::<256>() else { return };
        output.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
    }
}
