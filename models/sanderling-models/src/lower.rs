//! What lowerings share: a graph with rows of features as its only input.

use sanderling_ir::{DType, Graph, Module, TensorType, ValueId};

/// The name of the input, as importers call it.
pub const INPUT: &str = "input";

/// A graph and its input, one row of so many features.
pub fn rows(features: usize) -> (Graph, ValueId) {
    let mut graph = Graph::new("main");
    let x = graph.input(INPUT, TensorType::new(DType::F32, &[1, features]));
    (graph, x)
}

/// The module of a graph with this output.
pub fn finish(mut graph: Graph, algorithm: &str, output: ValueId) -> Module {
    graph.outputs.push(output);
    Module::new(algorithm, graph)
}

/// What the artifact of a model gives for rows, on plain and on the fastest kernels.
#[cfg(test)]
pub fn predict(module: &Module, rows: &[Vec<f32>]) -> [Vec<f32>; 2] {
    use sanderling_host::{Backend, kernels};
    use sanderling_runtime::{Model, Session};

    let target = sanderling_targets::find("host").unwrap();
    let artifact = sanderling_compile::compile(module, &target).unwrap().artifact;
    [Backend::Scalar, Backend::Auto].map(|backend| {
        let model = Model::parse(&artifact, kernels(backend)).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).unwrap();
        session.self_test().unwrap();
        let mut outputs = Vec::new();
        for row in rows {
            let bytes: Vec<u8> = row.iter().flat_map(|v| v.to_le_bytes()).collect();
            session.input(0).unwrap().copy_from_slice(&bytes);
            session.run().unwrap();
            let output = session.output(0).unwrap();
            outputs.extend(output.as_chunks::<4>().0.iter().map(|v| f32::from_le_bytes(*v)));
        }
        outputs
    })
}
