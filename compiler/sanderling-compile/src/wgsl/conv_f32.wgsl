
// Weights lie in panels of eight output channels of a group.
fn value(i: u32) -> f32 {
    let p = place(i);
    let count = IN_C / GROUPS;
    let outputs = OUT_C / GROUPS;
    let panels = (outputs + 7u) / 8u;
    let group = p.c / outputs;
    let lane = p.c % outputs;
    let panel = group * panels + lane / 8u;
    let weights = panel * KERNEL_H * KERNEL_W * count * 8u + lane % 8u;
    var sum = bias_real(panel * 8u + lane % 8u);
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            if (is_inside(y, x)) {
                let first = pixel_at(p.image, y, x) * IN_C + group * count;
                let tap = weights + (ky * KERNEL_W + kx) * count * 8u;
                // The rounding of a long sum grows with its length: blocks are summed by themselves first.
                for (var start = 0u; start < count; start += 64u) {
                    var block = 0.0;
                    for (var c = start; c < min(start + 64u, count); c++) {
                        block += input_real(first + c) * weights_real(tap + c * 8u);
                    }
                    sum += block;
                }
            }
        }
    }
    return clamped(sum);
}
