//! What a fuzzer does with bytes, one function for each parser of outside bytes.

use std::io::Cursor;

use sanderling_format::rehash;
use sanderling_host::{Backend, decode_npz, kernels};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::{Graph, Module, parse, print, verify};
use sanderling_runtime::{Model, Session};

/// Memory that an artifact may have; those that ask for more are refused by the session.
const ARENA: usize = 1 << 16;
/// Elements of all values of a function up to which it is compiled: the compiler runs it for its self-test, and a fuzzer
/// that waits for sums finds nothing.
const SMALL: usize = 1 << 12;

/// The name of a target and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 5] =
    [("artifact", artifact), ("tflite", tflite), ("onnx", onnx), ("ir_text", ir_text), ("npz", npz)];

/// Artifacts: parsed, and run where they pass, on the plain kernels and on the fastest.
pub fn artifact(data: &[u8]) {
    let mut file = data.to_vec();
    // Length and hash are right, so that nobody need find them.
    if file.len() >= 20 {
        let bytes = (file.len() as u32).to_le_bytes();
        file[8..12].copy_from_slice(&bytes);
        rehash(&mut file);
    }
    let mut arena = vec![0xa5; ARENA];
    for backend in [Backend::Scalar, Backend::Auto] {
        let Ok(model) = Model::parse(&file, kernels(backend)) else { return };
        let Ok(mut session) = Session::new(&model, &mut arena) else { return };
        session.run().expect("what parses, runs");
        if backend == Backend::Scalar {
            // It may fail, but must come to an end.
            let _ = session.self_test();
        }
    }
}

/// TFLite models: imported, verified, compiled, parsed as an artifact.
pub fn tflite(data: &[u8]) {
    let mut file = data.to_vec();
    if let Some(identifier) = file.get_mut(4..8) {
        identifier.copy_from_slice(b"TFL3");
    }
    onnx(&file);
}

/// ONNX models likewise.
pub fn onnx(data: &[u8]) {
    if let Ok(module) = import(data, &ImportOptions::default()) {
        compile(&module);
    }
}

/// The text form of graphs: parsed, verified, printed, parsed again, compiled.
pub fn ir_text(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let Ok(module) = parse(source) else { return };
    let printed = print(&module);
    if module.functions.iter().any(|function| verify(function).is_err()) {
        return;
    }
    let again = parse(&printed).expect("what is printed parses");
    // As text, because what is not a number equals nothing.
    assert_eq!(print(&again), printed);
    compile(&module);
}

/// numpy's files: inputs of runs and calibration data.
pub fn npz(data: &[u8]) {
    let _ = decode_npz(Cursor::new(data));
}

/// Compiles what an importer accepted, if it is small. It may be refused; what is not, parses.
fn compile(module: &Module) {
    if !module.functions.iter().all(is_small) {
        return;
    }
    let Ok(target) = sanderling_targets::find("host") else { return };
    if let Ok(compiled) = sanderling_compile::compile(module, &target) {
        Model::parse(&compiled.artifact, kernels(Backend::Auto)).expect("what compiles, parses");
    }
}

fn is_small(graph: &Graph) -> bool {
    let sizes = graph.values.iter().map(|value| value.ty.elements());
    sizes.fold(0usize, usize::saturating_add) < SMALL
}
