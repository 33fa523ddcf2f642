
fn value(i: u32) -> f32 {
    let first = kept_at(i);
    var acc = input_real(u32(first));
    for (var k = 1u; k < GONE_LEN; k++) {
        let v = input_real(u32(first + gone_at(k)));
        switch (OP) {
            case 2u: { acc = max(acc, v); }
            case 3u: { acc = min(acc, v); }
            case 4u: { acc *= v; }
            default: { acc += v; }
        }
    }
    return select(acc, acc / f32(GONE_LEN), OP == 1u);
}
