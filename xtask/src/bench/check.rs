//! Are our outputs a peer's? A benchmark of wrong answers is worth nothing.

use sanderling_format::Element;
use sanderling_host::Array;

use super::row::Check;

/// Of real numbers, relative to the largest of the output.
const TOLERANCE: f64 = 1e-4;
/// Of real numbers, whatever their size.
const TOLERANCE_ABSOLUTE: f64 = 1e-5;
/// The share of indices, such as those of the largest class of each pixel, that may differ.
const SHARE: f64 = 0.01;

/// Compares outputs in the model's order.
///
/// Peers round quantized layers in ways of their own, so quantized outputs may be one step off in the mean, and real
/// outputs of a `quantized` model one step of 8 bits. The difference that is told is the largest.
pub fn compare(ours: &[Array], peers: &[Array], quantized: bool) -> Check {
    let checks = ours.iter().zip(peers).map(|(ours, peer)| outputs(ours, peer, quantized));
    let all = checks.reduce(|a, b| {
        let worse = if b.difference > a.difference { b } else { a };
        Check { agrees: a.agrees && b.agrees, ..worse }
    });
    match all {
        Some(check) if ours.len() == peers.len() => check,
        _ => DIFFERENT,
    }
}

const DIFFERENT: Check = Check { agrees: false, difference: f64::INFINITY, difference_unit: "shape" };

fn outputs(ours: &Array, peer: &Array, quantized: bool) -> Check {
    if ours.element != peer.element || ours.data.len() != peer.data.len() {
        return DIFFERENT;
    }
    let element = peer.element;
    let (ours, peer) = (values(ours), values(peer));
    let differences: Vec<f64> = ours.iter().zip(&peer).map(|(a, b)| difference(*a, *b)).collect();
    let largest = differences.iter().copied().fold(0.0, f64::max);
    let mean = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
    match element {
        Element::F32 | Element::F16 => {
            let (low, high) = peer.iter().fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
            let magnitude = low.abs().max(high.abs());
            let exact = largest <= TOLERANCE_ABSOLUTE + TOLERANCE * magnitude;
            let agrees = exact || (quantized && mean <= (high - low) / 255.0);
            let difference = if largest == 0.0 { 0.0 } else { largest / magnitude };
            Check { agrees, difference, difference_unit: "of the largest" }
        }
        Element::I8 | Element::U8 | Element::I16 => {
            Check { agrees: mean <= 1.0, difference: largest, difference_unit: "steps" }
        }
        Element::I32 | Element::I64 | Element::Bool => {
            let differing = differences.iter().filter(|&&d| d != 0.0).count() as f64;
            let share = differing / differences.len().max(1) as f64;
            Check { agrees: share <= SHARE, difference: share, difference_unit: "of the elements" }
        }
    }
}

/// Infinite between a number and none.
fn difference(a: f64, b: f64) -> f64 {
    let difference = (a - b).abs();
    if a == b || (a.is_nan() && b.is_nan()) {
        0.0
    } else if difference.is_nan() {
        f64::INFINITY
    } else {
        difference
    }
}

fn values(array: &Array) -> Vec<f64> {
    macro_rules! read {
        ($ty:ty) => {{
            let (chunks, _) = array.data.as_chunks();
            chunks.iter().map(|&bytes| <$ty>::from_le_bytes(bytes) as f64).collect()
        }};
    }
    match array.element {
        Element::I8 => read!(i8),
        Element::U8 | Element::Bool => read!(u8),
        Element::I16 => read!(i16),
        Element::I32 => read!(i32),
        Element::I64 => read!(i64),
        Element::F32 => read!(f32),
        // Only weights have this type: what is written to a file never does.
        Element::F16 => vec![f64::NAN; array.data.len() / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f32]) -> Array {
        let data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Array { name: String::new(), element: Element::F32, shape: vec![values.len()], data }
    }

    fn bytes(values: &[i8]) -> Array {
        let data = values.iter().map(|&v| v as u8).collect();
        Array { name: String::new(), element: Element::I8, shape: vec![values.len()], data }
    }

    fn check(ours: Array, peer: Array, quantized: bool) -> (bool, f64) {
        let check = compare(&[ours], &[peer], quantized);
        (check.agrees, check.difference)
    }

    #[test]
    fn real_numbers_agree_to_a_tolerance() {
        assert_eq!(check(floats(&[1.0, -8.0]), floats(&[1.0, -8.0]), false), (true, 0.0));
        assert!(check(floats(&[1.0005, -8.0]), floats(&[1.0, -8.0]), false).0);
        assert_eq!(check(floats(&[2.0, -8.0]), floats(&[1.0, -8.0]), false), (false, 0.125));
    }

    #[test]
    fn quantized_models_may_be_a_step_off_in_the_mean() {
        assert!(!check(floats(&[0.001, 1.0]), floats(&[0.0, 1.0]), false).0);
        assert!(check(floats(&[0.001, 1.0]), floats(&[0.0, 1.0]), true).0);
        assert!(!check(floats(&[0.5, 1.0]), floats(&[0.0, 1.0]), true).0);
        assert_eq!(check(bytes(&[1, 2, 3]), bytes(&[1, 4, 2]), true), (true, 2.0));
        assert_eq!(check(bytes(&[1, 2, 3]), bytes(&[9, 2, 3]), true), (false, 8.0));
    }

    #[test]
    fn what_is_no_number_or_has_another_shape_differs() {
        assert_eq!(check(floats(&[f32::NAN]), floats(&[1.0]), true), (false, f64::INFINITY));
        assert!(!check(floats(&[1.0]), floats(&[1.0, 2.0]), true).0);
        assert!(!check(bytes(&[1, 2, 3, 4]), floats(&[1.0]), true).0);
        assert!(!compare(&[bytes(&[1])], &[], true).agrees);
        assert!(!compare(&[], &[], true).agrees);
    }

    #[test]
    fn the_worst_output_counts() {
        let check = compare(&[bytes(&[1]), bytes(&[9])], &[bytes(&[1]), bytes(&[1])], false);
        assert_eq!((check.agrees, check.difference), (false, 8.0));
    }
}
