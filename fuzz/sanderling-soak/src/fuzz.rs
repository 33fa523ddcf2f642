//! Builds the fuzz targets with libFuzzer's counters and runs them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use sanderling_soak::seeds::{self, LARGEST};
use serde::Serialize;

/// The passes of LLVM that libFuzzer needs, which a stable toolchain has too.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Seconds after which an input hangs.
const TIMEOUT: u32 = 10;
/// Memory that an input may take.
const MEMORY_MB: u32 = 2048;

/// What a target did, as libFuzzer counts.
#[derive(Serialize)]
pub struct Record {
    pub seconds: u64,
    pub seed: u64,
    pub executions: u64,
    /// Places in the code that were reached.
    pub coverage: u64,
    pub corpus: u64,
    pub slowest_seconds: u64,
    pub peak_memory_mb: u64,
    pub timeout_seconds: u32,
    pub memory_limit_mb: u32,
}

/// Runs targets one after another; the first finding is the error.
pub fn run(root: &Path, targets: &[&str], seconds: u64, seed: u64) -> Result<BTreeMap<String, Record>> {
    let triple = host()?;
    build(root, &triple)?;
    let home = root.join("target/fuzz");
    let data = env::var_os("SANDERLING_DATA").map(PathBuf::from);
    for seed in seeds::all(root, data.as_deref())? {
        let folder = home.join("seeds").join(seed.target);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(folder.join(&seed.name), &seed.bytes).with_context(|| format!("cannot write {}", seed.name))?;
    }
    let mut records = BTreeMap::new();
    for target in targets {
        let program = home.join(&triple).join("release").join(target);
        eprintln!("{target}: {seconds} s ...");
        records.insert((*target).to_string(), fuzz(root, &program, target, seconds, seed)?);
    }
    Ok(records)
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot start rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let triple = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not name its host")?;
    Ok(triple.to_string())
}

fn build(root: &Path, triple: &str) -> Result<()> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // With a target given, build scripts and macros stay without counters.
    cargo.args(["build", "--release", "--target", triple, "--target-dir"]).arg(root.join("target/fuzz"));
    let status = cargo.current_dir(root.join("fuzz/targets")).env("RUSTFLAGS", FLAGS).status();
    ensure!(status.context("cannot start cargo")?.success(), "the fuzz targets do not build");
    Ok(())
}

fn fuzz(root: &Path, program: &Path, target: &str, seconds: u64, seed: u64) -> Result<Record> {
    let home = root.join("target/fuzz");
    let folder = |kind: &str| -> Result<PathBuf> {
        let path = home.join(kind).join(target);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(path)
    };
    let (corpus, findings) = (folder("corpus")?, folder("findings")?);
    let mut command = Command::new(program);
    command.args([
        format!("-max_total_time={seconds}"),
        format!("-seed={seed}"),
        format!("-timeout={TIMEOUT}"),
        format!("-rss_limit_mb={MEMORY_MB}"),
        format!("-max_len={LARGEST}"),
        "-print_final_stats=1".into(),
        format!("-artifact_prefix={}/", findings.display()),
    ]);
    command.arg(&corpus).arg(folder("seeds")?);
    let regressions = root.join("fuzz/regressions").join(target);
    if regressions.is_dir() {
        command.arg(regressions);
    }
    let output = command.stdout(Stdio::null()).output().with_context(|| format!("cannot start {target}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let tail: Vec<&str> = log.lines().rev().take(60).collect();
        eprintln!("{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        bail!("{target} found something: see {}", findings.display());
    }
    let word = |before: &str| -> u64 {
        let rest = log.rsplit_once(before).map_or("", |(_, rest)| rest).trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    Ok(Record {
        seconds,
        seed,
        executions: word("stat::number_of_executed_units:"),
        coverage: word(" cov:"),
        corpus: word(" corp:"),
        slowest_seconds: word("stat::slowest_unit_time_sec:"),
        peak_memory_mb: word("stat::peak_rss_mb:"),
        timeout_seconds: TIMEOUT,
        memory_limit_mb: MEMORY_MB,
    })
}
