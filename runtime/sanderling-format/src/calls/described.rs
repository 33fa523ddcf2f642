//! The list of all calls, for whoever describes them.

use super::*;

/// A call as a page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// See [`Call::ID`].
    pub id: u16,
    /// See [`Call::NAME`].
    pub name: &'static str,
    /// The struct.
    pub title: &'static str,
    /// Names and types of its fields, in order.
    pub fields: &'static [(&'static str, &'static str)],
}

macro_rules! described {
    ($($call:ident),* $(,)?) => {
        &[$(Described { id: $call::ID, name: $call::NAME, title: stringify!($call), fields: $call::FIELDS }),*]
    };
}

/// The calls, by id.
pub const ALL: &[Described] = described![
    Conv2dI8,
    DepthwiseI8,
    AddI8,
    AvgPoolI8,
    MaxPoolI8,
    SoftmaxI8,
    FlipI8,
    LookupI8,
    MapI8,
    BinaryI8,
    ReduceI8,
    ResizeI8,
    Dequantize,
    Quantize,
    MeanPoolI8,
    GroupedConvI8,
    ConvTransposeI8,
    HybridConv,
    MatMulI8,
    LstmI8,
    Conv2dF32,
    DepthwiseF32,
    ConvTransposeF32,
    MatMulF32,
    UnaryF32,
    BinaryF32,
    PoolF32,
    ReduceF32,
    SoftmaxF32,
    LayerNormF32,
    ResizeF32,
    LstmF32,
    GruF32,
    Conv2dF16,
    DepthwiseF16,
    ConvTransposeF16,
    MatMulF16,
    Conv2dBf16,
    DepthwiseBf16,
    ConvTransposeBf16,
    MatMulBf16,
    StridedCopy,
    Fill,
    IndexedCopy,
    Gather,
    Select,
    Cast,
    TopK,
    ArgMax,
    BinaryInt,
    UnaryInt,
    ReduceInt,
    TreeEnsemble,
    PairwiseCoupling,
];
