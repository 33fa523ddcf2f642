
fn value(i: u32) -> i32 {
    return input_byte(i) ^ 0x80;
}
