
fn value(i: u32) -> i32 {
    return table_byte(bitcast<u32>(input_byte(origin(i))) & 255u);
}
