
fn value(i: u32) -> u32 {
    let at = origins(i);
    if (condition_byte(at.z) != 0) {
        return a_word(at.x);
    }
    return b_word(at.y);
}
