
// One workgroup goes through all steps; each needs all outputs of the step before.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    for (var i = lane; i < COUNT; i += 64u) {
        arena[CELL + i] = c_word(i);
    }
    for (var step = 0u; step < STEPS; step++) {
        storageBarrier();
        let at = select(step, STEPS - 1u - step, REVERSE == 1u);
        for (var i = lane; i < COUNT; i += 64u) {
            let n = i / UNITS;
            let u = i % UNITS;
            let forget = sigmoid(gate(at, n, step, UNITS + u));
            let new_part = sigmoid(gate(at, n, step, u)) * hyperbolic_tangent(gate(at, n, step, 2u * UNITS + u));
            var state = forget * bitcast<f32>(arena[CELL + i]) + new_part;
            if (clip() > 0.0) {
                state = min(max(state, -clip()), clip());
            }
            arena[CELL + i] = bitcast<u32>(state);
            let out = sigmoid(gate(at, n, step, 3u * UNITS + u)) * hyperbolic_tangent(state);
            arena[OUTPUT + at * COUNT + i] = bitcast<u32>(out);
        }
    }
}

// Unit k of batch n as the step before left it.
fn before(at: u32, n: u32, step: u32, k: u32) -> f32 {
    if (step == 0u) {
        return h_real(n * UNITS + k);
    }
    let last = select(at - 1u, at + 1u, REVERSE == 1u);
    return bitcast<f32>(arena[OUTPUT + last * COUNT + n * UNITS + k]);
}

fn gate(at: u32, n: u32, step: u32, g: u32) -> f32 {
    var sum = bias_real(g);
    for (var k = 0u; k < FEATURES; k++) {
        sum += x_real((at * BATCH + n) * FEATURES + k) * w_real(g * FEATURES + k);
    }
    for (var k = 0u; k < UNITS; k++) {
        sum += before(at, n, step, k) * r_real(g * UNITS + k);
    }
    return sum;
}
