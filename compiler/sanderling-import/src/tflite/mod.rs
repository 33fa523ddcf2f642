//! TFLite: flatbuffer tables into graphs, one function for each subgraph.

mod conv;
mod elementwise;
mod fold;
mod layout;
mod lower;
mod lstm;
mod model;
mod ops;
mod resize;
mod schema;
mod slices;

use std::collections::BTreeSet;

use sanderling_ir::Module;

use crate::flatbuffer::Buffer;
use crate::{ImportError, ImportOptions};
use lower::Lower;
use model::Model;
use schema::field;

/// What bytes 4 to 8 of the file say.
pub(crate) const IDENTIFIER: &[u8] = b"TFL3";

/// Reads a TFLite file.
pub(crate) fn import(bytes: &[u8], options: &ImportOptions) -> Result<Module, ImportError> {
    let buffer = Buffer::new(bytes);
    let root = buffer.root()?;
    let model = Model::new(&buffer, &root)?;
    let subgraphs = root.tables(field::MODEL_SUBGRAPHS, "the subgraphs")?;
    let Some(first) = subgraphs.first() else {
        return Err(ImportError::Malformed { what: "a model without a subgraph".into(), offset: 0 });
    };
    let mut module = Module { name: first.string(field::GRAPH_NAME, "a name")?, ..Module::default() };
    let mut names = BTreeSet::new();
    for (i, subgraph) in subgraphs.iter().enumerate() {
        let mut name = if i == 0 { "main".into() } else { subgraph.string(field::GRAPH_NAME, "a name")? };
        if name.is_empty() || names.contains(&name) {
            name = format!("subgraph_{i}");
        }
        names.insert(name.clone());
        module.functions.push(Lower::function(&model, subgraph, &name, options)?);
    }
    if module.name.is_empty() {
        module.name = "model".into();
    }
    known_inputs(&module, options)?;
    Ok(module)
}

/// A shape for an input that is not there is a misspelt name, not a wish to ignore.
fn known_inputs(module: &Module, options: &ImportOptions) -> Result<(), ImportError> {
    let inputs = module.functions.iter().flat_map(|f| f.inputs.iter().map(|&id| f.values[id.0].name.as_str()));
    let names: BTreeSet<&str> = inputs.collect();
    match options.shapes.keys().find(|name| !names.contains(name.as_str())) {
        None => Ok(()),
        Some(input) => {
            let list = names.into_iter().collect::<Vec<_>>().join(", ");
            let why = format!("the model has no such input; it has {list}");
            Err(ImportError::BadShapeOption { input: input.clone(), why })
        }
    }
}
