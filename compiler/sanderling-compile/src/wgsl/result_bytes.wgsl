
fn value(i: u32) -> i32 {
    return bitcast<i32>(result(i / BYTES).x >> (8u * (i % BYTES)));
}
