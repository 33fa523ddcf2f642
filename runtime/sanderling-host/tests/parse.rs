//! What the runtime refuses to run, whatever its hash says.

use sanderling_format::calls::{AXES, Clamp, LookupI8, MaxPoolI8, StridedCopy, UnaryF32, Window};
use sanderling_format::{Artifact, Call, FormatError, rehash, write};
use sanderling_host::{Backend, kernels};
use sanderling_kernels::Kernel;
use sanderling_runtime::Model;

const ARENA: u32 = 4096;
/// Where the header keeps them, see `docs/format.md`.
const RUNTIME_AT: usize = 20;
const FEATURES_AT: usize = 24;
const TABLE_AT: usize = 84;

fn artifact<C: Call>(call: &C) -> Vec<u8> {
    let mut artifact = Artifact::default();
    artifact.arena_bytes = ARENA;
    artifact.target = "host".into();
    artifact.call(call);
    write(&artifact)
}

fn parse(bytes: &[u8]) -> Result<(), FormatError> {
    Model::parse(bytes, kernels(Backend::Scalar)).map(|_| ())
}

fn refused<C: Call>(call: &C) {
    assert_eq!(parse(&artifact(call)), Err(FormatError::Call { call: 0 }));
}

fn lookup(input: u32, table: u32, output: u32) -> LookupI8 {
    LookupI8 { len: 256, input, table, output }
}

#[test]
fn in_place_is_the_very_read_that_the_call_names() {
    assert_eq!(parse(&artifact(&lookup(0, 512, 256))), Ok(()));
    assert_eq!(parse(&artifact(&lookup(256, 512, 256))), Ok(()));
    // A part of the input, from both sides; the table.
    refused(&lookup(240, 1024, 256));
    refused(&lookup(272, 1024, 256));
    refused(&lookup(1024, 256, 256));
    // Outside the arena.
    refused(&lookup(ARENA - 128, 0, ARENA - 128));
}

#[test]
fn calls_that_do_not_work_in_place_are_refused_in_place() {
    let window = Window {
        batch: 1,
        in_h: 4,
        in_w: 4,
        in_c: 4,
        out_h: 4,
        out_w: 4,
        out_c: 4,
        kernel_h: 1,
        kernel_w: 1,
        stride_h: 1,
        stride_w: 1,
        dilation_h: 1,
        dilation_w: 1,
        pad_top: 0,
        pad_left: 0,
    };
    let pool = |input, output| MaxPoolI8 { window, clamp: Clamp { zero: 0, low: -128, high: 127 }, input, output };
    assert_eq!(parse(&artifact(&pool(0, 64))), Ok(()));
    refused(&pool(64, 64));
    let copy = |input, output| StridedCopy {
        element: 1,
        mapped: 0,
        dims: [1, 1, 1, 1, 1, 64],
        in_strides: [1; AXES],
        out_strides: [1; AXES],
        in_first: 0,
        out_first: 0,
        in_len: 64,
        out_len: 64,
        input,
        output,
        table: 0,
    };
    assert_eq!(parse(&artifact(&copy(0, 64))), Ok(()));
    refused(&copy(64, 64));
}

#[test]
fn regions_are_aligned() {
    refused(&lookup(8, 512, 1024));
    refused(&lookup(0, 516, 1024));
    refused(&lookup(0, 512, 1026));
    refused(&lookup(1026, 512, 1026));
}

#[test]
fn needs_that_the_kernels_lack_say_what_to_do() {
    let real = UnaryF32 { op: 0, len: 4, alpha: 0.0, beta: 0.0, input: 0, output: 64 };
    let good = artifact(&real);
    assert_eq!(parse(&good), Ok(()));
    let integers: Vec<Kernel> = kernels(Backend::Scalar).iter().filter(|k| k.features.is_empty()).copied().collect();
    let error = Model::parse(&good, &integers).err().unwrap();
    assert!(matches!(error, FormatError::Features { .. }));
    let message = error.to_string();
    assert!(message.contains("calls on real numbers") && message.contains("sanderling compile"), "{message}");

    let changed = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        rehash(&mut bytes);
        parse(&bytes)
    };
    let unknown = changed(FEATURES_AT, 1 << 31).unwrap_err().to_string();
    assert!(unknown.contains("0x80000000") && unknown.contains("update its runtime"), "{unknown}");
    let newer = changed(RUNTIME_AT, 9 << 16 | 8 << 8 | 7).unwrap_err().to_string();
    assert!(newer.contains("needs runtime 9.8.7, this is") && newer.contains("update"), "{newer}");
}

#[test]
fn the_section_table_is_checked_and_unknown_sections_are_passed_over() {
    let good = artifact(&lookup(0, 512, 256));
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        rehash(&mut bytes);
        parse(&bytes)
    };
    // The entry of the program: another number, an offset that is not aligned, one outside the file; more entries than
    // there is file.
    let entry = |i: usize| TABLE_AT + 12 * i;
    assert_eq!(changed(&|b| b[entry(5)] = 77), Ok(()));
    assert_eq!(changed(&|b| b[entry(5)] = 0), Err(FormatError::Section));
    assert_eq!(changed(&|b| b[entry(0) + 4] += 4), Err(FormatError::Section));
    assert_eq!(changed(&|b| b[entry(0) + 6] = 1), Err(FormatError::Section));
    assert_eq!(changed(&|b| b[TABLE_AT - 1] = 0xff), Err(FormatError::Section));
}
