//! Graphs that move elements, and on plain integers.

use sanderling_ir::{BinaryKind, Coordinates, DType, Module, Op, PadMode, ReduceKind, ResizeMode, UnaryKind};

use super::build::{Build, binary, plain};

pub fn modules() -> Vec<Module> {
    vec![moves(), borders(), choices(), integers()]
}

fn moves() -> Module {
    let mut b = Build::new("moves");
    let x = b.input(plain(DType::I16, &[2, 3, 5, 4]));
    let y = b.node(Op::Transpose { perm: vec![3, 1, 2, 0] }, &[x], None);
    b.node(Op::Slice { start: vec![1, 0, 4, 1], step: vec![1, 2, -2, -1], size: vec![2, 2, 3, 2] }, &[y], None);
    b.node(Op::Reshape { shape: vec![6, 20] }, &[x], None);
    let narrow = b.input(plain(DType::I64, &[3, 1, 4]));
    b.node(Op::Broadcast { shape: vec![2, 3, 5, 4] }, &[narrow], None);
    b.module()
}

fn borders() -> Module {
    let mut b = Build::new("borders");
    let x = b.input(plain(DType::F32, &[1, 3, 5, 2]));
    for mode in [PadMode::Constant(1.0), PadMode::Edge, PadMode::Reflect] {
        b.node(Op::Pad { before: vec![0, 2, 0, 1], after: vec![0, 1, 3, 0], mode }, &[x], None);
    }
    let (mode, coordinates) = (ResizeMode::NearestRound, Coordinates::HalfPixel);
    b.node(Op::Resize { size: [7, 2], mode, coordinates }, &[x], None);
    b.module()
}

fn choices() -> Module {
    let mut b = Build::new("choices");
    let condition = b.input(plain(DType::Bool, &[3, 5, 1]));
    let (p, q) = (b.input(plain(DType::F32, &[2, 3, 5, 4])), b.constant(plain(DType::F32, &[4])));
    let y = b.node(Op::Select, &[condition, p, q], None);
    b.node(Op::TopK { k: 3 }, &[y], None);
    b.node(Op::ArgMax { axis: 1, dtype: DType::I64 }, &[y], None);
    let (table, places) = (b.constant(plain(DType::F32, &[6, 3])), b.input(plain(DType::I64, &[7])));
    b.node(Op::Gather { axis: 0 }, &[table, places], None);
    b.module()
}

fn integers() -> Module {
    let mut b = Build::new("integers");
    let (p, q) = (b.input(plain(DType::I32, &[2, 3, 7])), b.input(plain(DType::I32, &[7])));
    let sum = b.node(binary(BinaryKind::Add), &[p, q], None);
    b.node(binary(BinaryKind::Div), &[p, q], None);
    b.node(binary(BinaryKind::Pow), &[p, q], None);
    b.node(Op::Unary { kind: UnaryKind::Clamp { min: -3.0, max: 100.0 } }, &[sum], None);
    b.node(Op::Reduce { kind: ReduceKind::Prod, axes: vec![0, 2], keep_dims: false }, &[sum], None);
    let wide = b.node(Op::Cast { dtype: DType::I64 }, &[sum], None);
    b.node(Op::Cast { dtype: DType::F16 }, &[wide], None);
    b.module()
}
