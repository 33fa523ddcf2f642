
fn value(i: u32) -> i32 {
    let c = i % OUT_C;
    let x = i / OUT_C % OUT_W;
    let y = i / OUT_C / OUT_W % OUT_H;
    let image = i / OUT_C / OUT_W / OUT_H;
    var sum = 0;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        let iy = source(y, ky, PAD_TOP, STRIDE_H, IN_H);
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let ix = source(x, kx, PAD_LEFT, STRIDE_W, IN_W);
            if (iy >= 0 && ix >= 0) {
                let first = pixel_at(image, iy, ix) * IN_C;
                let tap = ((c * KERNEL_H + ky) * KERNEL_W + kx) * IN_C;
                for (var k = 0u; k < IN_C; k++) {
                    sum += (input_byte(first + k) - INPUT_ZERO) * (weights_byte(tap + k) - WEIGHT_ZERO);
                }
            }
        }
    }
    return requantized(sum, c);
}
