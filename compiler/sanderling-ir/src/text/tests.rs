//! Round trips, the look of the text, its errors, and that no text makes the parser panic.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::generate::{Tape, module};
use super::{parse, print};
use crate::*;

fn tapes() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn parse_gives_back_what_was_printed(tape in tapes()) {
        let module = module(&mut Tape::new(&tape));
        for function in &module.functions {
            verify(function).unwrap();
        }
        let text = print(&module);
        match parse(&text) {
            Ok(again) => prop_assert_eq!(again, module, "{}", text),
            Err(e) => prop_assert!(false, "{e}\n{text}"),
        }
    }

    #[test]
    fn broken_text_never_panics(tape in tapes(), edits in prop::collection::vec(any::<(usize, usize, u32)>(), 1..6)) {
        let mut text = print(&module(&mut Tape::new(&tape)));
        for (at, length, what) in edits {
            edit(&mut text, at, length, what);
        }
        if let Ok(module) = parse(&text) {
            for function in &module.functions {
                let _ = verify(function);
            }
            print(&module);
        }
    }
}

/// Deletes, repeats or replaces a piece of the text.
fn edit(text: &mut String, at: usize, length: usize, what: u32) {
    let marks: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
    let start = at % marks.len();
    let end = (start + length % 12).min(marks.len() - 1);
    let (start, end) = (marks[start], marks[end]);
    let pieces =
        ["", "%", "\"", "99999999999999999999", "2147483647", "-1", "0", "{", "[", "x", "\\u{", "é", "#7", "nan"];
    match what as usize % (pieces.len() + 1) {
        0 => text.insert_str(start, &text[start..end].repeat(3)),
        i => text.replace_range(start..end, pieces[i - 1]),
    }
}

#[test]
fn the_generator_knows_every_op() {
    let mut seen = BTreeSet::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..300 {
        let tape = tapes().new_tree(&mut runner).unwrap().current();
        let module = module(&mut Tape::new(&tape));
        seen.extend(module.functions.iter().flat_map(|f| &f.nodes).map(|node| node.op.name()));
    }
    assert_eq!(seen.len(), 29, "{seen:?}");
}

const EXAMPLE: &str = r#"module "kws" {
  func "main"(%input: i8[1x4x4x2] q(0.5, 3)) {
    %w = const : i8[2x2x1x2] q(0.25, 0) [1, -2, 3, -4, 5, -6, 7, -8]
    %"b ias" = const : i32[2] q(axis=0, [0.125, 1e-5]) [-7, 8]
    %h = state : f32[1x14]
    %conv/1 = conv2d(%input, %w, %"b ias") {stride=[2, 2], padding=[0, 0, 1, 0], activation=relu, rounding=once} : i8[1x2x3x2] q(0.1, -128)
    %y = dequantize(%conv/1) : f32[1x2x3x2]
    %flat = reshape(%y) {shape=[1, 12]} : f32[1x12]
    %wide = pad(%flat) {before=[0, 0], after=[0, 2], value=-inf} : f32[1x14]
    %sum = binary add(%wide, %h) {activation=relu6} : f32[1x14]
    %z = unary clamp(%sum) {min=-1.0, max=1e30} : f32[1x14]
    %top, %top.1 = top_k(%z) {k=2} : f32[1x2], i64[1x2]
    %table = const : f16[3x3] hex"000102030405060708090a0b0c0d0e0f1011"
    next %h = %sum
    return %top, %top.1
  }
}
"#;

#[test]
fn an_example_reads_as_it_should_and_prints_the_same() {
    let module = parse(EXAMPLE).unwrap();
    let main = &module.functions[0];
    verify(main).unwrap();
    assert_eq!(print(&module), EXAMPLE);
    assert_eq!((module.name.as_str(), main.name.as_str()), ("kws", "main"));
    assert_eq!(main.nodes.len(), 7);
    assert_eq!(main.tensor(ValueId(1)).unwrap().as_i8(), [1, -2, 3, -4, 5, -6, 7, -8]);
    assert_eq!(main.states, [State { input: ValueId(3), next: main.nodes[4].outputs[0] }]);
    assert_eq!(main.nodes[4].op.activation(), Activation::Relu6);
}

#[test]
fn comments_and_layout_are_free() {
    let text = "module\"m\"{// first\nfunc \"f\"(%x:f32[2],%x){%y=unary neg(%x):f32[2]return%y}}";
    let module = parse(text).unwrap();
    assert_eq!(module.functions[0].inputs, [ValueId(0), ValueId(0)]);
    assert_eq!(parse(&print(&module)).unwrap(), module);
}

#[test]
fn nan_keeps_its_bits() {
    for bits in [f32::NAN.to_bits(), 0xffc0_0001, 0x7f80_0001] {
        let mut g = Graph::new("main");
        let x = g.input("x", TensorType::new(DType::F32, &[1]));
        let op = Op::Softmax { beta: f32::from_bits(bits) };
        let y = g.push("y", op, &[x], None).unwrap();
        g.outputs.push(y);
        let again = parse(&print(&Module::new("m", g))).unwrap();
        let Op::Softmax { beta } = again.functions[0].nodes[0].op else { panic!() };
        assert_eq!(beta.to_bits(), bits);
    }
}

#[test]
fn errors_say_where_and_what() {
    let body =
        |line: &str| format!("module \"m\" {{\n  func \"f\"(%x: f32[2]) {{\n    {line}\n    return %x\n  }}\n}}");
    for (line, column, why) in [
        ("%y = unary neg(%z) : f32[2]", 20, "`z` is not defined above"),
        ("%y = unary negate(%x) : f32[2]", 10, "`negate` is none of neg, abs"),
        ("%y = frobnicate(%x) : f32[2]", 10, "there is no op `frobnicate`"),
        ("%y = softmax(%x) {gamma=1} : f32[2]", 10, "softmax has no attribute `gamma`"),
        ("%y = transpose(%x) : f32[2]", 10, "needs the attribute `perm`"),
        ("%y = transpose(%x) {perm=0} : f32[2]", 10, "perm is a list"),
        ("%y = concat(%x) {axis=4294967296} : f32[2]", 10, "axis: 4294967296 is above 2147483647"),
        ("%y = unary neg(%x) : f31[2]", 26, "`f31` is none of f32"),
        ("%y = const : f32[2] [1.0]", 25, "f32[2] takes 8 bytes, found 4"),
        ("%y = const : f32[2] hex\"00zz\"", 31, "`z` is not a hexadecimal digit"),
        ("%y = const : f32[2147483647x2147483647x2147483647] hex\"\"", 18, "does not fit the memory"),
        ("%x = unary neg(%x) : f32[2]", 5, "the name `x` is taken"),
        ("%y#0 = unary neg(%x) : f32[2]", 5, "`x` has the number 0 already"),
        ("%y#9 = unary neg(%x) : f32[2]", 0, "2 values, but none with number 1"),
        ("%\"y = unary neg(%x) : f32[2]", 6, "this quote is never closed"),
        ("y = unary neg(%x)", 5, "expected `%`, found `y`"),
    ] {
        let e = parse(&body(line)).unwrap_err();
        assert!(e.why.contains(why), "{line}: {e}");
        if column > 0 {
            assert_eq!((e.line, e.column), (3, column), "{line}: {e}");
        }
    }
    assert_eq!(parse("").unwrap_err().to_string(), "line 1, column 1: expected `module`, found the end of the text");
}
