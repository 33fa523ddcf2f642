
fn value(i: u32) -> f32 {
    let x = input_real(i);
    switch (OP) {
        case 0u: { return bitcast<f32>(input_word(i) ^ 0x80000000u); }
        case 1u: { return bitcast<f32>(input_word(i) & 0x7fffffffu); }
        case 2u: { return select(select(1.0, -1.0, input_word(i) >= 0x80000000u), 0.0, x == 0.0); }
        case 3u: { return exponential(x); }
        case 4u: { return logarithm(x); }
        case 5u: { return sqrt(x); }
        case 6u: { return 1.0 / sqrt(x); }
        case 7u: { return 1.0 / x; }
        case 8u: { return error_function(x); }
        case 9u: { return sin(x); }
        case 10u: { return cos(x); }
        case 11u: { return hyperbolic_tangent(x); }
        case 12u: { return sigmoid(x); }
        case 13u: { return min(max(alpha() * x + beta(), 0.0), 1.0); }
        case 14u: { return x * min(max(x / 6.0 + 0.5, 0.0), 1.0); }
        case 15u: { return select(alpha() * x, x, x > 0.0); }
        case 16u: { return select(alpha() * exponential_less_one(x), x, x > 0.0); }
        case 17u: { return select(logarithm_of_one_more(exponential(x)), x, x > 20.0); }
        case 18u: { return floor(x); }
        case 19u: { return ceil(x); }
        case 20u: { return round(x); }
        default: { return clamped(x); }
    }
}
