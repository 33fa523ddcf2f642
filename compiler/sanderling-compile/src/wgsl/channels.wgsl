
// From the sum of a channel to its output; channels are bias, multiplier and shift.
fn requantized(sum: i32, channel: u32) -> i32 {
    let v = sum + bitcast<i32>(channels_word(3u * channel));
    let multiplier = bitcast<i32>(channels_word(3u * channel + 1u));
    let shift = bitcast<i32>(channels_word(3u * channel + 2u));
    var scaled = 0;
    if (ROUNDING == 0u) {
        scaled = rescale(v, multiplier, shift);
    } else {
        scaled = rescale_once(v, multiplier, shift);
    }
    return min(max(scaled + ZERO, LOW), HIGH);
}
