
fn result(i: u32) -> vec2<u32> {
    let first = kept_at(i);
    var acc = input_long(u32(first));
    for (var k = 1u; k < GONE_LEN; k++) {
        let v = input_long(u32(first + gone_at(k)));
        switch (OP) {
            case 2u: { acc = long_most(acc, v); }
            case 3u: { acc = long_least(acc, v); }
            case 4u: { acc = long_product(acc, v); }
            default: { acc = long_sum(acc, v); }
        }
    }
    if (OP == 1u) {
        acc = long_quotient(acc, vec2<u32>(GONE_LEN, 0u));
    }
    return stored(acc);
}
