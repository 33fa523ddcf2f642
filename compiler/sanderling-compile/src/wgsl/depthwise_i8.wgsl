
fn value(i: u32) -> i32 {
    let p = place(i);
    let c = p.c / (OUT_C / IN_C);
    var sum = 0;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            var v = INPUT_ZERO;
            if (is_inside(y, x)) {
                v = input_byte(pixel_at(p.image, y, x) * IN_C + c);
            }
            sum += v * (weights_byte((ky * KERNEL_W + kx) * OUT_C + p.c) - WEIGHT_ZERO);
        }
    }
    return requantized(sum, p.c);
}
