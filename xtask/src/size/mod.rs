//! `cargo xtask size`: what the firmware costs, held against `bars.toml` of the board.
//!
//! Three kinds of programs are built. `size` is loader, verifier and executor alone; `embedded` is one model with its
//! kernels, and runs on the emulated board; `loaded` has every kernel, and shows which may panic.

mod elf;
mod firmware;
mod panics;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::mlperf;
use crate::process::{self, THUMBV7EM};
use elf::Elf;
use firmware::Workshop;

#[derive(Deserialize)]
struct Bars {
    core_flash_bytes: u64,
    stack_bytes: u64,
    panic_sites: u64,
    models: BTreeMap<String, ModelBars>,
}

#[derive(Deserialize)]
struct ModelBars {
    flash_bytes: u64,
    arena_bytes: u64,
    instructions: u64,
}

/// One figure and the most that it may be.
#[derive(Serialize)]
struct Row {
    case: String,
    metric: &'static str,
    value: u64,
    max: u64,
}

/// All figures, and what is wrong with them.
#[derive(Default, Serialize)]
struct Report {
    rows: Vec<Row>,
    problems: Vec<String>,
    skipped: Vec<String>,
}

impl Report {
    fn add(&mut self, case: &str, metric: &'static str, value: u64, max: u64) {
        if value > max {
            self.problems.push(format!("{case}: {metric} is {value}, at most {max} is allowed"));
        }
        self.rows.push(Row { case: case.to_owned(), metric, value, max });
    }
}

pub fn run(json: bool) -> Result<()> {
    let mut report = Report::default();
    if process::has_target(THUMBV7EM) {
        measure(&mut report)?;
    } else {
        report.skipped.push(format!("size (no Rust target {THUMBV7EM}; try `cargo xtask setup`)"));
    }
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    if !report.problems.is_empty() {
        bail!("the firmware costs too much:\n  {}", report.problems.join("\n  "));
    }
    Ok(())
}

fn measure(report: &mut Report) -> Result<()> {
    let path = process::board().join("bars.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let bars: Bars = toml::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))?;
    let workshop = Workshop::open()?;

    let core = Elf::read(&workshop.program("size")?)?;
    report.add("core", "flash_bytes", core.flash_bytes, bars.core_flash_bytes);
    let forbidden = panics::forbidden(&core);
    report.add("core", "forbidden_functions", forbidden.len() as u64, 0);
    report.problems.extend(forbidden.iter().map(|name| format!("core: it links {name}")));

    let all = Elf::read(&workshop.program("loaded")?)?;
    let sites = panics::sites(&all.calls);
    let count = sites.values().sum::<usize>() as u64;
    report.add("every kernel", "panic_sites", count, bars.panic_sites);
    if count > bars.panic_sites {
        report.problems.extend(sites.iter().map(|(name, count)| format!("every kernel: {count} in {name}")));
    } else if count < bars.panic_sites {
        report.problems.push(format!("every kernel: lower panic_sites in {} to {count}", path.display()));
    }

    for (name, bars_of) in &bars.models {
        measure_model(report, &workshop, name, bars_of, &bars)?;
    }
    Ok(())
}

fn measure_model(report: &mut Report, workshop: &Workshop, name: &str, of: &ModelBars, all: &Bars) -> Result<()> {
    let Some(model) = mlperf::path(name) else {
        report.skipped.push(format!("{name} (SANDERLING_DATA is not set)"));
        return Ok(());
    };
    let (artifact, compiled) = workshop.artifact(name, &model)?;
    let program = workshop.embedded(name, &artifact)?;
    let elf = Elf::read(&program)?;
    let code = elf.flash_bytes.checked_sub(compiled.constants_bytes);
    let code = code.with_context(|| format!("{} does not hold its weights", program.display()))?;
    report.add(name, "flash_bytes without weights", code, of.flash_bytes);
    if !process::has_program("qemu-system-arm") {
        report.skipped.push(format!("{name} on the board (no qemu-system-arm; try `cargo xtask setup`)"));
        return Ok(());
    }
    let run = workshop.run(&artifact, &program)?;
    if !run.passed {
        report.problems.push(format!("{name}: the self-test of {} fails", program.display()));
    }
    report.add(name, "arena_bytes", run.arena_bytes, of.arena_bytes);
    report.add(name, "stack_bytes", run.stack_high_water_bytes, all.stack_bytes);
    report.add(name, "instructions", run.instructions, of.instructions);
    Ok(())
}

fn print(report: &Report) {
    for Row { case, metric, value, max } in &report.rows {
        println!("{case:<12}  {metric:<27}  {value:>10}  of {max:>10}");
    }
    for skipped in &report.skipped {
        println!("skipped: {skipped}");
    }
}
