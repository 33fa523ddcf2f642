//! Values that live across runs.

use sanderling_host::{Backend, kernels};
use sanderling_ir::{Activation, BinaryKind, Graph, Op, Tensor};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};

use crate::harness::{agree, compile, real, values};

fn add(graph: &mut Graph, name: &str, a: sanderling_ir::ValueId, b: sanderling_ir::ValueId) -> sanderling_ir::ValueId {
    graph.push(name, Op::Binary { kind: BinaryKind::Add, activation: Activation::None }, &[a, b], None).unwrap()
}

/// Runs a graph some times on both sides, from fresh states, twice.
fn follow(graph: &Graph, what: &str) {
    let artifact = compile(graph, what);
    for backend in [Backend::Scalar, Backend::Auto] {
        let model = Model::parse(&artifact, kernels(backend)).unwrap();
        let mut arena = vec![0xa5; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).unwrap();
        for round in 0..2 {
            session.reset();
            let mut oracle = Oracle::new(graph);
            for run in 0..4 {
                let input = values(run, &graph.ty(graph.inputs[0]).shape);
                session.input(0).unwrap().copy_from_slice(&input.data);
                session.run().unwrap();
                for (i, expected) in oracle.run(&[input]).unwrap().iter().enumerate() {
                    let found = Tensor { ty: expected.ty.clone(), data: session.output(i).unwrap().to_vec() };
                    let why = format!("{what}, {backend:?}, round {round}, run {run}, output {i}");
                    agree(&found, expected, 1e-4, 1e-5).unwrap_or_else(|e| panic!("{why}: {e}"));
                }
            }
        }
        session.self_test().unwrap_or_else(|e| panic!("{what}, {backend:?}: {e}"));
    }
}

#[test]
fn a_sum_goes_on() {
    let mut graph = Graph::new("main");
    let (x, sum) = (graph.input("x", real(&[5])), graph.state("sum", real(&[5])));
    let next = add(&mut graph, "next", x, sum);
    graph.states[0].next = next;
    graph.outputs = vec![next];
    follow(&graph, "a sum");
}

#[test]
fn an_output_may_be_the_state_before() {
    let mut graph = Graph::new("main");
    let (x, old) = (graph.input("x", real(&[5])), graph.state("old", real(&[5])));
    let next = add(&mut graph, "next", x, x);
    graph.states[0].next = next;
    graph.outputs = vec![old];
    follow(&graph, "the state before");
}

#[test]
fn states_may_follow_each_other() {
    let mut graph = Graph::new("main");
    let x = graph.input("x", real(&[3]));
    let (a, b) = (graph.state("a", real(&[3])), graph.state("b", real(&[3])));
    let y = add(&mut graph, "y", a, b);
    let both = add(&mut graph, "both", y, x);
    // A delay line: b takes what a was, whichever is stored first.
    graph.states[0].next = x;
    graph.states[1].next = a;
    graph.outputs = vec![both];
    follow(&graph, "a delay line");
}

#[test]
fn states_may_change_places() {
    let mut graph = Graph::new("main");
    let x = graph.input("x", real(&[3]));
    let (a, b) = (graph.state("a", real(&[3])), graph.state("b", real(&[3])));
    let sum = add(&mut graph, "sum", a, x);
    let y = add(&mut graph, "y", sum, b);
    graph.states[0].next = b;
    graph.states[1].next = sum;
    graph.outputs = vec![y];
    follow(&graph, "states that change places");
}

#[test]
fn a_state_may_take_a_constant() {
    let mut graph = Graph::new("main");
    let (x, old) = (graph.input("x", real(&[5])), graph.state("old", real(&[5])));
    let y = add(&mut graph, "y", x, old);
    graph.states[0].next = graph.constant("c", values(11, &[5]));
    graph.outputs = vec![y];
    follow(&graph, "a state that takes a constant");
}
