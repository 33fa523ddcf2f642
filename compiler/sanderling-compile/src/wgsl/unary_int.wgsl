
fn result(i: u32) -> vec2<u32> {
    let v = input_long(i);
    let zero = vec2<u32>();
    let is_negative = bitcast<i32>(v.y) < 0;
    switch (OP) {
        case 0u: { return stored(long_negative(v)); }
        case 1u: { return stored(select(v, long_negative(v), is_negative)); }
        case 2u: { return stored(select(vec2<u32>(select(0u, 1u, any(v != zero)), 0u), ~zero, is_negative)); }
        case 3u: { return stored(long_least(long_most(v, low()), high())); }
        default: {
            if (IS_BOOL == 1u) {
                return vec2<u32>(select(0u, 1u, all(v == zero)), 0u);
            }
            return stored(~v);
        }
    }
}
