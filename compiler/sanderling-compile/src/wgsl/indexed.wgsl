
fn origin(i: u32) -> u32 {
    var rest = i / RUN;
    var entry = ENTRIES;
    var index = 0u;
    for (var axis = 5; axis >= 0; axis--) {
        let size = u32(DIMS[axis]);
        entry -= size;
        let part = table_word(entry + rest % size);
        rest /= size;
        // Saturating: it is what the plain kernels do.
        index = select(index + part, 0xffffffffu, index + part < part);
    }
    return min(index, IN_LEN - 1u) * RUN + i % RUN;
}
