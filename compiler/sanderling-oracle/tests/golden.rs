//! Whole models against known hashes of LiteRT's reference kernels; `conformance/` compares every tensor.

use std::{env, fs, path::Path, path::PathBuf};

use sanderling_import::{ImportOptions, import};
use sanderling_ir::{Graph, Tensor};
use sanderling_oracle::Oracle;

#[test]
fn kws_gives_the_known_hashes() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/kws/model.tflite");
    check_hashes(&model, [-1422926863, -1890131565, 777439969]);
}

#[test]
fn ic_vww_and_ad_give_the_known_hashes() {
    let Some(models) = models() else { return };
    let known = [
        ("ic", [1434178402, -134306792, -1348987053]),
        ("vww", [979336969, -1419318095, -1419318095]),
        ("ad", [550695696, -1253039283, -1113173357]),
    ];
    for (name, hashes) in known {
        check_hashes(&models.join(format!("mlperf_{name}_int8/model.tflite")), hashes);
    }
}

/// The folder of TFLite models, if the data is there.
fn models() -> Option<PathBuf> {
    match env::var_os("SANDERLING_DATA") {
        Some(data) => Some(Path::new(&data).join("models/tflite")),
        None => {
            println!("skipped: SANDERLING_DATA is not set");
            None
        }
    }
}

fn check_hashes(model: &Path, hashes: [i32; 3]) {
    let module = import(&fs::read(model).unwrap(), &ImportOptions::default()).unwrap();
    let graph = &module.functions[0];
    for (seed, hash) in (1..).zip(hashes) {
        let outputs = Oracle::new(graph).run(&[generated(graph, seed)]).unwrap();
        assert_eq!(fnv1a(&outputs[0].data), hash, "{} with seed {seed}", model.display());
    }
}

/// The top bytes of a linear congruential generator, stepped before each.
fn generated(graph: &Graph, seed: u32) -> Tensor {
    let ty = graph.ty(graph.inputs[0]).clone();
    let mut x = seed;
    let next = || {
        x = x.wrapping_mul(1664525).wrapping_add(1013904223);
        (x >> 24) as u8
    };
    let data = std::iter::repeat_with(next).take(ty.bytes()).collect();
    Tensor { ty, data }
}

fn fnv1a(bytes: &[u8]) -> i32 {
    bytes.iter().fold(0x811c_9dc5u32, |hash, &b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193)) as i32
}
