
fn value(i: u32) -> i32 {
    let first = kept_at(i);
    var sum = 0;
    var largest = -128;
    var least = 127;
    for (var k = 0u; k < GONE_LEN; k++) {
        let v = input_byte(u32(first + gone_at(k)));
        sum += v - INPUT_ZERO;
        largest = max(largest, v);
        least = min(least, v);
    }
    var result = largest;
    if (OP == 3u) {
        result = least;
    } else if (OP != 2u) {
        // Of a mean over many elements a shift may leave nothing but a sign's rounding.
        if (SHIFT >= -31) {
            result = rescale(sum, MULTIPLIER, SHIFT) + ZERO;
        } else {
            result = divide_by_power(high_mul(sum, MULTIPLIER), 31u) + ZERO;
        }
    }
    return min(max(result, LOW), HIGH);
}
