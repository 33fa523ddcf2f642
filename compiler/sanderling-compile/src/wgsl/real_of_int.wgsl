
// The bits of an f32 of 32 - DROPPED digits, to nearest, halves to even.
fn input_bits(i: u32) -> u32 {
    let v = input_long(i);
    let is_negative = bitcast<i32>(v.y) < 0;
    let size = select(v, long_negative(v), is_negative);
    if (all(size == vec2<u32>())) {
        return 0u;
    }
    let zeros = select(32u + countLeadingZeros(size.x), countLeadingZeros(size.y), size.y != 0u);
    // The highest bit first.
    var top = size;
    if (zeros >= 32u) {
        top = vec2<u32>(0u, size.x << (zeros - 32u));
    } else if (zeros > 0u) {
        top = vec2<u32>(size.x << zeros, (size.y << zeros) | (size.x >> (32u - zeros)));
    }
    var bits = ((190u - zeros) << 23u) + (((top.y >> DROPPED) << (DROPPED - 8u)) & 0x7fffffu);
    let half = 1u << (DROPPED - 1u);
    let rest = top.y & (2u * half - 1u);
    if (rest > half || (rest == half && (top.x != 0u || ((top.y >> DROPPED) & 1u) == 1u))) {
        bits += 1u << (DROPPED - 8u);
    }
    return bits | select(0u, 0x80000000u, is_negative);
}
