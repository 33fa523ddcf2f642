//! Each pass on small graphs: what becomes of them, and that they still compute the same.

mod arithmetic;
mod layout;
mod quantized;

use sanderling_format::lcg_bytes;
use sanderling_ir::{DType, Graph, Tensor, TensorType, ValueId, parse, verify};
use sanderling_oracle::Oracle;

use super::Pass;
use crate::quantize::reals;

/// The graph of a function's inputs and body; ` rand` at the end of a constant stands for its elements.
pub fn graph(inputs: &str, body: &str) -> Graph {
    let lines: Vec<String> = body.lines().map(filled).collect();
    let text = format!("module \"m\" {{\n func \"main\"({inputs}) {{\n{}\n }}\n}}\n", lines.join("\n"));
    let module = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    verify(&module.functions[0]).unwrap();
    module.functions[0].clone()
}

fn filled(line: &str) -> String {
    let Some(head) = line.strip_suffix(" rand") else { return line.to_string() };
    let dims = head.split_once('[').unwrap().1.split_once(']').unwrap().0;
    let count: usize = dims.split('x').map(|d| d.parse::<usize>().unwrap()).product();
    let mut bytes = vec![0; count];
    lcg_bytes(head.len() as u32, &mut bytes);
    let numbers = bytes.iter().map(|&b| match head.contains(": f32") {
        true => format!("{:?}", f32::from(b as i8) / 64.0),
        false => i32::from(b as i8).max(-127).to_string(),
    });
    format!("{head} [{}]", numbers.collect::<Vec<_>>().join(", "))
}

/// Values for the inputs of a graph.
pub fn random_inputs(graph: &Graph, seed: u32) -> Vec<Tensor> {
    let tensor = |(i, &id): (usize, &ValueId)| {
        let ty = graph.ty(id).clone();
        let mut bytes = vec![0; ty.elements() * if ty.dtype == DType::F32 { 1 } else { ty.dtype.bytes() }];
        lcg_bytes(seed + i as u32, &mut bytes);
        match ty.dtype {
            DType::F32 => Tensor::from_f32(ty, &bytes.iter().map(|&b| f32::from(b as i8) / 32.0).collect::<Vec<_>>()),
            _ => Tensor { ty, data: bytes },
        }
    };
    graph.inputs.iter().enumerate().map(tensor).collect()
}

/// The largest difference of the outputs of two graphs, in quanta for quantized ones; 0 for equal bytes.
pub fn difference(a: &Graph, b: &Graph) -> f32 {
    let mut most = 0f32;
    for seed in 1..4 {
        let inputs = random_inputs(a, seed);
        let outputs = [a, b].map(|g| Oracle::new(g).run(&inputs).unwrap());
        for (x, y) in outputs[0].iter().zip(&outputs[1]) {
            assert_eq!(x.ty, y.ty);
            let [x_real, y_real] = [x, y].map(reals);
            let (Some(x_real), Some(y_real)) = (x_real, y_real) else {
                assert_eq!(x.data, y.data);
                continue;
            };
            let scale = x.ty.quant.as_ref().map(|q| q.scales[0]);
            for (x, y) in x_real.iter().zip(&y_real) {
                let unit = scale.unwrap_or(1.0 + x.abs());
                most = most.max(if x == y { 0.0 } else { (x - y).abs() / unit });
            }
        }
    }
    most
}

/// The ops of a graph, in order, separated by spaces.
pub fn ops(graph: &Graph) -> String {
    graph.nodes.iter().map(|node| node.op.name()).collect::<Vec<_>>().join(" ")
}

/// Runs one pass; the outputs may differ by rounding alone.
pub fn after(pass: fn(&Graph) -> Result<Graph, crate::CompileError>, graph: &Graph) -> Graph {
    let new = pass(graph).unwrap();
    verify(&new).unwrap();
    let difference = difference(graph, &new);
    assert!(difference <= 1e-5, "{difference}");
    let names = |g: &Graph| g.outputs.iter().map(|id| g.values[id.0].name.clone()).collect::<Vec<_>>();
    assert_eq!(names(graph), names(&new));
    new
}

#[test]
fn a_second_run_of_all_passes_changes_nothing() {
    let g = graph(
        "%x: f32[1x3x8x8]",
        "%w = const : f32[4x3x3x3] rand
%b = const : f32[4] rand
%m = const : f32[4x1x1] rand
%t = transpose(%x) {perm=[0, 2, 3, 1]} : f32[1x8x8x3]
%c = conv2d(%t, %w, %b) {padding=[1, 1, 1, 1]} : f32[1x8x8x4]
%n = transpose(%c) {perm=[0, 3, 1, 2]} : f32[1x4x8x8]
%s = binary mul(%n, %m) : f32[1x4x8x8]
%r = unary clamp(%s) {min=0.0, max=inf} : f32[1x4x8x8]
%p = reduce mean(%r) {axes=[2, 3], keep_dims=false} : f32[1x4]
return %p",
    );
    let (once, _) = super::run(&g).unwrap();
    assert!(difference(&g, &once) <= 1e-5);
    assert_eq!(ops(&once), "transpose conv2d reduce");
    assert_eq!(super::run(&once).unwrap().0, once);
}

#[test]
fn passes_have_their_names_once_or_run_twice_on_purpose() {
    let names: Vec<&str> = super::PASSES.iter().map(|Pass { name, .. }| *name).collect();
    let twice = names.iter().filter(|name| names.iter().filter(|other| other == name).count() > 1).count();
    assert_eq!((names.len(), twice), (11, 4));
}

#[test]
fn types_of_half_precision_stay_where_they_are_large() {
    let half = |count: usize| {
        let mut g = Graph::new("main");
        let x = g.input("x", TensorType::new(DType::F32, &[count]));
        let ty = TensorType::new(DType::F16, &[count]);
        let c = g.constant("c", Tensor { data: vec![0x3c; ty.bytes()], ty });
        let c = g.push("wide", sanderling_ir::Op::Cast { dtype: DType::F32 }, &[c], None).unwrap();
        let kind = sanderling_ir::BinaryKind::Add;
        let y = g.push("y", sanderling_ir::Op::Binary { kind, activation: Default::default() }, &[x, c], None).unwrap();
        g.outputs.push(y);
        ops(&after(super::fold_constants::run, &g))
    };
    assert_eq!(half(128), "binary");
    assert_eq!(half(129), "cast binary");
}
