
// One workgroup goes through all steps; each needs all outputs of the step before.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    for (var i = lane; i < COUNT; i += 64u) {
        write_part(CELL, 2u * i, 0xffffu, (c_word(i >> 1u) >> (16u * (i & 1u))) & 0xffffu);
    }
    for (var step = 0u; step < STEPS; step++) {
        storageBarrier();
        let at = select(step, STEPS - 1u - step, REVERSE == 1u);
        for (var i = lane; i < COUNT; i += 64u) {
            let n = i / UNITS;
            let u = i % UNITS;
            let cell = bitcast<i32>(cell_word(i >> 1u) << (16u - 16u * (i & 1u))) >> 16u;
            let kept = divide_by_power(logistic(gate(at, n, step, UNITS + u)) * cell, 15u);
            let fresh = logistic(gate(at, n, step, u)) * tangent(gate(at, n, step, 2u * UNITS + u), 3u);
            var state = saturated(kept + divide_by_power(fresh, 15u + CELL_BITS));
            if (CLIP > 0) {
                state = max(min(state, CLIP), -CLIP);
            }
            write_part(CELL, 2u * i, 0xffffu, bitcast<u32>(state) & 0xffffu);
            let shown = logistic(gate(at, n, step, 3u * UNITS + u)) * tangent(state, CELL_BITS);
            let v = clamp(rescale(shown, MULTIPLIER, SHIFT) + ZERO, -128, 127);
            write_part(OUTPUT, at * COUNT + i, 0xffu, bitcast<u32>(v) & 0xffu);
        }
    }
}

// Writes some bits at a byte of a tensor; others may write the rest of its word.
fn write_part(tensor: u32, byte: u32, mask: u32, bits: u32) {
    let shift = 8u * (byte & 3u);
    atomicAnd(&arena[tensor + byte / 4u], ~(mask << shift));
    atomicOr(&arena[tensor + byte / 4u], bits << shift);
}

// Unit k of batch n as the step before left it.
fn before(at: u32, n: u32, step: u32, k: u32) -> i32 {
    if (step == 0u) {
        return h_byte(n * UNITS + k);
    }
    return y_byte(select(at - 1u, at + 1u, REVERSE == 1u) * COUNT + n * UNITS + k);
}

// What goes into the activation of a gate, 12 fraction bits.
fn gate(at: u32, n: u32, step: u32, g: u32) -> i32 {
    var of_input = bitcast<i32>(rows_word(6u * g));
    for (var k = 0u; k < FEATURES; k++) {
        of_input += x_byte((at * BATCH + n) * FEATURES + k) * w_byte(g * FEATURES + k);
    }
    of_input = rescale(of_input, bitcast<i32>(rows_word(6u * g + 1u)), bitcast<i32>(rows_word(6u * g + 2u)));
    var of_state = bitcast<i32>(rows_word(6u * g + 3u));
    for (var k = 0u; k < UNITS; k++) {
        of_state += before(at, n, step, k) * r_byte(g * UNITS + k);
    }
    of_state = rescale(of_state, bitcast<i32>(rows_word(6u * g + 4u)), bitcast<i32>(rows_word(6u * g + 5u)));
    // Of the state's share no more counts than what saturates either way.
    return saturated(saturated(of_input) + clamp(of_state, -65536, 65536));
}

fn saturated(v: i32) -> i32 {
    return clamp(v, -32768, 32767);
}

// a * b / 2^15, to nearest, halves up.
fn short_product(a: i32, b: i32) -> i32 {
    return min((a * b + 16384) >> 15u, 32767);
}

// 1 / (1 + exp(-x)) of 12 fraction bits, in 15.
fn logistic(x: i32) -> i32 {
    if (x == 0) {
        return 16384;
    }
    let of_positive = saturated(two_over_one_plus(short_exp(-abs(x), 3u)) << 1u);
    return select(32767 - of_positive, of_positive, x > 0);
}

// tanh(x) of 15 - bits fraction bits, in 15.
fn tangent(x: i32, bits: u32) -> i32 {
    return sign(x) * saturated((two_over_one_plus(short_exp(-abs(x), bits + 1u)) - 8192) << 2u);
}

// exp(x) of 15 - bits fraction bits, for x from -32768 to 0, in 15.
fn short_exp(x: i32, bits: u32) -> i32 {
    if (x == 0) {
        return 32767;
    }
    let fraction = 15u - bits;
    if (bits > 5u && x < -(32 << fraction)) {
        return 0;
    }
    let quarter = 1 << (fraction - 2u);
    let reduced = (x & (quarter - 1)) - quarter;
    var result = short_exp_on_last_quarter(saturated(reduced << bits));
    let rest = reduced - x;
    var powers = array<i32, 7>(25520, 19875, 12055, 4435, 600, 11, 0);
    for (var k = 0u; k < min(bits + 2u, 7u); k++) {
        if ((rest & (quarter << k)) != 0) {
            result = short_product(result, powers[k]);
        }
    }
    return result;
}

// exp(x) for x in [-1/4, 0): a Taylor series around -1/8.
fn short_exp_on_last_quarter(a: i32) -> i32 {
    let x = a + 4096;
    let x2 = short_product(x, x);
    let x3 = short_product(x2, x);
    let tail = short_product(divide_by_power(short_product(x2, x2), 2u) + x3, 10923) + x2;
    return saturated(28918 + short_product(28918, x + divide_by_power(tail, 1u)));
}

// 2 / (1 + x) with two integer bits for x in [0, 1]: Newton's method.
fn two_over_one_plus(x: i32) -> i32 {
    let half = (x + 32768) >> 1u;
    var inverse = 23130 + short_product(half, -15420);
    for (var k = 0u; k < 3u; k++) {
        let error = 8192 - short_product(half, inverse);
        let sum = inverse + saturated(short_product(inverse, error) << 2u);
        inverse = (sum << 16u) >> 16u;
    }
    return inverse;
}
