//! From a graph to an artifact for one target.
//!
//! [`compile`] is the whole road: the passes of [`passes::PASSES`] rewrite the graph, `schedule` orders it, `lower` turns
//! nodes into kernel calls, `in_place` and `plan` give every buffer its place in the arena, `gate` refuses what the target cannot
//! hold, and `golden` asks the oracle what a device must compute. The same module, target and options give the same bytes.

#![forbid(unsafe_code)]

mod buffers;
mod error;
mod gate;
mod golden;
mod in_place;
mod limits;
mod lower;
pub mod passes;
pub mod plan;
pub mod quantize;
mod report;
mod round_weights;
mod schedule;
mod states;
mod wgsl;

use sanderling_format::{Artifact, write};
use sanderling_ir::{Graph, Module, verify};
use sanderling_targets::{Isa, Target};

pub use buffers::SpanKind;
pub use error::CompileError;
pub use golden::expected_calls;
pub use quantize::{Agreement, Calibration, OutputAgreement, Progress};
pub use report::{Buffer, CallCost, Fused, Layer, PassChange, Report, RoundedWeights, SectionSize};

/// Seed of the generated self-test inputs.
const GOLDEN_SEED: u32 = 1;

/// A compiled model.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The bytes of the `.sndl` file.
    pub artifact: Vec<u8>,
    pub report: Report,
    /// What was lowered: the oracle on this graph says what every kernel call must write, see [`expected_calls`].
    pub graph: Graph,
}

/// What real weights are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// 11 significant bits, up to 65504.
    F16,
    /// 8 significant bits, as large as f32.
    Bf16,
}

/// What the caller decides about a compilation.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Turns a real model into one on 8-bit integers, by these samples of its inputs.
    pub quantize: Option<Calibration>,
    /// Rounds the weights that stay real, each to the nearest number of a type of two bytes, of two to the even one.
    pub weights: Option<Weights>,
    /// Told how far the runs of the samples are.
    pub progress: Progress,
}

/// Compiles the `main` function of a module for a target.
pub fn compile(module: &Module, target: &Target) -> Result<Compiled, CompileError> {
    compile_with(module, target, &Options::default())
}

/// As [`compile`], with options.
pub fn compile_with(module: &Module, target: &Target, options: &Options) -> Result<Compiled, CompileError> {
    let main = module.function("main").ok_or(CompileError::NoMain)?;
    verify(main).map_err(|source| CompileError::Verify { pass: "import", source })?;
    limits::check(main)?;
    let (mut graph, mut changes) = passes::run(main)?;
    let mut cost = None;
    if let Some(calibration) = &options.quantize {
        let done = quantize::post_training(&graph, calibration, &options.progress)?;
        changes.extend(done.changes);
        graph = done.graph;
        let (sqnr, kept_float, agreement) = (done.sqnr, done.kept_float, done.agreement);
        cost = Some(report::QuantizationCost { sqnr, kept_float, agreement });
    }
    let mut rounded = None;
    if let Some(weights) = options.weights {
        let done = round_weights::round(&graph, weights, &options.progress)?;
        graph = done.graph;
        rounded = Some((done.told, done.sqnr));
    }
    let graph = schedule::schedule(&states::detach(&graph)?);
    limits::check(&graph)?;

    let mut buffers = buffers::assign(&graph);
    let (plan, apart_bytes) = in_place::plan(&graph, &mut buffers, target)?;

    let mut artifact = Artifact::default();
    artifact.target = target.name.clone();
    artifact.provenance = report::provenance(module, target);
    let place = |value| buffers.offset(&plan, value);
    artifact.state(&lower::state_init(&graph, &place, buffers.state_bytes));
    lower::enter(&graph, &place, &mut artifact);
    let mut calls = Vec::with_capacity(graph.nodes.len());
    for (step, node) in graph.nodes.iter().enumerate() {
        let start = artifact.calls().len();
        lower::lower(&graph, node, &place, buffers.scratch_offset(&plan, step), &mut artifact)?;
        calls.push(start..artifact.calls().len());
    }
    lower::leave(&graph, &place, &mut artifact);
    for &id in &graph.inputs {
        artifact.input(&graph.values[id.0].name, lower::io_record(&graph.values[id.0].name, graph.ty(id), place(id))?);
    }
    for &id in &graph.outputs {
        artifact.output(&graph.values[id.0].name, lower::io_record(&graph.values[id.0].name, graph.ty(id), place(id))?);
    }
    if target.isa == Isa::Wgsl {
        artifact.shaders = wgsl::section(artifact.program()).map_err(|missing| {
            let node = calls.iter().position(|calls: &std::ops::Range<usize>| calls.contains(&missing.call));
            let output = node.map(|node| &graph.values[graph.nodes[node].outputs[0].0].name);
            let node = output.map_or("an input or output", String::as_str).to_string();
            CompileError::NoShader { target: target.name.clone(), node, kernel: missing.kernel }
        })?;
    }
    artifact.arena_bytes = buffers.state_bytes + plan.bytes;
    artifact.stack_bytes = target.stack_bytes;
    artifact.macs = graph.nodes.iter().map(|node| lower::macs(&graph, node)).sum();
    // What is too big is refused before the oracle runs it, as large as it will be.
    artifact.expected = golden::room(&graph);
    let mut report = report::Report::new(report::Made {
        model: &module.name,
        source: main,
        graph: &graph,
        target,
        artifact: &artifact,
        bytes: &write(&artifact),
        buffers: &buffers,
        plan: &plan,
        calls: &calls,
        passes: changes,
    });
    report.arena_apart_bytes = buffers.state_bytes + apart_bytes;
    if let Some(cost) = cost {
        report.add_quantization(cost);
    }
    if let Some((told, sqnr)) = rounded {
        report.add_rounding(told, &sqnr);
    }
    gate::check(target, &report)?;
    (artifact.golden, artifact.expected) = golden::golden(&graph, GOLDEN_SEED)?;
    Ok(Compiled { artifact: write(&artifact), report, graph })
}
