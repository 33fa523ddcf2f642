//! The emulated Cortex-M4 board: builds its firmware, puts an artifact and samples into its memory, reads its report.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use sanderling_host::{Backend, kernels};
use sanderling_runtime::Model;

/// The board, among the targets.
const BOARD: &str = "mps2-an386";
const PROGRAM: &str = "qemu-system-arm";
const TARGET: &str = "thumbv7em-none-eabihf";
/// Where the firmware looks, see `targets/boards/mps2-an386`.
const ARTIFACT_AT: u32 = 0x0010_0000;
const SAMPLES_AT: u32 = 0x2180_0000;

/// What the board measured.
#[derive(Debug, Default)]
pub struct Report {
    /// `passed`, or what differed.
    pub self_test: String,
    pub digest: String,
    pub trace: String,
    pub arena_bytes: u64,
    pub stack_high_water_bytes: u64,
    /// Of one run.
    pub instructions: u64,
    /// Of each kernel call.
    pub call_instructions: Vec<u64>,
    /// Digests over every layer, one a sample.
    pub traces: Vec<String>,
    /// Output bytes, those of a sample one behind another.
    pub outputs: Vec<u8>,
}

/// Why the emulator cannot be used here, if it cannot.
pub fn missing() -> Option<String> {
    if !has_program(PROGRAM) {
        return Some(format!("{PROGRAM} is not installed; try `cargo xtask setup`"));
    }
    if env::var_os("SANDERLING_FIRMWARE").is_some() {
        return None;
    }
    if !board().join("Cargo.toml").is_file() {
        return Some("the firmware's sources are not here; set SANDERLING_FIRMWARE to the built ELF file".into());
    }
    let libraries = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let has_target = libraries.is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_dir());
    (!has_target).then(|| format!("Rust target {TARGET} is not installed; try `cargo xtask setup`"))
}

/// Runs an artifact's self-test, then its samples: input bytes one behind another.
pub fn run(artifact: &Path, samples: &[u8]) -> Result<Report> {
    let advice = serves(artifact)?;
    if let Some(why) = missing() {
        bail!("{why}");
    }
    let firmware = firmware()?;
    let mut samples_file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    let header = u32::try_from(samples.len()).context("too many samples for the board's memory")?;
    samples_file.write_all(&header.to_le_bytes())?;
    samples_file.write_all(samples)?;
    samples_file.flush()?;
    let loader = |path: &Path, at: u32| format!("loader,file={},addr={at:#x},force-raw=on", path.display());
    let output = Command::new(PROGRAM)
        .args(["-M", "mps2-an386", "-display", "none", "-serial", "none", "-monitor", "none"])
        .args(["-icount", "shift=0", "-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(&firmware)
        .args(["-device", &loader(artifact, ARTIFACT_AT), "-device", &loader(samples_file.path(), SAMPLES_AT)])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {PROGRAM}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let report = parse(&text, &advice)?;
    ensure!(output.status.success(), "{PROGRAM} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(report)
}

/// Refuses an artifact that the board has no memory for. Returns what to say if the board refuses it.
fn serves(path: &Path) -> Result<String> {
    let bytes = sanderling_host::read(path)?;
    let model = Model::parse(&bytes, kernels(Backend::Scalar)).with_context(|| path.display().to_string())?;
    let advice = format!(
        "{} was compiled for {}; compile it for this board: sanderling compile MODEL --target {BOARD} -o OUT.sndl",
        path.display(),
        if model.target().is_empty() { "an unknown target" } else { model.target() },
    );
    let board = sanderling_targets::find(BOARD)?;
    let ram = (model.arena_bytes() + model.stack_bytes()) as u64;
    let memories = [("RAM", ram, board.ram_bytes), ("flash", bytes.len() as u64, board.flash_bytes)];
    for (memory, needed, available) in memories {
        if let Some(available) = available.filter(|&has| needed > has) {
            bail!("it needs {needed} bytes of {memory}, {BOARD} has {available}; {advice}");
        }
    }
    Ok(advice)
}

fn parse(text: &str, advice: &str) -> Result<Report> {
    let mut report = Report::default();
    for line in text.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "error" => bail!("the board says: {value}; {advice}"),
            "self_test" => report.self_test = value.to_string(),
            "digest" => report.digest = value.to_string(),
            "trace" => report.trace = value.to_string(),
            "arena_bytes" => report.arena_bytes = value.parse()?,
            "stack_high_water_bytes" => report.stack_high_water_bytes = value.parse()?,
            "instructions" => report.instructions = value.parse()?,
            "call_instructions" => report.call_instructions.push(value.parse()?),
            "sample_trace" => report.traces.push(value.to_string()),
            "output" => report.outputs.extend(bytes(value)?),
            _ => bail!("the board says something unexpected: {line}"),
        }
    }
    ensure!(!report.self_test.is_empty(), "the board said nothing");
    Ok(report)
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

/// The ELF file: given, or built from the sources beside this program's.
fn firmware() -> Result<PathBuf> {
    if let Some(path) = env::var_os("SANDERLING_FIRMWARE") {
        return Ok(path.into());
    }
    let board = board();
    let target = board.join("target");
    let output = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--bin", "loaded", "--target-dir"])
        .arg(&target)
        .current_dir(&board)
        .output()
        .context("cannot start cargo to build the firmware")?;
    ensure!(output.status.success(), "the firmware does not build: {}", String::from_utf8_lossy(&output.stderr));
    Ok(target.join(TARGET).join("release/loaded"))
}

fn board() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets/boards/mps2-an386")
}

fn has_program(name: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
