//! Rounding of weights that minds what they are multiplied with.
//!
//! Weights round one after another; what each loses is made up for by those still to come, as well as their inputs go
//! together (optimal brain quantization in a fixed order: Frantar and others, 2022). The bias takes the rest of the mean.

use super::correlate::Correlation;

/// Added to the squares of the inputs, as a share of their mean: few samples say little about rare directions.
const DAMPING: f64 = 0.01;
/// The largest magnitude of a rounded weight.
const LARGEST: f64 = 127.0;

/// Rounds the rows of one group, each to multiples of its scale, and returns what the mean of each output is off by.
///
/// `weights` are `scales.len()` rows; the parts of `correlations` make up a row.
pub fn round(weights: &[f32], scales: &[f32], correlations: &[Correlation]) -> (Vec<i8>, Vec<f64>) {
    let row = weights.len() / scales.len().max(1);
    let mut stored = vec![0i8; weights.len()];
    let mut off = vec![0f64; scales.len()];
    let mut first = 0;
    for part in correlations {
        let n = part.mean.len();
        let factor = inverse_factor(part);
        for (o, &scale) in scales.iter().enumerate() {
            let at = o * row + first..o * row + first + n;
            let exact = &weights[at.clone()];
            let rounded = round_row(exact, f64::from(scale), &factor);
            for ((&q, &w), &mean) in rounded.iter().zip(exact).zip(&part.mean) {
                off[o] += (f64::from(q) * f64::from(scale) - f64::from(w)) * f64::from(mean);
            }
            stored[at].copy_from_slice(&rounded);
        }
        first += n;
    }
    (stored, off)
}

fn round_row(exact: &[f32], scale: f64, factor: &[f64]) -> Vec<i8> {
    let n = exact.len();
    let mut weights: Vec<f64> = exact.iter().map(|&w| f64::from(w)).collect();
    let mut rounded = Vec::with_capacity(n);
    for j in 0..n {
        let q = (weights[j] / scale).round().clamp(-LARGEST, LARGEST);
        rounded.push(q as i8);
        let row = &factor[j * n + j..(j + 1) * n];
        let lost = (weights[j] - q * scale) / row[0];
        weights[j..].iter_mut().zip(row).for_each(|(w, u)| *w -= lost * u);
    }
    rounded
}

/// The upper factor `U` of the inverse of the damped matrix of products, `U^T U`.
fn inverse_factor(part: &Correlation) -> Vec<f64> {
    let n = part.mean.len();
    let trace: f64 = (0..n).map(|i| f64::from(part.products[i * n + i])).sum();
    let damping = (DAMPING * trace / n.max(1) as f64).max(f64::MIN_POSITIVE.sqrt());
    // The matrix is R R^T with an upper R, whose inverse is U.
    let mut r: Vec<f64> = part.products.iter().map(|&v| f64::from(v)).collect();
    for j in (0..n).rev() {
        let tail = j * n + j + 1..(j + 1) * n;
        let diagonal = (r[j * n + j] + damping - dot(&r[tail.clone()], &r[tail.clone()])).max(damping).sqrt();
        r[j * n + j] = diagonal;
        for i in 0..j {
            let other = i * n + j + 1..(i + 1) * n;
            r[i * n + j] = (r[i * n + j] - dot(&r[other], &r[tail.clone()])) / diagonal;
        }
    }
    // Columns of the inverse, kept as rows until they are whole.
    let mut columns = vec![0f64; n * n];
    for j in 0..n {
        columns[j * n + j] = 1.0 / r[j * n + j];
        for i in (0..j).rev() {
            let sum = dot(&r[i * n + i + 1..i * n + j + 1], &columns[j * n + i + 1..j * n + j + 1]);
            columns[j * n + i] = -sum / r[i * n + i];
        }
    }
    let mut inverse = vec![0f64; n * n];
    for i in 0..n {
        (i..n).for_each(|j| inverse[i * n + j] = columns[j * n + i]);
    }
    inverse
}

/// The product of two rows in four sums.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0f64; 4];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a).zip(b).for_each(|((sum, a), b)| *sum += a * b);
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correlations of windows that are `n` numbers around a common one.
    fn windows(n: usize) -> Vec<Vec<f32>> {
        let number = |i: usize| ((i * 7919 + 13) % 1000) as f32 / 1000.0;
        (0..200).map(|k| (0..n).map(|i| number(k) + 0.3 * number(k * n + i)).collect()).collect()
    }

    fn correlation(windows: &[Vec<f32>]) -> Correlation {
        let n = windows[0].len();
        let share = 1.0 / windows.len() as f32;
        let mean = (0..n).map(|i| windows.iter().map(|w| w[i]).sum::<f32>() * share).collect();
        let product = |i: usize, j: usize| windows.iter().map(|w| w[i] * w[j]).sum::<f32>() * share;
        let products = (0..n * n).map(|k| if k % n < k / n { 0.0 } else { product(k / n, k % n) }).collect();
        Correlation { mean, products }
    }

    #[test]
    fn the_factor_is_that_of_the_inverse() {
        let c = correlation(&windows(5));
        let u = inverse_factor(&c);
        let damping = DAMPING * (0..5).map(|i| f64::from(c.products[i * 6])).sum::<f64>() / 5.0;
        let h =
            |i: usize, j: usize| f64::from(c.products[i.min(j) * 5 + i.max(j)]) + if i == j { damping } else { 0.0 };
        let inverse = |i: usize, j: usize| (0..5).map(|k| u[k * 5 + i] * u[k * 5 + j]).sum::<f64>();
        for (i, j) in (0..25).map(|k| (k / 5, k % 5)) {
            let unit: f64 = (0..5).map(|k| inverse(i, k) * h(k, j)).sum();
            assert!((unit - f64::from(u8::from(i == j))).abs() < 1e-6, "{i} {j}: {unit}");
        }
    }

    #[test]
    fn sums_of_products_are_nearer_than_after_plain_rounding() {
        let windows = windows(24);
        let weights: Vec<f32> = (0..24).map(|i| (i * i * 31 % 97) as f32 / 97.0 - 0.4).collect();
        // Coarse, so that the difference shows.
        let scale = 0.1;
        let (stored, off) = round(&weights, &[scale], &[correlation(&windows)]);
        let plain: Vec<i8> = weights.iter().map(|w| (w / scale).round() as i8).collect();
        let error = |q: &[i8], off: f64| {
            let one = |w: &Vec<f32>| {
                let sum: f32 = w.iter().zip(q).zip(&weights).map(|((x, &q), w)| x * (f32::from(q) * scale - w)).sum();
                (f64::from(sum) - off) * (f64::from(sum) - off)
            };
            windows.iter().map(one).sum::<f64>()
        };
        let (found, before) = (error(&stored, off[0]), error(&plain, 0.0));
        assert!(found < 0.7 * before, "{found} {before}");
    }

    #[test]
    fn inputs_that_are_always_zero_leave_plain_rounding() {
        let nothing = Correlation { mean: vec![0.0; 3], products: vec![0.0; 9] };
        assert_eq!(round(&[0.26, -0.24, 0.5], &[0.1], &[nothing]).0, [3, -2, 5]);
    }
}
