//! What to compile for. One TOML file a target; adding a file here adds the target everywhere.

#![forbid(unsafe_code)]

mod cost;

use serde::{Deserialize, Serialize};

pub use cost::{CostTable, KernelCost, Work};

/// The instructions that a target's kernels may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isa {
    /// Whatever the machine that runs the artifact offers.
    Host,
    /// Plain code.
    Scalar,
    /// AVX2 and FMA.
    Avx2,
    /// NEON, and SDOT where the CPU has it.
    Neon,
    /// The DSP extension of Cortex-M.
    Dsp,
    /// Shaders, which the artifact carries.
    Wgsl,
}

/// A target description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The name of its file.
    #[serde(default)]
    pub name: String,
    /// One line for people.
    pub about: String,
    pub isa: Isa,
    /// Rust's name of the platform, where it is not the host.
    pub triple: Option<String>,
    /// RAM that a model may fill, in bytes; none where it does not matter.
    pub ram_bytes: Option<u64>,
    /// Flash that an artifact may fill, in bytes; none where it does not matter.
    pub flash_bytes: Option<u64>,
    pub clock_hz: Option<u64>,
    /// An upper bound for the stack that a run takes, whatever the model, in bytes.
    #[serde(default = "stack_bytes")]
    pub stack_bytes: u32,
    /// What its kernels cost, a file of `cost/`; none where nobody has measured them.
    pub cost: Option<String>,
    /// Names in other systems, SageMaker Neo's among them.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl Target {
    /// Whether it runs without an operating system: a microcontroller, whose memory is scarcer than its time.
    pub fn is_bare_metal(&self) -> bool {
        self.triple.as_deref().is_some_and(|triple| triple.contains("-none-"))
    }
}

/// The bound where a file names none: twice what the tests measure on Cortex-M.
fn stack_bytes() -> u32 {
    2048
}

/// A name that no target has.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("there is no target {name}; there are {known}")]
pub struct UnknownTarget {
    pub name: String,
    pub known: String,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../data/", $name, ".toml")))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "host",
    "x86-64-v3",
    "aarch64-neon",
    "wgpu",
    "cortex-m0plus",
    "cortex-m4f",
    "cortex-m7",
    "cortex-m33",
    "cortex-m55",
    "nucleo-l4r5zi",
    "rp2040",
    "nrf52840",
    "raspberrypi4",
    "mps2-an386",
];

/// All targets, in the order in which they are shown.
pub fn all() -> Vec<Target> {
    let parse = |(name, text): &(&str, &str)| {
        let target: Target = toml::from_str(text).unwrap_or_else(|e| panic!("data/{name}.toml: {e}"));
        Target { name: name.to_string(), ..target }
    };
    FILES.iter().map(parse).collect()
}

/// The target with this name or alias.
pub fn find(name: &str) -> Result<Target, UnknownTarget> {
    let all = all();
    let known = all.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ");
    all.into_iter()
        .find(|t| t.name == name || t.aliases.iter().any(|a| a == name))
        .ok_or(UnknownTarget { name: name.to_string(), known })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_parses_and_names_are_unique() {
        let mut names: Vec<String> = all().into_iter().flat_map(|t| [vec![t.name], t.aliases].concat()).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_file_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len());
    }

    #[test]
    fn aliases_find_their_target_and_unknown_names_list_the_known() {
        assert_eq!(find("rasp4b").unwrap().name, "raspberrypi4");
        assert!(find("toaster").unwrap_err().to_string().contains("nucleo-l4r5zi"));
    }
}
