//! Kernels that move elements whatever they stand for, and arithmetic on plain integers.
//!
//! A walk has [`AXES`] axes, outermost first, unused ones of length 1; strides count elements and may be 0 or negative.

use super::{Call, reads, words};
use crate::access::{Accesses, Region, size};
use crate::words::{Reader, Words};

/// Axes of a strided walk.
pub const AXES: usize = 6;
/// Axes of each half of a [`Reduction`].
pub const HALF: usize = 3;

/// Element type of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Numeric {
    I8 = 0,
    U8 = 1,
    /// A quantized `u8`, which kernels keep with its highest bit flipped.
    FlippedU8 = 2,
    Bool = 3,
    I16 = 4,
    I32 = 5,
    I64 = 6,
    F16 = 7,
    BF16 = 8,
    F32 = 9,
}

impl Numeric {
    /// The type with this code.
    pub fn from_code(code: u32) -> Option<Numeric> {
        use Numeric::*;
        [I8, U8, FlippedU8, Bool, I16, I32, I64, F16, BF16, F32].into_iter().find(|n| *n as u32 == code)
    }

    /// Bytes of one element.
    pub fn bytes(self) -> u32 {
        match self {
            Numeric::I8 | Numeric::U8 | Numeric::FlippedU8 | Numeric::Bool => 1,
            Numeric::I16 | Numeric::F16 | Numeric::BF16 => 2,
            Numeric::I32 | Numeric::F32 => 4,
            Numeric::I64 => 8,
        }
    }

    /// Whether elements are real numbers.
    pub fn is_real(self) -> bool {
        matches!(self, Numeric::F16 | Numeric::BF16 | Numeric::F32)
    }
}

/// What [`BinaryInt`] and [`super::BinaryI8`] compute; from `Equal` on the result is a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum BinaryOp {
    Add = 0,
    Sub = 1,
    Mul = 2,
    /// Toward zero; 0 where the divisor is.
    Div = 3,
    Pow = 4,
    Min = 5,
    Max = 6,
    SquaredDifference = 7,
    Equal = 8,
    Less = 9,
    LessEqual = 10,
    Greater = 11,
    GreaterEqual = 12,
    And = 13,
    Or = 14,
}

impl BinaryOp {
    /// The op with this code.
    pub fn from_code(code: u32) -> Option<BinaryOp> {
        use BinaryOp::*;
        let all = [
            Add,
            Sub,
            Mul,
            Div,
            Pow,
            Min,
            Max,
            SquaredDifference,
            Equal,
            Less,
            LessEqual,
            Greater,
            GreaterEqual,
            And,
            Or,
        ];
        all.into_iter().find(|op| *op as u32 == code)
    }

    /// Whether the result is a truth value.
    pub fn is_truth(self) -> bool {
        self as u32 >= BinaryOp::Equal as u32
    }
}

/// What [`UnaryInt`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum UnaryOp {
    Neg = 0,
    Abs = 1,
    Sign = 2,
    /// Into `low..=high`.
    Clamp = 3,
    Not = 4,
}

impl UnaryOp {
    /// The op with this code.
    pub fn from_code(code: u32) -> Option<UnaryOp> {
        use UnaryOp::*;
        [Neg, Abs, Sign, Clamp, Not].into_iter().find(|op| *op as u32 == code)
    }
}

/// What [`ReduceInt`] and [`super::ReduceI8`] compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ReduceOp {
    Sum = 0,
    Mean = 1,
    Max = 2,
    Min = 3,
    Prod = 4,
}

impl ReduceOp {
    /// The op with this code.
    pub fn from_code(code: u32) -> Option<ReduceOp> {
        use ReduceOp::*;
        [Sum, Mean, Max, Min, Prod].into_iter().find(|op| *op as u32 == code)
    }
}

words! {
    /// Two tensors read as one shape; what is computed from them lies dense.
    Broadcast {
        dims: [u32; AXES],
        a_strides: [i32; AXES], b_strides: [i32; AXES],
        /// Elements of the tensors.
        a_len: u32, b_len: u32,
    }
    /// One result for all elements along the axes `gone`, for each index of the axes `kept`; results lie dense.
    Reduction {
        kept: [u32; HALF], kept_strides: [i32; HALF],
        gone: [u32; HALF], gone_strides: [i32; HALF],
        /// Elements of the input.
        in_len: u32,
    }
    /// Copies elements of 1, 2, 4 or 8 bytes from one strided place to another, which must not meet itself to make
    /// sense. Where `mapped` is 1, each byte goes through the 256 bytes of `table`.
    StridedCopy {
        element: u32, mapped: u32,
        dims: [u32; AXES],
        in_strides: [i32; AXES], out_strides: [i32; AXES],
        in_first: u32, out_first: u32,
        /// Elements of the whole tensors.
        in_len: u32, out_len: u32,
        input: u32, output: u32, table: u32,
    }
    /// Sets `len` elements of 1, 2, 4 or 8 bytes to the low bytes of `value`.
    Fill { element: u32, len: u32, value: u64, output: u32, }
    /// Output run `(i, j, ...)` is the input run whose index is the sum of `table` entries `i` of the first axis, `j` of
    /// the second..., each u32, axis after axis. A run has `run` bytes, the input `in_len` runs; larger indices clamp.
    IndexedCopy { dims: [u32; AXES], run: u32, in_len: u32, input: u32, table: u32, output: u32, }
    /// `input[outer][count][inner]` to `output[outer][indices_len][inner]`, `inner` in bytes. Indices are i32 or i64
    /// (`index_bytes`); negative ones count back, and what is then outside is clamped to the nearest.
    Gather {
        outer: u32, count: u32, inner: u32, indices_len: u32, index_bytes: u32,
        input: u32, indices: u32, output: u32,
    }
    /// `condition != 0 ? a : b`, broadcast; elements of 1, 2, 4 or 8 bytes.
    Select {
        element: u32,
        values: Broadcast,
        condition_strides: [i32; AXES], condition_len: u32,
        condition: u32, a: u32, b: u32, output: u32,
    }
    /// Converts `len` numbers between [`Numeric`] types: toward zero into integers, which wrap.
    Cast { from: u32, to: u32, len: u32, input: u32, output: u32, }
    /// The `k` largest of each row of `depth` numbers, in order, ties by index: where `indices` is 1 their places as
    /// i64, elsewhere themselves.
    TopK { numeric: u32, indices: u32, rows: u32, depth: u32, k: u32, input: u32, output: u32, }
    /// The first index of the maximum along the middle axis of `[outer][count][inner]`, i32 or i64 (`index_bytes`).
    ArgMax { numeric: u32, outer: u32, count: u32, inner: u32, index_bytes: u32, input: u32, output: u32, }
    /// A [`BinaryOp`] on integers, which wrap; then, on numbers, a clamp to `low..=high`. In place as
    /// [`super::BinaryI8`], where the results have the size of the operands.
    BinaryInt {
        op: u32, numeric: u32,
        operands: Broadcast,
        low: u64, high: u64,
        a: u32, b: u32, output: u32,
    }
    /// A [`UnaryOp`] on `len` integers, also in place.
    UnaryInt { op: u32, numeric: u32, len: u32, low: u64, high: u64, input: u32, output: u32, }
    /// A [`ReduceOp`] on integers, which wrap; the mean is truncated.
    ReduceInt { op: u32, numeric: u32, shape: Reduction, input: u32, output: u32, }
}

/// Whether a walk stays inside `len` elements.
fn is_inside(dims: &[u32], strides: &[i32], first: u32, len: u32) -> bool {
    let (mut low, mut high) = (i64::from(first), i64::from(first));
    for (&n, &stride) in dims.iter().zip(strides) {
        let Some(steps) = n.checked_sub(1) else { return false };
        // Below 2^63: 32 bits times 31.
        let reach = i64::from(steps) * i64::from(stride);
        let end = if reach < 0 { &mut low } else { &mut high };
        let Some(sum) = end.checked_add(reach) else { return false };
        *end = sum;
    }
    0 <= low && high < i64::from(len)
}

fn is_element(bytes: u32) -> bool {
    matches!(bytes, 1 | 2 | 4 | 8)
}

impl Broadcast {
    /// Elements of the result; `None` where an operand is left.
    pub fn len(&self) -> Option<u32> {
        let inside = is_inside(&self.dims, &self.a_strides, 0, self.a_len)
            && is_inside(&self.dims, &self.b_strides, 0, self.b_len);
        if inside { size(&self.dims) } else { None }
    }

    /// The operands, at these offsets, in whose place the result may be computed, one bit each: those that are read as they
    /// lie, unless both are the same.
    pub fn in_place(&self, a: u32, b: u32) -> u8 {
        let is_dense = |strides: &[i32; AXES], len: u32| {
            let mut steps = self.dims.iter().zip(strides).rev();
            let all = steps.try_fold(1u32, |expected, (&n, &stride)| {
                (n == 1 || u32::try_from(stride) == Ok(expected)).then_some(expected.checked_mul(n)?)
            });
            all == Some(len)
        };
        let bits =
            u8::from(is_dense(&self.a_strides, self.a_len)) | u8::from(is_dense(&self.b_strides, self.b_len)) << 1;
        if a == b { 0 } else { bits }
    }

    /// Whether there is nothing to compute, which no call accepts.
    pub fn is_empty(&self) -> bool {
        self.len().is_none()
    }
}

impl Reduction {
    /// Results; `None` where the input is left or would be read more than once.
    pub fn results(&self) -> Option<u32> {
        let results = size(&self.kept)?;
        let all = results.checked_mul(size(&self.gone)?)?;
        let mut dims = [0; 2 * HALF];
        let mut strides = [0; 2 * HALF];
        dims.iter_mut().zip(self.kept.iter().chain(&self.gone)).for_each(|(to, &from)| *to = from);
        let from = self.kept_strides.iter().chain(&self.gone_strides);
        strides.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
        (all <= self.in_len && is_inside(&dims, &strides, 0, self.in_len)).then_some(results)
    }
}

/// The usual call: some reads, one output.
fn plain<const N: usize>(regions: [(u32, u32); N], output: u32, bytes: u32) -> Accesses {
    Accesses { reads: reads(regions), output: Region { offset: output, bytes }, ..Accesses::default() }
}

impl Call for StridedCopy {
    const ID: u16 = 64;
    const NAME: &'static str = "strided_copy";
    fn accesses(&self) -> Option<Accesses> {
        let ok = is_element(self.element)
            && (self.mapped == 0 || (self.mapped == 1 && self.element == 1))
            && size(&self.dims)? <= self.out_len
            && is_inside(&self.dims, &self.in_strides, self.in_first, self.in_len)
            && is_inside(&self.dims, &self.out_strides, self.out_first, self.out_len);
        let input = (self.input, size(&[self.in_len, self.element])?);
        ok.then_some(plain(
            [input, (self.table, if self.mapped == 1 { 256 } else { 0 })],
            self.output,
            size(&[self.out_len, self.element])?,
        ))
    }
}

impl Call for Fill {
    const ID: u16 = 65;
    const NAME: &'static str = "fill";
    fn accesses(&self) -> Option<Accesses> {
        let bytes = size(&[self.len, self.element])?;
        is_element(self.element).then_some(plain([], self.output, bytes))
    }
}

impl Call for IndexedCopy {
    const ID: u16 = 66;
    const NAME: &'static str = "indexed_copy";
    fn accesses(&self) -> Option<Accesses> {
        let bytes = size(&self.dims)?.checked_mul(self.run)?;
        let entries = self.dims.iter().try_fold(0u32, |sum, &n| sum.checked_add(n))?;
        let input = (self.input, size(&[self.in_len, self.run])?);
        Some(plain([input, (self.table, entries.checked_mul(4)?)], self.output, bytes))
    }
}

impl Call for Gather {
    const ID: u16 = 67;
    const NAME: &'static str = "gather";
    fn accesses(&self) -> Option<Accesses> {
        let input = size(&[self.outer, self.count, self.inner])?;
        let indices = size(&[self.indices_len, self.index_bytes])?;
        let output = size(&[self.outer, self.indices_len, self.inner])?;
        matches!(self.index_bytes, 4 | 8).then_some(plain(
            [(self.input, input), (self.indices, indices)],
            self.output,
            output,
        ))
    }
}

impl Call for Select {
    const ID: u16 = 68;
    const NAME: &'static str = "select";
    fn accesses(&self) -> Option<Accesses> {
        let bytes = |len: u32| len.checked_mul(self.element);
        let ok =
            is_element(self.element) && is_inside(&self.values.dims, &self.condition_strides, 0, self.condition_len);
        ok.then_some(plain(
            [
                (self.condition, self.condition_len),
                (self.a, bytes(self.values.a_len)?),
                (self.b, bytes(self.values.b_len)?),
            ],
            self.output,
            bytes(self.values.len()?)?,
        ))
    }
}

impl Call for Cast {
    const ID: u16 = 69;
    const NAME: &'static str = "cast";
    fn accesses(&self) -> Option<Accesses> {
        let (from, to) = (Numeric::from_code(self.from)?, Numeric::from_code(self.to)?);
        Some(plain([(self.input, size(&[self.len, from.bytes()])?)], self.output, size(&[self.len, to.bytes()])?))
    }
}

impl Call for TopK {
    const ID: u16 = 70;
    const NAME: &'static str = "top_k";
    fn accesses(&self) -> Option<Accesses> {
        let element = Numeric::from_code(self.numeric)?.bytes();
        let input = size(&[self.rows, self.depth, element])?;
        let output = size(&[self.rows, self.k, if self.indices == 1 { 8 } else { element }])?;
        (self.k <= self.depth && self.indices < 2).then_some(plain([(self.input, input)], self.output, output))
    }
}

impl Call for ArgMax {
    const ID: u16 = 71;
    const NAME: &'static str = "arg_max";
    fn accesses(&self) -> Option<Accesses> {
        let element = Numeric::from_code(self.numeric)?.bytes();
        let input = size(&[self.outer, self.count, self.inner, element])?;
        let output = size(&[self.outer, self.inner, self.index_bytes])?;
        matches!(self.index_bytes, 4 | 8).then_some(plain([(self.input, input)], self.output, output))
    }
}

impl Call for BinaryInt {
    const ID: u16 = 72;
    const NAME: &'static str = "binary_int";
    fn accesses(&self) -> Option<Accesses> {
        let numeric = Numeric::from_code(self.numeric)?;
        let bytes = |len: u32| len.checked_mul(numeric.bytes());
        let out = if BinaryOp::from_code(self.op)?.is_truth() { 1 } else { numeric.bytes() };
        let in_place = if out == numeric.bytes() { self.operands.in_place(self.a, self.b) } else { 0 };
        let call = plain(
            [(self.a, bytes(self.operands.a_len)?), (self.b, bytes(self.operands.b_len)?)],
            self.output,
            self.operands.len()?.checked_mul(out)?,
        );
        (!numeric.is_real()).then_some(Accesses { in_place, ..call })
    }
}

impl Call for UnaryInt {
    const ID: u16 = 73;
    const NAME: &'static str = "unary_int";
    fn accesses(&self) -> Option<Accesses> {
        let numeric = Numeric::from_code(self.numeric)?;
        UnaryOp::from_code(self.op)?;
        let bytes = size(&[self.len, numeric.bytes()])?;
        let call = plain([(self.input, bytes)], self.output, bytes);
        (!numeric.is_real()).then_some(Accesses { in_place: 0b1, ..call })
    }
}

impl Call for ReduceInt {
    const ID: u16 = 74;
    const NAME: &'static str = "reduce_int";
    fn accesses(&self) -> Option<Accesses> {
        let numeric = Numeric::from_code(self.numeric)?;
        ReduceOp::from_code(self.op)?;
        let bytes = |len: u32| len.checked_mul(numeric.bytes());
        let input = (self.input, bytes(self.shape.in_len)?);
        (!numeric.is_real()).then_some(plain([input], self.output, bytes(self.shape.results()?)?))
    }
}
