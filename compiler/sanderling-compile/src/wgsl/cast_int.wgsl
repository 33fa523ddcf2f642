
fn result(i: u32) -> vec2<u32> {
    return stored(input_long(i));
}
