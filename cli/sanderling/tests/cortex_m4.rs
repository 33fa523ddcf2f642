//! The emulated Cortex-M4: every layer is the oracle's, in exactly the memory that was planned.

mod common;

use common::{MODELS, compile, has, has_target, ok};
use sanderling_format::{Element, lcg_bytes};
use sanderling_host::{Array, Backend, kernels, write_npz};
use sanderling_runtime::{Model, Session};
use serde_json::Value;
use toml::Table;

/// Some of the models of `sanderling-compile`'s test `classical`.
const CLASSICAL: [&str; 14] = [
    "svc_linear_2",
    "svc_rbf_4_probability",
    "svc_poly_4",
    "svc_sigmoid_2_probability",
    "svc_text_4",
    "svr_rbf",
    "oneclass_rbf",
    "ensemble_sets",
    "forest_wide_max",
    "columns_texts",
    "labels_floats_ints_tensors",
    "knn_distance",
    "multinomial_nb",
    "boosted_target",
];

#[test]
fn models_pass_their_self_test_within_their_bars() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bars = std::fs::read_to_string(common::root().join("targets/boards/mps2-an386/bars.toml")).unwrap();
    let bars: Table = bars.parse().unwrap();
    for name in MODELS {
        let Some(artifact) = compile(name, "nucleo-l4r5zi", folder.path()) else { continue };
        let report: Value = serde_json::from_str(&ok(&["verify", &artifact, "--backend", "qemu", "--json"])).unwrap();
        eprintln!("{name}: {report}");
        assert_eq!(report["passed"], true, "{name}");
        let of = &bars["models"][name];
        let keys = ["instructions", "arena_bytes", "stack_high_water_bytes"];
        for (key, max) in keys.into_iter().zip([&of["instructions"], &of["arena_bytes"], &bars["stack_bytes"]]) {
            assert!(report[key].as_i64().unwrap() <= max.as_integer().unwrap(), "{name}: {key}");
        }
        let host: Value = serde_json::from_str(&ok(&["verify", &artifact, "--json"])).unwrap();
        assert_eq!((&host["digest"], &host["trace"]), (&report["digest"], &report["trace"]), "{name}");
    }
}

#[test]
fn the_board_runs_real_inputs_as_the_host_does() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "nucleo-l4r5zi", folder.path()).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let all = sanderling_host::read_npz(&common::root().join("examples/models/kws/inputs.npz")).unwrap();
    let mut inputs = all.into_iter().find(|a| a.name == "input_1").unwrap();
    inputs.data.truncate(10 * 490);
    inputs.shape[0] = 10;
    write_npz(path("in.npz").as_ref(), &[inputs]).unwrap();
    for backend in ["scalar", "auto", "qemu"] {
        let out = path(&format!("{backend}.npz"));
        ok(&["run", &artifact, "--input", &path("in.npz"), "--output", &out, "--backend", backend]);
    }
    let outputs = |backend: &str| sanderling_host::read_npz(path(&format!("{backend}.npz")).as_ref()).unwrap();
    assert_eq!(outputs("scalar")[0].shape, [10, 1, 12]);
    assert_eq!(outputs("scalar"), outputs("auto"));
    assert_eq!(outputs("scalar"), outputs("qemu"));
}

#[test]
fn every_layer_of_ten_inputs_is_the_host_s() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in MODELS {
        let Some(artifact) = compile(name, "nucleo-l4r5zi", folder.path()) else { continue };
        let bytes = std::fs::read(&artifact).unwrap();
        let model = Model::parse(&bytes, kernels(Backend::Scalar)).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).unwrap();
        let input = model.inputs().next().unwrap();
        let mut shape: Vec<usize> = input.record.dims().iter().map(|&d| d as usize).collect();
        shape.insert(0, 10);
        let (mut data, mut traces) = (Vec::new(), Vec::new());
        for seed in 1..=10 {
            // The same bytes as the self-test's of this seed.
            traces.push(format!("{:016x}", session.digests(seed).unwrap().1));
            lcg_bytes(seed, session.input(0).unwrap());
            data.extend_from_slice(session.input(0).unwrap());
        }
        let array = Array { name: input.name.into(), element: Element::I8, shape, data };
        let path = |name: &str| folder.path().join(name).display().to_string();
        write_npz(path("in.npz").as_ref(), &[array]).unwrap();
        let arguments = ["run", &artifact, "--input", &path("in.npz"), "--output", &path("out.npz")];
        let report: Value =
            serde_json::from_str(&ok(&[&arguments[..], &["--backend", "qemu", "--json"]].concat())).unwrap();
        assert_eq!(report["traces"], serde_json::json!(traces), "{name}");
        eprintln!("{name}: every layer of {} inputs is the host's", traces.len());
    }
}

#[test]
fn models_quantized_by_others_have_the_host_s_layers() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let Some(data) = common::data() else {
        eprintln!("skipped: SANDERLING_DATA is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let artifact = folder.path().join("model.sndl").display().to_string();
    // Convolutions that round once; the second model has depthwise ones.
    for name in ["fashion_resnet_int8_qdq", "ultraface_slim320_int8_qdq"] {
        let model = data.join(format!("models/onnx/{name}/model.onnx")).display().to_string();
        ok(&["compile", &model, "--target", "mps2-an386", "-o", &artifact]);
        let report = |backend: &str| -> Value {
            serde_json::from_str(&ok(&["verify", &artifact, "--backend", backend, "--json"])).unwrap()
        };
        let (board, host) = (report("qemu"), report("scalar"));
        eprintln!("{name}: {board}");
        assert_eq!(board["passed"], true, "{name}");
        assert_eq!(board["trace"], host["trace"], "{name}");
    }
}

#[test]
fn weights_of_two_bytes_pass_their_self_test() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let Some(data) = common::data() else {
        eprintln!("skipped: SANDERLING_DATA is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let artifact = folder.path().join("model.sndl").display().to_string();
    for name in ["mlperf_kws_fp32", "mlperf_ad_fp32", "magicwand_fp32"] {
        for weights in ["f16", "bf16"] {
            let model = data.join(format!("models/tflite/{name}/model.tflite")).display().to_string();
            ok(&["compile", &model, "--target", "mps2-an386", "--weights", weights, "-o", &artifact]);
            let board = ok(&["verify", &artifact, "--backend", "qemu", "--json"]);
            let board: Value = serde_json::from_str(&board).unwrap();
            eprintln!("{name}, {weights}: {board}");
            assert_eq!(board["passed"], true, "{name}, {weights}");
        }
    }
}

#[test]
fn the_board_walks_trees_as_the_host_does() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let features = |i: usize| [(i * 7 % 10) as f32, (i * 13 % 17) as f32, (i * 5 % 3) as f32];
    let row = |i: usize| {
        let [a, b, c] = features(i);
        format!("{},{a},{b},{c}\n", a * b + c)
    };
    std::fs::write(path("train.csv"), (0..300).map(row).collect::<String>()).unwrap();
    let hyper = ["--hp", "num_round=20", "--hp", "max_depth=5"];
    let train = ["train", "--algorithm", "xgboost", "--train", &path("train.csv"), "-o", &path("model")];
    ok(&[&train[..], &hyper].concat());
    ok(&["compile", &path("model"), "--target", "nucleo-l4r5zi", "-o", &path("trees.sndl")]);
    // Rows of the training, one with missing values, and none that the trees have seen.
    let mut rows: Vec<f32> = (0..20).flat_map(features).collect();
    rows.extend([f32::NAN, 3.0, f32::NAN, -1e30, f32::INFINITY, 0.5]);
    let data = rows.iter().flat_map(|v| v.to_le_bytes()).collect();
    let element = sanderling_format::Element::F32;
    let x = sanderling_host::Array { name: "input".into(), element, shape: vec![22, 3], data };
    sanderling_host::write_npz(path("in.npz").as_ref(), &[x]).unwrap();
    for backend in ["scalar", "auto", "qemu"] {
        let out = path(&format!("{backend}.npz"));
        ok(&["run", &path("trees.sndl"), "--input", &path("in.npz"), "--output", &out, "--backend", backend]);
    }
    let outputs = |backend: &str| sanderling_host::read_npz(path(&format!("{backend}.npz")).as_ref()).unwrap();
    assert_eq!(outputs("scalar")[0].shape, [22, 1]);
    assert_eq!(outputs("scalar"), outputs("auto"));
    assert_eq!(outputs("scalar"), outputs("qemu"));
    ok(&["verify", &path("trees.sndl"), "--backend", "qemu"]);
}

/// Machines, trees and texts: the self-test holds what the oracle gave for generated inputs.
#[test]
fn classical_models_pass_their_self_test() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let models = common::root().join("compiler/sanderling-compile/tests/classical/models");
    let folder = tempfile::tempdir().unwrap();
    let artifact = folder.path().join("classical.sndl").display().to_string();
    for model in CLASSICAL {
        let path = models.join(model).with_extension("onnx").display().to_string();
        ok(&["compile", &path, "--target", "nucleo-l4r5zi", "-o", &artifact]);
        let report: Value = serde_json::from_str(&ok(&["verify", &artifact, "--backend", "qemu", "--json"])).unwrap();
        eprintln!("{model}: {report}");
        assert_eq!(report["passed"], true, "{model}");
    }
}

#[test]
fn public_forests_pass_their_self_test() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let Some(data) = common::data() else {
        eprintln!("skipped: SANDERLING_DATA is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let artifact = folder.path().join("forest.sndl").display().to_string();
    let models = [
        "xgboost/adult_binary/model.json",
        "xgboost/higgs_deep/model.ubj",
        "lightgbm/leaves_kddcup99/model.txt",
        "lightgbm/digits_multiclass/model.onnx",
        "sklearn_onnx/rf_breast_cancer/model.onnx",
        "sklearn_onnx/knn_wine/model.onnx",
    ];
    for model in models {
        let path = data.join("models").join(model).display().to_string();
        ok(&["compile", &path, "--target", "nucleo-l4r5zi", "-o", &artifact]);
        let report: Value = serde_json::from_str(&ok(&["verify", &artifact, "--backend", "qemu", "--json"])).unwrap();
        eprintln!("{model}: {report}");
        assert_eq!(report["passed"], true, "{model}");
    }
}
