
fn origin(i: u32) -> u32 {
    let which = i / INNER % INDICES_LEN;
    let outer = i / INNER / INDICES_LEN;
    let word = indices_word(which * INDEX_WORDS);
    var index = bitcast<i32>(word);
    if (INDEX_WORDS == 2u) {
        let high = bitcast<i32>(indices_word(which * 2u + 1u));
        // What needs more than 32 bits is outside whatever it is.
        index = select(select(index, 0x7fffffff, high > 0 || (high == 0 && word >= 0x80000000u)), bitcast<i32>(0x80000000u),
            high < -1 || (high == -1 && word < 0x80000000u));
    }
    if (index < 0) {
        index += i32(SIZE);
    }
    index = max(min(index, i32(SIZE) - 1), 0);
    return (outer * SIZE + u32(index)) * INNER + i % INNER;
}
