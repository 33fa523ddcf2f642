//! What the figures were measured on.

use std::{env, fs, thread};

/// CPU, cores, system: `AMD EPYC, 2 cores, Debian GNU/Linux 12 (bookworm)`.
pub fn describe() -> String {
    let cpu = field("/proc/cpuinfo", "model name", ':').unwrap_or_else(|| format!("{} CPU", env::consts::ARCH));
    let system = field("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(|| env::consts::OS.to_owned());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("{cpu}, {cores} {}, {system}", if cores == 1 { "core" } else { "cores" })
}

/// CPU and cores of a description, as part of a file name.
pub fn slug(machine: &str) -> String {
    let hardware: Vec<&str> = machine.split(", ").take(2).collect();
    let lower = hardware.join(" ").to_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join("-")
}

/// The value of a key in a file of lines.
fn field(path: &str, key: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(separator)?;
        (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    })?;
    // Some virtual machines name no CPU.
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_file_names() {
        assert_eq!(slug("AMD EPYC, 2 cores, Debian GNU/Linux 12 (bookworm)"), "amd-epyc-2-cores");
        assert_eq!(slug("Intel(R) Core(TM) i7 @ 3.00GHz, 8 cores, x"), "intel-r-core-tm-i7-3-00ghz-8-cores");
    }

    #[test]
    fn the_machine_has_cpu_cores_and_system() {
        assert!(describe().split(", ").count() >= 3, "{}", describe());
    }
}
