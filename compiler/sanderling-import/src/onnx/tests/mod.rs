//! Files built from the protobuf types, and what becomes of them.

mod errors;
mod hostile;
mod ml;
mod ops;
mod structure;

use prost::Message;
use sanderling_ir::{Graph, Module, Tensor, verify};
use sanderling_oracle::Oracle;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, type_proto,
};

use crate::{ImportError, ImportOptions};

/// A dimension: a size, or a symbol for an open one.
enum Dim {
    Fixed(i64),
    Open(&'static str),
}

fn fixed(dims: &[i64]) -> Vec<Dim> {
    dims.iter().map(|&n| Dim::Fixed(n)).collect()
}

fn info(name: &str, dtype: DataType, dims: &[Dim]) -> ValueInfoProto {
    let dim = dims.iter().map(|dim| {
        let value = match dim {
            Dim::Fixed(n) => dimension::Value::DimValue(*n),
            Dim::Open(symbol) => dimension::Value::DimParam(symbol.to_string()),
        };
        Dimension { value: Some(value), ..Dimension::default() }
    });
    let shape = Some(TensorShapeProto { dim: dim.collect() });
    let tensor = type_proto::Tensor { elem_type: dtype as i32, shape };
    let r#type = Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() });
    ValueInfoProto { name: name.into(), r#type, ..ValueInfoProto::default() }
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn ints(name: &str, dims: &[i64], values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Int64 as i32,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn bytes(name: &str, dims: &[i64], dtype: DataType, raw: &[u8]) -> TensorProto {
    let (dims, raw_data) = (dims.to_vec(), raw.to_vec());
    TensorProto { name: name.into(), dims, data_type: dtype as i32, raw_data, ..TensorProto::default() }
}

fn attribute(name: &str, r#type: AttributeType) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: r#type as i32, ..AttributeProto::default() }
}

fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i, ..attribute(name, AttributeType::Int) }
}

fn list(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { ints: values.to_vec(), ..attribute(name, AttributeType::Ints) }
}

fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { f, ..attribute(name, AttributeType::Float) }
}

fn text(name: &str, s: &str) -> AttributeProto {
    AttributeProto { s: s.into(), ..attribute(name, AttributeType::String) }
}

fn branch(name: &str, graph: GraphProto) -> AttributeProto {
    AttributeProto { g: Some(graph), ..attribute(name, AttributeType::Graph) }
}

/// A node whose inputs and outputs are given as words.
fn node(op: &str, inputs: &str, outputs: &str, attributes: Vec<AttributeProto>) -> NodeProto {
    // A dash stands for an input that is left out.
    let words = |text: &str| text.split_whitespace().map(|w| w.trim_matches('-').to_string()).collect();
    NodeProto {
        op_type: op.into(),
        input: words(inputs),
        output: words(outputs),
        attribute: attributes,
        ..NodeProto::default()
    }
}

/// A graph on its way to a file.
#[derive(Default)]
struct File {
    graph: GraphProto,
    opset: i64,
}

impl File {
    fn new(opset: i64) -> Self {
        File { graph: GraphProto { name: "test".into(), ..GraphProto::default() }, opset }
    }

    fn input(mut self, name: &str, dims: &[i64]) -> Self {
        self.graph.input.push(info(name, DataType::Float, &fixed(dims)));
        self
    }

    fn open_input(mut self, name: &str, dims: &[Dim]) -> Self {
        self.graph.input.push(info(name, DataType::Float, dims));
        self
    }

    fn constant(mut self, tensor: TensorProto) -> Self {
        self.graph.initializer.push(tensor);
        self
    }

    fn node(mut self, op: &str, inputs: &str, outputs: &str, attributes: Vec<AttributeProto>) -> Self {
        self.graph.node.push(node(op, inputs, outputs, attributes));
        self
    }

    fn output(mut self, name: &str) -> Self {
        self.graph.output.push(info(name, DataType::Float, &[]));
        self
    }

    fn model(&self) -> ModelProto {
        ModelProto {
            ir_version: 8,
            producer_name: "tests".into(),
            opset_import: vec![OperatorSetIdProto { version: self.opset, ..OperatorSetIdProto::default() }],
            graph: Some(self.graph.clone()),
            ..ModelProto::default()
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.model().encode_to_vec()
    }

    fn import(&self) -> Result<Module, ImportError> {
        crate::import(&self.bytes(), &ImportOptions::default())
    }

    fn import_with(&self, input: &str, shape: &[usize]) -> Result<Module, ImportError> {
        let shapes = [(input.to_string(), shape.to_vec())].into();
        crate::import(&self.bytes(), &ImportOptions { shapes })
    }

    fn error(&self) -> String {
        self.import().unwrap_err().to_string()
    }

    fn graph(&self) -> Graph {
        let graph = self.import().unwrap().functions.remove(0);
        verify(&graph).unwrap();
        graph
    }

    /// The first output for real inputs.
    fn run(&self, inputs: &[&[f32]]) -> Tensor {
        let graph = self.graph();
        let tensors = inputs.iter().zip(&graph.inputs).map(|(v, &id)| Tensor::from_f32(graph.ty(id).clone(), v));
        let tensors: Vec<Tensor> = tensors.collect();
        Oracle::new(&graph).run(&tensors).unwrap().remove(0)
    }
}

/// One node between an input `x` and an output `y`.
fn one(opset: i64, dims: &[i64], op: &str, attributes: Vec<AttributeProto>) -> File {
    File::new(opset).input("x", dims).node(op, "x", "y", attributes).output("y")
}
