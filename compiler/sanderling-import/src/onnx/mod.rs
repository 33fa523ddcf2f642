//! ONNX files: the protobuf model is read by `tract-onnx`, the conversion to the graph is ours.
//!
//! Inputs and outputs keep the names and shapes of the file, channels first where it has them there. Inside,
//! convolutions and pools compute channels last between transpositions, of which neighbours cancel here and others in
//! a later pass. What the file computes from shapes alone is evaluated here, so that every shape is static.
//!
//! Texts are numbers: places in the lists of texts that the model knows, which the module names; see `texts`.
//!
//! An open dimension takes its size from [`ImportOptions::shapes`], or from another input that shares its symbol. The
//! leading one of an input with several dimensions is otherwise a batch of 1; any other is an error.

mod builder;
mod call;
mod dispatch;
mod inputs;
mod ops;
mod sweep;
mod tensor;
mod texts;
mod types;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use prost::Message;
use sanderling_ir::{DType, Graph, Module, Op, Source, ValueId};
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto};

use crate::{ImportError, ImportOptions, Site};
use builder::{Binding, Builder};
use call::{Call, Many};

/// Whether the bytes start as an ONNX file does: with fields that a model has, of the types that they have there.
pub(crate) fn recognises(bytes: &[u8]) -> bool {
    // The format version comes first in what every exporter writes. It is small, and another field follows.
    match bytes {
        [0x08, version @ 1..=0x7f, next, ..] => *version < 100 && is_model_field(*next),
        [0x12 | 0x3a, ..] => ModelProto::decode(bytes).is_ok_and(|model| model.graph.is_some()),
        _ => false,
    }
}

/// Whether a byte is the key of one of the fields of a model below 16.
fn is_model_field(key: u8) -> bool {
    matches!(key, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42 | 0x72)
}

/// Reads an ONNX file into a module with one function.
pub(crate) fn import(bytes: &[u8], options: &ImportOptions) -> Result<Module, ImportError> {
    // prost limits how deep messages nest, and with that our own recursion into branches.
    let model = ModelProto::decode(bytes)
        .map_err(|e| ImportError::Malformed { what: format!("as protobuf, {e}"), offset: 0 })?;
    import_model(&model, bytes.len(), options)
}

fn import_model(model: &ModelProto, bytes: usize, options: &ImportOptions) -> Result<Module, ImportError> {
    let Some(proto) = &model.graph else {
        return Err(ImportError::Malformed { what: "it has no graph".into(), offset: 0 });
    };
    let opsets: BTreeMap<&str, i64> = model.opset_import.iter().map(|o| (o.domain.as_str(), o.version)).collect();
    let mut importer = Importer { builder: Builder::new(Graph::new("main"), bytes), opsets };
    importer.open_scope(proto);
    inputs::declare(&mut importer.builder, proto, options)?;
    importer.nodes(proto)?;
    importer.outputs(proto)?;
    let texts = importer.builder.texts.named(&importer.builder.graph);
    let graph = sweep::sweep(importer.builder.graph);
    let name = if proto.name.is_empty() { "model" } else { &proto.name };
    Ok(Module { texts, ..Module::new(name, graph) })
}

struct Importer<'a> {
    builder: Builder<'a>,
    opsets: BTreeMap<&'a str, i64>,
}

impl<'a> Importer<'a> {
    fn open_scope(&mut self, proto: &'a GraphProto) {
        let initializers = proto.initializer.iter().map(|t| (t.name.as_str(), Binding::Initializer(t)));
        self.builder.scopes.push(initializers.collect());
    }

    fn nodes(&mut self, proto: &'a GraphProto) -> Result<(), ImportError> {
        if let Some(sparse) = proto.sparse_initializer.first() {
            let tensor = sparse.values.as_ref().map_or("", |t| &t.name).to_string();
            return Err(ImportError::BadTensor { tensor, why: "sparse constants are not supported".into() });
        }
        proto.node.iter().enumerate().try_for_each(|(i, node)| self.node(i, node))
    }

    fn node(&mut self, index: usize, node: &'a NodeProto) -> Result<(), ImportError> {
        let first_output = node.output.iter().find(|name| !name.is_empty());
        let name = if node.name.is_empty() { first_output.unwrap_or(&node.name) } else { &node.name };
        let site = Site { node: index, name: name.clone(), op: node.op_type.clone() };
        let mut call = Call { node, site, opset: self.opset(&node.domain), inputs: Vec::new() };
        for name in &node.input {
            let id = if name.is_empty() { None } else { Some(self.value(name, &call)?) };
            call.inputs.push(id);
        }
        let before = self.builder.graph.values.len();
        let texts = texts::enter(&mut self.builder, &mut call)?;
        let outputs = dispatch::convert(self, &call)?;
        for &id in outputs.iter().filter(|_| texts.is_some()) {
            texts.into_iter().for_each(|list| self.builder.texts.mark(id, list));
        }
        self.bind(&call, &outputs, before)
    }

    fn opset(&self, domain: &str) -> i64 {
        // The default domain has two spellings.
        let version = |domain: &str| self.opsets.get(domain).copied();
        match domain {
            "" | "ai.onnx" => version("").or(version("ai.onnx")).unwrap_or(1),
            other => version(other).unwrap_or(1),
        }
    }

    /// The value that a name stands for.
    fn value(&mut self, name: &str, call: &Call) -> Result<ValueId, ImportError> {
        let found =
            self.builder.scopes.iter().enumerate().rev().find_map(|(i, s)| s.get_key_value(name).map(|f| (i, f)));
        let Some((scope, (&key, &binding))) = found else {
            return call.fail(format!("it reads \"{name}\", which nothing before it gives"));
        };
        let proto = match binding {
            Binding::Value(id) => return Ok(id),
            Binding::Initializer(proto) => proto,
        };
        let bad = |why| ImportError::BadTensor { tensor: name.into(), why };
        let id = if texts::is_text(proto.data_type) {
            let (texts, shape) = texts::read(proto).map_err(bad)?;
            texts::constant(&mut self.builder, name, &texts, &shape)
        } else {
            self.builder.graph.constant(name, tensor::read(proto).map_err(bad)?)
        };
        self.builder.scopes[scope].insert(key, Binding::Value(id));
        Ok(id)
    }

    /// Gives the names of the file to the outputs of a node; those since `before` are its own.
    fn bind(&mut self, call: &Call<'a>, outputs: &[ValueId], before: usize) -> Result<(), ImportError> {
        for (i, name) in call.node.output.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let Some(&id) = outputs.get(i) else {
                return call.fail(format!("its output {i}, \"{name}\", is not supported"));
            };
            if id.0 >= before {
                self.builder.graph.values[id.0].name = name.clone();
            }
            if let Some(scope) = self.builder.scopes.last_mut() {
                scope.insert(name, Binding::Value(id));
            }
        }
        Ok(())
    }

    /// Converts a branch in place; its outputs.
    fn branch(&mut self, call: &Call<'a>, proto: &'a GraphProto) -> Many {
        self.open_scope(proto);
        self.nodes(proto)?;
        let outputs: Many = proto.output.iter().map(|output| self.value(&output.name, call)).collect();
        self.builder.scopes.pop();
        outputs
    }

    fn outputs(&mut self, proto: &'a GraphProto) -> Result<(), ImportError> {
        let node = NodeProto { op_type: "output".into(), ..NodeProto::default() };
        let mut taken = HashSet::new();
        for (i, output) in proto.output.iter().enumerate() {
            let site = Site { node: i, name: output.name.clone(), op: "output".into() };
            let call = Call { node: &node, site, opset: 0, inputs: Vec::new() };
            let id = self.value(&output.name, &call)?;
            let id = self.named(&call, id, &output.name, taken.contains(&id))?;
            taken.insert(id);
            self.builder.graph.outputs.push(id);
        }
        Ok(())
    }

    /// A value that has the name of the output; a copy where the value has one already that its caller knows.
    fn named(&mut self, call: &Call, id: ValueId, name: &str, taken: bool) -> Result<ValueId, ImportError> {
        let texts = self.builder.texts.list_of(id);
        let graph = &mut self.builder.graph;
        let is_node = matches!(graph.values[id.0].source, Source::Node(_));
        let id = match is_node && !taken {
            true => id,
            false => {
                // Not through the builder, which would leave such a node out.
                let op = Op::Reshape { shape: graph.ty(id).shape.clone() };
                let quant = graph.ty(id).quant.clone();
                graph.push(name, op, &[id], quant).map_err(|e| call.infer_error(e))?
            }
        };
        graph.values[id.0].name = name.to_string();
        if let Some(list) = texts {
            self.builder.texts.mark(id, list);
        }
        Ok(id)
    }
}

/// Truth of a constant that decides something at import.
fn known_truth(builder: &Builder, call: &Call, id: ValueId, what: &str) -> Result<bool, ImportError> {
    match builder.graph.tensor(id) {
        Some(t) if t.ty.dtype == DType::Bool && t.data.len() == 1 => Ok(t.data[0] != 0),
        Some(t) => call.fail(format!("{what} should be one truth value, found {}", t.ty)),
        None => call.fail(format!(
            "{what} depends on the values of \"{}\", but must be known before the model runs; \
             fix the shapes of the inputs with --shape, or export the model without branches",
            builder.graph.values[id.0].name
        )),
    }
}
