//! Class probabilities from those of pairs: Wu, Lin and Weng, "Probability estimates for multi-class classification by
//! pairwise coupling" (2004), algorithm 2, with the start and the end that libsvm gives it.

use sanderling_ir::Tensor;

use super::Node;
use crate::OracleError;

/// Sweeps stop here even where they still change something.
const SWEEPS: usize = 100;

/// Row by row, in `f32` throughout: where a sweep ends the search decides more than a rounding does.
pub fn pairwise_coupling(node: &Node) -> Result<Tensor, OracleError> {
    let (pairs, classes) = (node.inputs[0].as_f32(), node.out().shape[1]);
    let rows = pairs.chunks(classes * (classes - 1) / 2).flat_map(|row| couple(row, classes));
    Ok(Tensor::from_f32(node.out().clone(), &rows.collect::<Vec<f32>>()))
}

fn couple(pairs: &[f32], classes: usize) -> Vec<f32> {
    // r[i][j]: how likely i is where it is i or j.
    let mut r = vec![vec![0.0f32; classes]; classes];
    let order = (0..classes).flat_map(|i| (i + 1..classes).map(move |j| (i, j)));
    for ((i, j), &pair) in order.zip(pairs) {
        (r[i][j], r[j][i]) = (pair, 1.0 - pair);
    }
    let mut q = vec![vec![0.0f32; classes]; classes];
    for i in 0..classes {
        for j in (0..classes).filter(|&j| j != i) {
            q[i][i] += r[j][i] * r[j][i];
            q[i][j] = -(r[j][i] * r[i][j]);
        }
    }
    let mut p = vec![1.0 / classes as f32; classes];
    for _ in 0..SWEEPS {
        let mut slopes: Vec<f32> =
            q.iter().map(|row| row.iter().zip(&p).fold(0.0, |sum, (q, p)| sum + q * p)).collect();
        let mut total = p.iter().zip(&slopes).fold(0.0, |sum, (p, slope)| sum + p * slope);
        let error = slopes.iter().fold(0.0, |most: f32, slope| most.max((slope - total).abs()));
        if error < 0.005 / classes as f32 {
            break;
        }
        for i in 0..classes {
            let step = (total - slopes[i]) / q[i][i];
            p[i] += step;
            total = (total + step * (step * q[i][i] + 2.0 * slopes[i])) / (1.0 + step) / (1.0 + step);
            for j in 0..classes {
                slopes[j] = (slopes[j] + step * q[i][j]) / (1.0 + step);
                p[j] /= 1.0 + step;
            }
        }
    }
    p
}

#[cfg(test)]
mod tests {
    use super::couple;

    /// Probabilities that pairs agree on come out again.
    #[test]
    fn consistent_pairs_give_their_classes() {
        let classes = [0.5f32, 0.3, 0.15, 0.05];
        let pairs: Vec<f32> =
            (0..4).flat_map(|i| (i + 1..4).map(move |j| classes[i] / (classes[i] + classes[j]))).collect();
        let found = couple(&pairs, 4);
        assert!((found.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{found:?}");
        for (found, class) in found.iter().zip(classes) {
            assert!((found - class).abs() < 0.01, "{found} should be about {class}");
        }
    }

    /// Two that are nearly even count as even, as in libsvm: the search ends where it starts.
    #[test]
    fn the_search_ends_early() {
        assert_eq!(couple(&[0.501], 2), [0.5, 0.5]);
        assert!(couple(&[0.51], 2)[0] > 0.505);
    }
}
