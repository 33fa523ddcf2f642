//! Shapes and the order of elements.

/// Row-major strides.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i];
    }
    strides
}

/// Strides that read a tensor of `shape` as one of the larger shape `to`, as numpy broadcasts.
pub fn broadcast_strides(shape: &[usize], to: &[usize]) -> Vec<isize> {
    let own = strides(shape);
    (0..to.len())
        .map(|i| match (i + shape.len()).checked_sub(to.len()) {
            Some(j) if shape[j] != 1 => own[j] as isize,
            _ => 0,
        })
        .collect()
}

/// The offsets that the elements of `shape`, row major, have in memory with `strides` from `start`.
pub fn offsets(shape: &[usize], strides: &[isize], start: isize) -> Vec<usize> {
    let mut offsets = vec![start];
    for (&n, &stride) in shape.iter().zip(strides) {
        let steps = |&o: &isize| (0..n as isize).map(move |i| o + i * stride);
        offsets = offsets.iter().flat_map(steps).collect();
    }
    offsets.into_iter().map(|o| o as usize).collect()
}

/// The offsets in a tensor of `shape` of the elements that broadcasting to `to` reads.
pub fn broadcast_offsets(shape: &[usize], to: &[usize]) -> Vec<usize> {
    offsets(to, &broadcast_strides(shape, to), 0)
}

/// Elements before, along and after an axis.
pub fn around(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    (shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product())
}
