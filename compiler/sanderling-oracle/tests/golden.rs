//! Whole models against LiteRT's reference kernels: known hashes, and recorded outputs where there are some.

use std::{env, fs, path::Path, path::PathBuf};

use sanderling_import::{ImportOptions, import};
use sanderling_ir::{DType, Graph, Tensor};
use sanderling_oracle::Oracle;

/// Models whose recorded outputs are not compared, and why.
const NOT_COMPARED: &[(&str, &str)] = &[
    ("mlperf_kws_fp32", "LiteRT quantizes the inputs of its i8-weight convolutions; the importer widens the weights"),
    ("tflm_mnist_lstm_int8", "the importer has no quantized unidirectional LSTM"),
];

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

#[test]
fn models_give_the_recorded_outputs() {
    let Some(models) = models() else { return };
    let mut failures = Vec::new();
    for folder in folders(&models) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if let Some((_, why)) = NOT_COMPARED.iter().find(|(n, _)| *n == name) {
            println!("skipped: {name}: {why}");
            continue;
        }
        match compare(&folder) {
            Ok(what) => println!("{name}: {what}"),
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
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

fn folders(models: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(models).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("model.tflite").exists());
    folders.sort();
    folders
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

/// One model over its recorded samples, each from fresh states.
fn compare(folder: &Path) -> Result<String, String> {
    let recorded = folder.join("ref.npz");
    if !recorded.exists() {
        return Ok("skipped: no ref.npz".into());
    }
    let bytes = fs::read(folder.join("model.tflite")).map_err(|e| e.to_string())?;
    let module = import(&bytes, &ImportOptions::default()).map_err(|e| e.to_string())?;
    let graph = &module.functions[0];
    let mut samples = 0;
    while let Some(inputs) = read_all(&folder.join("io.npz"), graph, samples, "in")? {
        let outputs = Oracle::new(graph).run(&inputs).map_err(|e| e.to_string())?;
        let Some(expected) = read_all(&recorded, graph, samples, "out")? else { break };
        for (i, (found, expected)) in outputs.iter().zip(&expected).enumerate() {
            agree(found, expected).map_err(|why| format!("sample {samples} output {i}: {why}"))?;
        }
        samples += 1;
    }
    if samples == 0 { Err("no samples".into()) } else { Ok(format!("{samples} samples")) }
}

/// The tensors of one sample, or `None` after the last.
fn read_all(file: &Path, graph: &Graph, sample: usize, side: &str) -> Result<Option<Vec<Tensor>>, String> {
    let mut archive = npyz::npz::NpzArchive::open(file).map_err(|e| e.to_string())?;
    let ids = if side == "in" { &graph.inputs } else { &graph.outputs };
    let mut tensors = Vec::new();
    for (i, &id) in ids.iter().enumerate() {
        let ty = graph.ty(id).clone();
        let Some(array) = archive.by_name(&format!("s{sample}_{side}{i}")).map_err(|e| e.to_string())? else {
            return Ok(None);
        };
        let data = elements(array, ty.dtype).map_err(|e| format!("{side}put {i} as {}: {e}", ty.dtype))?;
        tensors.push(Tensor { ty, data });
    }
    Ok(Some(tensors))
}

fn elements<R: std::io::Read>(array: npyz::NpyFile<R>, dtype: DType) -> std::io::Result<Vec<u8>> {
    Ok(match dtype {
        DType::F32 => array.into_vec::<f32>()?.iter().flat_map(|v| v.to_le_bytes()).collect(),
        DType::I8 => array.into_vec::<i8>()?.iter().map(|&v| v as u8).collect(),
        DType::U8 => array.into_vec::<u8>()?,
        DType::I32 => array.into_vec::<i32>()?.iter().flat_map(|v| v.to_le_bytes()).collect(),
        DType::I64 => array.into_vec::<i64>()?.iter().flat_map(|v| v.to_le_bytes()).collect(),
        _ => return Err(std::io::Error::other("not a type of recorded tensors")),
    })
}

/// Equal bytes, or real numbers within the tolerance.
fn agree(found: &Tensor, expected: &Tensor) -> Result<(), String> {
    if found.ty.dtype != DType::F32 {
        let wrong = found.data.iter().zip(&expected.data).filter(|(a, b)| a != b).count();
        let same = wrong == 0 && found.data.len() == expected.data.len();
        return if same { Ok(()) } else { Err(format!("{wrong} bytes of {} differ", expected.data.len())) };
    }
    let (found, expected) = (found.as_f32(), expected.as_f32());
    // LiteRT accumulates in f32: its error goes with the size of the terms, not of their sum.
    let slack = 1e-5 + 2e-6 * expected.iter().fold(0f32, |m, v| m.max(v.abs()));
    let far = |(a, b): &(&f32, &f32)| (**a - **b).abs() > slack + 1e-4 * b.abs() || a.is_nan() != b.is_nan();
    match found.iter().zip(&expected).find(far) {
        None if found.len() == expected.len() => Ok(()),
        None => Err("the lengths differ".into()),
        Some((a, b)) => Err(format!("{a} should be {b}")),
    }
}
