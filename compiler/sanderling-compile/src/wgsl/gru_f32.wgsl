
// One workgroup goes through all steps and batches; each needs all outputs of the step before.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    for (var step = 0u; step < STEPS; step++) {
        let at = select(step, STEPS - 1u - step, REVERSE == 1u);
        for (var n = 0u; n < BATCH; n++) {
            storageBarrier();
            for (var u = lane; u < UNITS; u += 64u) {
                let reset = sigmoid(given(at, n, UNITS + u) + linear(at, n, step, UNITS + u));
                // The resets themselves, or the states after them.
                let kept = select(reset * before(at, n, step, u), reset, LINEAR_BEFORE_RESET == 1u);
                arena[SCRATCH + u] = bitcast<u32>(kept);
            }
            storageBarrier();
            for (var u = lane; u < UNITS; u += 64u) {
                let update = sigmoid(given(at, n, u) + linear(at, n, step, u));
                let g = 2u * UNITS + u;
                var past = 0.0;
                if (LINEAR_BEFORE_RESET == 1u) {
                    past = bitcast<f32>(arena[SCRATCH + u]) * linear(at, n, step, g);
                } else {
                    past = recurrent_bias_real(g);
                    for (var k = 0u; k < UNITS; k++) {
                        past += bitcast<f32>(arena[SCRATCH + k]) * r_real(g * UNITS + k);
                    }
                }
                let fresh = hyperbolic_tangent(given(at, n, g) + past);
                let v = (1.0 - update) * fresh + update * before(at, n, step, u);
                arena[OUTPUT + (at * BATCH + n) * UNITS + u] = bitcast<u32>(v);
            }
        }
    }
}

// Unit k of batch n as the step before left it.
fn before(at: u32, n: u32, step: u32, k: u32) -> f32 {
    if (step == 0u) {
        return h_real(n * UNITS + k);
    }
    let last = select(at - 1u, at + 1u, REVERSE == 1u);
    return bitcast<f32>(arena[OUTPUT + (last * BATCH + n) * UNITS + k]);
}

fn given(at: u32, n: u32, g: u32) -> f32 {
    var sum = bias_real(g);
    for (var k = 0u; k < FEATURES; k++) {
        sum += x_real((at * BATCH + n) * FEATURES + k) * w_real(g * FEATURES + k);
    }
    return sum;
}

fn linear(at: u32, n: u32, step: u32, g: u32) -> f32 {
    var sum = recurrent_bias_real(g);
    for (var k = 0u; k < UNITS; k++) {
        sum += before(at, n, step, k) * r_real(g * UNITS + k);
    }
    return sum;
}
