//! What can go wrong, on an artifact of one call: it flips the highest bit of ten bytes.

use sanderling_format::calls::FlipI8;
use sanderling_format::{Artifact, Dispatch, Element, IoRecord, Region, write, write_dispatches};

use crate::{Gpu, GpuError, GpuSession};

const BYTES: u32 = 10;
const FLIP: &str = "
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read> constants: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x < 3u) {
        arena[id.x] = arena[id.x] ^ 0x80808080u;
    }
}";

fn artifact(shaders: Vec<u8>, arena_bytes: u32) -> Vec<u8> {
    let mut artifact = Artifact::default();
    artifact.arena_bytes = arena_bytes;
    artifact.shaders = shaders;
    artifact.target = "wgpu".into();
    artifact.call(&FlipI8 { len: BYTES, output: 0 });
    let region = Region { offset: 0, bytes: BYTES };
    let shape = [BYTES, 0, 0, 0, 0, 0, 0, 0];
    let record = IoRecord { region, element: Element::U8, rank: 1, shape, ..IoRecord::default() };
    artifact.input("x", record);
    artifact.output("y", record);
    write(&artifact)
}

fn flip(text: &str, groups: [u32; 3]) -> Vec<u8> {
    artifact(write_dispatches(&[Dispatch { call: 0, text, groups }]), 32)
}

fn gpu() -> Option<Gpu> {
    Gpu::open().inspect_err(|why| eprintln!("skipped: {why}")).ok()
}

/// Why a session cannot be made.
fn refused(gpu: &Gpu, artifact: &[u8]) -> GpuError {
    GpuSession::new(gpu, artifact).err().unwrap_or_else(|| panic!("it was accepted"))
}

#[test]
fn a_lost_gpu_is_an_error_and_leaves_the_outputs() {
    let Some(gpu) = gpu() else { return };
    let artifact = flip(FLIP, [1; 3]);
    let mut session = GpuSession::new(&gpu, &artifact).unwrap();
    session.input(0).unwrap().fill(1);
    session.run().unwrap();
    assert_eq!(session.output(0).unwrap(), [0x81; BYTES as usize]);
    gpu.device.destroy();
    session.input(0).unwrap().fill(2);
    for _ in 0..2 {
        let why = session.run().unwrap_err();
        assert!(matches!(why, GpuError::Lost { .. }), "{why}");
        assert!(why.to_string().contains("--backend auto"), "{why}");
    }
    assert_eq!(session.output(0).unwrap(), [0x81; BYTES as usize]);
    assert!(matches!(session.reset(), Err(GpuError::Lost { .. })));
    assert!(matches!(refused(&gpu, &artifact), GpuError::Lost { .. }));
}

#[test]
fn inputs_have_their_size() {
    let Some(gpu) = gpu() else { return };
    let artifact = flip(FLIP, [1; 3]);
    let mut session = GpuSession::new(&gpu, &artifact).unwrap();
    assert_eq!(session.run_row(&[&[0; 10]]).unwrap(), [[0x80; 10]]);
    let why = session.run_row(&[&[0; 9]]).unwrap_err();
    assert_eq!(why, GpuError::Input { index: 0, needed: 10, found: 9 });
    assert!(session.input(1).is_err() && session.output(1).is_err());
}

#[test]
fn shaders_that_make_no_sense_are_refused() {
    let Some(gpu) = gpu() else { return };
    assert!(matches!(refused(&gpu, &artifact(Vec::new(), 32)), GpuError::NoShaders { target } if target == "wgpu"));
    for text in ["", "fn main() {", "@compute @workgroup_size(1) fn other() {}", &FLIP.replace("arena[", "nothing[")] {
        let why = refused(&gpu, &flip(text, [1; 3]));
        assert!(matches!(why, GpuError::Refused { .. }) && why.to_string().contains("kernel call 0"), "{text}: {why}");
    }
    let one = Dispatch { call: 0, text: FLIP, groups: [1; 3] };
    // None, one too many, one that is missing.
    for dispatches in [&[][..], &[one, Dispatch { call: 1, ..one }], &[Dispatch { call: 1, ..one }]] {
        let why = refused(&gpu, &artifact(write_dispatches(dispatches), 32));
        assert!(matches!(why, GpuError::Shaders { .. }), "{why}");
    }
    let cut = write_dispatches(&[one]);
    assert!(matches!(refused(&gpu, &artifact(cut[..20].to_vec(), 32)), GpuError::Shaders { call: 0 }));
    let why = refused(&gpu, &flip(FLIP, [1, u32::MAX, 1]));
    assert!(matches!(why, GpuError::Groups { call: 0, needed: u32::MAX, .. }), "{why}");
}

/// Several dispatches of one call run one behind another: two flips are none.
#[test]
fn a_call_may_have_several_dispatches() {
    let Some(gpu) = gpu() else { return };
    let artifact = artifact(write_dispatches(&[Dispatch { call: 0, text: FLIP, groups: [1; 3] }; 2]), 32);
    let mut session = GpuSession::new(&gpu, &artifact).unwrap();
    assert_eq!(session.run_row(&[&[7; 10]]).unwrap(), [[7; 10]]);
}

#[test]
fn an_arena_larger_than_a_buffer_may_be_is_refused() {
    let Some(gpu) = gpu() else { return };
    let limits = gpu.device.limits();
    let most = limits.max_buffer_size.min(limits.max_storage_buffer_binding_size);
    let Ok(arena_bytes) = u32::try_from(most + 16) else {
        return eprintln!("skipped: {} takes buffers of all sizes that an arena can have", gpu.name());
    };
    let shaders = write_dispatches(&[Dispatch { call: 0, text: FLIP, groups: [1; 3] }]);
    let why = refused(&gpu, &artifact(shaders, arena_bytes));
    assert!(matches!(why, GpuError::TooLarge { .. }) && why.to_string().contains(&most.to_string()), "{why}");
}
