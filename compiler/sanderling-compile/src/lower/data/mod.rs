//! Nodes that move elements whatever they stand for, and those that lead between real and quantized numbers.

mod borders;
mod convert;
mod copy;
mod gather;
mod hybrid;
mod pad;
mod search;
mod walk;

use sanderling_format::calls::{MapI8, Numeric};
use sanderling_ir::{DType, Op, ResizeMode, Source, Tensor, TensorType, ValueId};
use sanderling_oracle::evaluate;

pub use borders::{enter, leave, state_init};
pub use walk::{Walk, broadcast_strides, strides, words};

use super::Site;
use crate::CompileError;

/// Whether kernels keep the bytes of this type with their highest bit flipped, as i8: those of quantized `u8`.
pub fn is_flipped(ty: &TensorType) -> bool {
    ty.dtype == DType::U8 && ty.quant.is_some()
}

/// What a stored value of this type has more than its byte in a kernel.
pub fn flip_offset(ty: &TensorType) -> i32 {
    if is_flipped(ty) { 128 } else { 0 }
}

/// The bytes of a value as kernels keep them.
pub fn stored<'d>(ty: &TensorType, data: &'d [u8]) -> std::borrow::Cow<'d, [u8]> {
    if is_flipped(ty) { data.iter().map(|b| b ^ 0x80).collect() } else { data.into() }
}

/// Whether moving elements from one type to the other leaves their bytes as they are.
pub fn keeps_bytes(from: &TensorType, to: &TensorType) -> bool {
    let same = match (&from.quant, &to.quant) {
        // An op that moves elements gives them the quantization of its output, unless it has several.
        (Some(a), Some(b)) if a.scales.len() == 1 && b.scales.len() == 1 => {
            (a.scales[0], a.zero_points[0]) == (b.scales[0], b.zero_points[0])
        }
        _ => true,
    };
    same && is_flipped(from) == is_flipped(to)
}

/// Lowers a node if it is one of these; returns its scratch.
pub fn lower(site: &mut Site) -> Result<Option<u32>, CompileError> {
    let quantized = |ty: &TensorType| ty.quant.is_some();
    let real = |ty: &TensorType| matches!(ty.dtype, DType::F32 | DType::F16 | DType::BF16);
    match &site.node.op {
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Slice { .. } | Op::Broadcast { .. } => copy::view(site),
        Op::Concat { axis } => copy::concat(site, *axis),
        Op::Pad { before, mode, .. } => pad::pad(site, before, *mode),
        Op::Gather { axis } => gather::gather(site, *axis),
        Op::Select => gather::select(site),
        Op::Resize { mode, coordinates, .. } if *mode != ResizeMode::Bilinear => {
            pad::nearest(site, *mode, *coordinates)
        }
        Op::ArgMax { axis, .. } => search::arg_max(site, *axis),
        Op::TopK { k } => search::top_k(site, *k),
        Op::Cast { .. } => convert::cast(site),
        Op::Quantize { .. } if real(site.ty(0)) => convert::quantize(site),
        Op::Dequantize => convert::dequantize(site),
        Op::Conv2d { .. } | Op::FullyConnected { .. } if real(site.ty(0)) && quantized(site.ty(1)) => {
            hybrid::hybrid(site)
        }
        _ => return Ok(None),
    }
    .map(Some)
}

impl Site<'_> {
    /// Where an input lies, a constant too.
    pub fn at(&mut self, input: usize) -> u32 {
        let id: ValueId = self.node.inputs[input];
        match &self.graph.values[id.0].source {
            Source::Constant(tensor) => self.artifact.constant(&stored(&tensor.ty, &tensor.data)),
            _ => (self.place)(id),
        }
    }

    /// Appends a call; one that is not the node's last is partial.
    pub fn call_part<C: sanderling_format::Call>(&mut self, call: &C, last: bool) -> Result<u32, CompileError> {
        let Some(accesses) = call.accesses() else {
            return self.fail("its sizes are beyond what kernels take".to_string());
        };
        if !accesses.is_sound() {
            return self.fail("its kernel would overwrite what it still has to read".to_string());
        }
        if last {
            self.artifact.call(call);
        } else {
            self.artifact.partial_call(call);
        }
        Ok(accesses.scratch.bytes)
    }

    /// Numbers of this type as kernels know them.
    pub fn numeric(&self, ty: &TensorType) -> Numeric {
        match ty.dtype {
            DType::I8 => Numeric::I8,
            DType::U8 if is_flipped(ty) => Numeric::FlippedU8,
            DType::U8 => Numeric::U8,
            DType::Bool => Numeric::Bool,
            DType::I16 => Numeric::I16,
            DType::I32 => Numeric::I32,
            DType::I64 => Numeric::I64,
            DType::F16 => Numeric::F16,
            DType::BF16 => Numeric::BF16,
            DType::F32 => Numeric::F32,
        }
    }

    /// What becomes of the bytes of an input that the node moves: `None` where they stay as they are.
    pub fn conversion(&self, input: usize) -> Result<Option<[u8; 256]>, CompileError> {
        let (from, to) = (self.ty(input), self.out_ty());
        if keeps_bytes(from, to) {
            return Ok(None);
        }
        if from.dtype.bytes() != 1 {
            return self.fail(format!("there is no kernel to move {from} into another quantization"));
        }
        let op = match self.node.op {
            Op::Concat { .. } => Op::Concat { axis: 0 },
            _ => Op::Reshape { shape: vec![256] },
        };
        let several = |ty: &TensorType| ty.quant.as_ref().is_some_and(|q| q.scales.len() > 1);
        if several(from) || several(to) || from.quant.is_none() || to.quant.is_none() {
            // The bytes move as they are; only the way that kernels keep them differs.
            return Ok(Some(std::array::from_fn(|i| i as u8 ^ 0x80)));
        }
        self.table(&op, from, |all| vec![all]).map(Some)
    }

    /// The node's function of one byte, by the oracle: `op` on every value of type `from`, all in one tensor, to which
    /// `inputs` may add others.
    pub fn table(
        &self,
        op: &Op,
        from: &TensorType,
        inputs: impl Fn(Tensor) -> Vec<Tensor>,
    ) -> Result<[u8; 256], CompileError> {
        let to = TensorType { shape: vec![256], ..self.out_ty().clone() };
        let all = TensorType { shape: vec![256], ..from.clone() };
        let kept: Vec<u8> = (0..=255).collect();
        let inputs = inputs(Tensor { data: stored(&all, &kept).into_owned(), ty: all });
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        let outputs = evaluate(op, &inputs, std::slice::from_ref(&to))?;
        let bytes = stored(&to, &outputs[0].data);
        match bytes.as_ref().try_into() {
            Ok(table) => Ok(table),
            Err(_) => self.fail("its output has no elements of one byte".into()),
        }
    }

    /// Applies a conversion to the output, in place, after calls that were partial.
    pub fn map_output(&mut self, table: &[u8; 256]) -> Result<u32, CompileError> {
        let len = self.out_ty().elements() as u32;
        let (table, output) = (self.artifact.constant(table), self.out_at());
        self.call_part(&MapI8 { len, table, output }, true)
    }
}
