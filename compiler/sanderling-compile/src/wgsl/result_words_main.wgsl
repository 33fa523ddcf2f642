
// An element a thread, for it may lie in the place of what it is computed from.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x + id.y * THREADS_ACROSS;
    if (i < COUNT) {
        let v = result(i);
        for (var k = 0u; k < WORDS; k++) {
            arena[OUTPUT + i * WORDS + k] = v[k];
        }
    }
}
