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

/// The instructions of a call: `call + mac * macs + output * outputs + gather * gathered`.
///
/// `macs` are multiply-accumulates, `outputs` bytes written, and `gathered` the inputs that a convolution lines up in
/// scratch before it multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelCost {
    #[serde(default)]
    pub call: f64,
    #[serde(default)]
    pub mac: f64,
    #[serde(default)]
    pub output: f64,
    #[serde(default)]
    pub gather: f64,
}

impl KernelCost {
    /// The instructions of a call with this much work.
    pub fn instructions(&self, macs: u64, outputs: u64, gathered: u64) -> u64 {
        let parts = [(self.mac, macs), (self.output, outputs), (self.gather, gathered)];
        (self.call + parts.iter().map(|&(each, count)| each * count as f64).sum::<f64>()).max(0.0) as u64
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
            assert!(table.kernels.values().all(|k| k.instructions(1000, 1000, 0) > 0), "{}", target.name);
        }
    }

    #[test]
    fn a_call_costs_the_sum_of_its_parts() {
        let cost = KernelCost { call: 100.0, mac: 1.5, output: 10.0, gather: 2.0 };
        assert_eq!(cost.instructions(1000, 20, 5), 100 + 1500 + 200 + 10);
    }
}
