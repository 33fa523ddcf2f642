
// A row a thread.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x + id.y * THREADS_ACROSS;
    if (row >= COUNT) {
        return;
    }
    let first = row * DEPTH;
    var sum = 0.0;
    for (var k = 0u; k < DEPTH; k++) {
        sum += input_real(first + k);
    }
    let mean = sum / f32(DEPTH);
    var squares = 0.0;
    for (var k = 0u; k < DEPTH; k++) {
        let d = input_real(first + k) - mean;
        squares += d * d;
    }
    let scale = 1.0 / sqrt(squares / f32(DEPTH) + epsilon());
    for (var k = 0u; k < DEPTH; k++) {
        let v = (input_real(first + k) - mean) * scale * gamma_real(k) + beta_real(k);
        arena[OUTPUT + first + k] = bitcast<u32>(v);
    }
}
