//! Small ONNX files with nodes of most kinds, for the fuzzer to start from.

use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, type_proto,
};

/// The files, by name.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("layers", layers()),
        ("shapes", shapes()),
        ("quantized", quantized()),
        ("operators", operators()),
        ("recurrent", recurrent()),
        ("branches", branches()),
        ("f16", halves(DataType::Float16)),
        ("bf16", halves(DataType::Bfloat16)),
        ("f16 weights", half_weights(DataType::Float16)),
        ("bf16 weights", half_weights(DataType::Bfloat16)),
    ]
}

fn layers() -> Vec<u8> {
    File::new(&[1, 2, 7, 7])
        .floats("w", &[4, 2, 3, 3])
        .floats("k", &[4])
        .floats("up", &[4, 2, 2, 2])
        .floats("dense", &[8, 5])
        .node("Conv", "x w", "c", vec![ints("pads", &[1, 1, 1, 1]), ints("strides", &[2, 2])])
        .node("BatchNormalization", "c k k k k", "n", vec![])
        .node("Relu", "n", "r", vec![])
        .node("MaxPool", "r", "m", vec![ints("kernel_shape", &[2, 2]), int("ceil_mode", 1), ints("strides", &[2, 2])])
        .node("ConvTranspose", "m up", "t", vec![ints("strides", &[2, 2])])
        .node("AveragePool", "t", "a", vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("Flatten", "a", "f", vec![])
        .node("Gemm", "f dense", "g", vec![float("alpha", 0.5)])
        .node("Softmax", "g", "y", vec![int("axis", 1)])
        .bytes("y")
}

/// A model that computes in halves throughout.
fn halves(dtype: DataType) -> Vec<u8> {
    File::of(dtype, &[1, 2, 7, 7])
        .halves("w", dtype, &[4, 2, 3, 3])
        .halves("k", dtype, &[4])
        .halves("dense", dtype, &[36, 5])
        .node("Conv", "x w k", "c", vec![ints("strides", &[2, 2]), ints("pads", &[0, 0, 1, 1])])
        .node("BatchNormalization", "c k k k k", "n", vec![])
        .node("Relu", "n", "r", vec![])
        .node("Sigmoid", "r", "s", vec![])
        .node("Mul", "r s", "m", vec![])
        .node("Flatten", "m", "f", vec![])
        .node("MatMul", "f dense", "g", vec![])
        .node("Softmax", "g", "y", vec![int("axis", 1)])
        .bytes("y")
}

/// A model that keeps its weights in halves and computes in f32.
fn half_weights(dtype: DataType) -> Vec<u8> {
    let wide = || vec![int("to", DataType::Float as i64)];
    File::new(&[1, 2, 7, 7])
        .halves("w16", dtype, &[4, 2, 3, 3])
        .halves("d16", dtype, &[36, 5])
        .node("Cast", "w16", "w", wide())
        .node("Cast", "d16", "d", wide())
        .node("Conv", "x w", "c", vec![ints("strides", &[2, 2]), ints("pads", &[0, 0, 1, 1])])
        .node("Flatten", "c", "f", vec![])
        .node("MatMul", "f d", "y", vec![])
        .bytes("y")
}

fn shapes() -> Vec<u8> {
    File::new(&[1, 2, 4, 6])
        .integers("pads", &[0, 0, 1, 0, 0, 0, 0, 1])
        .integers("target", &[2, -1])
        .integers("starts", &[-1])
        .integers("ends", &[i64::MIN])
        .integers("axes", &[1])
        .integers("repeats", &[2, 1])
        .floats("scales", &[4])
        .node("Pad", "x pads", "p", vec![text("mode", "edge")])
        .node("Shape", "p", "sh", vec![])
        .node("Gather", "sh axes", "g", vec![])
        .node("Range", "g g g", "rg", vec![])
        .node("Reshape", "p target", "flat", vec![])
        .node("Slice", "flat starts ends axes starts", "back", vec![])
        .node("Tile", "back repeats", "tiled", vec![])
        .node("Split", "tiled", "t1 t2", vec![int("axis", 0)])
        .node("Concat", "t1 t2", "cc", vec![int("axis", 1)])
        .node("Transpose", "cc", "tr", vec![ints("perm", &[1, 0])])
        .node("Unsqueeze", "tr axes", "un", vec![])
        .node("Expand", "un g", "ex", vec![])
        .node("ReduceMean", "ex", "mean", vec![ints("axes", &[1])])
        .node("TopK", "mean axes", "top ids", vec![])
        .node("ArgMax", "mean", "best", vec![int("axis", 0)])
        .bytes("top")
}

fn quantized() -> Vec<u8> {
    File::new(&[1, 2, 5, 5])
        .scalar("sx", 0.05)
        .scalar("sw", 0.02)
        .raw("zx", &[], DataType::Int8, &[3])
        .raw("w", &[4, 2, 3, 3], DataType::Int8, &[7; 72])
        .raw("b", &[4], DataType::Int32, &[1; 16])
        .node("QuantizeLinear", "x sx zx", "q", vec![])
        .node("QLinearConv", "q sx zx w sw zx sx zx b", "c", vec![])
        .node("DequantizeLinear", "c sx zx", "d", vec![])
        .node("DequantizeLinear", "w sw zx", "dw", vec![])
        .node("QuantizeLinear", "d sx zx", "e", vec![])
        .node("DequantizeLinear", "e sx zx", "y", vec![])
        .bytes("y")
}

fn operators() -> Vec<u8> {
    let mut file = File::new(&[2, 6]).floats("w", &[6, 6]).floats("k", &[6]).scalar("low", -0.5).scalar("high", 0.5);
    let mut last = "x".to_string();
    let unary = ["Relu", "Sigmoid", "Tanh", "Abs", "Neg", "Exp", "Erf", "HardSwish", "Softplus", "Elu", "LeakyRelu"];
    for (i, op) in unary.into_iter().enumerate() {
        let next = format!("u{i}");
        file = file.node(op, &last, &next, vec![]);
        last = next;
    }
    for (i, op) in ["Add", "Sub", "Mul", "Div", "Pow", "Max", "PRelu"].into_iter().enumerate() {
        let next = format!("b{i}");
        file = file.node(op, &format!("{last} k"), &next, vec![]);
        last = next;
    }
    file.node("Clip", &format!("{last} low high"), "c", vec![])
        .node("MatMul", "c w", "m", vec![])
        .node("LayerNormalization", "m k k", "n", vec![float("epsilon", 1e-5)])
        .node("Greater", "n c", "g", vec![])
        .node("Where", "g n c", "s", vec![])
        .node("Cast", "s", "i", vec![int("to", DataType::Int32 as i64)])
        .node("ReduceSum", "s", "y", vec![int("keepdims", 0)])
        .bytes("y")
}

fn recurrent() -> Vec<u8> {
    File::new(&[3, 1, 4])
        .floats("lw", &[1, 8, 4])
        .floats("lr", &[1, 8, 2])
        .floats("gw", &[1, 6, 2])
        .floats("gr", &[1, 6, 2])
        .integers("axes", &[1])
        .node("LSTM", "x lw lr", "l lh lc", vec![int("hidden_size", 2)])
        .node("Squeeze", "l axes", "sq", vec![])
        .node("GRU", "sq gw gr", "y gh", vec![int("hidden_size", 2), int("linear_before_reset", 1)])
        .bytes("y")
}

fn branches() -> Vec<u8> {
    let branch = |name: &str, op: &str| {
        let graph = GraphProto {
            node: vec![node(op, "x", "z", vec![])],
            output: vec![info("z", DataType::Float, &[])],
            ..GraphProto::default()
        };
        AttributeProto { g: Some(graph), ..attribute(name, AttributeType::Graph) }
    };
    File::new(&[2])
        .raw("yes", &[], DataType::Bool, &[1])
        .node("If", "yes", "y", vec![branch("then_branch", "Relu"), branch("else_branch", "Neg")])
        .bytes("y")
}

/// A file on its way.
struct File(GraphProto);

impl File {
    /// With an input `x`.
    fn new(dims: &[i64]) -> File {
        File::of(DataType::Float, dims)
    }

    /// With an input `x` of a type.
    fn of(dtype: DataType, dims: &[i64]) -> File {
        File(GraphProto { name: "g".into(), input: vec![info("x", dtype, dims)], ..GraphProto::default() })
    }

    /// Small positive numbers of two bytes.
    fn halves(self, name: &str, dtype: DataType, dims: &[i64]) -> File {
        // From a quarter to a half in either type.
        let (first, steps) = if dtype == DataType::Float16 { (0x3400, 1021) } else { (0x3e80, 127) };
        let values: Vec<u8> =
            (0..dims.iter().product()).flat_map(|i: i64| ((first + i * 37 % steps) as u16).to_le_bytes()).collect();
        self.raw(name, dims, dtype, &values)
    }

    fn raw(mut self, name: &str, dims: &[i64], dtype: DataType, raw: &[u8]) -> File {
        let (dims, raw_data) = (dims.to_vec(), raw.to_vec());
        let data_type = dtype as i32;
        self.0.initializer.push(TensorProto { name: name.into(), dims, data_type, raw_data, ..Default::default() });
        self
    }

    fn floats(self, name: &str, dims: &[i64]) -> File {
        let values: Vec<u8> = (1..=dims.iter().product()).flat_map(|i: i64| (i as f32 / 64.0).to_le_bytes()).collect();
        self.raw(name, dims, DataType::Float, &values)
    }

    fn scalar(self, name: &str, value: f32) -> File {
        self.raw(name, &[], DataType::Float, &value.to_le_bytes())
    }

    fn integers(self, name: &str, values: &[i64]) -> File {
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.raw(name, &[values.len() as i64], DataType::Int64, &raw)
    }

    fn node(mut self, op: &str, inputs: &str, outputs: &str, attributes: Vec<AttributeProto>) -> File {
        self.0.node.push(node(op, inputs, outputs, attributes));
        self
    }

    /// The bytes of the model with one output.
    fn bytes(mut self, output: &str) -> Vec<u8> {
        self.0.output.push(info(output, DataType::Float, &[]));
        let model = ModelProto {
            ir_version: 8,
            producer_name: "s".into(),
            opset_import: vec![OperatorSetIdProto { version: 17, ..OperatorSetIdProto::default() }],
            graph: Some(self.0),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

fn info(name: &str, dtype: DataType, dims: &[i64]) -> ValueInfoProto {
    let dim = dims.iter().map(|&n| Dimension { value: Some(dimension::Value::DimValue(n)), ..Dimension::default() });
    let shape = Some(TensorShapeProto { dim: dim.collect() });
    let tensor = type_proto::Tensor { elem_type: dtype as i32, shape };
    let r#type = Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() });
    ValueInfoProto { name: name.into(), r#type, ..ValueInfoProto::default() }
}

fn attribute(name: &str, r#type: AttributeType) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: r#type as i32, ..AttributeProto::default() }
}

fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i, ..attribute(name, AttributeType::Int) }
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { ints: values.to_vec(), ..attribute(name, AttributeType::Ints) }
}

fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { f, ..attribute(name, AttributeType::Float) }
}

fn text(name: &str, s: &str) -> AttributeProto {
    AttributeProto { s: s.into(), ..attribute(name, AttributeType::String) }
}

fn node(op: &str, inputs: &str, outputs: &str, attributes: Vec<AttributeProto>) -> NodeProto {
    let words = |text: &str| text.split_whitespace().map(str::to_string).collect();
    let (input, output) = (words(inputs), words(outputs));
    NodeProto { op_type: op.into(), input, output, attribute: attributes, ..NodeProto::default() }
}

#[cfg(test)]
mod tests {
    use sanderling_host::{Backend, kernels};
    use sanderling_import::{ImportOptions, import};
    use sanderling_runtime::{Model, Session};

    /// What is refused at once says little about the rest.
    #[test]
    fn the_files_import() {
        for (name, bytes) in super::files() {
            import(&bytes, &ImportOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }

    #[test]
    fn the_files_of_halves_run() {
        let target = sanderling_targets::find("host").unwrap();
        for (name, bytes) in super::files().into_iter().filter(|(name, _)| name.contains("f16")) {
            let module = import(&bytes, &ImportOptions::default()).unwrap();
            let compiled = sanderling_compile::compile(&module, &target).unwrap_or_else(|e| panic!("{name}: {e}"));
            let suffix = name.split(' ').next().unwrap();
            let calls: Vec<&str> = compiled.report.calls.iter().map(|call| call.kernel).collect();
            assert!(
                calls.iter().filter(|kernel| kernel.ends_with(&format!("_{suffix}"))).count() >= 1,
                "{name}: {calls:?}"
            );
            for backend in [Backend::Scalar, Backend::Auto] {
                let model = Model::parse(&compiled.artifact, kernels(backend)).unwrap();
                let mut arena = vec![0; model.arena_bytes()];
                Session::new(&model, &mut arena).unwrap().self_test().unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
    }
}
