
fn result(i: u32) -> vec2<u32> {
    let bits = input_bits(i);
    return vec2<u32>(select(narrowed(bits), cut(bits), IS_CUT == 1u), 0u);
}
