//! Texts, which are numbers here: a text is its place in a list of those that the model knows, and -1 where it is none of
//! them.
//!
//! A list grows as nodes ask for texts by name, in the order of the file. Nodes that only move elements hand it on, and
//! where they join values of two lists, those must be one: constants are numbered anew, other values must not have been asked
//! about different texts before.

use std::collections::{BTreeMap, HashMap};

use sanderling_ir::{DType, Graph, Tensor, TensorType, ValueId};
use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::DataType;

use super::builder::Builder;
use super::call::{Call, One};
use crate::ImportError;

/// Ops that move elements, and which of their inputs those are.
const MOVES: [(&str, Inputs); 17] = [
    ("ArrayFeatureExtractor", Inputs::First),
    ("Concat", Inputs::All),
    ("Expand", Inputs::First),
    ("Flatten", Inputs::First),
    ("Gather", Inputs::First),
    ("GatherElements", Inputs::First),
    ("Identity", Inputs::First),
    ("Reshape", Inputs::First),
    ("Slice", Inputs::First),
    ("Split", Inputs::First),
    ("Squeeze", Inputs::First),
    ("Tile", Inputs::First),
    ("Transpose", Inputs::First),
    ("Unsqueeze", Inputs::First),
    ("Where", Inputs::ButFirst),
    // These give no texts.
    ("Equal", Inputs::All),
    ("Shape", Inputs::First),
];
const NO_TEXTS: [&str; 2] = ["Equal", "Shape"];
/// Ops that know texts by name, and look after them themselves.
const ASKS: [&str; 3] = ["Cast", "LabelEncoder", "OneHotEncoder"];

#[derive(Clone, Copy, PartialEq)]
enum Inputs {
    First,
    ButFirst,
    All,
}

/// A list of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(usize);

#[derive(Default)]
struct List {
    texts: Vec<String>,
    places: HashMap<String, usize>,
    /// The list that this one has become.
    is: Option<usize>,
}

impl List {
    fn place(&mut self, text: &str) -> usize {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        self.push(text);
        self.texts.len() - 1
    }

    fn push(&mut self, text: &str) {
        self.places.entry(text.to_string()).or_insert(self.texts.len());
        self.texts.push(text.to_string());
    }
}

/// All lists, and the values whose numbers are places in them.
#[derive(Default)]
pub(super) struct Texts {
    lists: Vec<List>,
    of: HashMap<ValueId, usize>,
}

impl Texts {
    /// A list of these, each in its place even where it is there twice.
    pub(super) fn list(&mut self, texts: &[String]) -> ListId {
        let mut list = List::default();
        texts.iter().for_each(|text| list.push(text));
        self.lists.push(list);
        ListId(self.lists.len() - 1)
    }

    /// Says that the numbers of a value are places in a list.
    pub(super) fn mark(&mut self, id: ValueId, list: ListId) {
        self.of.insert(id, list.0);
    }

    pub(super) fn list_of(&self, id: ValueId) -> Option<ListId> {
        self.of.get(&id).map(|&list| self.root(list))
    }

    fn root(&self, mut list: usize) -> ListId {
        while let Some(next) = self.lists[list].is {
            list = next;
        }
        ListId(list)
    }

    /// The places of texts, which the list has from now on.
    pub(super) fn places(&mut self, list: ListId, texts: &[String]) -> Vec<i64> {
        texts.iter().map(|text| self.lists[list.0].place(text) as i64).collect()
    }

    /// Makes two lists one, if no number of either changes.
    fn join(&mut self, a: ListId, b: ListId) -> bool {
        let (short, long) = if self.lists[a.0].texts.len() <= self.lists[b.0].texts.len() { (a, b) } else { (b, a) };
        if short != long {
            if !self.lists[long.0].texts.starts_with(&self.lists[short.0].texts) {
                return false;
            }
            self.lists[short.0].is = Some(long.0);
        }
        true
    }

    /// The lists of the inputs and outputs of a graph, by name.
    pub(super) fn named(&self, graph: &Graph) -> BTreeMap<String, Vec<String>> {
        let ends = graph.inputs.iter().chain(&graph.outputs);
        let known = ends.filter_map(|&id| Some((id, self.list_of(id)?)));
        known.map(|(id, list)| (graph.values[id.0].name.clone(), self.lists[list.0].texts.clone())).collect()
    }
}

/// Whether a tensor of the file holds texts.
pub(super) fn is_text(code: i32) -> bool {
    code == DataType::String as i32
}

/// The texts of a tensor of them, and its shape.
pub(super) fn read(proto: &TensorProto) -> Result<(Vec<String>, Vec<usize>), String> {
    let shape: Option<Vec<usize>> = proto.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
    let count = shape.as_ref().and_then(|shape| super::tensor::elements(shape));
    match (shape, count == Some(proto.string_data.len())) {
        (Some(shape), true) => {
            Ok((proto.string_data.iter().map(|s| String::from_utf8_lossy(s).into()).collect(), shape))
        }
        _ => Err(format!("it holds {} texts, which are not those of its shape", proto.string_data.len())),
    }
}

/// The constant in a tensor of texts.
pub(super) fn constant(b: &mut Builder, name: &str, texts: &[String], shape: &[usize]) -> ValueId {
    let list = b.texts.list(&[]);
    let places = b.texts.places(list, texts);
    let id = b.graph.constant(name, Tensor::from_i64(TensorType::new(DType::I64, shape), &places));
    b.texts.mark(id, list);
    id
}

/// Brings the texts that a node reads to one list, which its outputs have; none where there are no texts among its inputs.
pub(super) fn enter(b: &mut Builder, call: &mut Call) -> Result<Option<ListId>, ImportError> {
    let is_text = |b: &Builder, id: &Option<ValueId>| id.is_some_and(|id| b.texts.list_of(id).is_some());
    if !call.inputs.iter().any(|id| is_text(b, id)) || ASKS.contains(&call.op()) {
        return Ok(None);
    }
    let Some((op, which)) = MOVES.iter().find(|(op, _)| *op == call.op()) else {
        return call.unsupported(
            "it computes with texts; texts are compared, moved and encoded (OneHotEncoder, LabelEncoder) here, so \
             encode them before the export",
        );
    };
    let is_data = |i: usize| match which {
        Inputs::First => i == 0,
        Inputs::ButFirst => i > 0,
        Inputs::All => true,
    };
    let mut first: Option<ListId> = None;
    for i in 0..call.inputs.len() {
        let Some(id) = call.inputs[i] else { continue };
        if is_data(i) != b.texts.list_of(id).is_some() {
            return call.fail(format!("input {i} mixes texts and numbers"));
        }
        if !is_data(i) {
            continue;
        }
        call.inputs[i] = Some(match first {
            Some(list) => join(b, call, id, list)?,
            None => id,
        });
        first = call.inputs[i].and_then(|id| b.texts.list_of(id));
    }
    Ok(first.filter(|_| !NO_TEXTS.contains(op)))
}

/// A value whose texts are numbered by this list.
fn join(b: &mut Builder, call: &Call, id: ValueId, list: ListId) -> One {
    let Some(own) = b.texts.list_of(id) else { return Ok(id) };
    if b.texts.join(own, list) {
        return Ok(id);
    }
    let Some(tensor) = b.graph.tensor(id) else {
        return call.fail(
            "it joins texts that were compared with different lists before; join them first, or encode them before the \
             export",
        );
    };
    let (ty, places) = (tensor.ty.clone(), tensor.as_i64());
    let texts: Vec<String> = places.iter().map(|&i| b.texts.lists[own.0].texts[i as usize].clone()).collect();
    let places = b.texts.places(list, &texts);
    let id = b.constant(call, Tensor::from_i64(ty, &places));
    b.texts.mark(id, list);
    Ok(id)
}
