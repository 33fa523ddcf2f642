//! Every call that works in place gives the bytes that it gives apart, on random shapes and on every set of kernels.

mod calls;

use sanderling_format::{Artifact, Call, Element, IoRecord, READS, Region, write};
use sanderling_host::{Backend, kernels};
use sanderling_kernels::Operands;
use sanderling_runtime::{Model, Session};

/// Random shapes of each call.
const TRIES: usize = 60;
/// Where a trial places things, far enough from one another.
const STEP: u32 = 1 << 16;

/// The generator of the tests.
struct Random(u32);

impl Random {
    /// Below `n`.
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 12) % n
    }

    /// From `low` to `high`.
    fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1) as u32) as i32
    }

    fn bytes(&mut self, len: u32) -> Vec<u8> {
        (0..len).map(|_| self.below(256) as u8).collect()
    }
}

/// Compares a call apart with the same call in the place of its read `read`; `place` sets the offsets: those of the reads,
/// the output, the scratch. `constants` fill the reads that have any.
fn check<C: Call + std::fmt::Debug>(
    random: &mut Random,
    read: usize,
    constants: [Option<Vec<u8>>; READS],
    place: impl Fn(&[u32; READS], u32, u32) -> C,
) {
    let at: [u32; READS] = std::array::from_fn(|i| i as u32 * STEP);
    let (output, scratch) = (READS as u32 * STEP, (READS as u32 + 1) * STEP);
    let apart = place(&at, output, scratch);
    let accesses = apart.accesses().unwrap_or_else(|| panic!("{apart:?} makes no sense"));
    assert!(accesses.is_sound(), "{apart:?}");
    let data: [Vec<u8>; READS] = std::array::from_fn(|i| match &constants[i] {
        Some(bytes) => bytes.clone(),
        None => random.bytes(accesses.reads[i].bytes),
    });
    let in_place = place(&at, at[read], scratch);
    let shared = in_place.accesses().unwrap();
    assert!(shared.is_sound() && shared.is_in_place(read), "{in_place:?} should work in place");
    let len = accesses.output.bytes as usize;
    for backend in [Backend::Scalar, Backend::Auto] {
        let kernel = kernels(backend).iter().find(|k| k.id == C::ID).unwrap();
        let run = |call: &C| {
            let accesses = call.accesses().unwrap();
            let mut words = Vec::new();
            call.encode(&mut words);
            let mut output = vec![0xa5; accesses.window().bytes as usize];
            let reads: [&[u8]; READS] = std::array::from_fn(|i| {
                if accesses.is_in_place(i) {
                    output[..data[i].len()].copy_from_slice(&data[i]);
                    return &[][..];
                }
                &data[i][..]
            });
            let mut scratch = vec![0x5a; accesses.scratch.bytes as usize];
            (kernel.run)(&words, Operands { reads, output: &mut output, scratch: &mut scratch });
            output.truncate(len);
            output
        };
        let (wanted, found) = (run(&apart), run(&in_place));
        let first = wanted.iter().zip(&found).position(|(a, b)| a != b);
        assert!(found == wanted, "{backend:?}, {in_place:?}: byte {first:?} of {len} differs");
        assert!(through_a_session(&in_place, &data, backend) == wanted, "{backend:?}, {in_place:?}: in a session");
    }
}

/// The same call as a model of its own: the runtime accepts it and hands it the same memory.
fn through_a_session<C: Call + std::fmt::Debug>(call: &C, data: &[Vec<u8>; READS], backend: Backend) -> Vec<u8> {
    let accesses = call.accesses().unwrap();
    let mut artifact = Artifact::default();
    artifact.arena_bytes = (READS as u32 + 2) * STEP;
    artifact.call(call);
    let io = |region: Region| {
        let shape = std::array::from_fn(|i| if i == 0 { region.bytes } else { 0 });
        IoRecord { region, element: Element::U8, rank: 1, shape, ..IoRecord::default() }
    };
    let given: Vec<usize> = (0..READS).filter(|&i| accesses.reads[i].bytes > 0).collect();
    given.iter().for_each(|&i| artifact.input("in", io(accesses.reads[i])));
    artifact.output("out", io(accesses.output));
    let bytes = write(&artifact);
    let model = Model::parse(&bytes, kernels(backend)).unwrap_or_else(|e| panic!("{call:?}: {e}"));
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena).unwrap();
    for (input, &i) in given.iter().enumerate() {
        session.input(input).unwrap().copy_from_slice(&data[i]);
    }
    session.run().unwrap();
    session.output(0).unwrap().to_vec()
}
