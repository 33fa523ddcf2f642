
fn value(i: u32) -> i32 {
    let at = origins(i);
    if (condition_byte(at.z) != 0) {
        return a_byte(at.x);
    }
    return b_byte(at.y);
}
