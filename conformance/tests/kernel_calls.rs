//! The integer models on every backend: after each kernel call the oracle's bytes.

use sanderling_compile::{Compiled, compile, expected_calls};
use sanderling_conformance::{Example, data};
use sanderling_format::{Element, golden_input};
use sanderling_host::{Backend, kernels};
use sanderling_ir::{DType, Tensor};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};

/// Generated inputs for the models of MLPerf Tiny, and for the others.
const SEEDS: [u32; 2] = [10, 2];
const MLPERF_TINY: [&str; 4] = ["mlperf_kws_int8", "mlperf_ic_int8", "mlperf_vww_int8", "mlperf_ad_int8"];

#[test]
fn every_call_is_the_oracles() {
    let examples = match data() {
        Some(data) => Example::all(&data, "tflite"),
        None => vec![Example::shipped()],
    };
    let mut models = 0;
    for example in &examples {
        let module = example.import(0).unwrap();
        if module.functions[0].values.iter().any(|value| value.ty.dtype == DType::F32) {
            continue;
        }
        let seeds = SEEDS[usize::from(!MLPERF_TINY.contains(&example.name.as_str()))];
        // The packings of the two differ; scalar kernels read both.
        for (target, backends) in
            [("host", &[Backend::Scalar, Backend::Auto][..]), ("nucleo-l4r5zi", &[Backend::Scalar])]
        {
            let target = sanderling_targets::find(target).unwrap();
            // The board has no room for some of them.
            let Ok(compiled) = compile(&module, &target) else { continue };
            let calls: usize = (1..=seeds).map(|seed| check(&compiled, seed, backends, &example.name)).sum();
            println!("{}: {} seeds, {backends:?}, {calls} calls for {} equal", example.name, seeds, target.name);
        }
        models += 1;
    }
    assert!(models == examples.len() || models >= 11, "only {models} models are integers throughout");
}

/// Compares one run on each backend, and returns how many calls that were.
fn check(compiled: &Compiled, seed: u32, backends: &[Backend], name: &str) -> usize {
    let graph = &compiled.graph;
    let mut generator = seed;
    let input = |&id: &sanderling_ir::ValueId| {
        let mut data = vec![0; graph.ty(id).bytes()];
        generator = golden_input(generator, Element::I8, &mut data);
        Tensor { ty: graph.ty(id).clone(), data }
    };
    let inputs: Vec<Tensor> = graph.inputs.iter().map(input).collect();
    let mut expected = Vec::new();
    let mut show = |name: &str, bytes: &[u8]| expected.push((name.to_string(), bytes.to_vec()));
    expected_calls(graph, &mut Oracle::new(graph), &inputs, &mut show).unwrap();

    for &backend in backends {
        let model = Model::parse(&compiled.artifact, kernels(backend)).unwrap();
        let mut arena = vec![0xa5; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).unwrap();
        for (i, input) in inputs.iter().enumerate() {
            session.input(i).unwrap().copy_from_slice(&input.data);
        }
        let mut calls = expected.iter();
        session
            .run_observed(|step, found| {
                if !step.call.partial {
                    let (value, bytes) = calls.next().expect("no more calls than values");
                    assert!(found == bytes, "{name}, {backend:?}, seed {seed}: {value} differs");
                }
            })
            .unwrap();
        assert!(calls.next().is_none(), "{name}, {backend:?}: a value is never written");
    }
    expected.len() * backends.len()
}
