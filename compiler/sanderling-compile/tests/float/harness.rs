//! One graph, compiled for the host, on every backend.

use sanderling_host::{Backend, kernels};
use sanderling_ir::{DType, Graph, Module, Op, Tensor, TensorType, ValueId};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};

use crate::gpu;

/// The type of an f32 tensor.
pub fn real(shape: &[usize]) -> TensorType {
    TensorType::new(DType::F32, shape)
}

/// Numbers from -2 to 2, the same for the same seed.
pub fn values(seed: u32, shape: &[usize]) -> Tensor {
    let mut x = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 8) as f32 / (1 << 22) as f32 - 2.0
    };
    let all: Vec<f32> = std::iter::repeat_with(next).take(shape.iter().product()).collect();
    Tensor::from_f32(real(shape), &all)
}

/// A graph of one node with its constants: inputs that are `None` are the graph's, of these shapes.
pub fn node(op: Op, inputs: &[(&[usize], Option<Tensor>)]) -> Graph {
    let mut graph = Graph::new("main");
    let ids: Vec<ValueId> = inputs
        .iter()
        .enumerate()
        .map(|(i, (shape, constant))| match constant {
            Some(tensor) => graph.constant(&format!("c{i}"), tensor.clone()),
            None => graph.input(&format!("x{i}"), real(shape)),
        })
        .collect();
    graph.outputs = graph.push_all("y", op, &ids).unwrap();
    graph
}

/// Compiles a graph for the host; says what could not be compiled.
pub fn compile(graph: &Graph, what: &str) -> Vec<u8> {
    let target = sanderling_targets::find("host").unwrap();
    let module = Module::new("test", graph.clone());
    sanderling_compile::compile(&module, &target).unwrap_or_else(|e| panic!("{what}: {e}")).artifact
}

/// Checks a graph against the oracle on generated inputs, and its self-test, on every backend.
pub fn check(graph: &Graph, what: &str) {
    let inputs: Vec<Tensor> = (7..).zip(&graph.inputs).map(|(seed, &id)| values(seed, &graph.ty(id).shape)).collect();
    check_on(graph, &inputs, what);
}

/// As [`check`], on these inputs.
pub fn check_on(graph: &Graph, inputs: &[Tensor], what: &str) {
    let expected = Oracle::new(graph).run(inputs).unwrap_or_else(|e| panic!("{what}: {e}"));
    let artifact = compile(graph, what);
    for backend in [Backend::Scalar, Backend::Auto] {
        let model = Model::parse(&artifact, kernels(backend)).unwrap();
        let mut arena = vec![0xa5; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).unwrap();
        for (i, input) in inputs.iter().enumerate() {
            session.input(i).unwrap().copy_from_slice(&input.data);
        }
        session.run().unwrap();
        for (i, expected) in expected.iter().enumerate() {
            let found = Tensor { ty: expected.ty.clone(), data: session.output(i).unwrap().to_vec() };
            if let Err(why) = agree(&found, expected, 1e-4, 1e-5) {
                panic!("{what}, {backend:?}, output {i}: {why}");
            }
        }
        session.self_test().unwrap_or_else(|e| panic!("{what}, {backend:?}: {e}"));
    }
    let module = Module::new("test", graph.clone());
    for outputs in gpu::run(&module, &[inputs.to_vec()], what).into_iter().flatten() {
        for (i, (data, expected)) in outputs.into_iter().zip(&expected).enumerate() {
            let found = Tensor { ty: expected.ty.clone(), data };
            if let Err(why) = agree(&found, expected, 1e-4, 1e-5) {
                panic!("{what}, on a GPU, output {i}: {why}");
            }
        }
    }
}

/// Equal bytes, or real numbers within `relative` of the value plus `of_largest` of the largest.
pub fn agree(found: &Tensor, expected: &Tensor, relative: f32, of_largest: f32) -> Result<(), String> {
    if found.ty.dtype != DType::F32 {
        return if found.data == expected.data { Ok(()) } else { Err("the bytes differ".into()) };
    }
    let (found, expected) = (found.as_f32(), expected.as_f32());
    let slack = of_largest * expected.iter().filter(|v| v.is_finite()).fold(0f32, |m, v| m.max(v.abs()));
    // Written so that a NaN is near nothing but a NaN.
    let near = |a: f32, b: f32| a == b || (a - b).abs() <= slack + relative * b.abs() || (a.is_nan() && b.is_nan());
    match found.iter().zip(&expected).position(|(a, b)| !near(*a, *b)) {
        None if found.len() == expected.len() => Ok(()),
        None => Err(format!("{} elements should be {}", found.len(), expected.len())),
        Some(i) => Err(format!("element {i}: {} should be {}", found[i], expected[i])),
    }
}
