
struct Between {
    first: u32,
    second: u32,
    part: f32,
}

fn between(o: u32, scale: f32, size: u32) -> Between {
    let last = size - 1u;
    let at = min(max((f32(o) + offset()) * scale - offset(), 0.0), f32(last));
    let first = min(u32(at), last);
    return Between(first, min(first + 1u, last), at - f32(first));
}

fn value(i: u32) -> f32 {
    let c = i % CHANNELS;
    let x = between(i / CHANNELS % OUT_W, scale_w(), IN_W);
    let y = between(i / CHANNELS / OUT_W % OUT_H, scale_h(), IN_H);
    let image = i / CHANNELS / OUT_W / OUT_H * IN_H;
    let above = (image + y.first) * IN_W;
    let below = (image + y.second) * IN_W;
    let a = input_real((above + x.first) * CHANNELS + c);
    let b = input_real((below + x.first) * CHANNELS + c);
    let top = a + (input_real((above + x.second) * CHANNELS + c) - a) * x.part;
    let bottom = b + (input_real((below + x.second) * CHANNELS + c) - b) * x.part;
    return top + (bottom - top) * y.part;
}
