
// The bits of a half number as those of a single one, exactly.
fn widened(bits: u32) -> u32 {
    let sign = (bits & 0x8000u) << 16u;
    let exponent = (bits >> 10u) & 31u;
    let digits = bits & 0x3ffu;
    if (exponent == 31u) {
        return sign | 0x7f800000u | (digits << 13u);
    }
    if (exponent > 0u) {
        return sign | ((exponent + 112u) << 23u) | (digits << 13u);
    }
    if (digits == 0u) {
        return sign;
    }
    // The highest digit becomes the implied one.
    let shift = countLeadingZeros(digits) - 21u;
    return sign | ((113u - shift) << 23u) | (((digits << shift) & 0x3ffu) << 13u);
}

// The other way, halves to even.
fn narrowed(bits: u32) -> u32 {
    let sign = (bits >> 16u) & 0x8000u;
    let size = bits & 0x7fffffffu;
    if (size > 0x7f800000u) {
        return sign | 0x7e00u | ((size >> 13u) & 0x3ffu);
    }
    if (size >= 0x477ff000u) {
        return sign | 0x7c00u;
    }
    if (size >= 0x38800000u) {
        return sign | ((size + 0xfffu + ((size >> 13u) & 1u) - 0x38000000u) >> 13u);
    }
    if (size <= 0x33000000u) {
        return sign;
    }
    let digits = (size & 0x7fffffu) | 0x800000u;
    let shift = 126u - (size >> 23u);
    return sign | ((digits + (1u << (shift - 1u)) - 1u + ((digits >> shift) & 1u)) >> shift);
}

// The upper half of a number, halves to even.
fn cut(bits: u32) -> u32 {
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        return (bits >> 16u) | 0x40u;
    }
    return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}
