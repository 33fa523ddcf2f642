//! SageMaker's protobuf message of a row, `aialgs.data.Record` (proto2).

use std::collections::BTreeMap;

use prost::{Message, Oneof};

/// A row, or anything else that has named tensors.
#[derive(Clone, PartialEq, Message)]
pub struct Record {
    /// The row's features are under `values`.
    #[prost(btree_map = "string, message", tag = "1")]
    pub features: BTreeMap<String, Value>,
    /// Its label too.
    #[prost(btree_map = "string, message", tag = "2")]
    pub label: BTreeMap<String, Value>,
    #[prost(string, optional, tag = "3")]
    pub uid: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub metadata: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub configuration: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Value {
    #[prost(oneof = "Tensor", tags = "2, 3, 7, 9")]
    pub tensor: Option<Tensor>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Tensor {
    #[prost(message, tag = "2")]
    Float32(Float32Tensor),
    #[prost(message, tag = "3")]
    Float64(Float64Tensor),
    #[prost(message, tag = "7")]
    Int32(Int32Tensor),
    #[prost(message, tag = "9")]
    Bytes(Bytes),
}

/// Of all tensors: without keys `values` are all values, row after row; with keys each value has the flat index of its place
/// in `shape`.
#[derive(Clone, PartialEq, Message)]
pub struct Float32Tensor {
    #[prost(float, repeated, tag = "1")]
    pub values: Vec<f32>,
    #[prost(uint64, repeated, tag = "2")]
    pub keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub shape: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Float64Tensor {
    #[prost(double, repeated, tag = "1")]
    pub values: Vec<f64>,
    #[prost(uint64, repeated, tag = "2")]
    pub keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub shape: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Int32Tensor {
    #[prost(int32, repeated, tag = "1")]
    pub values: Vec<i32>,
    #[prost(uint64, repeated, tag = "2")]
    pub keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub shape: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Bytes {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub value: Vec<Vec<u8>>,
    #[prost(string, optional, tag = "2")]
    pub content_type: Option<String>,
}
