
// A row a thread.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x + id.y * THREADS_ACROSS;
    if (row >= COUNT) {
        return;
    }
    let first = row * DEPTH;
    var largest = input_real(first);
    for (var k = 1u; k < DEPTH; k++) {
        largest = max(largest, input_real(first + k));
    }
    var sum = 0.0;
    for (var k = 0u; k < DEPTH; k++) {
        let e = exponential((input_real(first + k) - largest) * beta());
        sum += e;
        arena[OUTPUT + first + k] = bitcast<u32>(e);
    }
    for (var k = 0u; k < DEPTH; k++) {
        arena[OUTPUT + first + k] = bitcast<u32>(bitcast<f32>(arena[OUTPUT + first + k]) / sum);
    }
}
