//! Errors name the place, and what would work.

use super::*;

#[test]
fn an_unknown_op_is_named_with_its_node() {
    let mut file = one(17, &[2], "Frobnicate", vec![]);
    file.graph.node[0].name = "layer7".into();
    let error = file.error();
    assert!(error.contains("Frobnicate") && error.contains("layer7") && error.contains("node 0"), "{error}");
}

#[test]
fn another_domain_is_refused() {
    let mut file = one(17, &[2], "Relu", vec![]);
    file.graph.node[0].domain = "my.ops".into();
    assert!(file.error().contains("my.ops"));
}

#[test]
fn an_open_dimension_asks_for_the_flag() {
    let dims = [Dim::Open("n"), Dim::Fixed(3), Dim::Open("height"), Dim::Open("width")];
    let file = File::new(17).open_input("image", &dims).node("Relu", "image", "y", vec![]).output("y");
    let error = file.error();
    assert!(error.contains("dimension 2 (\"height\")") && error.contains("--shape image=1x3x96x96"), "{error}");

    let graph = file.import_with("image", &[2, 3, 8, 9]).unwrap().functions.remove(0);
    assert_eq!(graph.ty(graph.outputs[0]).shape, [2, 3, 8, 9]);
}

#[test]
fn a_batch_is_one_and_symbols_are_shared() {
    let file = File::new(17)
        .open_input("state", &[Dim::Fixed(2), Dim::Open("batch")])
        .open_input("x", &[Dim::Open("batch"), Dim::Fixed(5)])
        .node("Relu", "x", "y", vec![])
        .output("y");
    let shapes = |module: Module| -> Vec<Vec<usize>> {
        module.functions[0].inputs.iter().map(|&id| module.functions[0].ty(id).shape.clone()).collect()
    };
    assert_eq!(shapes(file.import().unwrap()), [vec![2, 1], vec![1, 5]]);
    assert_eq!(shapes(file.import_with("x", &[4, 5]).unwrap()), [vec![2, 4], vec![4, 5]]);
    // The only dimension of an input is no batch.
    let file = File::new(17).open_input("x", &[Dim::Open("n")]).node("Relu", "x", "y", vec![]).output("y");
    assert!(file.error().contains("--shape x=96"));
}

#[test]
fn given_shapes_must_fit_the_inputs() {
    let file = one(17, &[2, 3], "Relu", vec![]);
    assert!(file.import_with("z", &[1]).unwrap_err().to_string().contains("it has x"));
    assert!(file.import_with("x", &[1 << 40, 1 << 40]).is_err());
    let open =
        File::new(17).open_input("x", &[Dim::Open("n"), Dim::Fixed(2)]).node("Relu", "x", "y", vec![]).output("y");
    assert!(open.import_with("x", &[1]).unwrap_err().to_string().contains("2 dimensions"));
}

#[test]
fn attributes_are_named_with_what_would_work() {
    let weights = floats("w", &[4, 2, 2, 2], &[0.0; 32]);
    let transposed = |attributes| {
        let file = File::new(17).input("x", &[1, 4, 3, 3]).constant(weights.clone());
        file.node("ConvTranspose", "x w", "y", attributes).output("y").error()
    };
    assert!(transposed(vec![int("group", 3)]).contains("does not fit 3 groups"));
    assert!(transposed(vec![text("auto_pad", "LEFT")]).contains("auto_pad = LEFT is not supported; NOTSET"));
    assert!(one(17, &[1, 1, 4], "Pad", vec![]).error().contains("padding is missing"));
    let cast = one(17, &[1], "Cast", vec![int("to", DataType::String as i64)]).error();
    assert!(cast.contains("STRING"), "{cast}");
    assert!(one(17, &[2, 2], "Softmax", vec![float("axis", 1.0)]).error().contains("axis is not of type INT"));
    assert!(one(17, &[2, 2], "Softmax", vec![int("axis", 2)]).error().contains("no axis 2 among 2"));
}

#[test]
fn values_that_must_be_known_are_named() {
    let file = File::new(17).input("x", &[4]).input("s", &[2]).node("Cast", "s", "shape", vec![int("to", 7)]);
    let error = file.node("Reshape", "x shape", "y", vec![]).output("y").error();
    assert!(error.contains("\"shape\"") && error.contains("--shape"), "{error}");
    let missing = File::new(17).node("Relu", "nothing", "y", vec![]).output("y").error();
    assert!(missing.contains("\"nothing\", which nothing before it gives"), "{missing}");
}

#[test]
fn data_in_other_files_is_refused() {
    let mut tensor = floats("w", &[1], &[]);
    tensor.data_location = Some(1);
    let file = File::new(17).input("x", &[1]).constant(tensor).node("Add", "x w", "y", vec![]).output("y");
    assert!(file.error().contains("another file"));
}
