//! Runs a model and tells the host what it did.

use sanderling_format::{Digest, FormatError};
use sanderling_kernels::Kernel;
use sanderling_runtime::{Model, RunError, SelfTestError, Session};

use crate::clock::Clock;
use crate::semihosting::{exit, print, print_hex, print_number};
use crate::stack;

/// Parses, self-tests and measures an artifact in exactly the memory that it asks for, then runs `samples`.
pub fn run(artifact: &'static [u8], kernels: &'static [Kernel], arena: &'static mut [u8], samples: &[u8]) -> ! {
    let model = match Model::parse(artifact, kernels) {
        Ok(model) => model,
        Err(error) => fail(describe(error)),
    };
    let needed = model.arena_bytes();
    print_number("arena_bytes", needed as u64);
    let Some((_, exact)) = arena.len().checked_sub(needed).and_then(|at| arena.split_at_mut_checked(at)) else {
        fail("the board has too little RAM for the arena");
    };
    // One byte less must be refused before anything runs.
    if needed > 0 && !matches!(Session::new(&model, &mut exact[1..]), Err(RunError::Arena { .. })) {
        fail("an arena that is too small was accepted");
    }
    let Ok(mut session) = Session::new(&model, exact) else { fail("the session refused its arena") };

    match session.self_test() {
        Ok(()) => print("self_test passed\n"),
        Err(SelfTestError::Outputs { .. }) => print("self_test outputs differ\n"),
        Err(SelfTestError::Trace) => print("self_test a layer differs\n"),
        Err(_) => fail("the self-test could not run"),
    }
    match session.digests(model.golden().seed) {
        Ok((outputs, trace)) => {
            print_hex("digest", &outputs.to_be_bytes());
            print_hex("trace", &trace.to_be_bytes());
        }
        Err(_) => fail("the model could not run"),
    }
    measure(&mut session);
    run_samples(&mut session, samples);
    exit(true)
}

fn measure(session: &mut Session<'static>) {
    let mut result = Ok(());
    let depth = stack::high_water_bytes(|| result = session.run());
    print_number("stack_high_water_bytes", depth as u64);
    let Some(clock) = Clock::start() else { fail("no clock") };
    let start = clock.now();
    result = result.and(session.run());
    print_number("instructions", clock.instructions_since(start));
    let mut start = clock.now();
    result = result.and(session.run_observed(|_, _| {
        print_number("call_instructions", clock.instructions_since(start));
        start = clock.now();
    }));
    if result.is_err() {
        fail("the model could not run");
    }
}

/// Runs inputs that lie one behind another, and prints the outputs of each and a digest of all layers.
fn run_samples(session: &mut Session<'static>, mut samples: &[u8]) {
    session.reset();
    let model = *session.model();
    while !samples.is_empty() {
        for index in 0..model.inputs().count() {
            let Ok(input) = session.input(index) else { fail("no input") };
            let Some((sample, rest)) = samples.split_at_checked(input.len()) else { return };
            input.iter_mut().zip(sample).for_each(|(to, from)| *to = *from);
            samples = rest;
        }
        let mut trace = Digest::default();
        let result = session.run_observed(|step, output| {
            if !step.call.partial {
                trace.update(output);
            }
        });
        if result.is_err() {
            fail("the model could not run");
        }
        print_hex("sample_trace", &trace.0.to_be_bytes());
        for index in 0..model.outputs().count() {
            let Ok(output) = session.output(index) else { fail("no output") };
            print_hex("output", output);
        }
    }
}

/// Short names: the messages of `FormatError` would bring formatting along.
fn describe(error: FormatError) -> &'static str {
    match error {
        FormatError::Magic => "not an artifact",
        FormatError::Version { .. } => "another format version",
        FormatError::Hash => "the artifact is damaged",
        FormatError::Runtime { .. } => "the artifact needs a newer runtime",
        FormatError::Features { .. } => "the artifact needs kernels of a kind that the board lacks",
        FormatError::MissingKernel { .. } => "a kernel is missing",
        FormatError::Call { .. } => "a kernel call is invalid",
        _ => "the artifact is malformed",
    }
}

fn fail(why: &str) -> ! {
    print("error ");
    print(why);
    print("\n");
    exit(false)
}
