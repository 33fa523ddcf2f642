
fn value(i: u32) -> i32 {
    let p = place(i);
    var sum = 0;
    var inside = 0;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            if (is_inside(y, x)) {
                sum += input_byte(pixel_at(p.image, y, x) * IN_C + p.c) + OFFSET;
                inside++;
            }
        }
    }
    let zero = ZERO + OFFSET;
    let count = select(inside, i32(KERNEL_H * KERNEL_W), COUNT_PADDING == 1u);
    sum += (count - inside) * zero;
    var mean = zero;
    if (count > 0) {
        mean = (sum + select(-(count / 2), count / 2, sum > 0)) / count;
    }
    return min(max(mean - OFFSET, LOW), HIGH);
}
