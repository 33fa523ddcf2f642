//! The calls that declare it.

use sanderling_format::READS;
use sanderling_format::calls::*;

use crate::{Random, TRIES, check};

const NONE: [Option<Vec<u8>>; READS] = [const { None }; READS];

fn clamp(random: &mut Random) -> Clamp {
    let low = random.between(-128, 0);
    Clamp { zero: random.between(-20, 20), low, high: random.between(low, 127) }
}

/// Bias, multiplier and shift of each output channel.
fn channels(random: &mut Random, n: u32) -> Vec<u8> {
    let one =
        |random: &mut Random| [random.between(-999, 999), random.between(1 << 30, i32::MAX), random.between(-9, -5)];
    (0..n).flat_map(|_| one(random).into_iter().flat_map(i32::to_le_bytes).collect::<Vec<u8>>()).collect()
}

/// A window whose output may take the place of its input, of `out_c` channels or of as many as come in.
fn window(random: &mut Random, out_c: Option<u32>) -> Window {
    loop {
        let size = |random: &mut Random, most: u32| random.below(most) + 1;
        let in_c = size(random, 9);
        let (kernel_h, kernel_w) = (size(random, 4), size(random, 4));
        let (dilation_h, dilation_w) = (size(random, 2), size(random, 2));
        let (stride_h, stride_w) = (size(random, 3), size(random, 3));
        let (in_h, in_w) = (size(random, 12), size(random, 12));
        let (pad_top, pad_left) = (random.below((kernel_h - 1) * dilation_h + 1), random.below(kernel_w + 1));
        let w = Window {
            batch: 1,
            in_h,
            in_w,
            in_c,
            out_h: size(random, 13),
            out_w: size(random, 13),
            out_c: out_c.unwrap_or(in_c),
            kernel_h,
            kernel_w,
            stride_h,
            stride_w,
            dilation_h,
            dilation_w,
            pad_top,
            pad_left,
        };
        if w.goes_in_place() {
            return w;
        }
    }
}

fn conv(random: &mut Random, window: Window) {
    let taps = window.taps_len().unwrap();
    let row_bytes = taps.next_multiple_of(4);
    let mut weights = random.bytes(row_bytes * window.out_c);
    for row in weights.chunks_exact_mut(row_bytes as usize) {
        row[taps as usize..].fill(0);
    }
    let weight_zero = if random.below(4) == 0 { random.between(-5, 5) } else { 0 };
    let (clamp, rounding, input_zero) = (clamp(random), random.below(2), random.between(-9, 9));
    let constants = [None, Some(weights), Some(channels(random, window.out_c)), None, None, None];
    check(random, 0, constants, |at, output, scratch| Conv2dI8 {
        window,
        clamp,
        rounding,
        input_zero,
        weight_zero,
        row_bytes,
        input: at[0],
        output,
        scratch,
        weights: at[1],
        channels: at[2],
    });
}

#[test]
fn convolutions_by_rows() {
    let mut random = Random(1);
    for _ in 0..TRIES {
        let out_c = random.below(9) + 1;
        let window = window(&mut random, Some(out_c));
        conv(&mut random, window);
    }
}

#[test]
fn convolutions_by_pixels() {
    let mut random = Random(2);
    for _ in 0..TRIES {
        let (h, w) = (random.below(7) + 1, random.below(7) + 1);
        let (batch, in_c, out_c) = (random.below(3) + 1, random.below(20) + 1, random.below(40) + 1);
        let window = Window {
            batch,
            in_h: h,
            in_w: w,
            in_c,
            out_h: h,
            out_w: w,
            out_c,
            kernel_h: 1,
            kernel_w: 1,
            stride_h: 1,
            stride_w: 1,
            dilation_h: 1,
            dilation_w: 1,
            pad_top: 0,
            pad_left: 0,
        };
        conv(&mut random, window);
    }
}

#[test]
fn depthwise_convolutions() {
    let mut random = Random(3);
    for _ in 0..TRIES {
        let mut window = window(&mut random, None);
        window.out_c *= if window.out_w * 2 <= window.in_w { random.below(2) + 1 } else { 1 };
        let weights = random.bytes(window.kernel_h * window.kernel_w * window.out_c);
        let weight_zero = if random.below(4) == 0 { random.between(-5, 5) } else { 0 };
        let (clamp, rounding, input_zero) = (clamp(&mut random), random.below(2), random.between(-9, 9));
        let constants = [None, Some(weights), Some(channels(&mut random, window.out_c)), None, None, None];
        check(&mut random, 0, constants, |at, output, scratch| DepthwiseI8 {
            window,
            clamp,
            rounding,
            input_zero,
            weight_zero,
            input: at[0],
            output,
            scratch,
            weights: at[1],
            channels: at[2],
        });
    }
}

#[test]
fn bytes() {
    let mut random = Random(4);
    for _ in 0..TRIES {
        let len = random.below(300) + 1;
        check(&mut random, 0, NONE, |at, output, _| LookupI8 { len, input: at[0], table: at[1], output });
        let factors: [i32; 3] = std::array::from_fn(|_| random.between(1 << 30, i32::MAX));
        let shifts: [i32; 3] = std::array::from_fn(|_| random.between(-20, -2));
        let (zeros, clamp) = ([random.between(-9, 9), random.between(-9, 9)], clamp(&mut random));
        for read in [0, 1] {
            check(&mut random, read, NONE, |at, output, _| AddI8 {
                len,
                a_zero: zeros[0],
                a_multiplier: factors[0],
                a_shift: shifts[0],
                b_zero: zeros[1],
                b_multiplier: factors[1],
                b_shift: shifts[1],
                multiplier: factors[2],
                shift: shifts[2],
                clamp,
                a: at[0],
                b: at[1],
                output,
            });
        }
        let (rows, depth) = (random.below(5) + 1, random.below(30) + 1);
        check(&mut random, 0, NONE, |at, output, _| SoftmaxI8 {
            rows,
            depth,
            multiplier: factors[0],
            shift: 21,
            diff_min: -200,
            input: at[0],
            output,
        });
    }
}

/// Operands of one shape, the one that is not in place perhaps broadcast along some axes.
fn broadcast(random: &mut Random, read: usize) -> Broadcast {
    let mut dims = [1; AXES];
    dims[2..].iter_mut().for_each(|n| *n = random.below(4) + 1);
    let strides = |dims: [u32; AXES]| {
        let mut strides = [0; AXES];
        let len = (0..AXES).rev().fold(1, |len, axis| {
            strides[axis] = if dims[axis] == 1 { 0 } else { len };
            len * dims[axis] as i32
        });
        (strides, len as u32)
    };
    let other = dims.map(|n| if random.below(3) == 0 { 1 } else { n });
    let (dense, broadcast) = (strides(dims), strides(other));
    let (a, b) = if read == 0 { (dense, broadcast) } else { (broadcast, dense) };
    Broadcast { dims, a_strides: a.0, b_strides: b.0, a_len: a.1, b_len: b.1 }
}

#[test]
fn functions_of_two_values() {
    let mut random = Random(5);
    for round in 0..TRIES {
        let read = round % 2;
        let operands = broadcast(&mut random, read);
        let [op, real] = [[0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12], [0, 1, 2, 3, 5, 6, 7, 0, 1, 2, 3]]
            .map(|ops| ops[random.0 as usize % ops.len()]);
        let clamp = clamp(&mut random);
        check(&mut random, read, NONE, |at, output, _| BinaryI8 {
            op,
            operands,
            left_shift: 10,
            a_zero: 3,
            a_multiplier: 1 << 30,
            a_shift: -1,
            b_zero: -4,
            b_multiplier: 0x5555_5555,
            b_shift: -2,
            multiplier: 0x6666_6666,
            shift: -9,
            clamp,
            a: at[0],
            b: at[1],
            output,
        });
        check(&mut random, read, NONE, |at, output, _| BinaryInt {
            op: if op > 7 { 0 } else { op },
            numeric: Numeric::I32 as u32,
            operands,
            low: i64::MIN as u64,
            high: i64::MAX as u64,
            a: at[0],
            b: at[1],
            output,
        });
        let lens = [operands.a_len, operands.b_len].map(|len| Some(reals(&mut random, len)));
        let constants = [lens[0].clone(), lens[1].clone(), None, None, None, None];
        check(&mut random, read, constants, |at, output, _| BinaryF32 {
            op: real,
            operands,
            low: -100.0,
            high: f32::INFINITY,
            a: at[0],
            b: at[1],
            output,
        });
    }
}

/// Numbers from -8 to 8.
fn reals(random: &mut Random, n: u32) -> Vec<u8> {
    (0..n).flat_map(|_| (random.between(-1 << 15, 1 << 15) as f32 / 4096.0).to_le_bytes()).collect()
}

#[test]
fn functions_of_one_value_and_of_rows() {
    let mut random = Random(6);
    for round in 0..TRIES {
        let len = random.below(100) + 1;
        let op = round as u32 % 22;
        let values = [Some(reals(&mut random, len)), None, None, None, None, None];
        check(&mut random, 0, values, |at, output, _| UnaryF32 {
            op,
            len,
            alpha: -0.5,
            beta: 0.75,
            input: at[0],
            output,
        });
        check(&mut random, 0, NONE, |at, output, _| UnaryInt {
            op: op % 5,
            numeric: Numeric::I16 as u32,
            len,
            low: -70i64 as u64,
            high: 90,
            input: at[0],
            output,
        });
        let (rows, depth) = (random.below(5) + 1, random.below(20) + 1);
        let values = [Some(reals(&mut random, rows * depth)), None, None, None, None, None];
        check(&mut random, 0, values, |at, output, _| SoftmaxF32 { rows, depth, beta: 0.8, input: at[0], output });
        let row = || Some(reals(&mut Random(9), depth));
        let values = [Some(reals(&mut random, rows * depth)), row(), row(), None, None, None];
        check(&mut random, 0, values, |at, output, _| LayerNormF32 {
            rows,
            depth,
            epsilon: 1e-3,
            input: at[0],
            gamma: at[1],
            beta: at[2],
            output,
        });
    }
}
