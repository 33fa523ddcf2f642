
var<workgroup> ends: array<vec2<f32>, 64>;

fn nearest(v: f32) -> f32 {
    let whole = trunc(v);
    return whole + select(0.0, select(-1.0, 1.0, v > 0.0), abs(v - whole) >= 0.5);
}

// A workgroup learns the range of its image, then quantizes what it meets as it comes.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let image = id.z * IMAGE;
    var own = vec2<f32>();
    for (var k = lane; k < IMAGE; k += 64u) {
        let v = input_real(image + k);
        own = vec2<f32>(min(own.x, v), max(own.y, v));
    }
    ends[lane] = own;
    workgroupBarrier();
    for (var k = 0u; k < 64u; k++) {
        own = vec2<f32>(min(own.x, ends[k].x), max(own.y, ends[k].y));
    }
    let i = id.x + id.y * THREADS_ACROSS;
    if (i >= COUNT) {
        return;
    }
    let is_flat = own.x == own.y;
    var scale = 1.0;
    var inverse = 0.0;
    var zero = 0.0;
    var lowest_step = -127.0;
    if (RULE == 2u) {
        lowest_step = -128.0;
        if (!is_flat) {
            scale = (own.y - own.x) / 255.0;
            inverse = 1.0 / scale;
            let below = own.x / scale;
            let above = own.y / scale;
            // The end that is reached more exactly decides.
            zero = nearest(clamp(select(127.0 - above, -128.0 - below, 128.0 + abs(below) < 127.0 + abs(above)), -128.0, 127.0));
        }
    } else if (!is_flat) {
        let range = max(-own.x, own.y);
        scale = range / 127.0;
        inverse = 127.0 / range;
    }
    let p = place(id.z * COUNT + i);
    let count = IN_C / GROUPS;
    let first = p.c / (OUT_C / GROUPS) * count;
    var sum = 0;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            if (is_inside(y, x)) {
                let at = pixel_at(id.z, y, x) * IN_C + first;
                let tap = ((p.c * KERNEL_H + ky) * KERNEL_W + kx) * count;
                for (var c = 0u; c < count; c++) {
                    let q = clamp(nearest(zero + input_real(at + c) * inverse), lowest_step, 127.0);
                    sum += i32(q - zero) * (weights_byte(tap + c) - WEIGHT_ZERO);
                }
            }
        }
    }
    let bias = channels_real(2u * p.c);
    let weight_scale = channels_real(2u * p.c + 1u);
    var v = f32(sum) * weight_scale * scale + bias;
    if (RULE == 0u) {
        v = bias + f32(sum) * (scale * weight_scale);
    }
    arena[OUTPUT + id.z * COUNT + i] = bitcast<u32>(clamped(v));
}
