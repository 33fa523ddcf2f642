
fn value(i: u32) -> i32 {
    let at = places(i);
    let a = a_real(u32(at.x));
    let b = b_real(u32(at.y));
    let ordered = !is_nan(a) && !is_nan(b);
    switch (OP) {
        case 8u: { return select(0, 1, ordered && a == b); }
        case 9u: { return select(0, 1, ordered && a < b); }
        case 10u: { return select(0, 1, ordered && a <= b); }
        case 11u: { return select(0, 1, ordered && a > b); }
        case 12u: { return select(0, 1, ordered && a >= b); }
        case 13u: { return select(0, 1, holds(a) && holds(b)); }
        default: { return select(0, 1, holds(a) || holds(b)); }
    }
}

fn holds(v: f32) -> bool {
    return (bitcast<u32>(v) & 0x7fffffffu) != 0u;
}
