
fn value(i: u32) -> f32 {
    let p = place(i);
    let c = p.c / (OUT_C / IN_C);
    var sum = bias_real(p.c);
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            if (is_inside(y, x)) {
                let weight = weights_real((ky * KERNEL_W + kx) * OUT_C + p.c);
                sum += input_real(pixel_at(p.image, y, x) * IN_C + c) * weight;
            }
        }
    }
    return clamped(sum);
}
