
// Four channels of a pixel a thread, four inputs at a time.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.x + id.y * THREADS_ACROSS;
    if (at >= COUNT) {
        return;
    }
    let p = place(4u * at);
    let words = IN_C / 4u;
    let row = ROW_BYTES / 4u;
    var sum = vec4<i32>();
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            let inside = is_inside(y, x);
            let first = select(0u, pixel_at(p.image, max(y, 0), max(x, 0)) * words, inside);
            let tap = p.c * row + (ky * KERNEL_W + kx) * words;
            for (var c = 0u; c < words; c++) {
                let v = select(bitcast<u32>(INPUT_ZERO & 255) * 0x01010101u, input_word(first + c), inside);
                sum += vec4<i32>(
                    dot4I8Packed(weights_word(tap + c), v),
                    dot4I8Packed(weights_word(tap + row + c), v),
                    dot4I8Packed(weights_word(tap + 2u * row + c), v),
                    dot4I8Packed(weights_word(tap + 3u * row + c), v),
                );
                if (WEIGHT_ZERO != 0) {
                    sum -= vec4<i32>(WEIGHT_ZERO * dot4I8Packed(0x01010101u, v));
                }
            }
        }
    }
    var word = 0u;
    for (var k = 0u; k < 4u; k++) {
        word |= bitcast<u32>(requantized(sum[k], p.c + k) & 255) << (8u * k);
    }
    arena[OUTPUT + at] = word;
}
