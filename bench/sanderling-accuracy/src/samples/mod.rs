//! Real data as the inputs of models, one file a data set.

pub mod fashion;
pub mod gestures;
pub mod keywords;
pub mod photographs;

use sanderling_ir::{DType, Tensor, TensorType};

/// A sample of a real input.
fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor::from_f32(TensorType::new(DType::F32, shape), values)
}
