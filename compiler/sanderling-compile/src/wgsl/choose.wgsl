
// Where byte or word i comes from in a and in b, and the condition.
fn origins(i: u32) -> vec3<u32> {
    let element = i / EACH;
    let at = vec2<u32>(places(element)) * EACH + i % EACH;
    var rest = i32(element);
    var condition = 0;
    for (var axis = i32(AXES) - 1; axis >= 0; axis--) {
        condition += rest % DIMS[axis] * CONDITION_STRIDES[axis];
        rest /= DIMS[axis];
    }
    return vec3<u32>(at, u32(condition));
}
