//! Sums of products in a fixed order.

/// Partial sums of a product of rows.
const LANES: usize = 8;

/// The product of two rows: element `i` goes to partial sum `i % 8`; then 0 + 4, 1 + 5, 2 + 6, 3 + 7, and these in order.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    for ((sum, a), b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        *sum += a * b;
    }
    let halves: [f32; LANES / 2] = std::array::from_fn(|i| sums[i] + sums[i + LANES / 2]);
    halves.into_iter().fold(0.0, |sum, half| sum + half)
}

/// The product of two rows of integers of at most 9 bits, which wraps.
pub fn dot_small(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).fold(0, |sum: i32, (&a, &b)| sum.wrapping_add(i32::from(a) * i32::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_one_written() {
        // The large ones meet in the first half; only the last element, which joins one of them, is swallowed.
        let a = [1e8, 1.0, 0.0, 0.0, -1e8, 2.0, 0.0, 0.0, 0.5];
        assert_eq!(dot(&a, &[1.0; 9]), 3.0);
        assert_eq!(dot(&[1e8, 1.0, -1e8], &[1.0; 3]), 0.0);
        assert_eq!(dot_small(&[255, -255], &[127, 127]), 0);
    }
}
