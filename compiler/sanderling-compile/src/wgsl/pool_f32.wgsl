
fn value(i: u32) -> f32 {
    let p = place(i);
    var acc = start();
    var count = 0u;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            if (is_inside(y, x)) {
                let v = input_real(pixel_at(p.image, y, x) * IN_C + p.c);
                acc = select(acc + v, max(acc, v), LARGEST == 1u);
                count++;
            }
        }
    }
    if (COUNTS_PADDING == 1u) {
        count = KERNEL_H * KERNEL_W;
    }
    return clamped(select(acc / f32(max(count, 1u)), acc, LARGEST == 1u));
}
