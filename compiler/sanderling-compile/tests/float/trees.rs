//! Tree ensembles: every test, missing values, wide leaves, and both sizes of nodes.

use sanderling_ir::{DType, Forest, Graph, Module, Split, Tensor, TensorType, Test, TreeNode};

use crate::gpu;
use crate::harness::{check_on, real, values};

/// Values that tests might get wrong.
const SPECIAL: [f32; 14] =
    [f32::NAN, 0.0, -0.0, 1e-36, -1e-35, 1.0, 0.99999994, 33.0, 2.9, -0.5, -7.0, f32::INFINITY, f32::NEG_INFINITY, 3e9];

fn number(seed: &mut u32) -> usize {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*seed >> 8) as usize
}

fn test(seed: &mut u32) -> Test {
    let t = SPECIAL[1 + number(seed) % (SPECIAL.len() - 1)];
    match number(seed) % 4 {
        0 => Test::Less(t),
        1 => Test::AtMost(t),
        2 => Test::Equal(t),
        _ => Test::In([number(seed) as u32, number(seed) as u32].into()),
    }
}

/// A tree of so many splits: each new one takes the place of a leaf.
fn tree(seed: &mut u32, splits: usize, features: usize, width: usize) -> Vec<TreeNode> {
    let leaf =
        |seed: &mut u32| TreeNode::Leaf((0..width).map(|_| number(seed) as f32 / (1 << 24) as f32 - 0.5).collect());
    let mut nodes = vec![leaf(seed)];
    for _ in 0..splits {
        let leaves: Vec<usize> = (0..nodes.len()).filter(|&i| matches!(nodes[i], TreeNode::Leaf(_))).collect();
        let at = leaves[number(seed) % leaves.len()];
        let (yes, no) = (nodes.len(), nodes.len() + 1);
        let (missing, zero_is_missing) = (number(seed).is_multiple_of(2), number(seed).is_multiple_of(2));
        let feature = number(seed) % features;
        nodes.extend([leaf(seed), leaf(seed)]);
        nodes[at] = TreeNode::Split(Split { feature, test: test(seed), missing, zero_is_missing, yes, no });
    }
    nodes
}

fn check_forest(splits: usize, features: usize, width: usize, outputs: usize, rows: usize) {
    let mut seed = (splits * 7 + features * 3 + width) as u32;
    let mut forest = Forest::new((0..outputs).map(|i| i as f32 * 0.25).collect(), width);
    for i in 0..5 {
        let target = i % (outputs - width + 1);
        forest.grow(target, 0, &tree(&mut seed, splits, features, width)).unwrap();
    }
    let mut graph = Graph::new("main");
    let x = graph.input("x", real(&[rows, features]));
    let y = forest.push(&mut graph, "y", x).unwrap();
    graph.outputs.push(y);
    let mut input = values(1, &[rows, features]).as_f32();
    input.iter_mut().for_each(|v| {
        if number(&mut seed).is_multiple_of(2) {
            *v = SPECIAL[number(&mut seed) % SPECIAL.len()];
        }
    });
    let input = Tensor::from_f32(TensorType::new(DType::F32, &[rows, features]), &input);
    let what = format!("{splits} splits, {features} features, {width} of {outputs} outputs");
    check_on(&graph, std::slice::from_ref(&input), &what);
    check_bits_on_gpu(&graph, input, &what);
}

/// A GPU walks to the same leaves and sums them in the same order: to the last bit.
fn check_bits_on_gpu(graph: &Graph, input: Tensor, what: &str) {
    let expected = sanderling_oracle::Oracle::new(graph).run(std::slice::from_ref(&input)).unwrap();
    let module = Module::new("test", graph.clone());
    for outputs in gpu::run(&module, &[vec![input]], what).into_iter().flatten() {
        assert!(outputs[0] == expected[0].data, "{what}: the sums on a GPU are not those of the oracle");
    }
}

#[test]
fn trees_agree_with_the_oracle() {
    for (splits, features, width, outputs) in
        [(0, 1, 1, 1), (1, 2, 1, 1), (7, 3, 1, 1), (40, 5, 1, 3), (40, 5, 3, 3), (100, 9, 2, 5), (3, 4095, 1, 1)]
    {
        check_forest(splits, features, width, outputs, 64);
    }
    // Too many features, and too many nodes, for the small nodes.
    check_forest(300, 5000, 1, 2, 8);
    check_forest(40_000, 6, 1, 1, 8);
}

/// Leaves are exact, and so are sums: the digits of the output are those of the oracle.
#[test]
fn sums_are_those_of_the_trees_in_order() {
    let mut forest = Forest::new(vec![1.0], 1);
    for value in [1e8, 1.0, -1e8] {
        forest.grow(0, 0, &[TreeNode::Leaf(vec![value])]).unwrap();
    }
    let mut graph = Graph::new("main");
    let x = graph.input("x", real(&[1, 1]));
    let y = forest.push(&mut graph, "y", x).unwrap();
    graph.outputs.push(y);
    let zero = Tensor::from_f32(real(&[1, 1]), &[0.0]);
    let expected = sanderling_oracle::Oracle::new(&graph).run(std::slice::from_ref(&zero)).unwrap();
    assert_eq!(expected[0].as_f32(), [0.0]);
    check_on(&graph, std::slice::from_ref(&zero), "order");
    check_bits_on_gpu(&graph, zero, "order");
}
