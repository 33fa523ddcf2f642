
fn value(i: u32) -> i32 {
    return bitcast<i32>(select(HIGH_WORD, LOW_WORD, i % 8u < 4u) >> (8u * (i & 3u)));
}
