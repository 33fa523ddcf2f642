
fn finish(v: i32) -> i32 {
    return min(max(v + ZERO, LOW), HIGH);
}

fn value(i: u32) -> i32 {
    let at = places(i);
    let x = a_byte(u32(at.x)) - A_ZERO;
    let y = b_byte(u32(at.y)) - B_ZERO;
    if (OP == 2u) {
        return finish(rescale(x * y, MULTIPLIER, SHIFT));
    }
    let a = rescale(x << (LEFT_SHIFT & 31u), A_MULTIPLIER, A_SHIFT);
    let b = rescale(y << (LEFT_SHIFT & 31u), B_MULTIPLIER, B_SHIFT);
    switch (OP) {
        case 5u: { return min(finish(a), finish(b)); }
        case 6u: { return max(finish(a), finish(b)); }
        case 7u: { return finish(rescale((a - b) * (a - b), MULTIPLIER, SHIFT)); }
        case 8u: { return select(0, 1, a == b); }
        case 9u: { return select(0, 1, a < b); }
        case 10u: { return select(0, 1, a <= b); }
        case 11u: { return select(0, 1, a > b); }
        case 12u: { return select(0, 1, a >= b); }
        // A subtraction has a negative multiplier.
        default: { return finish(rescale(a + b, MULTIPLIER, SHIFT)); }
    }
}
