
// Where element i of a dense shape lies in two tensors.
fn places(i: u32) -> vec2<i32> {
    var rest = i32(i);
    var at = vec2<i32>();
    for (var axis = i32(AXES) - 1; axis >= 0; axis--) {
        let index = rest % DIMS[axis];
        rest /= DIMS[axis];
        at += index * vec2<i32>(A_STRIDES[axis], B_STRIDES[axis]);
    }
    return at;
}
