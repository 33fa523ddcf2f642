//! Real numbers: f32, accumulated in f32.

pub(crate) mod conv;
mod depthwise;
mod elementwise;
pub(crate) mod mat_mul;
mod normalize;
mod pool;
pub(crate) mod recurrent;
mod resize;
pub(crate) mod stored;

use stored::Stored;

/// Element `index`.
#[inline(always)]
pub(crate) fn get(data: &[u8], index: usize) -> f32 {
    data.as_chunks::<4>().0.get(index).map_or(0.0, |&bytes| f32::from_le_bytes(bytes))
}

/// Sets element `index`.
#[inline(always)]
pub(crate) fn put(data: &mut [u8], index: usize, value: f32) {
    if let Some(place) = data.as_chunks_mut::<4>().0.get_mut(index) {
        *place = value.to_le_bytes();
    }
}

/// All weights.
#[inline(always)]
pub(crate) fn weights<S: Stored>(data: &[u8]) -> impl Iterator<Item = f32> + Clone + '_ {
    S::all(data).iter().map(|&bytes| S::value(bytes))
}

/// All elements.
#[inline(always)]
pub(crate) fn values(data: &[u8]) -> impl Iterator<Item = f32> + Clone + '_ {
    data.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes))
}

/// `value` into `low..=high`; without bounds as it is, so that what is not a number stays so.
#[inline(always)]
pub(crate) fn clamp(value: f32, low: f32, high: f32) -> f32 {
    if low == f32::NEG_INFINITY && high == f32::INFINITY { value } else { value.max(low).min(high) }
}

/// The product of a row and weights.
#[inline(always)]
pub(crate) fn dot<S: Stored>(a: &[u8], b: &[u8]) -> f32 {
    // Eight sums let the compiler use vectors.
    let mut sums = [0.0f32; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>().0.as_chunks::<8>(), S::all(b).as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += f32::from_le_bytes(a) * S::value(b);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| f32::from_le_bytes(a) * S::value(b)).sum();
    sums.iter().sum::<f32>() + rest
}
