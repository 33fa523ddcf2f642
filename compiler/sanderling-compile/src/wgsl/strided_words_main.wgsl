
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x + id.y * THREADS_ACROSS;
    if (i < COUNT) {
        let at = ends(i);
        arena[OUTPUT + at.y] = input_word(at.x);
    }
}
