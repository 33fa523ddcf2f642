//! Every model of the public data, compiled for this machine and its GPU: on each backend what LiteRT or ONNX Runtime gave.
//!
//! Prints a table: model, backend, samples, the largest difference.

use std::fs;

use sanderling_compile::{Compiled, compile};
use sanderling_conformance::{Digest, Example, data, root, sha256};
use sanderling_gpu::{Gpu, GpuSession};
use sanderling_host::{Array, Backend, kernels};
use sanderling_ir::{DType, Graph, Op, Source, Tensor, ValueId};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};
use serde_json::Value;

/// Models whose errors add up over many steps: ten times the usual tolerance.
const RECURRENT: [&str; 2] = ["dtln_1", "silero_vad_16k"];
/// All of them; one that is added or lost should be noticed.
const MODELS: usize = 33;

/// From the arrays of a sample to the bytes of each output.
type Compute<'m> = dyn FnMut(&[&Array]) -> Result<Vec<Vec<u8>>, String> + 'm;

/// What runs a model.
#[derive(Clone, Copy)]
enum Machine<'g> {
    Cpu(Backend),
    Gpu(&'g Gpu),
}

impl Machine<'_> {
    fn name(self) -> String {
        match self {
            Machine::Cpu(backend) => format!("{backend:?}"),
            Machine::Gpu(_) => "Gpu".into(),
        }
    }

    fn target(self) -> &'static str {
        match self {
            Machine::Cpu(_) => "host",
            Machine::Gpu(_) => "wgpu",
        }
    }
}

#[test]
fn models_give_what_other_runtimes_give() {
    let Some(data) = data() else { return };
    let examples: Vec<Example> = ["tflite", "onnx"].iter().flat_map(|kind| Example::all(&data, kind)).collect();
    assert_eq!(examples.len(), MODELS);
    let only = std::env::var("SANDERLING_MODEL").ok();
    println!("{:<32}{:<10}{:>8}  compared with, difference", "model", "backend", "samples");
    let mut failures = Vec::new();
    let gpu = Gpu::open().inspect_err(|why| println!("skipped on a GPU: {why}")).ok();
    let machines = [Backend::Scalar, Backend::Auto].map(Machine::Cpu).into_iter().chain(gpu.as_ref().map(Machine::Gpu));
    let machines: Vec<Machine> = machines.collect();
    for example in examples.iter().filter(|e| only.as_deref().is_none_or(|only| only == e.name)) {
        for &machine in &machines {
            match check(example, machine) {
                Ok((samples, what)) => println!("{:<32}{:<10}{samples:>8}  {what}", example.name, machine.name()),
                Err(why) => failures.push(format!("{}, {}: {why}", example.name, machine.name())),
            }
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// Compiles a model for the shapes of its samples and runs them, states going on from each to the next.
fn check(example: &Example, machine: Machine) -> Result<(usize, String), String> {
    let target = sanderling_targets::find(machine.target()).unwrap();
    let mut verdict = Verdict::of(example);
    let mut sample = 0;
    while !example.inputs(sample).is_empty() {
        let module = example.import(sample).map_err(|e| e.to_string())?;
        let compiled = compile(&module, &target).map_err(|e| e.to_string())?;
        sample = run(example, sample, &compiled, machine, &mut verdict)?;
    }
    let what = verdict.close()?;
    if sample == 0 { Err("no samples".into()) } else { Ok((sample, what)) }
}

/// Runs samples from `first` on as long as their shapes are the same, and returns the next.
fn run(
    example: &Example,
    first: usize,
    compiled: &Compiled,
    machine: Machine,
    verdict: &mut Verdict,
) -> Result<usize, String> {
    let graph = &compiled.graph;
    let model;
    let mut arena;
    let mut compute: Box<Compute<'_>> = match machine {
        Machine::Cpu(backend) => {
            model = Model::parse(&compiled.artifact, kernels(backend)).map_err(|e| e.to_string())?;
            arena = vec![0xa5; model.arena_bytes()];
            let mut session = Session::new(&model, &mut arena).map_err(|e| e.to_string())?;
            session.self_test().map_err(|e| format!("self-test: {e}"))?;
            Box::new(move |inputs| {
                for (i, array) in inputs.iter().enumerate() {
                    session.input(i).map_err(|e| e.to_string())?.copy_from_slice(&array.data);
                }
                session.run().map_err(|e| e.to_string())?;
                Ok((0..graph.outputs.len()).map(|i| session.output(i).unwrap().to_vec()).collect())
            })
        }
        Machine::Gpu(gpu) => {
            let mut session = GpuSession::new(gpu, &compiled.artifact).map_err(|e| e.to_string())?;
            session.self_test().map_err(|e| e.to_string())?.map_err(|e| format!("self-test: {e}"))?;
            Box::new(move |inputs| {
                let bytes: Vec<&[u8]> = inputs.iter().map(|array| &array.data[..]).collect();
                session.run_row(&bytes).map(<[_]>::to_vec).map_err(|e| e.to_string())
            })
        }
    };
    let mut oracle = Oracle::new(graph);
    let mut sample = first;
    let shapes = |inputs: &[&Array]| inputs.iter().map(|a| a.shape.clone()).collect::<Vec<_>>();
    while shapes(&example.inputs(sample)) == shapes(&example.inputs(first)) {
        let inputs = example.inputs(sample);
        let found = compute(&inputs)?;
        verdict
            .add(graph, &found, &example.outputs(sample), &mut || {
                let typed =
                    |(array, &id): (&&Array, &ValueId)| Tensor { ty: graph.ty(id).clone(), data: array.data.clone() };
                oracle.run(&inputs.iter().zip(&graph.inputs).map(typed).collect::<Vec<_>>()).map_err(|e| e.to_string())
            })
            .map_err(|why| format!("sample {sample}: {why}"))?;
        sample += 1;
    }
    Ok(sample)
}

/// What is expected of a model's outputs, and how near they have come.
enum Verdict {
    /// The bytes of LiteRT's reference kernels, by a digest for each output over all samples.
    Reference { expected: Value, found: Vec<(String, Digest)> },
    /// Real numbers within a relative tolerance; the largest difference and the largest share of its tolerance.
    Near { relative: f32, difference: f32, share: f32 },
    /// Layers on 8 bits between real inputs and outputs: the bytes of the oracle, the largest element of each row where
    /// ONNX Runtime has it, a mean difference of at most one quantum over each output of a sample; the largest mean of
    /// each, in quanta.
    Quantized { quanta: Vec<f32> },
}

impl Verdict {
    fn of(example: &Example) -> Verdict {
        let digests = root().join(format!("conformance/litert/{}.json", example.name));
        match fs::read(digests) {
            Ok(bytes) => Verdict::Reference { expected: serde_json::from_slice(&bytes).unwrap(), found: Vec::new() },
            Err(_) if example.name.ends_with("_qdq") => Verdict::Quantized { quanta: Vec::new() },
            Err(_) => {
                let relative = if RECURRENT.contains(&example.name.as_str()) { 1e-3 } else { 1e-4 };
                Verdict::Near { relative, difference: 0.0, share: 0.0 }
            }
        }
    }

    /// Adds the outputs of a sample; `oracle` runs the same sample.
    fn add(
        &mut self,
        graph: &Graph,
        found: &[Vec<u8>],
        recorded: &[&Array],
        oracle: &mut dyn FnMut() -> Result<Vec<Tensor>, String>,
    ) -> Result<(), String> {
        if recorded.len() != found.len() {
            return Err(format!("{} outputs are recorded, there are {}", recorded.len(), found.len()));
        }
        match self {
            Verdict::Reference { found: digests, .. } => {
                let names = graph.outputs.iter().map(|id| &graph.values[id.0].name);
                if digests.is_empty() {
                    digests.extend(names.map(|name| (name.clone(), Digest::default())));
                }
                digests.iter_mut().zip(found).for_each(|((_, digest), bytes)| digest.add(&sha256(bytes)));
            }
            Verdict::Near { relative, difference, share } => {
                for (found, recorded) in found.iter().zip(recorded) {
                    let (found, recorded) = (reals(found), reals(&recorded.data));
                    let most = recorded.iter().fold(0f32, |m, v| m.max(v.abs()));
                    for (i, (a, b)) in found.iter().zip(&recorded).enumerate() {
                        let used = (a - b).abs() / (1e-5 + 2e-6 * most + *relative * b.abs());
                        if used > 1.0 || used.is_nan() {
                            return Err(format!("element {i} is {a}, recorded is {b}"));
                        }
                        (*difference, *share) = (difference.max((a - b).abs()), share.max(used));
                    }
                }
            }
            Verdict::Quantized { quanta } => {
                let expected = oracle()?;
                quanta.resize(found.len(), 0.0);
                for (i, (found, recorded)) in found.iter().zip(recorded).enumerate() {
                    if *found != expected[i].data {
                        return Err(format!("output {i} is not the oracle's"));
                    }
                    let row = graph.ty(graph.outputs[i]).shape.last().copied().unwrap_or(1).max(1);
                    let (found, recorded) = (reals(found), reals(&recorded.data));
                    let mut rows = found.chunks(row).zip(recorded.chunks(row));
                    // Boxes have no class.
                    let is_scores = recorded.iter().all(|v| (0.0..=1.0).contains(v)) || found.len() == row;
                    if let Some((a, b)) = rows.find(|(a, b)| is_scores && !share_top(a, b)) {
                        return Err(format!("output {i}: the largest differs between {a:?} and {b:?}"));
                    }
                    let step = quantum(graph, graph.outputs[i]);
                    let differences: Vec<f32> =
                        found.iter().zip(&recorded).map(|(a, b)| (a - b).abs() / step).collect();
                    let mean = mean(&differences);
                    if mean > 1.0 || mean.is_nan() {
                        return Err(format!("output {i} is {mean} quanta away in the mean"));
                    }
                    quanta[i] = mean.max(quanta[i]);
                }
            }
        }
        Ok(())
    }

    /// The line of the table.
    fn close(&self) -> Result<String, String> {
        match self {
            Verdict::Reference { expected, found } => {
                for (name, digest) in found {
                    if expected["tensors"][name]["recorded"] != digest.hex() {
                        return Err(format!("{name} is not what LiteRT's reference kernels give"));
                    }
                }
                Ok("LiteRT's reference kernels: bit for bit".into())
            }
            Verdict::Near { relative, difference, share } => {
                Ok(format!("recorded: at most {difference:.1e}, {share:.3} of {relative:.0e} relative"))
            }
            Verdict::Quantized { quanta } => {
                Ok(format!("oracle: bit for bit; recorded: in the mean {quanta:.3?} quanta, output by output"))
            }
        }
    }
}

/// The step of an output: of the 8-bit value behind it, or of a softmax on bytes.
fn quantum(graph: &Graph, id: ValueId) -> f32 {
    let Source::Node(node) = graph.values[id.0].source else { return f32::MIN_POSITIVE };
    let node = &graph.nodes[node];
    match (&node.op, &graph.ty(node.inputs[0]).quant) {
        (Op::Dequantize, Some(quant)) => quant.scales[0],
        (Op::Softmax { .. }, _) => 1.0 / 256.0,
        _ if node.inputs.len() == 1 => quantum(graph, node.inputs[0]),
        _ => f32::MIN_POSITIVE,
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

/// Whether an element is the largest of both rows; on bytes there may be several of them.
fn share_top(a: &[f32], b: &[f32]) -> bool {
    let largest = |row: &[f32]| row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (top_a, top_b) = (largest(a), largest(b));
    a.iter().zip(b).any(|(&a, &b)| a == top_a && b == top_b)
}

fn reals(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|c| f32::from_le_bytes(*c)).collect()
}

/// How much of the models that come quantized runs on 8 bits: every layer, and which nodes do not.
#[test]
fn quantized_layers_run_on_bytes() {
    let Some(data) = data() else { return };
    let target = sanderling_targets::find("host").unwrap();
    for name in ["fashion_resnet_int8_qdq", "ultraface_slim320_int8_qdq"] {
        let example = Example::read(&data.join("models/onnx").join(name));
        let graph = compile(&example.import(0).unwrap(), &target).unwrap().graph;
        let real = |node: &&sanderling_ir::Node| graph.ty(node.outputs[0]).dtype == DType::F32;
        let ops: Vec<&str> = graph.nodes.iter().filter(real).map(|node| node.op.name()).collect();
        println!("{name}: {} of {} nodes give real numbers: {ops:?}", ops.len(), graph.nodes.len());
        assert!(!ops.iter().any(|op| ["conv2d", "fully_connected"].contains(op)), "{name}: {ops:?}");
    }
}
