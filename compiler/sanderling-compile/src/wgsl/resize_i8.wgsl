
struct Blend {
    at: vec2<u32>,
    weights: vec2<i32>,
}

// Coordinates of ten fraction bits.
fn blend(o: u32, scale: i32, size: u32) -> Blend {
    var at = i32(o) * scale;
    if (HALF_PIXEL == 1u) {
        at += scale / 2 - 512;
    }
    let last = i32(size) - 1;
    let low = max(min(at >> 10u, last), 0);
    let high = max(min((at + 1023) >> 10u, last), 0);
    let part = at - (low << 10u);
    return Blend(vec2<u32>(u32(low), u32(high)), vec2<i32>(1024 - part, part));
}

fn value(i: u32) -> i32 {
    let c = i % CHANNELS;
    let x = blend(i / CHANNELS % OUT_W, SCALE_W, IN_W);
    let y = blend(i / CHANNELS / OUT_W % OUT_H, SCALE_H, IN_H);
    let image = i / CHANNELS / OUT_W / OUT_H * IN_H;
    var sum = 0;
    for (var k = 0u; k < 4u; k++) {
        let row = k & 1u;
        let column = k >> 1u;
        let at = ((image + y.at[row]) * IN_W + x.at[column]) * CHANNELS + c;
        sum += y.weights[row] * x.weights[column] * input_byte(at);
    }
    return (sum + select(-524288, 524288, sum > 0)) / 1048576;
}
