
fn result(i: u32) -> vec2<u32> {
    let first = i / INNER * SIZE * INNER + i % INNER;
    var best = 0u;
    for (var k = 1u; k < SIZE; k++) {
        if (is_before(first + best * INNER, first + k * INNER)) {
            best = k;
        }
    }
    return vec2<u32>(best, 0u);
}
