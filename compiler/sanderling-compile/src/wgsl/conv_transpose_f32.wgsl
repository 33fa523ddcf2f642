
fn value(i: u32) -> f32 {
    let c = i % OUT_C;
    let x = i / OUT_C % OUT_W;
    let y = i / OUT_C / OUT_W % OUT_H;
    let image = i / OUT_C / OUT_W / OUT_H;
    var sum = bias_real(c);
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        let iy = source(y, ky, PAD_TOP, STRIDE_H, IN_H);
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let ix = source(x, kx, PAD_LEFT, STRIDE_W, IN_W);
            if (iy >= 0 && ix >= 0) {
                let first = pixel_at(image, iy, ix) * IN_C;
                let tap = ((c * KERNEL_H + ky) * KERNEL_W + kx) * IN_C;
                var dot = 0.0;
                for (var k = 0u; k < IN_C; k++) {
                    dot += input_real(first + k) * weights_real(tap + k);
                }
                sum += dot;
            }
        }
    }
    return clamped(sum);
}
