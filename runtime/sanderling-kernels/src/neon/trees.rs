//! Tree ensembles, several trees at once.

use sanderling_format::calls::TreeEnsemble;

use super::Neon;
use crate::kernel::{Operands, Runs};
use crate::tiles::trees;

impl Runs<TreeEnsemble> for Neon {
    fn run(call: &TreeEnsemble, operands: Operands<'_>) {
        trees::run(call, operands);
    }
}
