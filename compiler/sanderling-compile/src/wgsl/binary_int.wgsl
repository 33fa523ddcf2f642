
fn result(i: u32) -> vec2<u32> {
    let at = places(i);
    let a = a_long(u32(at.x));
    let b = b_long(u32(at.y));
    let zero = vec2<u32>();
    var v = zero;
    switch (OP) {
        case 0u: { v = long_sum(a, b); }
        case 1u: { v = long_sum(a, long_negative(b)); }
        case 2u: { v = long_product(a, b); }
        case 3u: { v = long_quotient(a, b); }
        case 4u: { v = long_power(a, b); }
        case 5u: { v = long_least(a, b); }
        case 6u: { v = long_most(a, b); }
        case 7u: { v = long_sum(a, long_negative(b)); v = long_product(v, v); }
        case 8u: { return truth(all(a == b)); }
        case 9u: { return truth(long_is_less(a, b)); }
        case 10u: { return truth(!long_is_less(b, a)); }
        case 11u: { return truth(long_is_less(b, a)); }
        case 12u: { return truth(!long_is_less(a, b)); }
        case 13u: { return truth(any(a != zero) && any(b != zero)); }
        default: { return truth(any(a != zero) || any(b != zero)); }
    }
    return stored(long_least(long_most(v, low()), high()));
}

fn truth(v: bool) -> vec2<u32> {
    return vec2<u32>(select(0u, 1u, v), 0u);
}
