//! Tree ensembles, several trees at once.

use sanderling_format::calls::TreeEnsemble;

use super::Avx2;
use crate::kernel::{Operands, Runs};
use crate::tiles::trees;

impl Runs<TreeEnsemble> for Avx2 {
    fn run(call: &TreeEnsemble, operands: Operands<'_>) {
        trees::run(call, operands);
    }
}
