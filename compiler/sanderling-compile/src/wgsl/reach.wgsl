
// The input coordinate that tap k of output o reads, -1 where there is none.
fn source(o: u32, k: u32, pad: u32, stride: u32, size: u32) -> i32 {
    let at = i32(o + pad) - i32(k);
    if (at < 0 || at % i32(stride) != 0 || at / i32(stride) >= i32(size)) {
        return -1;
    }
    return at / i32(stride);
}
