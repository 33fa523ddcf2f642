
fn origin(i: u32) -> u32 {
    return i;
}
