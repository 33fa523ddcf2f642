
fn value(i: u32) -> f32 {
    let at = places(i);
    let a = a_real(u32(at.x));
    let b = b_real(u32(at.y));
    var v = 0.0;
    switch (OP) {
        case 0u: { v = a + b; }
        case 1u: { v = a - b; }
        case 2u: { v = a * b; }
        case 3u: { v = a / b; }
        case 4u: { v = power(a, b); }
        case 5u: { v = min(a, b); }
        case 6u: { v = max(a, b); }
        default: { v = (a - b) * (a - b); }
    }
    return clamped(v);
}

// a^b: of negative a for whole b alone; of small whole b by products.
fn power(a: f32, b: f32) -> f32 {
    if (b == 0.0) {
        return 1.0;
    }
    if (b == trunc(b) && abs(b) <= 64.0) {
        var product = 1.0;
        for (var k = 0; k < i32(abs(b)); k++) {
            product *= a;
        }
        return select(product, 1.0 / product, b < 0.0);
    }
    if (a == 0.0) {
        return select(0.0, 1.0 / abs(a), b < 0.0);
    }
    let magnitude = exponential_of_product(b, abs(a));
    if (a > 0.0) {
        return magnitude;
    }
    if (b != trunc(b)) {
        return quiet_nan();
    }
    return select(magnitude, -magnitude, abs(b) < 16777216.0 && i32(b) % 2 != 0);
}

// exp(b * ln a): the logarithm in two parts, for b multiplies its error.
fn exponential_of_product(b: f32, a: f32) -> f32 {
    let bits = bitcast<u32>(a);
    if (bits >= 0x7f800000u) {
        return select(a, 0.0, b < 0.0);
    }
    let n = i32(bits >> 23u) - 127;
    let m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
    let high = f32(n) * b;
    let whole = round(high);
    // 2^(n b) * m^b: the first exactly but for its fraction.
    let rest = fma(f32(n), b, -whole) * 0.69314718 + b * logarithm(m);
    let clamped_whole = clamp(whole, -252.0, 254.0);
    let half = i32(clamped_whole) / 2;
    return exponential(rest) * power_of_two(half) * power_of_two(i32(clamped_whole) - half);
}
