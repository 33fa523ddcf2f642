//! Arrays with their names, as numpy knows them.

use sanderling_format::Element;

/// A dense, row-major, little-endian array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub name: String,
    pub element: Element,
    pub shape: Vec<usize>,
    /// As many bytes as shape and element say.
    pub data: Vec<u8>,
}

impl Array {
    /// `int8[1, 49, 10, 1]`, with numpy's names of types.
    pub fn describe(&self) -> String {
        format!("{}{:?}", numpy_name(self.element), self.shape)
    }
}

/// numpy's name of a type.
pub fn numpy_name(element: Element) -> &'static str {
    match element {
        Element::I8 => "int8",
        Element::U8 => "uint8",
        Element::I16 => "int16",
        Element::I32 => "int32",
        Element::I64 => "int64",
        Element::F16 => "float16",
        Element::F32 => "float32",
        Element::Bool => "bool",
    }
}
