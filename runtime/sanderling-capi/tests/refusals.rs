//! What the C functions refuse, and that they compute where they do not.

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use sanderling_capi::*;
use sanderling_format::calls::LookupI8;
use sanderling_format::{Artifact, Element, IoRecord, Region, rehash, write};

#[repr(align(16))]
struct Aligned<const N: usize>([u8; N]);

/// One table of 256 entries over four bytes: 0..4 to 16..20, each byte plus one.
fn artifact() -> Vec<u8> {
    let mut artifact = Artifact::default();
    artifact.arena_bytes = 32;
    artifact.target = "host".into();
    let table: Vec<u8> = (0..=255u8).map(|i| i.wrapping_add(1)).collect();
    let table = artifact.constant(&table);
    artifact.call(&LookupI8 { len: 4, input: 0, table, output: 16 });
    let port = |offset| IoRecord {
        region: Region { offset, bytes: 4 },
        element: Element::I8,
        scale: 0.5,
        zero_point: -3,
        rank: 2,
        shape: [1, 4, 0, 0, 0, 0, 0, 0],
        ..IoRecord::default()
    };
    artifact.input("x", port(0));
    artifact.output("y", port(16));
    write(&artifact)
}

fn context() -> SanderlingContext {
    SanderlingContext { opaque: [0; SANDERLING_CONTEXT_WORDS] }
}

fn tensor() -> SanderlingTensor {
    SanderlingTensor {
        name: null(),
        name_bytes: 0,
        data: null_mut(),
        bytes: 0,
        element: SanderlingElement::I16,
        scale: 0.0,
        zero_point: 0,
        rank: 0,
        shape: [0; SANDERLING_RANK_MAX],
    }
}

use SanderlingStatus as Status;

#[test]
fn a_model_is_loaded_started_described_and_run() {
    let (bytes, mut context, mut arena) = (artifact(), context(), Aligned([0xff; 40]));
    let (mut info, mut x, mut y) = (SanderlingInfo::default(), tensor(), tensor());
    let mut out = [9u8; 6];
    unsafe {
        assert_eq!(sanderling_load(&mut context, bytes.as_ptr(), bytes.len()), Status::Ok);
        assert_eq!(sanderling_info(&context, &mut info), Status::Ok);
        assert_eq!((info.arena_bytes, info.inputs, info.outputs), (32, 1, 1));
        // Before there is an arena, an input has no place.
        assert_eq!(sanderling_input(&context, 0, &mut x), Status::Ok);
        assert_eq!((x.data, x.bytes), (null_mut(), 4));
        assert_eq!(sanderling_start(&mut context, arena.0.as_mut_ptr(), 40), Status::Ok);
        assert_eq!(sanderling_input(&context, 0, &mut x), Status::Ok);
        assert_eq!(sanderling_output(&context, 0, &mut y), Status::Ok);
        let name = std::slice::from_raw_parts(x.name.cast::<u8>(), x.name_bytes);
        assert_eq!((name, x.rank, x.shape[1], x.scale, x.zero_point), (&b"x"[..], 2, 4, 0.5, -3));
        assert_eq!((x.element, y.data.offset_from(x.data)), (SanderlingElement::I8, 16));
        for value in [0, 100] {
            x.data.write_bytes(value, 4);
            assert_eq!(sanderling_run(&mut context), Status::Ok);
            assert_eq!(*y.data, value + 1);
        }
        assert_eq!(sanderling_write_input(&mut context, 0, [5, 6, 7, 127].as_ptr(), 4), Status::Ok);
        assert_eq!(sanderling_run(&mut context), Status::Ok);
        assert_eq!(sanderling_read_output(&context, 0, out.as_mut_ptr(), 6), Status::Ok);
    }
    assert_eq!(out, [6, 7, 8, 128, 9, 9]);
    assert_eq!(&arena.0[32..], [0xff; 8], "what lies behind the arena is the caller's");
}

#[test]
fn null_pointers_short_buffers_and_wrong_numbers_are_refused() {
    let (bytes, mut context, mut arena) = (artifact(), context(), Aligned([0; 32]));
    let (mut t, mut out, mut digest) = (tensor(), [0; 4], 0);
    unsafe {
        assert_eq!(sanderling_load(null_mut(), bytes.as_ptr(), bytes.len()), Status::Null);
        assert_eq!(sanderling_load(&mut context, null(), bytes.len()), Status::Null);
        assert_eq!(sanderling_load(&mut context, bytes.as_ptr(), usize::MAX), Status::Null);
        assert_eq!(sanderling_run(&mut context), Status::NotLoaded);
        assert_eq!(sanderling_run(null_mut()), Status::Null);
        assert_eq!(sanderling_start(&mut context, arena.0.as_mut_ptr(), 32), Status::NotLoaded);

        assert_eq!(sanderling_load(&mut context, bytes.as_ptr(), bytes.len()), Status::Ok);
        assert_eq!(sanderling_info(&context, null_mut()), Status::Null);
        assert_eq!(sanderling_run(&mut context), Status::NotStarted);
        assert_eq!(sanderling_self_test(&mut context), Status::NotStarted);
        assert_eq!(sanderling_read_output(&context, 0, out.as_mut_ptr(), 4), Status::NotStarted);
        assert_eq!(sanderling_start(&mut context, null_mut(), 32), Status::Null);
        assert_eq!(sanderling_start(&mut context, arena.0.as_mut_ptr(), 31), Status::Arena);
        let inside = bytes.as_ptr().cast_mut().wrapping_add(bytes.len() - 1);
        assert_eq!(sanderling_start(&mut context, inside, 32), Status::Overlap);
        let over_context = (&raw mut context).cast::<u8>().wrapping_sub(31);
        assert_eq!(sanderling_start(&mut context, over_context, 32), Status::Overlap);

        assert_eq!(sanderling_start(&mut context, arena.0.as_mut_ptr(), 32), Status::Ok);
        assert_eq!(sanderling_input(&context, 1, &mut t), Status::Index);
        assert_eq!(sanderling_output(&context, usize::MAX, &mut t), Status::Index);
        assert_eq!(sanderling_input(&context, 0, null_mut()), Status::Null);
        assert_eq!(sanderling_write_input(&mut context, 0, out.as_ptr(), 3), Status::Size);
        assert_eq!(sanderling_write_input(&mut context, 0, null(), 4), Status::Null);
        assert_eq!(sanderling_read_output(&context, 0, out.as_mut_ptr(), 3), Status::Size);
        assert_eq!(sanderling_read_output(&context, 0, null_mut(), 4), Status::Null);
        assert_eq!(sanderling_run_traced(&mut context, null_mut()), Status::Null);
        assert_eq!(sanderling_digests(&mut context, 1, &mut digest, null_mut()), Status::Null);
        assert_eq!(sanderling_reset(&mut context), Status::Ok);
    }
}

#[test]
fn bad_artifacts_are_refused_and_forget_the_model_before() {
    let (good, mut context, mut arena) = (artifact(), context(), Aligned([0; 32]));
    let mut damaged = good.clone();
    damaged[90] ^= 1;
    let mut newer = good.clone();
    newer[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
    rehash(&mut newer);
    let cases: [(&[u8], Status); 5] = [
        (b"", Status::Magic),
        (b"SNDL", Status::Length),
        (&good[..good.len() - 1], Status::Length),
        (&damaged, Status::Hash),
        (&newer, Status::Runtime),
    ];
    for (bytes, expected) in cases {
        unsafe {
            assert_eq!(sanderling_load(&mut context, good.as_ptr(), good.len()), Status::Ok);
            assert_eq!(sanderling_start(&mut context, arena.0.as_mut_ptr(), 32), Status::Ok);
            assert_eq!(sanderling_load(&mut context, bytes.as_ptr(), bytes.len()), expected);
            assert_eq!(sanderling_run(&mut context), Status::NotLoaded);
        }
    }
}

#[test]
fn a_self_test_that_fails_says_so() {
    let (mut bytes, mut context, mut arena) = (artifact(), context(), Aligned([0; 32]));
    let (mut outputs, mut trace, mut traced) = (0, 0, 0);
    unsafe {
        // The digests that the header of this artifact lacks.
        sanderling_load(&mut context, bytes.as_ptr(), bytes.len());
        sanderling_start(&mut context, arena.0.as_mut_ptr(), 32);
        assert_eq!(sanderling_digests(&mut context, 0, &mut outputs, &mut trace), Status::Ok);
        assert_eq!(sanderling_run_traced(&mut context, &mut traced), Status::Ok);
    }
    assert_eq!((outputs, trace), (trace, traced), "one call writes one output");
    let mut check = |outputs: u64, trace: u64, expected| unsafe {
        bytes[56..64].copy_from_slice(&outputs.to_le_bytes());
        bytes[64..72].copy_from_slice(&trace.to_le_bytes());
        rehash(&mut bytes);
        assert_eq!(sanderling_load(&mut context, bytes.as_ptr(), bytes.len()), Status::Ok);
        assert_eq!(sanderling_start(&mut context, arena.0.as_mut_ptr(), 32), Status::Ok);
        assert_eq!(sanderling_self_test(&mut context), expected);
    };
    check(outputs, trace, Status::Ok);
    check(outputs, trace ^ 1, Status::SelfTestTrace);
    check(outputs ^ 1, trace, Status::SelfTestOutputs);
}

#[test]
fn every_status_has_its_own_words() {
    let message = |status| unsafe { CStr::from_ptr(sanderling_message(status)) }.to_str().unwrap();
    let statuses = (0..=7).chain(16..=27).chain([32, 33, 63]);
    let mut words: Vec<&str> = statuses.map(message).collect();
    assert!(!words.contains(&message(-1)) && message(-1) == message(99));
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), count);
    assert_eq!(sanderling_release(), 1 << 8);
}
