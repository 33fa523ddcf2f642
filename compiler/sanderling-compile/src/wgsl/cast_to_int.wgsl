
// Toward zero, saturating at 64 bits.
fn result(i: u32) -> vec2<u32> {
    let bits = input_bits(i);
    let magnitude = bits & 0x7fffffffu;
    if (IS_BOOL == 1u) {
        return vec2<u32>(select(0u, 1u, magnitude != 0u), 0u);
    }
    if (magnitude > 0x7f800000u || magnitude < 0x3f800000u) {
        return vec2<u32>();
    }
    let is_negative = bits >= 0x80000000u;
    if (magnitude >= 0x5f000000u) {
        return stored(select(vec2<u32>(0xffffffffu, 0x7fffffffu), vec2<u32>(0u, 0x80000000u), is_negative));
    }
    // 24 bits, shifted to their place.
    let digits = (bits & 0x7fffffu) | 0x800000u;
    let exponent = i32(magnitude >> 23u) - 150;
    var v = vec2<u32>(digits, 0u);
    if (exponent <= 0) {
        v.x = digits >> bitcast<u32>(-exponent);
    } else if (exponent < 32) {
        v = vec2<u32>(digits << bitcast<u32>(exponent), digits >> bitcast<u32>(32 - exponent));
    } else {
        v = vec2<u32>(0u, digits << bitcast<u32>(exponent - 32));
    }
    return stored(select(v, long_negative(v), is_negative));
}
