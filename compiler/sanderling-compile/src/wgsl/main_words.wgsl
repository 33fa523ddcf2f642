
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.x + id.y * THREADS_ACROSS;
    if (at < COUNT) {
        arena[OUTPUT + at] = value(at);
    }
}
