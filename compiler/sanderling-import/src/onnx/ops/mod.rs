//! The converters, by family.

pub(super) mod binary;
pub(super) mod constants;
pub(super) mod control;
pub(super) mod conv;
pub(super) mod conv_transpose;
pub(super) mod dense;
pub(super) mod gather;
pub(super) mod ml;
pub(super) mod norm;
pub(super) mod pool;
pub(super) mod quant;
pub(super) mod recurrent;
pub(super) mod reduce;
pub(super) mod resize;
pub(super) mod resize_axis;
pub(super) mod scan;
pub(super) mod shape;
pub(super) mod slice;
pub(super) mod softmax;
pub(super) mod unary;
