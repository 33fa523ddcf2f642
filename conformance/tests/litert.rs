//! On the oracle, every tensor of the optimized graph that LiteRT has too is LiteRT's, bit for bit.

use std::collections::BTreeMap;
use std::{fs, thread};

use sanderling_conformance::{Digest, Example, data, root, sha256};
use sanderling_format::lcg_bytes;
use sanderling_ir::{Graph, Source, Tensor, TensorType, ValueId};
use sanderling_oracle::Oracle;
use serde_json::Value;

/// The digests of one run, by name.
type Run = BTreeMap<String, [u8; 32]>;

/// Which of LiteRT's tensors a graph has no value for after the passes.
const GONE: [(&str, &[&str]); 2] = [
    // A transposition went into the weights of the layer behind it, and two changes of shape with it.
    (
        "magicwand_int8",
        &[
            "model/tf.nn.max_pool1d_2/MaxPool1d/Squeeze1",
            "model/tf.compat.v1.transpose/transpose",
            "model/flatten/Reshape;model/tf.reshape/Reshape",
        ],
    ),
    // The change of shape behind it has the same bytes.
    ("tflm_mnist_lstm_int8", &["tfl.unidirectional_sequence_lstm"]),
];

#[test]
fn every_tensor_is_litert_s() {
    let data = data();
    let mut files: Vec<_> =
        fs::read_dir(root().join("conformance/litert")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let expected: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let example = match &data {
            Some(data) => Example::read(&data.join("models/tflite").join(&name)),
            None if name == "mlperf_kws_int8" => Example::shipped(),
            None => continue,
        };
        let start = std::time::Instant::now();
        match compare(&example, &expected) {
            Ok(what) => println!("{name}: {what}, {:.1} s", start.elapsed().as_secs_f32()),
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    assert!(files.len() >= 11, "only {} files of digests", files.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn compare(example: &Example, expected: &Value) -> Result<String, String> {
    let model: String = sha256(&example.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if expected["model_sha256"] != model {
        return Err("another model; write the digests anew".into());
    }
    let module = example.import(0).map_err(|e| e.to_string())?;
    let (graph, _) = sanderling_compile::passes::run(&module.functions[0]).map_err(|e| e.to_string())?;
    let seeds = expected["seeds"].as_u64().unwrap_or(0) as u32;
    let generated = digests(generated(&graph, seeds));
    let (samples, recorded) = recorded(example, &graph);
    let recorded = digests(recorded);
    // The shipped model comes without the samples.
    if seeds == 0 || (samples > 0 && expected["samples"] != samples) {
        return Err(format!("{samples} samples and {seeds} seeds, LiteRT ran others"));
    }
    let gone = GONE.iter().find(|(name, _)| *name == example.name).map_or(&[][..], |(_, tensors)| tensors);
    let tensors = expected["tensors"].as_object().ok_or("no tensors")?;
    let mut equal = 0;
    for (tensor, digest) in tensors {
        let Some(found) = generated.get(tensor) else {
            if gone.contains(&tensor.as_str()) {
                continue;
            }
            return Err(format!("{tensor} is not in the optimized graph"));
        };
        let differs = samples > 0
            && Some(digest["recorded"].as_str().unwrap_or_default()) != recorded.get(tensor).map(String::as_str);
        if digest["generated"] != *found || differs {
            return Err(format!("{tensor} differs"));
        }
        equal += 1;
    }
    Ok(format!("{equal} of {} tensors equal, {seeds} seeds, {samples} samples", tensors.len()))
}

/// One run for each seed, each from fresh states.
fn generated(graph: &Graph, seeds: u32) -> Vec<Run> {
    let run = |seed: u32| {
        let mut state = seed;
        let input = |&id: &ValueId| {
            let mut data = vec![0; graph.ty(id).bytes()];
            state = lcg_bytes(state, &mut data);
            data
        };
        observe(&mut Oracle::new(graph), graph, graph.inputs.iter().map(input).collect())
    };
    let seeds: Vec<u32> = (1..=seeds).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let parts: Vec<_> = seeds
            .chunks(seeds.len().div_ceil(threads).max(1))
            .map(|part| scope.spawn(move || part.iter().copied().map(run).collect::<Vec<Run>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// The recorded samples, states going on from each to the next.
fn recorded(example: &Example, graph: &Graph) -> (usize, Vec<Run>) {
    let mut oracle = Oracle::new(graph);
    let inputs = (0..).map(|sample| example.inputs(sample)).take_while(|inputs| !inputs.is_empty());
    let run = |inputs: Vec<&sanderling_host::Array>| {
        observe(&mut oracle, graph, inputs.iter().map(|array| array.data.clone()).collect())
    };
    let runs: Vec<Run> = inputs.map(run).collect();
    (runs.len(), runs)
}

fn observe(oracle: &mut Oracle, graph: &Graph, inputs: Vec<Vec<u8>>) -> Run {
    let typed = |(data, &id): (Vec<u8>, &ValueId)| Tensor { ty: TensorType::clone(graph.ty(id)), data };
    let inputs: Vec<Tensor> = inputs.into_iter().zip(&graph.inputs).map(typed).collect();
    let mut run = Run::new();
    let mut see = |id: ValueId, tensor: &Tensor| {
        let value = &graph.values[id.0];
        if matches!(value.source, Source::Node(_)) {
            run.insert(value.name.clone(), sha256(&tensor.data));
        }
    };
    oracle.run_observed(&inputs, &mut see).unwrap();
    run
}

fn digests(runs: Vec<Run>) -> BTreeMap<String, String> {
    let mut digests = BTreeMap::<String, Digest>::new();
    for (name, run) in runs.into_iter().flatten() {
        digests.entry(name).or_default().add(&run);
    }
    digests.into_iter().map(|(name, digest)| (name, digest.hex())).collect()
}
