//! Tree ensembles: nodes depth first, as small as their numbers allow.

use std::collections::HashMap;
use std::sync::Arc;

use sanderling_format::calls::{ForestNode, ForestTest, NODE_BYTES, TreeEnsemble};
use sanderling_ir::{Child, Forest, Split, Tensor, Test};

use super::Site;
use crate::CompileError;

pub fn lower(site: &mut Site) -> Result<u32, CompileError> {
    let (rows, features) = (site.ty(0).shape[0], site.ty(0).shape[1]);
    let constants: Vec<&Tensor> = (1..site.node.inputs.len()).map(|i| site.constant(i)).collect::<Result<_, _>>()?;
    let forest = Forest::read(&constants, features).or_else(|why| site.fail(why))?;
    let mut packed = Packed::default();
    let mut roots = Vec::new();
    for root in &forest.roots {
        roots.extend([packed.nodes.len() as u32, root.target as u32]);
        packed.tree(&forest, root.child);
    }
    let small = packed.nodes.iter().all(ForestNode::is_small);
    let mut nodes = Vec::new();
    packed.nodes.iter().for_each(|node| node.encode(small, &mut nodes));
    let leaves = if forest.width == 1 { &[][..] } else { &forest.leaves[..] };
    let words = |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let bits = |values: &[f32]| words(&values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
    let (input, output) = (site.at(0), site.out_at());
    // Of what has no bytes any place will do.
    let mut constant = |bytes: &[u8]| if bytes.is_empty() { 0 } else { site.artifact.constant(bytes) };
    let call = TreeEnsemble {
        rows: rows as u32,
        features: features as u32,
        trees: forest.roots.len() as u32,
        outputs: forest.base.len() as u32,
        width: forest.width as u32,
        node_bytes: NODE_BYTES[if small { 0 } else { 1 }],
        nodes_len: packed.nodes.len() as u32,
        leaves_len: leaves.len() as u32,
        sets_len: packed.sets.len() as u32,
        input,
        roots: constant(&words(&roots)),
        nodes: constant(&nodes),
        leaves: constant(&bits(leaves)),
        sets: constant(&words(&packed.sets)),
        base: constant(&bits(&forest.base)),
        output,
    };
    site.call(&call)
}

/// Nodes and sets as kernels read them.
#[derive(Default)]
struct Packed {
    nodes: Vec<ForestNode>,
    sets: Vec<u32>,
    places: HashMap<Arc<[u32]>, u32>,
}

impl Packed {
    fn tree(&mut self, forest: &Forest, root: Child) {
        // Children to place, with the split whose `no` they are.
        let mut open: Vec<(Child, Option<usize>)> = vec![(root, None)];
        while let Some((child, parent)) = open.pop() {
            let at = self.nodes.len();
            if let Some(parent) = parent {
                self.nodes[parent].skip = (at - parent) as u32;
            }
            match child {
                Child::Split(i) => {
                    let split = &forest.splits[i];
                    open.extend([(split.no, Some(at)), (split.yes, None)]);
                    let node = self.split(split);
                    self.nodes.push(node);
                }
                Child::Leaf(leaf) => {
                    let value =
                        if forest.width == 1 { forest.leaves[leaf].to_bits() } else { (leaf * forest.width) as u32 };
                    let (missing, zero_is_missing, feature, skip) = (false, false, 0, 0);
                    self.nodes.push(ForestNode {
                        value,
                        test: ForestTest::AtMost,
                        missing,
                        zero_is_missing,
                        feature,
                        skip,
                    });
                }
            }
        }
    }

    fn split(&mut self, split: &Split<Child>) -> ForestNode {
        let (test, value) = match &split.test {
            Test::AtMost(t) => (ForestTest::AtMost, t.to_bits()),
            // Nothing is below minus infinity, and nothing is at most NaN.
            Test::Less(f32::NEG_INFINITY) => (ForestTest::AtMost, f32::NAN.to_bits()),
            Test::Less(t) => (ForestTest::AtMost, t.next_down().to_bits()),
            Test::Equal(t) => (ForestTest::Equal, t.to_bits()),
            Test::In(set) => (ForestTest::In, self.set(set)),
        };
        let Split { missing, zero_is_missing, .. } = *split;
        ForestNode { value, test, missing, zero_is_missing, feature: split.feature as u32, skip: 0 }
    }

    /// Where a set begins; equal ones share their place.
    fn set(&mut self, set: &Arc<[u32]>) -> u32 {
        if let Some(&place) = self.places.get(set) {
            return place;
        }
        let place = self.sets.len() as u32;
        self.sets.push(set.len() as u32);
        self.sets.extend(set.iter());
        self.places.insert(set.clone(), place);
        place
    }
}
