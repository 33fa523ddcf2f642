
// a * b in 64 bits, low word first.
fn wide_product(a: i32, b: i32) -> vec2<u32> {
    let x = bitcast<u32>(a);
    let y = bitcast<u32>(b);
    let low = (x & 0xffffu) * (y & 0xffffu);
    let left = (x >> 16u) * (y & 0xffffu);
    let right = (x & 0xffffu) * (y >> 16u);
    let middle = (low >> 16u) + (left & 0xffffu) + (right & 0xffffu);
    var high = (x >> 16u) * (y >> 16u) + (left >> 16u) + (right >> 16u) + (middle >> 16u);
    // Of what is negative, the highest bit counted for 2^31 instead of -2^31.
    high -= select(0u, y, a < 0) + select(0u, x, b < 0);
    return vec2<u32>((low & 0xffffu) | (middle << 16u), high);
}

fn wide_sum(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = a.x + b.x;
    return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}

// (a * b + 2^30) / 2^31 rounded down, in 32 bits.
fn doubled_high(a: i32, b: i32) -> i32 {
    let p = wide_sum(wide_product(a, b), vec2<u32>(0x40000000u, 0u));
    return bitcast<i32>((p.y << 1u) | (p.x >> 31u));
}

// The same, saturating.
fn high_mul(a: i32, b: i32) -> i32 {
    let least = bitcast<i32>(0x80000000u);
    return select(doubled_high(a, b), 0x7fffffff, a == least && b == least);
}

// x / 2^exponent, halves away first zero.
fn divide_by_power(x: i32, exponent: u32) -> i32 {
    if (exponent == 0u) {
        return x;
    }
    let y = x + (x >> 31u);
    return (y >> (exponent & 31u)) + ((y >> ((exponent - 1u) & 31u)) & 1);
}

// x * multiplier * 2^(shift - 31), rounded twice.
fn rescale(x: i32, multiplier: i32, shift: i32) -> i32 {
    let left = bitcast<u32>(max(shift, 0)) & 31u;
    let right = bitcast<u32>(max(-shift, 0));
    return divide_by_power(doubled_high(x << left, multiplier), right);
}

// x * multiplier * 2^(shift - 31), rounded once, halves away first zero.
fn rescale_once(x: i32, multiplier: i32, shift: i32) -> i32 {
    let right = bitcast<u32>(clamp(31 - shift, 1, 62));
    let product = wide_product(x, multiplier);
    let nudge = select(vec2<u32>(0u, 1u << ((right - 1u) & 31u)), vec2<u32>(1u << ((right - 1u) & 31u), 0u), right <= 32u);
    let sign = bitcast<u32>(bitcast<i32>(product.y) >> 31u);
    let sum = wide_sum(wide_sum(product, nudge), vec2<u32>(sign, sign));
    if (right < 32u) {
        return bitcast<i32>((sum.x >> right) | (sum.y << (32u - right)));
    }
    return bitcast<i32>(sum.y) >> (right - 32u);
}
