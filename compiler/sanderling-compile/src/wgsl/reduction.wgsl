
// Where the elements of result i begin.
fn kept_at(i: u32) -> i32 {
    let a = i32(i) / (KEPT[1] * KEPT[2]);
    let b = i32(i) / KEPT[2] % KEPT[1];
    let c = i32(i) % KEPT[2];
    return a * KEPT_STRIDES[0] + b * KEPT_STRIDES[1] + c * KEPT_STRIDES[2];
}

// How far from there element k lies.
fn gone_at(k: u32) -> i32 {
    let a = i32(k) / (GONE[1] * GONE[2]);
    let b = i32(k) / GONE[2] % GONE[1];
    let c = i32(k) % GONE[2];
    return a * GONE_STRIDES[0] + b * GONE_STRIDES[1] + c * GONE_STRIDES[2];
}
