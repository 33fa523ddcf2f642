//! Forests of any shape, with nodes that make sense and nodes that do not.

use proptest::prelude::*;
use sanderling_format::calls::{ForestNode, ForestTest, TreeEnsemble};
use sanderling_format::{CONSTANTS, READS};

use crate::harness::{APART, Case, Stream};

/// Values that tests tell apart, missing ones and those next to zero among them.
const VALUES: [f32; 12] = [-2.0, -1.0, -1e-36, -0.0, 0.0, 1e-36, 0.5, 1.0, 2.0, 40.0, f32::NAN, f32::INFINITY];
const SETS: [u32; 4] = [2, 0b101, 1 << 8, 0];

fn value(stream: &mut Stream) -> f32 {
    VALUES[usize::from(stream.byte()) % VALUES.len()]
}

/// A node that goes forward, now and then beyond the last.
fn node(stream: &mut Stream, features: u32, is_plain: bool) -> ForestNode {
    let kind = if is_plain { 0 } else { stream.byte() % 3 };
    let test = [ForestTest::AtMost, ForestTest::Equal, ForestTest::In][usize::from(kind)];
    let value = if test == ForestTest::In { u32::from(stream.byte() % 4) } else { value(stream).to_bits() };
    ForestNode {
        value,
        test,
        missing: stream.byte().is_multiple_of(2),
        zero_is_missing: !is_plain && stream.byte().is_multiple_of(2),
        feature: u32::from(stream.byte()) % (features + 1),
        skip: u32::from(stream.byte() % 7),
    }
}

proptest! {
    #[test]
    fn forests_are_the_plain_ones(
        (rows, features, trees, outputs) in (1u32..140, 1u32..6, 0u32..70, 1u32..4),
        (width, nodes, small, is_plain) in (1u32..3, 1u32..60, any::<bool>(), any::<bool>()),
        seed in any::<u32>(),
    ) {
        let (width, mut stream) = (width.min(outputs), Stream(seed));
        let mut packed = vec![];
        (0..nodes).for_each(|_| node(&mut stream, features, is_plain).encode(small, &mut packed));
        let words = |values: Vec<u32>| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let numbers = |n: u32, stream: &mut Stream| words((0..n).map(|_| value(stream).to_bits()).collect());
        // Roots and targets beyond the last are no forest of the compiler's, but must not differ either.
        let roots = (0..trees * 2).map(|i| u32::from(stream.byte()) % if i % 2 == 0 { nodes + 2 } else { outputs + 1 });
        let roots = words(roots.collect());
        let mut reads: [Option<Vec<u8>>; READS] = Default::default();
        let leaves_len = if width == 1 { 0 } else { 300 };
        reads[0] = Some(numbers(rows * features, &mut stream));
        reads[1] = Some(roots);
        reads[2] = Some(packed);
        reads[3] = Some(numbers(leaves_len, &mut stream));
        reads[4] = Some(words(SETS.to_vec()));
        reads[5] = Some(numbers(outputs, &mut stream));
        let at = |index: u32| CONSTANTS | index << 20;
        let call = TreeEnsemble {
            rows, features, trees, outputs, width,
            node_bytes: if small { 8 } else { 12 },
            nodes_len: nodes,
            leaves_len,
            sets_len: SETS.len() as u32,
            input: 0, roots: at(1), nodes: at(2), leaves: at(3), sets: at(4), base: at(5),
            output: APART,
        };
        Case { reads, ..Case::new(call, seed) }.equal();
    }
}

/// The nodes of a tree of so many leaves, depth first: how many are behind each yes is chance.
fn tree(stream: &mut Stream, features: u32, leaves: u32, is_plain: bool) -> Vec<ForestNode> {
    let own = ForestNode { skip: 0, ..node(stream, features, is_plain) };
    if leaves == 1 {
        return vec![ForestNode { value: value(stream).to_bits(), ..own }];
    }
    let behind = 1 + (u32::from(stream.byte()) * (leaves - 1)) / 256;
    let yes = tree(stream, features, behind, is_plain);
    let no = tree(stream, features, leaves - behind, is_plain);
    // Every feature is there in nearly all of them.
    let feature = own.feature.min(features - u32::from(stream.byte() > 0));
    [vec![ForestNode { feature, skip: yes.len() as u32 + 1, ..own }], yes, no].concat()
}

proptest! {
    #[test]
    fn trees_of_all_sizes_are_the_plain_ones(
        (rows, features, trees, outputs) in (1u32..700, 1u32..9, 1u32..6, 1u32..4),
        leaves in prop::sample::select(vec![1u32, 2, 15, 31, 32, 33, 64, 65, 200, 256, 257, 300]),
        (small, is_plain) in (any::<bool>(), any::<bool>()),
        seed in any::<u32>(),
    ) {
        let mut stream = Stream(seed);
        let (mut packed, mut roots, mut nodes_len) = (vec![], vec![], 0);
        for _ in 0..trees {
            roots.extend([nodes_len, u32::from(stream.byte()) % outputs]);
            let nodes = tree(&mut stream, features, leaves, is_plain);
            nodes_len += nodes.len() as u32;
            nodes.iter().for_each(|node| node.encode(small, &mut packed));
        }
        let words = |values: Vec<u32>| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let numbers = |n: u32, stream: &mut Stream| words((0..n).map(|_| value(stream).to_bits()).collect());
        let mut reads: [Option<Vec<u8>>; READS] = Default::default();
        reads[0] = Some(numbers(rows * features, &mut stream));
        reads[1] = Some(words(roots));
        reads[2] = Some(packed);
        reads[3] = Some(vec![]);
        reads[4] = Some(words(SETS.to_vec()));
        reads[5] = Some(numbers(outputs, &mut stream));
        let at = |index: u32| CONSTANTS | index << 20;
        let call = TreeEnsemble {
            rows, features, trees, outputs,
            width: 1,
            node_bytes: if small { 8 } else { 12 },
            nodes_len,
            leaves_len: 0,
            sets_len: SETS.len() as u32,
            input: 0, roots: at(1), nodes: at(2), leaves: at(3), sets: at(4), base: at(5),
            output: APART,
        };
        Case { reads, ..Case::new(call, seed) }.equal();
    }
}
