
fn result(i: u32) -> vec2<u32> {
    let channel = i / INNER % SIZE;
    let v = input_real(i) / params_real(2u * channel);
    var rounded = 0;
    if (!is_nan(v)) {
        // Beyond 25 bits either end is reached, whatever the zero point.
        let near = clamp(v, -1e9, 1e9);
        let whole = trunc(near);
        rounded = i32(whole) + select(0, select(-1, 1, near > 0.0), abs(near - whole) >= 0.5);
    }
    let q = max(min(rounded + bitcast<i32>(params_word(2u * channel + 1u)), HIGH), LOW);
    return stored(vec2<u32>(bitcast<u32>(q), bitcast<u32>(q >> 31u)));
}

fn is_nan(v: f32) -> bool {
    return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}
