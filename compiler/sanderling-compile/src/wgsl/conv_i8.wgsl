
fn value(i: u32) -> i32 {
    let p = place(i);
    var sum = 0;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            let tap = p.c * ROW_BYTES + (ky * KERNEL_W + kx) * IN_C;
            if (is_inside(y, x)) {
                let first = pixel_at(p.image, y, x) * IN_C;
                for (var c = 0u; c < IN_C; c++) {
                    sum += (weights_byte(tap + c) - WEIGHT_ZERO) * input_byte(first + c);
                }
            } else {
                for (var c = 0u; c < IN_C; c++) {
                    sum += (weights_byte(tap + c) - WEIGHT_ZERO) * INPUT_ZERO;
                }
            }
        }
    }
    return requantized(sum, p.c);
}
