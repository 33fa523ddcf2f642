//! A module to text.

use std::collections::HashMap;

use super::attributes::spell;
use super::cursor::{is_bare, quote};
use super::types::{spell_data, spell_type};
use crate::{Graph, Module, Node, Source, Value, ValueId};

/// The text form of a module.
pub fn print(module: &Module) -> String {
    let mut out = format!("module {} {{\n", quote(&module.name));
    for (name, texts) in &module.texts {
        let texts: Vec<String> = texts.iter().map(|text| quote(text)).collect();
        out.push_str(&format!("  texts {} [{}]\n", quote(name), texts.join(", ")));
    }
    for function in &module.functions {
        Printer::new(function, &mut out).function();
    }
    out.push_str("}\n");
    out
}

struct Printer<'a> {
    graph: &'a Graph,
    out: &'a mut String,
    /// How many values have a name.
    uses: HashMap<&'a str, usize>,
    written: Vec<bool>,
    /// Values below this are written, or a node defines them.
    passed: usize,
    /// How many definitions there are so far, which is the number of a value that does not give its own.
    count: usize,
}

impl<'a> Printer<'a> {
    fn new(graph: &'a Graph, out: &'a mut String) -> Self {
        let mut uses = HashMap::new();
        for value in &graph.values {
            *uses.entry(value.name.as_str()).or_insert(0) += 1;
        }
        Printer { graph, out, uses, written: vec![false; graph.values.len()], passed: 0, count: 0 }
    }

    fn function(&mut self) {
        let inputs: Vec<String> = self.graph.inputs.iter().map(|&id| self.parameter(id)).collect();
        self.out.push_str(&format!("  func {}({}) {{\n", quote(&self.graph.name), inputs.join(", ")));
        for node in &self.graph.nodes {
            let first = node.outputs.iter().map(|id| id.0).min().unwrap_or(0);
            self.definitions_before(first);
            for &input in &node.inputs {
                self.definition(input);
            }
            self.node(node);
        }
        self.definitions_before(self.graph.values.len());
        self.end();
    }

    fn parameter(&mut self, id: ValueId) -> String {
        // An input that is listed twice is defined once.
        if self.written.get(id.0) != Some(&false) {
            return self.reference(id);
        }
        let ty = spell_type(self.graph.ty(id));
        format!("{}: {ty}", self.define(id))
    }

    fn definitions_before(&mut self, end: usize) {
        for id in self.passed..end.min(self.graph.values.len()) {
            self.definition(ValueId(id));
        }
        self.passed = self.passed.max(end);
    }

    /// The line that defines a value, unless a node does or it is there already.
    fn definition(&mut self, id: ValueId) {
        let Some(Value { ty, source, .. }) = self.graph.values.get(id.0) else { return };
        if self.written[id.0] {
            return;
        }
        let what = match source {
            Source::Input => format!("input : {}", spell_type(ty)),
            Source::State => format!("state : {}", spell_type(ty)),
            Source::Constant(tensor) => format!("const : {} {}", spell_type(ty), spell_data(tensor)),
            Source::Node(i) if self.graph.nodes.get(*i).is_some_and(|node| node.outputs.contains(&id)) => return,
            // Passes may leave a value behind whose node no longer gives it.
            Source::Node(i) => format!("left_by {i} : {}", spell_type(ty)),
        };
        let name = self.define(id);
        self.out.push_str(&format!("    {name} = {what}\n"));
    }

    fn node(&mut self, node: &Node) {
        let outputs: Vec<String> = node.outputs.iter().map(|&id| self.define(id)).collect();
        let inputs: Vec<String> = node.inputs.iter().map(|&id| self.reference(id)).collect();
        let types: Vec<String> =
            node.outputs.iter().filter_map(|id| self.graph.values.get(id.0)).map(|v| spell_type(&v.ty)).collect();
        let spelling = spell(&node.op);
        let kind = if spelling.kind.is_empty() { String::new() } else { format!(" {}", spelling.kind) };
        let pairs: Vec<String> = spelling.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let attributes = if pairs.is_empty() { String::new() } else { format!(" {{{}}}", pairs.join(", ")) };
        self.out.push_str(&format!(
            "    {} = {}{kind}({}){attributes} : {}\n",
            outputs.join(", "),
            spelling.name,
            inputs.join(", "),
            types.join(", ")
        ));
    }

    fn end(&mut self) {
        for state in &self.graph.states {
            let line = format!("    next {} = {}\n", self.reference(state.input), self.reference(state.next));
            self.out.push_str(&line);
        }
        let outputs: Vec<String> = self.graph.outputs.iter().map(|&id| self.reference(id)).collect();
        self.out.push_str(&format!("    return {}\n  }}\n", outputs.join(", ")));
    }

    /// The name of a value at its definition, which counts it.
    fn define(&mut self, id: ValueId) -> String {
        let implied = id.0 == self.count;
        self.count += 1;
        if let Some(written) = self.written.get_mut(id.0) {
            *written = true;
        }
        if implied { self.reference(id) } else { format!("{}#{}", self.plain(id), id.0) }
    }

    fn reference(&self, id: ValueId) -> String {
        if self.is_shared(id) { format!("{}#{}", self.plain(id), id.0) } else { self.plain(id) }
    }

    /// Whether the name alone does not tell which value it is.
    fn is_shared(&self, id: ValueId) -> bool {
        self.graph.values.get(id.0).is_none_or(|value| self.uses.get(value.name.as_str()) != Some(&1))
    }

    fn plain(&self, id: ValueId) -> String {
        let name = self.graph.values.get(id.0).map_or("", |value| value.name.as_str());
        // Two slashes would start a comment.
        let bare = !name.is_empty() && name.chars().all(is_bare) && !name.starts_with("//");
        if bare { format!("%{name}") } else { format!("%{}", quote(name)) }
    }
}
