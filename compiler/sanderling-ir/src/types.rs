//! Element types, quantization parameters, tensor types and constant tensors.

use std::fmt;

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    F32,
    F16,
    BF16,
    I8,
    U8,
    I16,
    I32,
    I64,
    /// One byte, 0 or 1.
    Bool,
}

impl DType {
    /// Size of one element in bytes.
    pub fn bytes(self) -> usize {
        match self {
            DType::I8 | DType::U8 | DType::Bool => 1,
            DType::F16 | DType::BF16 | DType::I16 => 2,
            DType::F32 | DType::I32 => 4,
            DType::I64 => 8,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::F16 => "f16",
            DType::BF16 => "bf16",
            DType::I8 => "i8",
            DType::U8 => "u8",
            DType::I16 => "i16",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::Bool => "bool",
        })
    }
}

/// Affine quantization: `real = scale * (stored - zero_point)`.
///
/// One scale for the whole tensor, or one for each index of `axis`.
#[derive(Clone, Debug, PartialEq)]
pub struct Quant {
    /// Positive and finite, one or as many as `shape[axis]`.
    pub scales: Vec<f32>,
    /// As many as `scales`.
    pub zero_points: Vec<i32>,
    /// The axis that `scales` run along; meaningless for a single scale.
    pub axis: usize,
}

impl Quant {
    /// One scale and zero point for the whole tensor.
    pub fn per_tensor(scale: f32, zero_point: i32) -> Self {
        Quant { scales: vec![scale], zero_points: vec![zero_point], axis: 0 }
    }
}

/// Type of a value: element type, static shape and, for quantized values, their parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorType {
    pub dtype: DType,
    pub shape: Vec<usize>,
    pub quant: Option<Quant>,
}

impl TensorType {
    /// A type without quantization.
    pub fn new(dtype: DType, shape: &[usize]) -> Self {
        TensorType { dtype, shape: shape.to_vec(), quant: None }
    }

    /// The number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The number of bytes that the elements take.
    pub fn bytes(&self) -> usize {
        self.elements() * self.dtype.bytes()
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        write!(f, "{}[{}]", self.dtype, dims.join("x"))
    }
}

/// A constant, or data on its way through the oracle: little-endian elements, row major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub ty: TensorType,
    /// Exactly `ty.bytes()` long.
    pub data: Vec<u8>,
}

impl Tensor {
    /// The elements as `i8`; `u8` elements keep their bits.
    pub fn as_i8(&self) -> Vec<i8> {
        self.data.iter().map(|&b| b as i8).collect()
    }

    /// The elements as `i32`.
    pub fn as_i32(&self) -> Vec<i32> {
        self.data.as_chunks().0.iter().map(|c| i32::from_le_bytes(*c)).collect()
    }

    /// The elements as `f32`.
    pub fn as_f32(&self) -> Vec<f32> {
        self.data.as_chunks().0.iter().map(|c| f32::from_le_bytes(*c)).collect()
    }

    /// The elements as `i64`.
    pub fn as_i64(&self) -> Vec<i64> {
        self.data.as_chunks().0.iter().map(|c| i64::from_le_bytes(*c)).collect()
    }

    /// A tensor of `ty` from `f32` elements.
    pub fn from_f32(ty: TensorType, values: &[f32]) -> Self {
        Tensor { ty, data: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
    }

    /// A tensor of `ty` from `i64` elements.
    pub fn from_i64(ty: TensorType, values: &[i64]) -> Self {
        Tensor { ty, data: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
    }

    /// A tensor of `ty` from `i8` elements.
    pub fn from_i8(ty: TensorType, values: &[i8]) -> Self {
        Tensor { ty, data: values.iter().map(|&v| v as u8).collect() }
    }

    /// A tensor of `ty` from `i32` elements.
    pub fn from_i32(ty: TensorType, values: &[i32]) -> Self {
        Tensor { ty, data: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
    }
}
