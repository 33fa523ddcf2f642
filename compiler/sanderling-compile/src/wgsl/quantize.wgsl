
fn result(i: u32) -> vec2<u32> {
    let channel = i / INNER % SIZE;
    let v = input_real(i) / params_real(2u * channel);
    let zero = bitcast<i32>(params_word(2u * channel + 1u));
    let rounded = saturated(v);
    var sum = rounded + zero;
    // What leaves 32 bits stops at their end.
    if (((rounded ^ sum) & (zero ^ sum)) < 0) {
        sum = select(0x7fffffff, bitcast<i32>(0x80000000u), zero < 0);
    }
    let q = max(min(sum, HIGH), LOW);
    return stored(vec2<u32>(bitcast<u32>(q), bitcast<u32>(q >> 31u)));
}

// To the nearest integer, halves away from zero, saturating.
fn saturated(v: f32) -> i32 {
    if (is_nan(v)) {
        return 0;
    }
    if (abs(v) >= 2147483648.0) {
        return select(0x7fffffff, bitcast<i32>(0x80000000u), v < 0.0);
    }
    let whole = trunc(v);
    return i32(whole) + select(0, select(-1, 1, v > 0.0), abs(v - whole) >= 0.5);
}

fn is_nan(v: f32) -> bool {
    return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}
