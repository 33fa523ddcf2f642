
// A row a thread. Numbers are compared by their bits, so that devices which flush small ones to zero walk the same way.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x + id.y * THREADS_ACROSS;
    if (row >= COUNT) {
        return;
    }
    let sums = OUTPUT + row * OUTPUTS;
    for (var k = 0u; k < OUTPUTS; k++) {
        arena[sums + k] = base_word(k);
    }
    for (var tree = 0u; tree < TREES; tree++) {
        let leaf = walk(roots_word(2u * tree), row * FEATURES);
        let goal = roots_word(2u * tree + 1u);
        if (WIDTH == 1u) {
            add(sums, goal, leaf);
        } else if (leaf + WIDTH <= LEAVES_LEN) {
            for (var k = 0u; k < WIDTH; k++) {
                add(sums, goal + k, leaves_word(leaf + k));
            }
        }
    }
}

fn add(sums: u32, output: u32, value: u32) {
    if (output < OUTPUTS) {
        let sum = bitcast<f32>(arena[sums + output]) + bitcast<f32>(value);
        arena[sums + output] = bitcast<u32>(sum);
    }
}

// The value of the leaf where a row ends.
fn walk(root: u32, row: u32) -> u32 {
    var at = root;
    while (at < NODES_LEN) {
        let value = nodes_word(at * NODE_WORDS);
        var fields = nodes_word(at * NODE_WORDS + 1u);
        var skip = fields >> 16u;
        if (NODE_WORDS == 2u) {
            fields &= 0xffffu;
        } else {
            skip = nodes_word(at * NODE_WORDS + 2u);
        }
        if (skip == 0u) {
            return value;
        }
        var x = 0x7fc00000u;
        if (fields >> 4u < FEATURES) {
            x = input_word(row + (fields >> 4u));
        }
        let magnitude = x & 0x7fffffffu;
        var yes = (fields & 4u) != 0u;
        // 1e-35 is 0x0554ad2e.
        if (magnitude <= 0x7f800000u && !((fields & 8u) != 0u && magnitude <= 0x0554ad2eu)) {
            switch (fields & 3u) {
                case 0u: { yes = !is_nan(value) && rank(x) <= rank(value); }
                case 1u: { yes = !is_nan(value) && rank(x) == rank(value); }
                default: { yes = contains(value, x); }
            }
        }
        at += select(skip, 1u, yes);
        // Beyond all nodes, if the sum has wrapped.
        if (!yes && at < skip) {
            return 0u;
        }
    }
    return 0u;
}

fn is_nan(bits: u32) -> bool {
    return (bits & 0x7fffffffu) > 0x7f800000u;
}

// The order of numbers as that of integers; both zeros are one.
fn rank(bits: u32) -> i32 {
    let magnitude = bitcast<i32>(bits & 0x7fffffffu);
    return select(magnitude, -magnitude, bits >= 0x80000000u);
}

// Whether a set has x, truncated toward zero.
fn contains(begin: u32, x: u32) -> bool {
    let magnitude = x & 0x7fffffffu;
    // -1 and below, and what no set reaches.
    if ((x >= 0x80000000u && magnitude >= 0x3f800000u) || magnitude >= 0x4f000000u) {
        return false;
    }
    let bit = u32(abs(bitcast<f32>(x)));
    if (begin >= SETS_LEN || bit / 32u >= sets_word(begin) || begin + 1u + bit / 32u >= SETS_LEN) {
        return false;
    }
    return ((sets_word(begin + 1u + bit / 32u) >> (bit % 32u)) & 1u) == 1u;
}
