//! `sanderling demo`

mod clothes;
mod keywords;
mod machines;

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use crate::show;
use machines::MACHINES;

/// Train a network, compile it and a given one, and run both on real inputs here and on what else is present
#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A model and what to run it on.
trait Case {
    /// The artifact for a target.
    fn compile(&self, target: &sanderling_targets::Target) -> Result<Vec<u8>>;
    /// The bytes of every input for an artifact of the case.
    fn inputs(&self, artifact: &[u8]) -> Result<Vec<Vec<u8>>>;
    /// The class of each input.
    fn labels(&self) -> &[usize];
    /// What the outputs should be, one behind another.
    fn reference(&self) -> &[u8];
}

/// One line of a result.
struct Row {
    machine: &'static str,
    flash_bytes: usize,
    ram_bytes: u64,
    /// Inputs whose best class is their label, and all inputs.
    right: usize,
    inputs: usize,
    /// Inputs with exactly the reference's output bytes.
    equal: usize,
    cost: String,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let skipped: Vec<_> = MACHINES.iter().filter_map(|m| Some((m.name, (m.missing)()?))).collect();
    let spotter = keywords::Keywords::new()?;
    eprintln!("MLPerf Tiny keyword spotting, int8, on {} recordings of Speech Commands\n", spotter.labels().len());
    let keywords = rows(&spotter)?;
    show("LiteRT's bytes", &keywords, args.json);
    eprintln!("\nA residual network for 10 kinds of clothes, trained here on pictures of Fashion-MNIST, then int8\n");
    let network = clothes::Clothes::train()?;
    let clothes = rows(&network)?;
    eprintln!("{}\n", network.about());
    show("plain Rust's bytes", &clothes, args.json);
    for (name, why) in &skipped {
        eprintln!("skipped: {name} ({why})");
    }
    if args.json {
        let all = |rows: &[Row]| rows.iter().map(describe).collect::<Vec<_>>();
        println!(
            "{}",
            json!({
                "keywords": { "equal_to": "LiteRT", "rows": all(&keywords) },
                "clothes": { "equal_to": "scalar", "accuracy_float": network.accuracy, "rows": all(&clothes) },
                "skipped": skipped.iter().map(|(name, why)| json!({ "machine": name, "why": why })).collect::<Vec<_>>(),
            })
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// A case on every machine that is present.
fn rows(case: &dyn Case) -> Result<Vec<Row>> {
    let present = MACHINES.iter().filter(|machine| (machine.missing)().is_none());
    present
        .map(|machine| {
            let artifact = case.compile(&sanderling_targets::find(machine.target)?)?;
            let mut inputs = case.inputs(&artifact)?;
            inputs.truncate(machine.most_inputs);
            let bar = super::spinner(format!("running on {}", machine.name));
            let ran = (machine.run)(&artifact, &inputs)?;
            bar.finish_and_clear();
            let output = case.reference().len() / case.labels().len();
            let outputs = ran.outputs.chunks_exact(output);
            let labels = case.labels().iter();
            Ok(Row {
                machine: machine.name,
                flash_bytes: artifact.len(),
                ram_bytes: ran.ram_bytes,
                right: outputs.clone().zip(labels).filter(|(scores, label)| best(scores) == **label).count(),
                inputs: inputs.len(),
                equal: outputs.zip(case.reference().chunks_exact(output)).filter(|(a, b)| a == b).count(),
                cost: ran.cost,
            })
        })
        .collect()
}

/// The first index of the largest 8-bit score.
fn best(scores: &[u8]) -> usize {
    let by_score = |&i: &usize| (scores[i] as i8, std::cmp::Reverse(i));
    (0..scores.len()).max_by_key(by_score).unwrap_or(0)
}

fn describe(row: &Row) -> Value {
    json!({
        "machine": row.machine,
        "flash_bytes": row.flash_bytes,
        "ram_bytes": row.ram_bytes,
        "inputs": row.inputs,
        "right": row.right,
        "equal": row.equal,
        "cost": row.cost,
    })
}

fn show(equal: &str, rows: &[Row], as_json: bool) {
    if as_json {
        return;
    }
    let cells = |r: &Row| {
        vec![
            r.machine.to_string(),
            show::grouped(r.flash_bytes as u64),
            show::grouped(r.ram_bytes),
            format!("{}/{} ({:.1} %)", r.right, r.inputs, 100.0 * r.right as f64 / r.inputs as f64),
            format!("{}/{}", r.equal, r.inputs),
            r.cost.clone(),
        ]
    };
    let header = ["machine", "artifact bytes", "RAM bytes", "right class", equal, "a run takes"];
    println!("{}", show::table(&header, &rows.iter().map(cells).collect::<Vec<_>>()));
}
