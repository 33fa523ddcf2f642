//! The words for kinds, modes and element types, one table for printing and parsing.

use crate::{Activation, BinaryKind, Coordinates, DType, ReduceKind, ResizeMode, Rounding, UnaryKind};

/// Names for the values of a plain enumeration.
pub(super) trait Word: Copy + PartialEq + 'static {
    const ALL: &'static [(&'static str, Self)];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
    }

    fn choices() -> String {
        Self::ALL.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
    }
}

impl Word for bool {
    const ALL: &'static [(&'static str, Self)] = &[("true", true), ("false", false)];
}

impl Word for DType {
    const ALL: &'static [(&'static str, Self)] = &[
        ("f32", DType::F32),
        ("f16", DType::F16),
        ("bf16", DType::BF16),
        ("i8", DType::I8),
        ("u8", DType::U8),
        ("i16", DType::I16),
        ("i32", DType::I32),
        ("i64", DType::I64),
        ("bool", DType::Bool),
    ];
}

impl Word for Activation {
    const ALL: &'static [(&'static str, Self)] = &[
        ("none", Activation::None),
        ("relu", Activation::Relu),
        ("relu6", Activation::Relu6),
        ("relu_n1_to_1", Activation::ReluN1To1),
    ];
}

impl Word for Rounding {
    const ALL: &'static [(&'static str, Self)] = &[("twice", Rounding::Twice), ("once", Rounding::Once)];
}

impl Word for BinaryKind {
    const ALL: &'static [(&'static str, Self)] = &[
        ("add", BinaryKind::Add),
        ("sub", BinaryKind::Sub),
        ("mul", BinaryKind::Mul),
        ("div", BinaryKind::Div),
        ("pow", BinaryKind::Pow),
        ("min", BinaryKind::Min),
        ("max", BinaryKind::Max),
        ("squared_difference", BinaryKind::SquaredDifference),
        ("equal", BinaryKind::Equal),
        ("less", BinaryKind::Less),
        ("less_equal", BinaryKind::LessEqual),
        ("greater", BinaryKind::Greater),
        ("greater_equal", BinaryKind::GreaterEqual),
        ("and", BinaryKind::And),
        ("or", BinaryKind::Or),
    ];
}

impl Word for ReduceKind {
    const ALL: &'static [(&'static str, Self)] = &[
        ("sum", ReduceKind::Sum),
        ("mean", ReduceKind::Mean),
        ("max", ReduceKind::Max),
        ("min", ReduceKind::Min),
        ("prod", ReduceKind::Prod),
    ];
}

impl Word for ResizeMode {
    const ALL: &'static [(&'static str, Self)] = &[
        ("nearest_floor", ResizeMode::NearestFloor),
        ("nearest_round", ResizeMode::NearestRound),
        ("bilinear", ResizeMode::Bilinear),
    ];
}

impl Word for Coordinates {
    const ALL: &'static [(&'static str, Self)] = &[
        ("asymmetric", Coordinates::Asymmetric),
        ("half_pixel", Coordinates::HalfPixel),
        ("align_corners", Coordinates::AlignCorners),
    ];
}

/// The unary kinds without parameters; the others are spelled out where their attributes are.
impl Word for UnaryKind {
    const ALL: &'static [(&'static str, Self)] = &[
        ("neg", UnaryKind::Neg),
        ("abs", UnaryKind::Abs),
        ("sign", UnaryKind::Sign),
        ("exp", UnaryKind::Exp),
        ("log", UnaryKind::Log),
        ("sqrt", UnaryKind::Sqrt),
        ("rsqrt", UnaryKind::Rsqrt),
        ("reciprocal", UnaryKind::Reciprocal),
        ("erf", UnaryKind::Erf),
        ("sin", UnaryKind::Sin),
        ("cos", UnaryKind::Cos),
        ("tanh", UnaryKind::Tanh),
        ("sigmoid", UnaryKind::Sigmoid),
        ("hard_swish", UnaryKind::HardSwish),
        ("softplus", UnaryKind::Softplus),
        ("floor", UnaryKind::Floor),
        ("ceil", UnaryKind::Ceil),
        ("round", UnaryKind::Round),
        ("not", UnaryKind::Not),
    ];
}

/// The shortest text that reads back as the same bits.
pub(super) fn float(value: f32) -> String {
    match value.is_nan() {
        // The payload of a NaN is part of the graph; `nan` alone is the usual one.
        true if value.to_bits() != f32::NAN.to_bits() => format!("nan.{:08x}", value.to_bits()),
        true => "nan".into(),
        false => format!("{value:?}"),
    }
}

/// Reads what [`float`] writes.
pub(super) fn parse_float(word: &str) -> Option<f32> {
    if let Some(bits) = word.strip_prefix("nan.") {
        let value = f32::from_bits(u32::from_str_radix(bits, 16).ok()?);
        return value.is_nan().then_some(value);
    }
    match word {
        "nan" => Some(f32::NAN),
        word => word.parse().ok(),
    }
}
