//! Conversions between types of numbers.

use sanderling_format::calls::{Cast, Numeric};

use super::numeric::{integer, put_integer, put_real, real};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;

impl Runs<Cast> for Scalar {
    fn run(call: &Cast, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let (Some(from), Some(to)) = (Numeric::from_code(call.from), Numeric::from_code(call.to)) else { return };
        for i in 0..call.len as usize {
            if from.is_real() {
                put_real(to, output, i, real(from, input, i));
            } else {
                put_integer(to, output, i, integer(from, input, i));
            }
        }
    }
}
