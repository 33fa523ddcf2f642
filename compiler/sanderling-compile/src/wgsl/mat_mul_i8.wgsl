
fn value(i: u32) -> i32 {
    let column = i % COLUMNS;
    let row = i / COLUMNS % ROWS;
    let at = places(i / COLUMNS / ROWS);
    let a = (u32(at.x) * ROWS + row) * DEPTH;
    let b = u32(at.y) * DEPTH * COLUMNS + column;
    var sum = 0;
    for (var k = 0u; k < DEPTH; k++) {
        sum += (a_byte(a + k) - A_ZERO) * (b_byte(b + k * COLUMNS) - B_ZERO);
    }
    return min(max(rescale(sum, MULTIPLIER, SHIFT) + ZERO, LOW), HIGH);
}
