
fn value(i: u32) -> i32 {
    let p = place(i);
    var sum = 0;
    var count = 0;
    var largest = -128;
    for (var ky = 0u; ky < KERNEL_H; ky++) {
        for (var kx = 0u; kx < KERNEL_W; kx++) {
            let y = p.y + i32(ky * DILATION_H);
            let x = p.x + i32(kx * DILATION_W);
            if (is_inside(y, x)) {
                let v = input_byte(pixel_at(p.image, y, x) * IN_C + p.c);
                sum += v;
                count++;
                largest = max(largest, v);
            }
        }
    }
    var result = largest;
    if (LARGEST == 0u) {
        result = 0;
        if (count > 0) {
            // Halves away first zero.
            result = (sum + select(-(count / 2), count / 2, sum > 0)) / count;
        }
    }
    return min(max(result, LOW), HIGH);
}
