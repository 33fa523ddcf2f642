
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.x + id.y * THREADS_ACROSS;
    if (at >= COUNT) {
        return;
    }
    let before = arena[OUTPUT + at];
    var word = 0u;
    for (var k = 0u; k < 4u; k++) {
        let i = 4u * at + k;
        var byte = before >> (8u * k);
        if (i < LEN) {
            byte = bitcast<u32>(value(i));
        }
        word |= (byte & 255u) << (8u * k);
    }
    arena[OUTPUT + at] = word;
}
