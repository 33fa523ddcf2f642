//! The verifier: one named check per rule.

use std::fmt;

use crate::{DType, Forest, Graph, Op, Source, Tensor, TensorType, ValueId, infer};

/// What every graph obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Every value id exists.
    IdsExist,
    /// What is read is given before: by the graph's inputs, its states, a constant or an earlier node, whose output says so.
    DefinedBeforeUse,
    /// The output type is the one that the op infers.
    TypesAgree,
    /// A constant has the bytes that its type needs.
    ConstantBytes,
    /// Scales are positive and finite, as many as zero points: one, or one per index of the axis.
    QuantShape,
    /// Zero points lie in the range of their element type.
    QuantRange,
    /// There is an output, and inputs are inputs.
    Interface,
    /// A state is a state, listed once, and its next value has its type.
    States,
    /// The forest of a tree ensemble is constant, its indices lead somewhere and its walks end.
    Trees,
}

/// A rule and where it is broken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("graph rule {rule}: {place}")]
pub struct VerifyError {
    pub rule: Rule,
    pub place: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Checks every [`Rule`].
pub fn verify(graph: &Graph) -> Result<(), VerifyError> {
    let err = |rule, place: String| Err(VerifyError { rule, place });
    let exists = |id: &ValueId| id.0 < graph.values.len();
    for node in &graph.nodes {
        if !node.inputs.iter().chain(&node.outputs).all(exists) {
            return err(Rule::IdsExist, format!("{} uses a value that is not there", node.op));
        }
    }
    let states = graph.states.iter().flat_map(|s| [&s.input, &s.next]);
    if !graph.inputs.iter().chain(&graph.outputs).chain(states).all(exists) {
        return err(Rule::IdsExist, "an input or output of the graph is not there".into());
    }
    if graph.outputs.is_empty() {
        return err(Rule::Interface, "the graph has no output".into());
    }
    let mut given: Vec<bool> = graph.values.iter().map(|v| matches!(v.source, Source::Constant(_))).collect();
    graph.inputs.iter().for_each(|id| given[id.0] = true);
    for state in &graph.states {
        if std::mem::replace(&mut given[state.input.0], true) {
            return err(Rule::States, format!("{} is given twice", graph.values[state.input.0].name));
        }
    }
    for (i, node) in graph.nodes.iter().enumerate() {
        if let Some(id) = node.inputs.iter().find(|id| !given[id.0]) {
            let place = format!("node {i} ({}) reads {} before it exists", node.op, graph.values[id.0].name);
            return err(Rule::DefinedBeforeUse, place);
        }
        if node.outputs.iter().any(|id| graph.values[id.0].source != Source::Node(i)) {
            return err(Rule::DefinedBeforeUse, format!("node {i} ({}) does not own its output", node.op));
        }
        for id in &node.outputs {
            if std::mem::replace(&mut given[id.0], true) {
                let place = format!("node {i} ({}) gives {} twice", node.op, graph.values[id.0].name);
                return err(Rule::DefinedBeforeUse, place);
            }
        }
        let types: Vec<_> = node.inputs.iter().map(|&id| graph.ty(id)).collect();
        let inferred = infer(&node.op, &types)
            .or_else(|e| err(Rule::TypesAgree, format!("node {i}: {e}")).map(|()| Vec::new()))?;
        let found: Vec<_> = node.outputs.iter().map(|&id| graph.ty(id)).collect();
        let agree = inferred.len() == found.len()
            && inferred.iter().zip(&found).all(|(a, b)| (a.dtype, &a.shape) == (b.dtype, &b.shape));
        if !agree {
            let list = |types: Vec<&TensorType>| types.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(", ");
            let (found, inferred) = (list(found), list(inferred.iter().collect()));
            return err(Rule::TypesAgree, format!("node {i} ({}): {found} should be {inferred}", node.op));
        }
    }
    let nexts = graph.states.iter().map(|state| &state.next);
    if let Some(id) = graph.outputs.iter().chain(nexts).find(|id| !given[id.0]) {
        return err(
            Rule::DefinedBeforeUse,
            format!("{} leaves the graph, but nothing gives it", graph.values[id.0].name),
        );
    }
    for value in &graph.values {
        if let Source::Constant(t) = &value.source
            && (t.data.len() != t.ty.bytes() || t.ty != value.ty)
        {
            return err(Rule::ConstantBytes, value.name.clone());
        }
        let Some(q) = &value.ty.quant else { continue };
        let n = q.scales.len();
        let per_axis = value.ty.shape.get(q.axis) == Some(&n);
        if q.zero_points.len() != n || !(n == 1 || per_axis) || q.scales.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
            return err(Rule::QuantShape, value.name.clone());
        }
        let range = match value.ty.dtype {
            DType::I8 => -128..=127,
            DType::U8 => 0..=255,
            DType::I16 => -32768..=32767,
            _ => 0..=0,
        };
        if q.zero_points.iter().any(|z| !range.contains(z)) {
            return err(Rule::QuantRange, value.name.clone());
        }
    }
    for (i, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.op == Op::TreeEnsemble) {
        let features = graph.ty(node.inputs[0]).shape[1];
        let constants: Option<Vec<&Tensor>> = node.inputs[1..].iter().map(|&id| graph.tensor(id)).collect();
        let forest = constants.ok_or_else(|| "its forest is not constant".to_string());
        if let Err(why) = forest.and_then(|constants| Forest::read(&constants, features)) {
            return err(Rule::Trees, format!("node {i} ({}): {why}", node.op));
        }
    }
    for &id in &graph.inputs {
        if graph.values[id.0].source != Source::Input {
            return err(Rule::Interface, format!("{} is not an input", graph.values[id.0].name));
        }
    }
    for state in &graph.states {
        let name = &graph.values[state.input.0].name;
        if graph.values[state.input.0].source != Source::State {
            return err(Rule::States, format!("{name} is not a state"));
        }
        if graph.ty(state.input) != graph.ty(state.next) {
            return err(
                Rule::States,
                format!("{name} is {}, its next value {}", graph.ty(state.input), graph.ty(state.next)),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Activation, Node, Op, Quant, State, Tensor, TreeNode, Value};

    fn good() -> Graph {
        let mut g = Graph::new("g");
        let x =
            g.input("x", TensorType { quant: Some(Quant::per_tensor(0.5, 3)), ..TensorType::new(DType::I8, &[1, 4]) });
        let w = g.constant("w", Tensor { ty: TensorType::new(DType::I8, &[2, 4]), data: vec![1; 8] });
        let b = g.constant("b", Tensor { ty: TensorType::new(DType::I32, &[2]), data: vec![0; 8] });
        let op = Op::FullyConnected { activation: Activation::None };
        let y = g.push("y", op, &[x, w, b], Some(Quant::per_tensor(0.5, 3))).unwrap();
        g.outputs.push(y);
        g
    }

    fn check(rule: Rule, break_it: impl FnOnce(&mut Graph)) {
        let mut g = good();
        verify(&g).unwrap();
        break_it(&mut g);
        assert_eq!(verify(&g).unwrap_err().rule, rule);
    }

    #[test]
    fn each_rule_names_its_broken_graph() {
        check(Rule::IdsExist, |g| g.nodes[0].inputs[0] = ValueId(99));
        check(Rule::DefinedBeforeUse, |g| g.nodes[0].inputs[0] = g.nodes[0].outputs[0]);
        check(Rule::DefinedBeforeUse, |g| g.inputs.clear());
        check(Rule::DefinedBeforeUse, |g| {
            let left = Value { name: "left".into(), ty: TensorType::new(DType::F32, &[1]), source: Source::Node(0) };
            g.values.push(left);
            g.outputs.push(ValueId(4));
        });
        check(Rule::TypesAgree, |g| g.values[3].ty.shape = vec![1, 3]);
        check(Rule::TypesAgree, |g| {
            // An empty piece that begins past the end.
            let op = Op::Slice { start: vec![0, 5], step: vec![1, 1], size: vec![1, 0] };
            let x = &g.values[0].ty;
            let ty = TensorType { shape: vec![1, 0], ..x.clone() };
            g.values.push(Value { name: "piece".into(), ty, source: Source::Node(1) });
            g.nodes.push(Node { op, inputs: vec![ValueId(0)], outputs: vec![ValueId(4)] });
        });
        check(Rule::ConstantBytes, |g| {
            let Source::Constant(t) = &mut g.values[1].source else { panic!() };
            Arc::make_mut(t).data.pop();
        });
        check(Rule::QuantShape, |g| g.values[0].ty.quant = Some(Quant::per_tensor(-1.0, 0)));
        check(Rule::QuantRange, |g| g.values[0].ty.quant = Some(Quant::per_tensor(1.0, 200)));
        check(Rule::Interface, |g| g.outputs.clear());
        check(Rule::States, |g| g.states.push(State { input: ValueId(1), next: ValueId(3) }));
        check(Rule::States, |g| {
            let state = g.state("s", TensorType::new(DType::F32, &[1]));
            g.states.push(State { input: state, next: state });
        });
        check(Rule::DefinedBeforeUse, |g| {
            let state = g.state("s", TensorType::new(DType::F32, &[1]));
            g.outputs.push(state);
            g.states.clear();
        });
        check(Rule::Trees, |g| {
            let x = g.input("rows", TensorType::new(DType::F32, &[1, 3]));
            let mut forest = Forest::new(vec![0.0], 1);
            forest.grow(0, 0, &[TreeNode::Leaf(vec![1.0])]).unwrap();
            forest.push(g, "trees", x).unwrap();
            let id = g.nodes[1].inputs[1];
            // The root becomes a split that is not there.
            let Source::Constant(t) = &mut g.values[id.0].source else { panic!() };
            Arc::make_mut(t).data = [0i32, 5].iter().flat_map(|v| v.to_le_bytes()).collect();
        });
    }
}
