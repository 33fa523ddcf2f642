
// A byte a thread: others may write the rest of its word.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x + id.y * THREADS_ACROSS;
    if (i < COUNT) {
        let at = ends(i).y;
        let shift = 8u * (at & 3u);
        atomicAnd(&arena[OUTPUT + at / 4u], ~(255u << shift));
        atomicOr(&arena[OUTPUT + at / 4u], (bitcast<u32>(value(i)) & 255u) << shift);
    }
}
