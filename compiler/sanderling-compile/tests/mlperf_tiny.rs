//! The four int8 models of MLPerf Tiny: LiteRT's reference outputs, and the oracle's after every kernel call.

use std::env;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use allocation_counter::measure;
use sanderling_format::{fnv1a32, lcg_bytes};
use sanderling_gpu::{Gpu, GpuSession};
use sanderling_host::{Backend, kernels};
use sanderling_import::ImportOptions;
use sanderling_runtime::{Model, Session};

/// Hashes of LiteRT's reference outputs for the generated inputs of seeds 1 to 3.
const GOLDEN: [(&str, [i32; 3]); 4] = [
    ("kws", [-1422926863, -1890131565, 777439969]),
    ("ic", [1434178402, -134306792, -1348987053]),
    ("vww", [979336969, -1419318095, -1419318095]),
    ("ad", [550695696, -1253039283, -1113173357]),
];

/// The file of a model: that of the repository, or one of the public data where they are.
fn file(name: &str) -> Option<PathBuf> {
    if name == "kws" {
        return Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/kws/model.tflite"));
    }
    let data = env::var_os("SANDERLING_DATA")?;
    Some(Path::new(&data).join(format!("models/tflite/mlperf_{name}_int8/model.tflite")))
}

fn compile(name: &str, target: &str) -> Option<Vec<u8>> {
    compiled(name, target).map(|compiled| compiled.artifact)
}

fn compiled(name: &str, target: &str) -> Option<sanderling_compile::Compiled> {
    let Some(path) = file(name) else {
        eprintln!("skipped: {name} (SANDERLING_DATA is not set)");
        return None;
    };
    let module = sanderling_import::import(&std::fs::read(path).unwrap(), &ImportOptions::default()).unwrap();
    let target = sanderling_targets::find(target).unwrap();
    Some(sanderling_compile::compile(&module, &target).unwrap())
}

#[test]
fn outputs_are_those_of_litert() {
    for (name, hashes) in GOLDEN {
        let Some(artifact) = compile(name, "nucleo-l4r5zi") else { continue };
        for backend in [Backend::Scalar, Backend::Auto] {
            let model = Model::parse(&artifact, kernels(backend)).unwrap();
            let mut arena = vec![0; model.arena_bytes()];
            let mut session = Session::new(&model, &mut arena).unwrap();
            for (seed, want) in (1..).zip(hashes) {
                lcg_bytes(seed, session.input(0).unwrap());
                session.run().unwrap();
                let found = fnv1a32(session.output(0).unwrap()) as i32;
                assert_eq!(found, want, "{name}, seed {seed}, {backend:?}");
            }
        }
    }
}

#[test]
fn every_layer_is_the_oracles() {
    // Layers work in place where memory is scarce, and apart elsewhere.
    for (name, target) in GOLDEN.iter().flat_map(|(name, _)| [(name, "host"), (name, "nucleo-l4r5zi")]) {
        let Some(artifact) = compile(name, target) else { continue };
        for backend in [Backend::Scalar, Backend::Auto] {
            let model = Model::parse(&artifact, kernels(backend)).unwrap();
            let mut arena = vec![0; model.arena_bytes()];
            Session::new(&model, &mut arena).unwrap().self_test().unwrap_or_else(|e| panic!("{name} {backend:?}: {e}"));
        }
    }
}

/// On a GPU: the outputs of LiteRT, and after every call the bytes of the oracle.
#[test]
fn a_gpu_gives_the_same_bytes() {
    let gpu = match Gpu::open() {
        Ok(gpu) => gpu,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    for (name, hashes) in GOLDEN {
        let Some(artifact) = compile(name, "wgpu") else { continue };
        let mut session = GpuSession::new(&gpu, &artifact).unwrap_or_else(|e| panic!("{name}: {e}"));
        session.self_test().unwrap().unwrap_or_else(|e| panic!("{name}: {e}"));
        for (seed, want) in (1..).zip(hashes) {
            lcg_bytes(seed, session.input(0).unwrap());
            session.run().unwrap();
            let found = fnv1a32(session.output(0).unwrap()) as i32;
            assert_eq!(found, want, "{name}, seed {seed}, {}", gpu.name());
        }
        println!("{name}: outputs and every layer on {}", gpu.name());
    }
}

/// Working memory, scratch included: with layers in place, and what it would be with none.
#[test]
fn arenas_are_small() {
    let arenas = [("kws", 8_960, 16_000), ("ic", 34_592, 49_440), ("vww", 46_136, 55_296), ("ad", 768, 768)];
    for (name, bytes, apart) in arenas {
        let Some(compiled) = compiled(name, "nucleo-l4r5zi") else { continue };
        let model = Model::parse(&compiled.artifact, kernels(Backend::Scalar)).unwrap();
        assert_eq!(model.arena_bytes(), bytes, "{name}");
        assert_eq!((compiled.report.arena_bytes, compiled.report.arena_apart_bytes), (bytes as u32, apart), "{name}");
        assert_eq!(compiled.report.layers.iter().any(|layer| layer.in_place), bytes < apart as usize, "{name}");
    }
}

#[test]
fn a_model_takes_no_heap() {
    for (name, _) in GOLDEN {
        let Some(artifact) = compile(name, "host") else { continue };
        for backend in [Backend::Scalar, Backend::Auto] {
            let bytes = Model::parse(&artifact, kernels(backend)).unwrap().arena_bytes();
            let mut arena = vec![0; bytes];
            let heap = measure(|| {
                let model = Model::parse(&artifact, kernels(backend)).unwrap();
                let mut session = Session::new(&model, &mut arena).unwrap();
                session.self_test().unwrap();
                session.input(0).unwrap().fill(1);
                session.run().unwrap();
                assert_eq!(
                    session.output(0).unwrap().len(),
                    model.outputs().next().unwrap().record.region.bytes as usize
                );
            });
            assert_eq!((heap.count_total, heap.bytes_total), (0, 0), "{name}, {backend:?}");
        }
    }
    // The counter does count.
    assert_eq!(measure(|| drop(black_box(vec![1u8]))).count_total, 1);
}
