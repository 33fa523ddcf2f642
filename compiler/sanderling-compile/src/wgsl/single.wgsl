
// Arithmetic on the bits of numbers of single precision: each step rounds once, to nearest, halves to even, whatever a device
// makes of products and sums in a row. For zeros and normal numbers whose results are such too.
fn single_product(a: u32, b: u32) -> u32 {
    let sign = (a ^ b) & 0x80000000u;
    if ((a & 0x7fffffffu) == 0u || (b & 0x7fffffffu) == 0u) {
        return sign;
    }
    // 48 digits, from 16-bit halves: the lowest 16, which only decide a tie, and the rest.
    let x = (a & 0x7fffffu) | 0x800000u;
    let y = (b & 0x7fffffu) | 0x800000u;
    let low = (x & 0xffffu) * (y & 0xffffu);
    let left = (x >> 16u) * (y & 0xffffu);
    let right = (x & 0xffffu) * (y >> 16u);
    let middle = (low >> 16u) + (left & 0xffffu) + (right & 0xffffu);
    let high = (x >> 16u) * (y >> 16u) + (left >> 16u) + (right >> 16u) + (middle >> 16u);
    let digits = (high << 16u) | (middle & 0xffffu) | select(0u, 1u, (low & 0xffffu) != 0u);
    return sign | single_of(digits, i32((a >> 23u) & 255u) + i32((b >> 23u) & 255u) - 127 + 1);
}

fn single_sum(a: u32, b: u32) -> u32 {
    let is_turned = (a & 0x7fffffffu) < (b & 0x7fffffffu);
    let large = select(a, b, is_turned);
    let small = select(b, a, is_turned);
    if ((small & 0x7fffffffu) == 0u) {
        // Of two zeros the sum is negative where both are.
        return select(large, a & b, (large & 0x7fffffffu) == 0u);
    }
    let exponent = (large >> 23u) & 255u;
    let apart = exponent - ((small >> 23u) & 255u);
    let x = ((large & 0x7fffffu) | 0x800000u) << 7u;
    var y = ((small & 0x7fffffu) | 0x800000u) << 7u;
    // What is shifted out leaves a last odd digit.
    let kept = select(0u, y >> (apart & 31u), apart < 32u);
    let lost = select(1u, select(0u, 1u, (kept << (apart & 31u)) != y), apart < 32u);
    y = kept | lost;
    let is_difference = ((a ^ b) & 0x80000000u) != 0u;
    let digits = select(x + y, x - y, is_difference);
    if (digits == 0u) {
        return 0u;
    }
    return (large & 0x80000000u) | single_of(digits, i32(exponent) + 1);
}

// digits * 2^(exponent - 127 - 31), rounded.
fn single_of(digits: u32, exponent: i32) -> u32 {
    let zeros = countLeadingZeros(digits);
    let top = digits << zeros;
    let even = (top >> 8u) & 1u;
    // A carry out of the digits goes on into the exponent.
    return (bitcast<u32>(exponent - i32(zeros) - 1) << 23u) + ((top >> 8u) + select(0u, 1u, (top & 255u) + even > 128u));
}

// A number of at most 24 digits.
fn single_of_integer(v: u32) -> u32 {
    return bitcast<u32>(f32(v));
}

// Toward zero, of at least 0 and below 2^24; what is negative becomes 0.
fn single_floor(v: u32) -> u32 {
    let exponent = v >> 23u;
    if (exponent < 127u || v >= 0x80000000u) {
        return 0u;
    }
    return ((v & 0x7fffffu) | 0x800000u) >> ((150u - exponent) & 31u);
}
