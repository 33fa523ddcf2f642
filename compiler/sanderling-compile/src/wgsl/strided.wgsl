
// Where byte or word i of the output comes to lie, and where it comes from; EACH of them are an element.
fn ends(i: u32) -> vec2<u32> {
    let at = places(i / EACH) + vec2<i32>(IN_FIRST, OUT_FIRST);
    return vec2<u32>(at) * EACH + i % EACH;
}

fn origin(i: u32) -> u32 {
    return ends(i).x;
}
