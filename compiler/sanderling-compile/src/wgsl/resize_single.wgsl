
struct Blend {
    at: vec2<u32>,
    weights: vec2<u32>,
}

const HALF: u32 = 0x3f000000u;
const ONE: u32 = 0x3f800000u;
const MINUS: u32 = 0x80000000u;

// Coordinates and weights in single precision.
fn blend(o: u32, scale: i32, size: u32) -> Blend {
    var at = single_of_integer(o);
    if (HALF_PIXEL == 1u) {
        at = single_sum(single_product(single_sum(at, HALF), bitcast<u32>(scale)), HALF | MINUS);
    } else {
        at = single_product(at, bitcast<u32>(scale));
    }
    let floor = single_floor(at);
    let is_between = at < MINUS && at != single_of_integer(floor);
    let low = min(floor, size - 1u);
    let high = min(floor + select(0u, 1u, is_between), size - 1u);
    let part = single_sum(at, single_of_integer(low) ^ MINUS);
    return Blend(vec2<u32>(low, high), vec2<u32>(single_sum(ONE, part ^ MINUS), part));
}

// Of bytes that are kept flipped.
fn value(i: u32) -> i32 {
    let c = i % CHANNELS;
    let x = blend(i / CHANNELS % OUT_W, SCALE_W, IN_W);
    let y = blend(i / CHANNELS / OUT_W % OUT_H, SCALE_H, IN_H);
    let image = i / CHANNELS / OUT_W / OUT_H * IN_H;
    var sum = 0u;
    for (var k = 0u; k < 4u; k++) {
        let row = k & 1u;
        let column = k >> 1u;
        let at = ((image + y.at[row]) * IN_W + x.at[column]) * CHANNELS + c;
        let byte = single_of_integer(u32((input_byte(at) & 255) ^ 128));
        let term = single_product(single_product(byte, y.weights[row]), x.weights[column]);
        sum = select(single_sum(sum, term), term, k == 0u);
    }
    // To nearest, halves away from zero.
    let floor = single_floor(sum);
    let rest = single_sum(sum, single_of_integer(floor) ^ MINUS);
    return i32(floor + select(0u, 1u, rest >= HALF && rest < MINUS)) ^ 128;
}
