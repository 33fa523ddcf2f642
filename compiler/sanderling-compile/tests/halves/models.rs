//! Small models whose weights are halves.

use half::{bf16, f16};
use sanderling_ir::{
    Activation, BinaryKind, DType, Graph, Op, Padding, Rounding, Source, Tensor, TensorType, UnaryKind, ValueId,
};

use crate::flatbuffer::{Object, file, i32s, table, tables, text};

/// The types of two bytes and how kernels name them.
pub const DTYPES: [(DType, &str); 2] = [(DType::F16, "f16"), (DType::BF16, "bf16")];

/// Rows of the table that is looked up, and their length.
pub const ROWS: usize = 500;
pub const DEPTH: usize = 12;

pub fn real(shape: &[usize]) -> TensorType {
    TensorType::new(DType::F32, shape)
}

/// Numbers from -2 to 2 that two bytes do not hold.
pub fn numbers(seed: u32, shape: &[usize]) -> Tensor {
    let mut x = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 8) as f32 / (1 << 22) as f32 - 2.0
    };
    let all: Vec<f32> = std::iter::repeat_with(next).take(shape.iter().product()).collect();
    Tensor::from_f32(real(shape), &all)
}

/// The nearest halves.
pub fn narrow(tensor: &Tensor, dtype: DType) -> Tensor {
    let values = tensor.as_f32();
    let data = match dtype {
        DType::F16 => values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|&v| bf16::from_f32(v).to_le_bytes()).collect(),
    };
    Tensor { ty: TensorType::new(dtype, &tensor.ty.shape), data }
}

/// The same for the same constant of a model, whether or not it is widened.
fn seed(graph: &Graph) -> u32 {
    graph.values.iter().filter(|v| matches!(v.source, Source::Constant(_))).count() as u32
}

/// Weights, in halves behind a cast where a type is given.
fn weights(graph: &mut Graph, shape: &[usize], halves: Option<DType>) -> ValueId {
    let seed = seed(graph);
    let tensor = numbers(seed, shape);
    let Some(dtype) = halves else { return graph.constant(&format!("w{seed}"), tensor) };
    let half = graph.constant(&format!("w{seed}"), narrow(&tensor, dtype));
    graph.push(&format!("w{seed}/f32"), Op::Cast { dtype: DType::F32 }, &[half], None).unwrap()
}

fn bias(graph: &mut Graph, channels: usize) -> ValueId {
    let seed = seed(graph);
    graph.constant(&format!("b{seed}"), numbers(seed, &[channels]))
}

fn conv(groups: usize) -> Op {
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 1 };
    Op::Conv2d {
        stride: [1, 1],
        dilation: [1, 1],
        padding,
        groups,
        activation: Activation::Relu,
        rounding: Rounding::Twice,
    }
}

/// One layer of each kind that has weights.
pub fn layers(halves: Option<DType>) -> Graph {
    let mut g = Graph::new("main");
    let x = g.input("x", real(&[1, 6, 5, 8]));
    let (w, b) = (weights(&mut g, &[24, 3, 3, 8], halves), bias(&mut g, 24));
    let y = g.push("conv", conv(1), &[x, w, b], None).unwrap();
    let (w, b) = (weights(&mut g, &[24, 3, 3, 1], halves), bias(&mut g, 24));
    let y = g.push("depthwise", conv(24), &[y, w, b], None).unwrap();
    let (w, b) = (weights(&mut g, &[6, 2, 2, 24], halves), bias(&mut g, 6));
    let up = Op::ConvTranspose2d {
        stride: [2, 2],
        padding: Padding::default(),
        extra: [0, 0],
        activation: Activation::None,
        rounding: Rounding::Twice,
    };
    let y = g.push("up", up, &[y, w, b], None).unwrap();
    let y = g.push("batches", Op::Reshape { shape: vec![2, 12, 30] }, &[y], None).unwrap();
    let w = weights(&mut g, &[2, 30, 17], halves);
    let y = g.push("products", Op::MatMul, &[y, w], None).unwrap();
    let y = g.push("rows", Op::Reshape { shape: vec![24, 17] }, &[y], None).unwrap();
    let w = weights(&mut g, &[17, 33], halves);
    let y = g.push("dense", Op::MatMul, &[y, w], None).unwrap();
    g.outputs.push(y);
    g
}

/// A lookup in a table.
pub fn lookup(halves: Option<DType>) -> Graph {
    let mut g = Graph::new("main");
    let rows = g.input("rows", TensorType::new(DType::I64, &[3]));
    // The same numbers either way.
    let exact = numbers(5, &[ROWS, DEPTH]);
    let table = match halves {
        Some(dtype) => {
            let half = g.constant("table", narrow(&exact, dtype));
            g.push("table/f32", Op::Cast { dtype: DType::F32 }, &[half], None).unwrap()
        }
        None => g.constant("table", exact),
    };
    let y = g.push("y", Op::Gather { axis: 0 }, &[table, rows], None).unwrap();
    g.outputs.push(y);
    g
}

/// A model that computes in halves throughout.
pub fn wholly(dtype: DType) -> Graph {
    let mut g = Graph::new("main");
    let x = g.input("x", TensorType::new(dtype, &[1, 6, 5, 8]));
    let y = body(&mut g, x, dtype);
    g.outputs.push(y);
    g
}

/// The same between casts, with real inputs and outputs.
pub fn inside(dtype: DType) -> Graph {
    let mut g = Graph::new("main");
    let x = g.input("x", real(&[1, 6, 5, 8]));
    let x = g.push("x/half", Op::Cast { dtype }, &[x], None).unwrap();
    let y = body(&mut g, x, dtype);
    let y = g.push("result", Op::Cast { dtype: DType::F32 }, &[y], None).unwrap();
    g.outputs.push(y);
    g
}

fn body(g: &mut Graph, x: ValueId, dtype: DType) -> ValueId {
    let constant = |g: &mut Graph, shape: &[usize]| {
        let seed = seed(g);
        g.constant(&format!("c{seed}"), narrow(&numbers(seed, shape), dtype))
    };
    let (w, b) = (constant(g, &[24, 3, 3, 8]), constant(g, &[24]));
    let y = g.push("conv", conv(1), &[x, w, b], None).unwrap();
    let y = g.push("gate", Op::Unary { kind: UnaryKind::Sigmoid }, &[y], None).unwrap();
    let shift = constant(g, &[24]);
    let add = Op::Binary { kind: BinaryKind::Add, activation: Activation::None };
    let y = g.push("shifted", add, &[y, shift], None).unwrap();
    let y = g.push("turned", Op::Transpose { perm: vec![0, 3, 1, 2] }, &[y], None).unwrap();
    let y = g.push("flat", Op::Reshape { shape: vec![1, 720] }, &[y], None).unwrap();
    let w = constant(g, &[720, 10]);
    g.push("y", Op::MatMul, &[y, w], None).unwrap()
}

/// A TFLite file: `y = x w + b` with f16 `w` and `b` behind DEQUANTIZE; and the real `w` and `b`.
pub fn tflite() -> (Vec<u8>, Vec<f32>, Vec<f32>) {
    let (w, b) = (narrow(&numbers(1, &[24, 16]), DType::F16), narrow(&numbers(2, &[24]), DType::F16));
    const F32: u32 = 0;
    const F16: u32 = 1;
    let tensor = |name: &str, shape: &[i32], dtype: u32, buffer: u32| {
        table(vec![(0, i32s(shape)), (1, Object::Word(dtype)), (2, Object::Word(buffer)), (3, text(name))])
    };
    let tensors = vec![
        tensor("x", &[2, 16], F32, 0),
        tensor("w", &[24, 16], F16, 1),
        tensor("b", &[24], F16, 2),
        tensor("w/f32", &[24, 16], F32, 0),
        tensor("b/f32", &[24], F32, 0),
        tensor("y", &[2, 24], F32, 0),
    ];
    let operator = |code: u32, inputs: &[i32], output: i32, options: Vec<(usize, Object)>| {
        let fields = vec![(0, Object::Word(code)), (1, i32s(inputs)), (2, i32s(&[output]))];
        table([fields, options].concat())
    };
    // FullyConnectedOptions are the eighth of the options.
    let options = vec![(3, Object::Word(8)), (4, table(vec![(0, Object::Word(0))]))];
    let operators =
        vec![operator(0, &[1], 3, vec![]), operator(0, &[2], 4, vec![]), operator(1, &[0, 3, 4], 5, options)];
    let codes = [6, 9].map(|code| table(vec![(0, Object::Word(code)), (2, Object::Word(1)), (3, Object::Word(code))]));
    let graph = table(vec![(0, tables(tensors)), (1, i32s(&[0])), (2, i32s(&[5])), (3, tables(operators))]);
    let buffer = |data: &[u8]| table(vec![(0, Object::Bytes(data.to_vec()))]);
    let buffers = vec![table(vec![]), buffer(&w.data), buffer(&b.data)];
    let model = vec![(0, Object::Word(3)), (1, tables(codes.to_vec())), (2, tables(vec![graph])), (4, tables(buffers))];
    let wide = |t: &Tensor| t.data.as_chunks().0.iter().map(|&v| f16::from_le_bytes(v).to_f32()).collect();
    (file(*b"TFL3", table(model)), wide(&w), wide(&b))
}
