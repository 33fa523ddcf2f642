
// What a thread keeps of its row: the diagonal of the matrix, and the slopes.
var<private> diagonal: array<f32, CLASSES>;
var<private> slopes: array<f32, CLASSES>;
var<private> pairs: u32;

// How likely i is where it is i or j, another.
fn pair(i: u32, j: u32) -> f32 {
    return input_real(pairs + i * (2u * CLASSES - i - 1u) / 2u + j - i - 1u);
}

fn first(i: u32, j: u32) -> f32 {
    if (i < j) {
        return pair(i, j);
    }
    return 1.0 - pair(j, i);
}

fn element(i: u32, j: u32) -> f32 {
    if (i == j) {
        return diagonal[i];
    }
    return -(first(j, i) * first(i, j));
}

// A row a thread.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x + id.y * THREADS_ACROSS;
    if (row >= COUNT) {
        return;
    }
    pairs = row * (CLASSES * (CLASSES - 1u) / 2u);
    let p = OUTPUT + row * CLASSES;
    for (var i = 0u; i < CLASSES; i++) {
        var sum = 0.0;
        for (var j = 0u; j < CLASSES; j++) {
            if (j != i) {
                let r = first(j, i);
                sum += r * r;
            }
        }
        diagonal[i] = sum;
        arena[p + i] = bitcast<u32>(1.0 / f32(CLASSES));
    }
    for (var sweep = 0u; sweep < SWEEPS; sweep++) {
        var total = 0.0;
        for (var i = 0u; i < CLASSES; i++) {
            var slope = 0.0;
            for (var j = 0u; j < CLASSES; j++) {
                slope += element(i, j) * bitcast<f32>(arena[p + j]);
            }
            slopes[i] = slope;
            total += bitcast<f32>(arena[p + i]) * slope;
        }
        var most = 0.0;
        for (var i = 0u; i < CLASSES; i++) {
            most = max(most, abs(slopes[i] - total));
        }
        if (most < error()) {
            break;
        }
        for (var i = 0u; i < CLASSES; i++) {
            let slope = slopes[i];
            let step = (total - slope) / diagonal[i];
            arena[p + i] = bitcast<u32>(bitcast<f32>(arena[p + i]) + step);
            total = (total + step * (step * diagonal[i] + 2.0 * slope)) / (1.0 + step) / (1.0 + step);
            for (var j = 0u; j < CLASSES; j++) {
                slopes[j] = (slopes[j] + step * element(i, j)) / (1.0 + step);
                arena[p + j] = bitcast<u32>(bitcast<f32>(arena[p + j]) / (1.0 + step));
            }
        }
    }
}
