
// The order of numbers as that of integers of 64 bits.
fn is_before(a: u32, b: u32) -> bool {
    return long_is_less(rank(a), rank(b));
}

fn rank(i: u32) -> vec2<u32> {
    if (REAL_BITS == 0u) {
        return input_long(i);
    }
    // Half numbers are in the order of their bits, as whole ones are.
    let bits = input_long(i).x << ((32u - REAL_BITS) & 31u);
    let magnitude = bits & 0x7fffffffu;
    // Zeros differ in the order of a sort, and are one in the search for a maximum.
    let minus = select(1u, 0u, ZEROS_ARE_ONE == 1u);
    let key = select(bitcast<i32>(magnitude), -bitcast<i32>(magnitude) - bitcast<i32>(minus), bits >= 0x80000000u);
    return vec2<u32>(bitcast<u32>(key), bitcast<u32>(key >> 31u));
}
