
// The place in its row of the element of rank i % K.
fn winner(i: u32) -> u32 {
    let first = i / K * DEPTH;
    var last = DEPTH;
    for (var rank = 0u; rank <= i % K; rank++) {
        var best = DEPTH;
        for (var k = 0u; k < DEPTH; k++) {
            let is_left = last == DEPTH || is_before(first + k, first + last)
                || (k > last && !is_before(first + last, first + k));
            if (is_left && (best == DEPTH || is_before(first + best, first + k))) {
                best = k;
            }
        }
        last = best;
    }
    return last;
}

fn result(i: u32) -> vec2<u32> {
    return vec2<u32>(winner(i), 0u);
}

// For the values themselves, in EACH bytes or words.
fn origin(i: u32) -> u32 {
    let element = i / EACH;
    return (element / K * DEPTH + winner(element)) * EACH + i % EACH;
}
