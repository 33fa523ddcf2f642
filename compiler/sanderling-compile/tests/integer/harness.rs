//! Small graphs through the compiler and both backends, against the oracle.

use sanderling_host::{Backend, kernels};
use sanderling_ir::{DType, Graph, Module, Op, Quant, Tensor, TensorType, ValueId};
use sanderling_oracle::{Oracle, evaluate};
use sanderling_runtime::{Model, Session};

use crate::gpu;
use crate::hostile::disturb;

/// The 8-bit types.
pub const BYTES: [DType; 2] = [DType::I8, DType::U8];

/// A type without quantization.
pub fn plain(dtype: DType, shape: &[usize]) -> TensorType {
    TensorType::new(dtype, shape)
}

/// A quantized type; `zero` is that of `i8`, for `u8` 128 more.
pub fn quantized(dtype: DType, shape: &[usize], scale: f32, zero: i32) -> TensorType {
    let zero = if dtype == DType::U8 { zero + 128 } else { zero };
    TensorType { quant: Some(Quant::per_tensor(scale, zero)), ..plain(dtype, shape) }
}

/// One node whose outputs are those of the graph, and whose other inputs are constants.
pub struct Case {
    graph: Graph,
    seed: u32,
}

impl Case {
    pub fn new() -> Case {
        Case { graph: Graph::new("main"), seed: 77 }
    }

    pub fn input(&mut self, ty: &TensorType) -> ValueId {
        let name = format!("in{}", self.graph.inputs.len());
        self.graph.input(&name, ty.clone())
    }

    /// A constant of generated values.
    pub fn constant(&mut self, ty: &TensorType) -> ValueId {
        self.seed = self.seed.wrapping_mul(31) + 1;
        let data = generate(ty, &mut self.seed);
        self.tensor(Tensor { ty: ty.clone(), data })
    }

    pub fn tensor(&mut self, tensor: Tensor) -> ValueId {
        let name = format!("constant{}", self.graph.values.len());
        self.graph.constant(&name, tensor)
    }

    /// Adds a node, whose outputs become those of the graph, and returns the first.
    pub fn node(&mut self, op: Op, inputs: &[ValueId], quant: Option<Quant>) -> ValueId {
        let name = format!("node{}", self.graph.nodes.len());
        let outputs = self.graph.push_all(&name, op, inputs).unwrap();
        self.graph.values[outputs[0].0].ty.quant = quant;
        self.graph.outputs.extend(&outputs);
        outputs[0]
    }

    /// As [`Case::node`], with a quantization for each output.
    pub fn nodes(&mut self, op: Op, inputs: &[ValueId], quants: &[Quant]) {
        self.node(op, inputs, None);
        for (&id, quant) in self.graph.outputs.iter().zip(quants) {
            self.graph.values[id.0].ty.quant = Some(quant.clone());
        }
    }

    /// Adds a node of one input whose output stays inside.
    pub fn inner(&mut self, op: Op, input: ValueId) -> ValueId {
        let name = format!("node{}", self.graph.nodes.len());
        self.graph.push(&name, op, &[input], None).unwrap()
    }

    /// Makes a value an output.
    pub fn output(&mut self, id: ValueId) {
        self.graph.outputs.push(id);
    }

    /// Compiles, runs on both backends, and compares.
    pub fn check(self) {
        let graph = self.graph;
        let what = format!("{:?}", graph.nodes.iter().map(|n| &n.op).collect::<Vec<_>>());
        let types: Vec<String> = graph.values.iter().map(|v| format!("{} {:?}", v.ty, v.ty.quant)).collect();
        let what = format!("{what} of {types:?}");
        let target = sanderling_targets::find("host").unwrap();
        let module = Module::new("case", graph.clone());
        let compiled = sanderling_compile::compile(&module, &target).unwrap_or_else(|e| panic!("{what}: {e}"));
        for backend in [Backend::Scalar, Backend::Auto] {
            let model = Model::parse(&compiled.artifact, kernels(backend)).unwrap_or_else(|e| panic!("{what}: {e}"));
            disturb(&model);
            let mut arena = vec![0; model.arena_bytes()];
            let mut session = Session::new(&model, &mut arena).unwrap();
            if graph.values.iter().all(|v| v.ty.dtype != DType::F32) {
                session.self_test().unwrap_or_else(|e| panic!("{what}, {backend:?}: {e}"));
            }
            for seed in 1..4 {
                let (found, wanted) = run(&graph, &mut session, seed);
                for (found, wanted) in found.iter().zip(&wanted) {
                    compare(found, wanted, &format!("{what}, {backend:?}, seed {seed}"));
                }
            }
        }
        let runs: Vec<Vec<Tensor>> = (1..4).map(|seed| inputs(&graph, seed)).collect();
        let found = gpu::run(&module, &runs, &what).into_iter().flatten();
        for (found, inputs) in found.zip(&runs) {
            for (found, wanted) in found.iter().zip(&Oracle::new(&graph).run(inputs).unwrap()) {
                compare(found, wanted, &format!("{what}, on a GPU"));
            }
        }
    }
}

/// One run on generated inputs: the outputs of the kernels and of the oracle.
fn run(graph: &Graph, session: &mut Session, seed: u32) -> (Vec<Vec<u8>>, Vec<Tensor>) {
    let tensors = inputs(graph, seed);
    for (i, tensor) in tensors.iter().enumerate() {
        session.input(i).unwrap().copy_from_slice(&tensor.data);
    }
    session.run().unwrap();
    let found = (0..graph.outputs.len()).map(|i| session.output(i).unwrap().to_vec()).collect();
    (found, Oracle::new(graph).run(&tensors).unwrap())
}

/// Generated inputs.
fn inputs(graph: &Graph, mut seed: u32) -> Vec<Tensor> {
    let tensor = |&id| Tensor { ty: graph.ty(id).clone(), data: generate(graph.ty(id), &mut seed) };
    graph.inputs.iter().map(tensor).collect()
}

/// Equal bytes, or real numbers within the tolerance of `docs/numerics.md`.
pub fn compare(found: &[u8], wanted: &Tensor, what: &str) {
    if wanted.ty.dtype != DType::F32 {
        let first = found.iter().zip(&wanted.data).position(|(a, b)| a != b);
        assert!(found == wanted.data, "{what}: byte {first:?} of {}", wanted.data.len());
        return;
    }
    let reals: Vec<f32> = found.as_chunks().0.iter().map(|&c| f32::from_le_bytes(c)).collect();
    for (i, (a, b)) in reals.iter().zip(wanted.as_f32()).enumerate() {
        assert!(
            a == &b || (a - b).abs() <= 1e-4 * b.abs() + 1e-6 || (a.is_nan() && b.is_nan()),
            "{what}: {i}: {a} {b}"
        );
    }
}

/// Values of any type: small numbers and large ones, negative ones, halves.
fn generate(ty: &TensorType, seed: &mut u32) -> Vec<u8> {
    let mut next = || {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 12) as i32 & 0xfffff
    };
    let n = ty.elements();
    match ty.dtype {
        DType::I8 | DType::U8 => (0..n).map(|_| next() as u8).collect(),
        DType::Bool => (0..n).map(|_| next() as u8 & 1).collect(),
        DType::I16 => (0..n).flat_map(|_| (next() as i16).to_le_bytes()).collect(),
        DType::I32 => (0..n).flat_map(|_| (next() % 2001 - 1000).to_le_bytes()).collect(),
        DType::I64 => (0..n).flat_map(|_| (i64::from(next() % 2001) - 1000).to_le_bytes()).collect(),
        _ => {
            let values: Vec<f32> = (0..n).map(|_| (next() % 4001 - 2000) as f32 / 64.0).collect();
            let real = Tensor::from_f32(plain(DType::F32, &ty.shape), &values);
            let op = Op::Cast { dtype: ty.dtype };
            evaluate(&op, &[&real], &[plain(ty.dtype, &ty.shape)]).unwrap().remove(0).data
        }
    }
}
