//! Strided walks over several tensors at once.

use sanderling_format::calls::AXES;

/// Calls `row` for each row along the last axis with the offsets, in elements, at which it starts in `N` tensors.
pub fn rows<const N: usize>(
    dims: &[u32; AXES],
    strides: [&[i32; AXES]; N],
    first: [u32; N],
    mut row: impl FnMut([isize; N]),
) {
    let mut counters = [0u32; AXES];
    let mut at = first.map(|f| f as isize);
    loop {
        row(at);
        // The last axis is the row's own; the others count like an odometer.
        let mut axis = AXES - 1;
        loop {
            let Some(outer) = axis.checked_sub(1) else { return };
            axis = outer;
            counters[axis] += 1;
            let turned = counters[axis] >= dims[axis];
            for (at, strides) in at.iter_mut().zip(strides) {
                let stride = strides[axis] as isize;
                let back = stride.wrapping_mul(dims[axis].wrapping_sub(1) as isize);
                *at = if turned { at.wrapping_sub(back) } else { at.wrapping_add(stride) };
            }
            if !turned {
                break;
            }
            counters[axis] = 0;
        }
    }
}

/// The offsets of the elements of a row.
pub fn along(start: isize, stride: i32) -> impl Iterator<Item = usize> {
    let mut next = start;
    core::iter::repeat_with(move || {
        let at = next;
        next = next.wrapping_add(stride as isize);
        at as usize
    })
}
