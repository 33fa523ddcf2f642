//! Values of ops whose meaning is easy to get wrong; expected ones are worked out by hand or by numpy.

use super::*;

fn close(found: &Tensor, expected: &[f32]) {
    let found = found.as_f32();
    let agree = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(agree, "{found:?} is not {expected:?}");
}

fn count(n: usize) -> Vec<f32> {
    (0..n).map(|i| i as f32).collect()
}

#[test]
fn convolution_keeps_the_order_of_channels() {
    // Two input channels, one output: the first channel minus twice the right neighbour in the second.
    let file = File::new(17)
        .input("x", &[1, 2, 1, 3])
        .constant(floats("w", &[1, 2, 1, 2], &[1.0, 0.0, 0.0, -2.0]))
        .constant(floats("b", &[1], &[0.5]))
        .node("Conv", "x w b", "y", vec![])
        .output("y");
    close(&file.run(&[&[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]]), &[1.0 - 40.0 + 0.5, 2.0 - 60.0 + 0.5]);
}

#[test]
fn convolution_in_one_dimension_and_automatic_padding() {
    let weights = || floats("w", &[1, 1, 2], &[1.0, 10.0]);
    let same = |mode: &str| {
        let file = File::new(17).input("x", &[1, 1, 3]).constant(weights());
        file.node("Conv", "x w", "y", vec![text("auto_pad", mode)]).output("y").run(&[&[1.0, 2.0, 3.0]])
    };
    close(&same("SAME_UPPER"), &[21.0, 32.0, 3.0]);
    close(&same("SAME_LOWER"), &[10.0, 21.0, 32.0]);
}

#[test]
fn transposed_convolution_with_output_padding() {
    let file = File::new(17)
        .input("x", &[1, 1, 2])
        .constant(floats("w", &[1, 1, 2], &[1.0, 2.0]))
        .node("ConvTranspose", "x w", "y", vec![list("strides", &[2]), list("output_padding", &[1])])
        .output("y");
    close(&file.run(&[&[1.0, 10.0]]), &[1.0, 2.0, 10.0, 20.0, 0.0]);
}

/// A transposed convolution of `[1, 2, 3, 4]` with weights of this shape.
fn transposed(weights: &[i64], values: &[f32], attributes: Vec<AttributeProto>) -> Tensor {
    let file = File::new(17)
        .input("x", &[1, 2, 3, 4])
        .constant(floats("w", weights, values))
        .node("ConvTranspose", "x w", "y", attributes)
        .output("y");
    file.run(&[&count(24)])
}

#[test]
fn a_dilated_transposed_convolution_is_one_with_zeros_in_its_kernel() {
    let (taps, mut apart) = (count(16), vec![0.0; 2 * 2 * 3 * 3]);
    for (i, tap) in taps.iter().enumerate() {
        apart[i / 4 * 9 + i / 2 % 2 * 6 + i % 2 * 2] = *tap;
    }
    for stride in [1, 2, 3] {
        for pad in [0, 1, 2] {
            let shared = || vec![list("strides", &[stride; 2]), list("pads", &[pad, 0, 1, pad])];
            let dilated = [shared(), vec![list("dilations", &[2, 2])]].concat();
            let found = transposed(&[2, 2, 2, 2], &taps, dilated);
            let expected = transposed(&[2, 2, 3, 3], &apart, shared());
            assert_eq!(found.ty, expected.ty);
            close(&found, &expected.as_f32());
        }
    }
}

#[test]
fn the_groups_of_a_transposed_convolution_are_apart() {
    // Two groups of one channel in and two out, as one group whose other weights are zero.
    let (own, mut all) = (count(2 * 2 * 2 * 3), vec![0.0; 2 * 4 * 2 * 3]);
    for (i, weight) in own.iter().enumerate() {
        let (c, rest) = (i / 12, i % 12);
        all[c * 24 + c * 12 + rest] = *weight;
    }
    let shared = || vec![list("strides", &[2, 1]), list("output_padding", &[1, 0]), list("pads", &[0, 1, 1, 1])];
    let found = transposed(&[2, 2, 2, 3], &own, [shared(), vec![int("group", 2)]].concat());
    let expected = transposed(&[2, 4, 2, 3], &all, shared());
    assert_eq!(found.ty, expected.ty);
    close(&found, &expected.as_f32());
}

#[test]
fn pools_round_up() {
    let attributes = |extra: i64| vec![list("kernel_shape", &[2]), list("strides", &[2]), int("ceil_mode", extra)];
    close(&one(17, &[1, 1, 5], "MaxPool", attributes(1)).run(&[&count(5)]), &[1.0, 3.0, 4.0]);
    close(&one(17, &[1, 1, 5], "MaxPool", attributes(0)).run(&[&count(5)]), &[1.0, 3.0]);
    close(&one(17, &[1, 1, 5], "AveragePool", attributes(1)).run(&[&count(5)]), &[0.5, 2.5, 4.0]);
}

#[test]
fn gemm_scales_and_transposes() {
    let file = File::new(13)
        .input("a", &[2, 1])
        .constant(floats("b", &[2, 2], &[1.0, 2.0, 3.0, 4.0]))
        .constant(floats("c", &[], &[10.0]))
        .node("Gemm", "a b c", "y", vec![int("transA", 1), float("alpha", 2.0), float("beta", 0.5)])
        .output("y");
    close(&file.run(&[&[1.0, 2.0]]), &[2.0 * 7.0 + 5.0, 2.0 * 10.0 + 5.0]);
}

#[test]
fn products_with_vectors() {
    let product = |a: &[i64], b: &[i64]| {
        let file = File::new(17).input("a", a).input("b", b).node("MatMul", "a b", "y", vec![]).output("y");
        let size = |dims: &[i64]| count(dims.iter().product::<i64>() as usize);
        file.run(&[&size(a), &size(b)])
    };
    assert_eq!(product(&[3], &[3]).ty.shape, [0usize; 0]);
    close(&product(&[3], &[3]), &[5.0]);
    close(&product(&[2, 3], &[3]), &[5.0, 14.0]);
    close(&product(&[2], &[2, 2]), &[2.0, 3.0]);
}

#[test]
fn slices_count_from_the_end() {
    let slice = |starts: i64, ends: i64, step: i64| {
        let file = File::new(13)
            .input("x", &[5])
            .constant(ints("s", &[1], &[starts]))
            .constant(ints("e", &[1], &[ends]))
            .constant(ints("a", &[1], &[0]))
            .constant(ints("t", &[1], &[step]));
        file.node("Slice", "x s e a t", "y", vec![]).output("y").run(&[&count(5)])
    };
    close(&slice(-3, i64::MAX, 1), &[2.0, 3.0, 4.0]);
    close(&slice(-1, i64::MIN, -2), &[4.0, 2.0, 0.0]);
    close(&slice(3, 0, -1), &[3.0, 2.0, 1.0]);
    close(&slice(1, -1, 2), &[1.0, 3.0]);
    close(&slice(0, 5, i64::MAX), &[0.0]);
    // Until opset 9 these were attributes.
    let old = vec![list("starts", &[1]), list("ends", &[3])];
    close(&one(9, &[5], "Slice", old).run(&[&count(5)]), &[1.0, 2.0]);
}

#[test]
fn softmax_before_opset_13_covers_all_later_axes() {
    let thirds = [1.0 / 4.0; 4];
    close(&one(11, &[1, 2, 2], "Softmax", vec![int("axis", 1)]).run(&[&[3.0; 4]]), &thirds);
    close(&one(13, &[1, 2, 2], "Softmax", vec![int("axis", 1)]).run(&[&[3.0; 4]]), &[0.5; 4]);
}

#[test]
fn negative_padding_cuts() {
    let attributes = vec![list("pads", &[-1, 2]), float("value", 9.0)];
    close(&one(2, &[3], "Pad", attributes).run(&[&count(3)]), &[1.0, 2.0, 9.0, 9.0]);
}

fn resized(input: i64, scale: f32, attributes: &[(&str, &str)]) -> Tensor {
    let file = File::new(13).input("x", &[1, 1, input]).constant(floats("s", &[3], &[1.0, 1.0, scale]));
    let attributes = attributes.iter().map(|(name, value)| text(name, value)).collect();
    file.node("Resize", "x - s", "y", attributes).output("y").run(&[&count(input as usize)])
}

#[test]
fn resize_by_every_convention() {
    const MODE: &str = "coordinate_transformation_mode";
    close(&resized(2, 2.0, &[(MODE, "asymmetric"), ("nearest_mode", "floor")]), &[0.0, 0.0, 1.0, 1.0]);
    // There is no op for this rounding: a gather does it.
    close(&resized(2, 2.0, &[(MODE, "asymmetric"), ("nearest_mode", "ceil")]), &[0.0, 1.0, 1.0, 1.0]);
    close(&resized(2, 2.0, &[("mode", "linear")]), &[0.0, 0.25, 0.75, 1.0]);
    close(&resized(2, 2.0, &[("mode", "linear"), (MODE, "align_corners")]), &[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
    close(&resized(4, 0.25, &[("mode", "linear"), (MODE, "pytorch_half_pixel")]), &[0.0]);
    // 5 * 0.5 is no whole number: a product with a matrix keeps to the scale.
    close(&resized(5, 0.5, &[("mode", "linear"), (MODE, "asymmetric")]), &[0.0, 2.0]);
    close(&resized(5, 0.5, &[("mode", "linear")]), &[0.5, 2.5]);
    close(&resized(3, 1.0, &[("mode", "cubic")]), &[0.0, 1.0, 2.0]);
}

#[test]
fn space_and_depth_undo_each_other() {
    for mode in ["DCR", "CRD"] {
        let file = File::new(17)
            .input("x", &[1, 8, 1, 2])
            .node("DepthToSpace", "x", "a", vec![int("blocksize", 2), text("mode", mode)])
            .node("SpaceToDepth", "a", "y", vec![int("blocksize", 2), text("mode", mode)])
            .output("y");
        close(&file.run(&[&count(16)]), &count(16));
    }
    let first = one(17, &[1, 4, 1, 1], "DepthToSpace", vec![int("blocksize", 2)]);
    close(&first.run(&[&count(4)]), &count(4));
}

#[test]
fn lstm_gates_are_reordered() {
    // One unit without recurrence. Of the gates input, output, forget and cell only the forget gate is closed.
    let file = File::new(14)
        .input("x", &[1, 1, 1])
        .constant(floats("w", &[1, 4, 1], &[0.0, 0.0, 0.0, 1.0]))
        .constant(floats("r", &[1, 4, 1], &[0.0; 4]))
        .constant(floats("b", &[1, 8], &[20.0, 20.0, -20.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
        .constant(floats("h", &[1, 1, 1], &[0.0]))
        .constant(floats("c", &[1, 1, 1], &[5.0]))
        .node("LSTM", "x w r b - h c", "- - y", vec![int("hidden_size", 1)])
        .output("y");
    close(&file.run(&[&[0.5]]), &[0.5f32.tanh()]);
}

#[test]
fn both_directions_of_a_gru_are_joined() {
    let file = File::new(14)
        .input("x", &[3, 1, 1])
        // The update gate is open: each state is the hidden gate of its step.
        .constant(floats("w", &[2, 3, 1], &[0.0, 0.0, 1.0, 0.0, 0.0, 2.0]))
        .constant(floats("r", &[2, 3, 1], &[0.0; 6]))
        .constant(floats("b", &[2, 6], &[-30.0, 0.0, 0.0, 0.0, 0.0, 0.0, -30.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
        .node("GRU", "x w r b", "y last", vec![int("hidden_size", 1), text("direction", "bidirectional")])
        .output("y")
        .output("last");
    let y = file.run(&[&[0.1, 0.2, 0.3]]);
    assert_eq!(y.ty.shape, [3, 2, 1, 1]);
    let expected: Vec<f32> = [0.1f32, 0.2, 0.2, 0.4, 0.3, 0.6].iter().map(|v| v.tanh()).collect();
    close(&y, &expected);
}

#[test]
fn normalizations() {
    let file = File::new(17)
        .input("x", &[1, 2, 1, 2])
        .constant(floats("k", &[2], &[2.0, 3.0]))
        .node("BatchNormalization", "x k k k k", "y", vec![float("epsilon", 0.0)])
        .output("y");
    let (a, b) = (2.0 / 2f32.sqrt(), 3.0 / 3f32.sqrt());
    close(&file.run(&[&count(4)]), &[2.0 - 2.0 * a, 2.0 - a, 3.0 - b, 3.0]);
    let file = File::new(17)
        .input("x", &[1, 2, 2])
        .constant(floats("s", &[2], &[1.0, 10.0]))
        .constant(floats("b", &[2], &[0.0, 1.0]))
        .node("InstanceNormalization", "x s b", "y", vec![float("epsilon", 0.0)])
        .output("y");
    close(&file.run(&[&count(4)]), &[-1.0, 1.0, -9.0, 11.0]);
}

#[test]
fn linear_ops_quantize_and_dequantize() {
    let byte = |name: &str, value: i8| bytes(name, &[], DataType::Int8, &[value as u8]);
    let file = File::new(17)
        .input("x", &[1, 2])
        .constant(floats("s", &[], &[0.5]))
        .constant(byte("z", 1))
        .constant(bytes("w", &[2, 1], DataType::Int8, &[2, 4]))
        .constant(floats("sw", &[], &[1.0]))
        .constant(byte("zw", 0))
        .node("QuantizeLinear", "x s z", "q", vec![])
        .node("QLinearMatMul", "q s z w sw zw s z", "p", vec![])
        .node("DequantizeLinear", "p s z", "y", vec![])
        .output("y");
    close(&file.run(&[&[1.5, 2.1]]), &[1.5 * 2.0 + 2.0 * 4.0]);
}

#[test]
fn half_precision_and_wide_types_of_constants() {
    let file = File::new(17)
        .input("x", &[1])
        .constant(bytes("h", &[1], DataType::Float16, &[0x00, 0x3e]))
        .constant(bytes("d", &[1], DataType::Double, &2.5f64.to_le_bytes()))
        .node("Cast", "h", "f", vec![int("to", 1)])
        .node("Add", "x f", "a", vec![])
        .node("Add", "a d", "y", vec![])
        .output("y");
    close(&file.run(&[&[1.0]]), &[1.0 + 1.5 + 2.5]);
}

#[test]
fn sums_up_to_each_element() {
    let sums = |attributes| {
        let file = File::new(14).input("x", &[2, 3]).constant(ints("axis", &[], &[-1]));
        file.node("CumSum", "x axis", "y", attributes).output("y").run(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]).as_f32()
    };
    assert_eq!(sums(vec![]), [1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
    assert_eq!(sums(vec![int("exclusive", 1)]), [0.0, 1.0, 3.0, 0.0, 4.0, 9.0]);
    assert_eq!(sums(vec![int("reverse", 1)]), [6.0, 5.0, 3.0, 15.0, 11.0, 6.0]);
    let down =
        File::new(14).input("x", &[2, 2]).constant(ints("axis", &[], &[0])).node("CumSum", "x axis", "y", vec![]);
    assert_eq!(down.output("y").run(&[&[1.0, 2.0, 3.0, 4.0]]).as_f32(), [1.0, 2.0, 4.0, 6.0]);
}

#[test]
fn elements_by_an_index_each() {
    let pick = |axis: i64, dims: &[i64], indices: &[i64]| {
        let file = File::new(13).input("x", &[2, 3]).constant(ints("i", dims, indices));
        file.node("GatherElements", "x i", "y", vec![int("axis", axis)]).output("y")
    };
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert_eq!(pick(1, &[2, 2], &[2, 0, -1, 1]).run(&[&x]).as_f32(), [3.0, 1.0, 6.0, 5.0]);
    assert_eq!(pick(0, &[1, 3], &[1, 0, -1]).run(&[&x]).as_f32(), [4.0, 2.0, 6.0]);
    assert!(pick(0, &[1, 4], &[0; 4]).error().contains("does not fit"));
}

#[test]
fn a_logarithm_of_sums_of_small_exponentials() {
    for (keep, shape) in [(1, vec![2, 1]), (0, vec![2])] {
        let file = one(13, &[2, 2], "ReduceLogSumExp", vec![list("axes", &[1]), int("keepdims", keep)]);
        let y = file.run(&[&[-1000.0, -1000.0, 500.0, 400.0]]);
        assert_eq!(y.ty.shape, shape);
        assert!((y.as_f32()[0] + 1000.0 - std::f32::consts::LN_2).abs() < 1e-3 && y.as_f32()[1] == 500.0, "{y:?}");
    }
}
