
fn value(i: u32) -> i32 {
    let a = rescale((a_byte(i) - A_ZERO) << 20u, A_MULTIPLIER, A_SHIFT);
    let b = rescale((b_byte(i) - B_ZERO) << 20u, B_MULTIPLIER, B_SHIFT);
    return min(max(rescale(a + b, MULTIPLIER, SHIFT) + ZERO, LOW), HIGH);
}
