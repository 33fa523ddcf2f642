//! What counts of a value: the rest may be clipped, because what reads it makes the same of it.

use sanderling_ir::{Activation, BinaryKind, Graph, Op, Source, ValueId};

use crate::passes::tools::uses;

/// How far below the largest of a row the results of a softmax round to zero: `ln 512`, half a step of 1/256.
const DEPTH: f32 = 6.24;

/// The values of which not everything counts: those that a softmax alone reads, or a sum that is cut off at zero.
pub struct Effective {
    /// By value: the depth below the largest that counts, and the length of a row.
    softmax: Vec<Option<(f32, usize)>>,
    /// By value: the other one of a sum that is cut off at zero, and the share of what lies below zero that is this one's.
    addend: Vec<Option<(ValueId, f32)>>,
}

impl Effective {
    pub fn new(graph: &Graph) -> Effective {
        let uses = uses(graph);
        let mut softmax = vec![None; graph.values.len()];
        let mut addend = vec![None; graph.values.len()];
        for node in &graph.nodes {
            if is_cut_sum(&node.op) {
                let (a, b) = (node.inputs[0], node.inputs[1]);
                let source = |id: ValueId| &graph.values[id.0].source;
                // What comes from outside keeps its range.
                let are_alone = [a, b].map(|id| uses[id.0] == 1 && matches!(source(id), Source::Node(_)));
                let share = if are_alone == [true; 2] { 0.5 } else { 1.0 };
                // Constants and states are not seen in runs.
                let is_seen = |id: ValueId| matches!(source(id), Source::Node(_) | Source::Input);
                let fits = a != b && graph.ty(a).shape == graph.ty(b).shape && is_seen(a) && is_seen(b);
                let pairs = [(a, b), (b, a)].into_iter().zip(are_alone);
                for ((one, other), _) in pairs.filter(|(_, is_alone)| fits && *is_alone) {
                    addend[one.0] = Some((other, share));
                }
            }
            let x = node.inputs[0];
            if let Op::Softmax { beta } = node.op
                && beta > 0.0
                && uses[x.0] == 1
            {
                softmax[x.0] = Some((DEPTH / beta, graph.ty(x).shape.last().copied().unwrap_or(1).max(1)));
            }
        }
        Effective { softmax, addend }
    }

    /// The elements of a value with what counts for nothing raised to where it begins to count.
    pub fn of(&self, id: ValueId, mut values: Vec<f32>) -> Vec<f32> {
        if let Some((depth, row)) = self.softmax[id.0] {
            for row in values.chunks_mut(row) {
                let least = row.iter().copied().fold(f32::NEG_INFINITY, f32::max) - depth;
                row.iter_mut().for_each(|v| *v = v.max(least));
            }
        }
        values
    }

    /// The other value of a sum that is cut off at zero, if a value counts in that sum alone.
    pub fn addend(&self, id: ValueId) -> Option<ValueId> {
        self.addend[id.0].map(|(other, _)| other)
    }

    /// Whether a value belongs to a sum that is cut off at zero.
    pub fn is_addend(&self, id: ValueId) -> bool {
        self.addend[id.0].is_some() || self.addend.iter().flatten().any(|(other, _)| *other == id)
    }

    /// The elements of a value, raised to where its sum with the `other` one is zero: less of it counts for nothing.
    pub fn raised(&self, id: ValueId, values: &[f32], other: &[f32]) -> Vec<f32> {
        let share = self.addend[id.0].map_or(0.0, |(_, share)| share);
        values.iter().zip(other).map(|(v, o)| v + share * (-(v + o)).max(0.0)).collect()
    }
}

/// Whether an op adds and keeps nothing below zero.
fn is_cut_sum(op: &Op) -> bool {
    let cuts = matches!(op.activation(), Activation::Relu | Activation::Relu6);
    cuts && matches!(op, Op::Binary { kind: BinaryKind::Add, .. })
}

#[cfg(test)]
mod tests {
    use super::super::{Method, calibrate};
    use super::*;
    use crate::passes::tests::{graph, random_inputs};

    const SUM: &str = "%c = const : f32[1] [3.0]
%m = binary mul(%x, %c) : f32[1x64]
%s = binary add(%x, %m) {activation=relu} : f32[1x64]
return %s";

    #[test]
    fn what_a_sum_cuts_off_has_no_part_in_the_range() {
        let of = |body: &str| {
            let real = graph("%x: f32[1x64]", body);
            let samples: Vec<_> = (1..9).map(|seed| vec![random_inputs(&real, seed).remove(0)]).collect();
            let ranges = calibrate(&real, &samples, Method::MinMax).unwrap();
            ranges.get(real.nodes[0].outputs[0]).unwrap()
        };
        let cut = of(SUM);
        let whole = of(&SUM.replace("activation=relu", "activation=none"));
        assert!(cut.min >= 0.0 && whole.min < 0.0 && cut.max == whole.max, "{cut:?} {whole:?}");
    }

    #[test]
    fn two_values_share_what_lies_below_zero() {
        let real = graph(
            "%x: f32[1x3], %y: f32[1x3]",
            "%a = unary neg(%x) : f32[1x3]
%b = unary neg(%y) : f32[1x3]
%s = binary add(%a, %b) {activation=relu} : f32[1x3]
return %s",
        );
        let effective = Effective::new(&real);
        let [a, b] = [0, 1].map(|i| real.nodes[i].outputs[0]);
        assert_eq!((effective.addend(a), effective.addend(b)), (Some(b), Some(a)));
        let (v, o) = ([-3.0, 1.0, 2.0], [1.0, -4.0, -1.0]);
        assert_eq!(effective.raised(a, &v, &o), [-2.0, 2.5, 2.0]);
        assert_eq!(effective.raised(b, &o, &v), [2.0, -2.5, -1.0]);
    }
}
