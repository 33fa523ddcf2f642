//! A case compiled and run, real and quantized.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use sanderling_compile::quantize::Method;
use sanderling_compile::{Calibration, Compiled, Options, compile_with};
use sanderling_format::Element;
use sanderling_host::{Backend, kernels};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::Tensor;
use sanderling_oracle::params;
use sanderling_runtime::{Io, Model, Session};

use crate::case::Case;

/// What a quantized model is worth beside the real one, in percent of the samples held out.
#[derive(Clone, Debug)]
pub struct Score {
    pub case: &'static str,
    /// The calibration method, or who else quantized the model.
    pub method: String,
    pub calibration: usize,
    pub held_out: usize,
    /// How many different classes the real model finds.
    pub classes: usize,
    /// Samples of which both models find the same class.
    pub agreement: f64,
    /// Samples whose class the real and the quantized model find, where it is known.
    pub accuracy: Option<[f64; 2]>,
    /// Name and signal to noise of each layer in dB, in order; of our own quantization alone.
    pub layers: Vec<(String, f64)>,
}

/// Scores each of the methods, and the quantization of the model's makers where there is one.
pub fn measure(case: &Case, methods: &[Method]) -> Result<Vec<Score>> {
    let real = classes(&compile(&case.model, None)?.artifact, &case.held_out)?;
    let mut scores = Vec::new();
    for &method in methods {
        let samples = case.calibration.iter().map(|sample| vec![sample.clone()]).collect();
        let compiled = compile(&case.model, Some(Calibration { method, samples }))?;
        let layers = compiled.report.layers.iter().filter_map(|l| Some((l.name.clone(), l.sqnr_db?)));
        let score = score(case, method.to_string(), &real, &classes(&compiled.artifact, &case.held_out)?);
        scores.push(Score { layers: layers.collect(), ..score });
    }
    if let Some(peer) = &case.peer {
        let theirs = classes(&compile(peer, None)?.artifact, &case.held_out)?;
        scores.push(score(case, "its makers'".into(), &real, &theirs));
    }
    Ok(scores)
}

/// The scores as a table for people.
pub fn table(scores: &[Score]) -> String {
    let mut text = format!(
        "{:<16} {:<12} {:>11} {:>8} {:>7} {:>11} {:>8} {:>8} {:>13}\n",
        "model", "ranges", "calibration", "held out", "classes", "agreement %", "real %", "int8 %", "worst SQNR dB"
    );
    for s in scores {
        let [real, int8] = s.accuracy.map_or([String::new(), String::new()], |a| a.map(|v| format!("{v:.2}")));
        let worst = s.layers.iter().map(|(_, db)| *db).reduce(f64::min).map_or(String::new(), |db| format!("{db:.1}"));
        let _ = writeln!(
            text,
            "{:<16} {:<12} {:>11} {:>8} {:>7} {:>11.2} {real:>8} {int8:>8} {worst:>13}",
            s.case, s.method, s.calibration, s.held_out, s.classes, s.agreement
        );
    }
    text
}

fn score(case: &Case, method: String, real: &[usize], int8: &[usize]) -> Score {
    let percent = |found: &[usize], expected: &[usize]| {
        let same = found.iter().zip(expected).filter(|(a, b)| a == b).count();
        100.0 * same as f64 / expected.len() as f64
    };
    let mut classes = real.to_vec();
    classes.sort_unstable();
    classes.dedup();
    Score {
        case: case.name,
        method,
        calibration: case.calibration.len(),
        held_out: case.held_out.len(),
        classes: classes.len(),
        agreement: percent(int8, real),
        accuracy: (!case.labels.is_empty()).then(|| [real, int8].map(|found| percent(found, &case.labels))),
        layers: Vec::new(),
    }
}

fn compile(path: &Path, quantize: Option<Calibration>) -> Result<Compiled> {
    let bytes = sanderling_host::read(path)?;
    let shown = || path.display().to_string();
    let module = import(&bytes, &ImportOptions::default()).with_context(shown)?;
    let target = sanderling_targets::find("host")?;
    compile_with(&module, &target, &Options { quantize, ..Options::default() }).with_context(shown)
}

/// The class that an artifact finds for each sample, on the fastest kernels of this computer.
fn classes(artifact: &[u8], samples: &[Tensor]) -> Result<Vec<usize>> {
    let model = Model::parse(artifact, kernels(Backend::Auto))?;
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena)?;
    let input = model.inputs().next().context("the model has no input")?;
    let output = model.outputs().next().context("the model has no output")?;
    samples
        .iter()
        .map(|sample| {
            session.input(0)?.copy_from_slice(&stored(&input, sample));
            session.run()?;
            Ok(largest(output.record.element, session.output(0)?))
        })
        .collect()
}

/// The bytes of a sample for an input, in its quantization if it has one.
fn stored(input: &Io, sample: &Tensor) -> Vec<u8> {
    let record = &input.record;
    if record.element == Element::F32 {
        return sample.data.clone();
    }
    let quantized = |v: f32| params::quantize_value(v, record.scale, record.zero_point).clamp(-128, 127) as u8;
    sample.as_f32().into_iter().map(quantized).collect()
}

/// The first index of the largest score.
fn largest(element: Element, scores: &[u8]) -> usize {
    let scores: Vec<f32> = match element {
        Element::F32 => scores.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        _ => scores.iter().map(|&b| f32::from(b as i8)).collect(),
    };
    (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
}
