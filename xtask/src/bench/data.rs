//! `data`: rows of a file into arrays, one thread, beside the readers of Python's libraries.
//!
//! A peer's script writes the same rows in every format; ours is an example program of the data crate.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::row::{Check, Row};
use super::{Bench, peers};
use crate::process;

/// Each reader reads again and again for so long; the median counts.
const SECONDS: &str = "3";

/// A format by the name of its file, its content type, and readers by their names in the script and in the table.
type Format = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FORMATS: [Format; 4] = [
    ("csv", "text/csv", &[("pandas_csv", "pandas"), ("pyarrow_csv", "pyarrow")]),
    ("libsvm", "text/libsvm", &[("sklearn_libsvm", "scikit-learn")]),
    ("recordio", "application/x-recordio-protobuf", &[("sagemaker_recordio", "SageMaker's SDK")]),
    ("parquet", "application/x-parquet", &[("pyarrow_parquet", "pyarrow"), ("pandas_parquet", "pandas")]),
];

/// What a reader says.
#[derive(Deserialize)]
struct Reading {
    name: Option<String>,
    rows: u64,
    seconds: f64,
    features: f64,
    labels: f64,
}

/// What the script says of a reader.
#[derive(Deserialize)]
#[serde(untagged)]
enum Peer {
    Read(Reading),
    Missing {},
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let python = peers::install().context("the files are written in Python")?;
    let build =
        ["build", "--release", "--quiet", "-p", "sanderling-data", "--features", "parquet", "--example", "read"];
    process::run(&mut process::cargo(&build))?;
    let folder = bench.folder.path().join("data");
    let sizes: BTreeMap<String, u64> = ask(script(&python).arg("make").arg(&folder))?;
    let bar = bench.bar(FORMATS.len());
    let mut rows = Vec::new();
    for (name, content_type, readers) in FORMATS {
        bar.set_message(name);
        match sizes.get(name) {
            Some(&bytes) => rows.extend(of_format(bench, &python, (name, content_type, readers), bytes)?),
            None => eprintln!("skipped: {name} (its writer is not installed)"),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(rows)
}

fn of_format(bench: &Bench, python: &Path, (name, content_type, readers): Format, bytes: u64) -> Result<Vec<Row>> {
    let path = bench.folder.path().join("data").join(name);
    let mut ours = bench.cli.example("read");
    let ours: Reading = ask(ours.args([content_type.as_ref(), path.as_os_str(), SECONDS.as_ref()]))?;
    let megabytes = bytes as f64 / 1e6;
    let case = format!("{name}, {} rows, {megabytes:.1} MB", ours.rows);
    let row = |metric, unit, per_second: f64| Row::new(&case, metric, unit, Some(per_second / ours.seconds));
    let new = || [row("rows a second", "1/s", ours.rows as f64), row("MB a second", "MB/s", megabytes)];
    let mut rows = Vec::new();
    for (reader, title) in readers {
        let read = ask(script(python).args(["read", reader]).arg(&path).arg(SECONDS))?;
        rows.extend(match read {
            Peer::Missing {} => new().map(|row| row.beside_missing(title)),
            Peer::Read(peer) => {
                let check = check(&ours, &peer)?;
                let title = peer.name.as_deref().unwrap_or(title);
                let [count, size] = new();
                let beside = |row: Row, amount: f64| Row {
                    check: Some(check),
                    ..row.beside(title, Some(amount / peer.seconds))
                };
                [beside(count, peer.rows as f64), beside(size, megabytes)]
            }
        });
    }
    Ok(rows)
}

/// Both must have read the same rows: the sums differ by rounding alone.
fn check(ours: &Reading, peer: &Reading) -> Result<Check> {
    ensure!(ours.rows == peer.rows, "{} rows, the peer has {}", ours.rows, peer.rows);
    let difference = (ours.features - peer.features).abs() + (ours.labels - peer.labels).abs();
    Ok(Check { agrees: difference < 1e-2, difference, difference_unit: "of the sums" })
}

fn script(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(peers::scripts().join("data.py")).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// The object that a program prints.
fn ask<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed");
    serde_json::from_slice(&output.stdout).with_context(|| format!("{command:?} printed something else than JSON"))
}
