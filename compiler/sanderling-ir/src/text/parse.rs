//! Text to a module.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::ParseError;
use super::attributes::{Attribute, Attributes, read};
use super::cursor::Cursor;
use super::types::{read_data, read_type};
use crate::{Graph, Module, Node, Op, Source, State, TensorType, Value, ValueId};

/// Reads what [`print()`](super::print()) writes.
pub fn parse(text: &str) -> Result<Module, ParseError> {
    let mut c = Cursor::new(text);
    c.keyword("module")?;
    let mut module = Module { name: c.string()?, ..Module::default() };
    c.expect('{')?;
    while c.peek_word() == "texts" {
        let start = c;
        c.keyword("texts")?;
        if module.texts.insert(c.string()?, c.list('[', ']', Cursor::string)?).is_some() {
            return start.fail("these texts are there twice");
        }
    }
    while !c.eat('}') {
        module.functions.push(function(&mut c)?);
    }
    match c.at_end() {
        true => Ok(module),
        false => c.fail(format!("expected the end of the text, found {}", c.found())),
    }
}

fn function(c: &mut Cursor) -> Result<Graph, ParseError> {
    c.keyword("func")?;
    let mut scope = Scope { graph: Graph::new(&c.string()?), ..Scope::default() };
    scope.graph.inputs = c.list('(', ')', |c| scope.parameter(c))?;
    c.expect('{')?;
    loop {
        match c.peek_word() {
            "next" => scope.next(c)?,
            "return" => break,
            _ => scope.definition(c)?,
        }
    }
    c.keyword("return")?;
    while !c.eat('}') {
        if !scope.graph.outputs.is_empty() {
            c.expect(',')?;
        }
        let output = scope.reference(c)?;
        scope.graph.outputs.push(output);
    }
    scope.finish(c)
}

/// What a name stands for.
#[derive(Clone, Copy)]
enum Named {
    One(ValueId),
    /// More than one value: the name needs its number.
    Several,
}

/// A function on its way.
#[derive(Default)]
struct Scope {
    graph: Graph,
    /// The values so far. Their numbers come from the text: a map, so that a large one takes no memory.
    values: HashMap<usize, Value>,
    names: HashMap<String, Named>,
}

impl Scope {
    fn parameter(&mut self, c: &mut Cursor) -> Result<ValueId, ParseError> {
        let start = *c;
        let (name, number) = handle(c)?;
        if !c.eat(':') {
            *c = start;
            return self.reference(c);
        }
        let ty = read_type(c)?;
        self.define(&start, name, number, ty, Source::Input)
    }

    fn next(&mut self, c: &mut Cursor) -> Result<(), ParseError> {
        c.keyword("next")?;
        let input = self.reference(c)?;
        c.expect('=')?;
        let next = self.reference(c)?;
        self.graph.states.push(State { input, next });
        Ok(())
    }

    /// `%a, %b = ...`
    fn definition(&mut self, c: &mut Cursor) -> Result<(), ParseError> {
        let mut targets = Vec::new();
        loop {
            let start = *c;
            let (name, number) = handle(c)?;
            targets.push((start, name, number));
            if !c.eat(',') {
                break;
            }
        }
        c.expect('=')?;
        let start = *c;
        let word = c.word()?;
        if !matches!(word, "input" | "state" | "const" | "left_by") {
            return self.node(c, &start, word, targets);
        }
        let source = match word {
            "input" => Source::Input,
            "state" => Source::State,
            "left_by" => Source::Node(c.size()?),
            _ => Source::Node(0),
        };
        c.expect(':')?;
        let ty = read_type(c)?;
        let source = match word {
            "const" => Source::Constant(Arc::new(read_data(c, ty.clone())?)),
            _ => source,
        };
        let Ok([(at, name, number)]) = <[_; 1]>::try_from(targets) else {
            return start.fail(format!("{word} defines one value"));
        };
        self.define(&at, name, number, ty, source).map(|_| ())
    }

    fn node(
        &mut self,
        c: &mut Cursor,
        start: &Cursor,
        word: &str,
        targets: Vec<(Cursor, String, Option<usize>)>,
    ) -> Result<(), ParseError> {
        let kind = if c.sees('(') { None } else { Some(c.word()?) };
        let inputs = c.list('(', ')', |c| self.reference(c))?;
        let op = op(c, start, word, kind)?;
        c.expect(':')?;
        let source = Source::Node(self.graph.nodes.len());
        let mut outputs = Vec::with_capacity(targets.len());
        for (i, (at, name, number)) in targets.into_iter().enumerate() {
            if i > 0 {
                c.expect(',')?;
            }
            let ty = read_type(c)?;
            outputs.push(self.define(&at, name, number, ty, source.clone())?);
        }
        self.graph.nodes.push(Node { op, inputs, outputs });
        Ok(())
    }

    fn define(
        &mut self,
        at: &Cursor,
        name: String,
        number: Option<usize>,
        ty: TensorType,
        source: Source,
    ) -> Result<ValueId, ParseError> {
        let id = ValueId(number.unwrap_or(self.values.len()));
        match self.names.entry(name.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(Named::One(id))),
            Entry::Occupied(mut entry) if number.is_some() => drop(entry.insert(Named::Several)),
            Entry::Occupied(_) => {
                return at.fail(format!("the name `{name}` is taken; `#` and a number make it another"));
            }
        }
        match self.values.insert(id.0, Value { name, ty, source }) {
            None => Ok(id),
            Some(other) => at.fail(format!("`{}` has the number {} already", other.name, id.0)),
        }
    }

    fn reference(&self, c: &mut Cursor) -> Result<ValueId, ParseError> {
        let start = *c;
        let (name, number) = handle(c)?;
        match number {
            Some(id) if self.values.get(&id).is_some_and(|value| value.name == name) => Ok(ValueId(id)),
            Some(id) => start.fail(format!("`{name}#{id}` is not defined above")),
            None => match self.names.get(&name) {
                Some(Named::One(id)) => Ok(*id),
                Some(Named::Several) => start.fail(format!("`{name}` is several values; `#` and a number choose one")),
                None => start.fail(format!("`{name}` is not defined above")),
            },
        }
    }

    fn finish(mut self, c: &Cursor) -> Result<Graph, ParseError> {
        let count = self.values.len();
        for id in 0..count {
            match self.values.remove(&id) {
                Some(value) => self.graph.values.push(value),
                None => return c.fail(format!("the function above has {count} values, but none with number {id}")),
            }
        }
        Ok(self.graph)
    }
}

/// `%name` or `%name#number`.
fn handle(c: &mut Cursor) -> Result<(String, Option<usize>), ParseError> {
    c.expect('%')?;
    let name = c.name()?;
    let number = if c.eat('#') { Some(c.size()?) } else { None };
    Ok((name, number))
}

/// The attributes and with them the op that `start` points to.
fn op(c: &mut Cursor, start: &Cursor, name: &str, kind: Option<&str>) -> Result<Op, ParseError> {
    let list = if c.sees('{') { c.list('{', '}', attribute)? } else { Vec::new() };
    for (i, (key, _)) in list.iter().enumerate() {
        if list[..i].iter().any(|(other, _)| other == key) {
            return start.fail(format!("{name} has the attribute `{key}` twice"));
        }
        if i > 16 {
            return start.fail(format!("{name} has more attributes than any op"));
        }
    }
    read(name, kind, Attributes(list)).or_else(|why| start.fail(why))
}

fn attribute<'a>(c: &mut Cursor<'a>) -> Result<(&'a str, Attribute<'a>), ParseError> {
    let key = c.word()?;
    c.expect('=')?;
    let value = match c.sees('[') {
        true => Attribute::List(c.list('[', ']', Cursor::word)?),
        false => Attribute::One(c.word()?),
    };
    Ok((key, value))
}
