
fn value(i: u32) -> f32 {
    let column = i % N;
    let row = i / N % M;
    let batch = i / N / M;
    var sum = 0.0;
    for (var start = 0u; start < K; start += 64u) {
        var block = 0.0;
        for (var k = start; k < min(start + 64u, K); k++) {
            block += a_real(batch * A_STEP + row * K + k) * b_real(batch * B_STEP + k * N + column);
        }
        sum += block;
    }
    return sum;
}
