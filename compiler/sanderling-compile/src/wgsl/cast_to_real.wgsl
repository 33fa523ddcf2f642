
fn value(i: u32) -> u32 {
    return input_bits(i);
}
