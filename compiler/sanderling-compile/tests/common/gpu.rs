//! Graphs on the GPU of this machine, where it has one.

use std::sync::OnceLock;

use naga::valid::{Capabilities, ValidationFlags, Validator};
use sanderling_format::{Dispatch, Header, Kind, read_dispatches};
use sanderling_gpu::{Gpu, GpuSession};
use sanderling_ir::{Module, Tensor};

/// The GPU, opened once.
pub fn open() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    GPU.get_or_init(|| Gpu::open().inspect_err(|why| eprintln!("skipped on a GPU: {why}")).ok()).as_ref()
}

/// The module compiled for a GPU.
pub fn compile(module: &Module, what: &str) -> Vec<u8> {
    let target = sanderling_targets::find("wgpu").unwrap();
    let compiled = sanderling_compile::compile(module, &target);
    compiled.unwrap_or_else(|why| panic!("{what}, for a GPU: {why}")).artifact
}

/// Checks the shaders of an artifact, where no GPU does.
fn validate(artifact: &[u8], what: &str) {
    let header = Header::read(artifact).unwrap();
    for dispatch in read_dispatches(header.section(Kind::Shaders).of(artifact).unwrap()) {
        let Dispatch { call, text, .. } = dispatch.unwrap();
        let module = naga::front::wgsl::parse_str(text);
        let module = module.unwrap_or_else(|e| panic!("{what}, call {call}: {}", e.emit_to_string(text)));
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::default());
        validator.validate(&module).unwrap_or_else(|e| panic!("{what}, call {call}: {}", e.emit_to_string(text)));
    }
}

/// The outputs of runs on a GPU, one for each list of inputs, after a self-test; none where there is no GPU.
pub fn run(module: &Module, runs: &[Vec<Tensor>], what: &str) -> Option<Vec<Vec<Vec<u8>>>> {
    let artifact = compile(module, what);
    let Some(gpu) = open() else {
        validate(&artifact, what);
        return None;
    };
    let mut session = GpuSession::new(gpu, &artifact).unwrap_or_else(|e| panic!("{what}, on a GPU: {e}"));
    let verdict = session.self_test().unwrap_or_else(|e| panic!("{what}, on a GPU: {e}"));
    verdict.unwrap_or_else(|e| panic!("{what}, on a GPU: self-test: {e}"));
    let row = |inputs: &Vec<Tensor>| {
        let bytes: Vec<&[u8]> = inputs.iter().map(|tensor| &tensor.data[..]).collect();
        session.run_row(&bytes).unwrap_or_else(|e| panic!("{what}, on a GPU: {e}")).to_vec()
    };
    Some(runs.iter().map(row).collect())
}
