//! The form of the graph: static shapes, few nodes, names kept, weights still quantized.

use sanderling_ir::{DType, Op, Source, Value};

use super::*;

fn names(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.op.name()).collect()
}

#[test]
fn shapes_computed_in_the_file_become_static() {
    let file = File::new(17)
        .open_input("x", &[Dim::Open("n"), Dim::Fixed(2), Dim::Fixed(6)])
        .constant(ints("zero", &[1], &[0]))
        .constant(ints("three", &[1], &[3]))
        .constant(ints("minus", &[1], &[-1]))
        .node("Shape", "x", "shape", vec![])
        .node("Gather", "shape zero", "batch", vec![])
        .node("Mul", "batch three", "rows", vec![])
        .node("Concat", "rows minus", "target", vec![int("axis", 0)])
        .node("Reshape", "x target", "y", vec![])
        .output("y");
    let graph = file.graph();
    assert_eq!(names(&graph), ["reshape"]);
    assert_eq!(graph.ty(graph.outputs[0]).shape, [3, 4]);
    assert!(graph.values.iter().all(|v| !matches!(v.source, Source::Constant(_))));
}

#[test]
fn transpositions_between_convolutions_cancel() {
    let file = File::new(17)
        .input("x", &[1, 2, 5, 5])
        .constant(floats("w", &[2, 2, 1, 1], &[1.0, 0.0, 0.0, 1.0]))
        .node("Conv", "x w", "a", vec![])
        .node("Conv", "a w", "b", vec![])
        .node("MaxPool", "b", "y", vec![list("kernel_shape", &[2, 2])])
        .output("y");
    assert_eq!(names(&file.graph()), ["transpose", "conv2d", "conv2d", "max_pool2d", "transpose"]);
}

#[test]
fn names_and_shapes_of_the_interface_are_those_of_the_file() {
    let file = one(17, &[1, 3, 4, 4], "Relu", vec![]);
    let graph = file.graph();
    assert_eq!(graph.values[graph.inputs[0].0].name, "x");
    assert_eq!(graph.values[graph.outputs[0].0].name, "y");
    // An output that is an input, and one that is a constant, are values of their own.
    let file = File::new(17)
        .input("x", &[2])
        .constant(floats("c", &[1], &[7.0]))
        .node("Identity", "x", "y", vec![])
        .output("y")
        .output("c");
    let graph = file.graph();
    let outputs: Vec<&str> = graph.outputs.iter().map(|id| graph.values[id.0].name.as_str()).collect();
    assert_eq!(outputs, ["y", "c"]);
    assert_ne!(graph.outputs[0], graph.inputs[0]);
}

#[test]
fn quantized_weights_stay_constants() {
    let file = File::new(17)
        .input("x", &[1, 2, 4, 4])
        .constant(floats("sx", &[], &[0.5]))
        .constant(bytes("zx", &[], DataType::Int8, &[3]))
        .constant(bytes("w", &[2, 2, 1, 1], DataType::Int8, &[1, 2, 3, 4]))
        .constant(floats("sw", &[2], &[0.25, 0.125]))
        .constant(bytes("zw", &[2], DataType::Int8, &[0, 0]))
        .node("QuantizeLinear", "x sx zx", "q", vec![])
        .node("DequantizeLinear", "q sx zx", "d", vec![])
        .node("DequantizeLinear", "w sw zw", "dw", vec![int("axis", 0)])
        .node("Conv", "d dw", "y", vec![])
        .output("y");
    let graph = file.graph();
    assert_eq!(names(&graph), ["quantize", "dequantize", "dequantize", "transpose", "conv2d", "transpose"]);
    let quantized: Vec<&Value> = graph.values.iter().filter(|v| v.ty.quant.is_some()).collect();
    assert_eq!(quantized.len(), 2);
    let weights = quantized.iter().find(|v| matches!(v.source, Source::Constant(_))).unwrap();
    let quant = weights.ty.quant.as_ref().unwrap();
    assert_eq!((weights.ty.dtype, quant.axis, &quant.scales[..]), (DType::I8, 0, &[0.25, 0.125][..]));
    assert_eq!(weights.ty.shape, [2, 1, 1, 2]);
}

#[test]
fn a_quantized_input_carries_its_quantization() {
    let mut file = File::new(17)
        .constant(floats("s", &[], &[0.5]))
        .constant(bytes("z", &[], DataType::Uint8, &[128]))
        .node("DequantizeLinear", "x s z", "y", vec![])
        .output("y");
    file.graph.input.push(info("x", DataType::Uint8, &fixed(&[4])));
    let graph = file.graph();
    assert_eq!(graph.ty(graph.inputs[0]).quant, Some(sanderling_ir::Quant::per_tensor(0.5, 128)));
}

#[test]
fn a_known_condition_takes_its_branch() {
    let inner = |op: &str| GraphProto {
        node: vec![node(op, "x", "z", vec![])],
        output: vec![info("z", DataType::Float, &[])],
        ..GraphProto::default()
    };
    let attributes = || vec![branch("then_branch", inner("Neg")), branch("else_branch", inner("Frobnicate"))];
    let file = File::new(17)
        .input("x", &[2])
        .constant(ints("two", &[], &[2]))
        .node("Size", "x", "n", vec![])
        .node("Equal", "n two", "c", vec![])
        .node("If", "c", "y", attributes())
        .output("y");
    assert_eq!(file.run(&[&[1.0, -2.0]]).as_f32(), [-1.0, 2.0]);

    let open = File::new(17)
        .input("x", &[2])
        .input("k", &[1])
        .node("Cast", "k", "c", vec![int("to", DataType::Bool as i64)])
        .node("If", "c", "y", attributes())
        .output("y");
    assert!(open.error().contains("the condition depends on the values of \"c\""));
}

#[test]
fn large_repetitions_are_not_stored() {
    let file = File::new(17)
        .input("x", &[1])
        .constant(ints("shape", &[2], &[30000, 30000]))
        .node("ConstantOfShape", "shape", "zeros", vec![])
        .node("Add", "x zeros", "y", vec![])
        .output("y");
    let graph = file.graph();
    assert!(graph.nodes.iter().any(|node| matches!(node.op, Op::Broadcast { .. })));
    let stored: usize = graph
        .values
        .iter()
        .filter_map(|v| match &v.source {
            Source::Constant(t) => Some(t.data.len()),
            _ => None,
        })
        .sum();
    assert!(stored < 100);
}
