//! What kernels cost: instructions by the work of a call, measured once for each set of kernels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Target;

/// The kernels of a target whose cost is known, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostTable {
    /// How it was measured.
    pub about: String,
    pub kernels: BTreeMap<String, KernelCost>,
}

/// What a call does, as far as its cost depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Work {
    /// Multiply-accumulates.
    pub macs: u64,
    /// Those of a last pixel without a neighbour: kernels compute two side by side.
    pub unpaired_macs: u64,
    /// Bytes of activations read, and bytes written.
    pub input_bytes: u64,
    pub output_bytes: u64,
    /// Inputs that a convolution lines up in scratch before it multiplies.
    pub gathered_bytes: u64,
}

/// The instructions of a call: `call`, and so many for each unit of its [`Work`].
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KernelCost {
    pub call: f64,
    pub mac: f64,
    /// On top of `mac`.
    pub unpaired_mac: f64,
    pub input_byte: f64,
    pub output_byte: f64,
    pub gathered_byte: f64,
}

impl KernelCost {
    /// The instructions of a call that does this work.
    pub fn instructions(&self, work: &Work) -> u64 {
        let parts = [
            (self.mac, work.macs),
            (self.unpaired_mac, work.unpaired_macs),
            (self.input_byte, work.input_bytes),
            (self.output_byte, work.output_bytes),
            (self.gathered_byte, work.gathered_bytes),
        ];
        (self.call + parts.iter().map(|&(each, count)| each * count as f64).sum::<f64>()) as u64
    }
}

const FILES: &[(&str, &str)] = &[("armv7e-m-dsp", include_str!("../cost/armv7e-m-dsp.toml"))];

impl Target {
    /// What this target's kernels cost, where somebody has measured them.
    pub fn cost_table(&self) -> Option<CostTable> {
        let name = self.cost.as_deref()?;
        let (_, text) = FILES.iter().find(|(file, _)| *file == name)?;
        Some(toml::from_str(text).unwrap_or_else(|e| panic!("cost/{name}.toml: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_table_is_there_and_counts_something() {
        for target in crate::all().into_iter().filter(|t| t.cost.is_some()) {
            let table = target.cost_table().unwrap_or_else(|| panic!("{} has no table", target.name));
            let work = Work { macs: 1000, input_bytes: 1000, output_bytes: 1000, ..Work::default() };
            assert!(table.kernels.values().all(|k| k.instructions(&work) > 0), "{}", target.name);
        }
    }

    #[test]
    fn a_call_costs_the_sum_of_its_parts() {
        let cost = KernelCost { call: 100.0, mac: 1.5, output_byte: 10.0, ..KernelCost::default() };
        let work = Work { macs: 1000, output_bytes: 20, gathered_bytes: 7, ..Work::default() };
        assert_eq!(cost.instructions(&work), 100 + 1500 + 200);
    }
}
