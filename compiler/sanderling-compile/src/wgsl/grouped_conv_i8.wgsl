
fn value(i: u32) -> i32 {
    let p = place(i);
    let count = IN_C / GROUPS;
    let first = p.c / (OUT_C / GROUPS) * count;
    var sum = 0;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            if (is_inside(y, x)) {
                let at = pixel_at(p.image, y, x) * IN_C + first;
                let tap = ((p.c * KERNEL_H + ky) * KERNEL_W + kx) * count;
                for (var c = 0u; c < count; c++) {
                    sum += (input_byte(at + c) - INPUT_ZERO) * (weights_byte(tap + c) - WEIGHT_ZERO);
                }
            }
        }
    }
    return requantized(sum, p.c);
}
