//! From nodes to kernel calls: integer parameters, packed constants, offsets.

mod data;
mod float;
mod int8;
mod integer;
mod trees;
mod weights;

use sanderling_format::{Artifact, Call, Element, IoRecord, RANK_MAX, Region, calls};
use sanderling_ir::{DType, Graph, Node, Op, Padding, Source, Tensor, TensorType, ValueId};
use sanderling_oracle::params;

pub use data::{enter, keeps_bytes, leave, state_init, stored};
pub use weights::{Form, constant_bytes, is_packed};

use crate::CompileError;
use crate::buffers::is_view;

/// Appends the kernel calls of a node and returns the bytes of scratch that they need.
///
/// `place` tells where the values are. A first run at trial places learns the scratch, a second has the real ones. It fails
/// where calls cannot work at such places.
pub fn lower(
    graph: &Graph,
    node: &Node,
    place: &dyn Fn(ValueId) -> u32,
    scratch: u32,
    artifact: &mut Artifact,
) -> Result<u32, CompileError> {
    // What has no elements needs no kernel.
    if is_view(graph, node) || node.outputs.iter().all(|&id| graph.ty(id).elements() == 0) {
        return Ok(0);
    }
    let mut site = Site { graph, node, place, scratch, artifact };
    if site.node.op == Op::TreeEnsemble {
        return trees::lower(&mut site);
    }
    if let Some(scratch) = data::lower(&mut site)? {
        return Ok(scratch);
    }
    match site.ty(0).dtype {
        DType::I8 | DType::U8 => int8::lower(&mut site),
        DType::F32 | DType::F16 | DType::BF16 => float::lower(&mut site),
        DType::Bool | DType::I16 | DType::I32 | DType::I64 => integer::lower(&mut site),
    }
}

/// Multiply-accumulates of a node.
pub fn macs(graph: &Graph, node: &Node) -> u64 {
    let out = graph.ty(node.outputs[0]).elements() as u64;
    let weights = |i: usize| graph.ty(node.inputs[i]);
    match &node.op {
        Op::Conv2d { .. } | Op::FullyConnected { .. } => out * weights(1).shape[1..].iter().product::<usize>() as u64,
        Op::ConvTranspose2d { .. } => {
            weights(0).elements() as u64 * weights(1).elements() as u64 / weights(1).shape[3].max(1) as u64
        }
        Op::MatMul => out * weights(0).shape.last().copied().unwrap_or(0) as u64,
        Op::Lstm { .. } | Op::Gru { .. } => {
            let steps = weights(0).shape[0] * weights(0).shape[1];
            (steps * (weights(1).elements() + weights(2).elements())) as u64
        }
        _ => 0,
    }
}

/// The element type of an input or output.
pub fn element(name: &str, ty: &TensorType) -> Result<Element, CompileError> {
    Ok(match ty.dtype {
        DType::I8 => Element::I8,
        DType::U8 => Element::U8,
        DType::I16 => Element::I16,
        DType::I32 => Element::I32,
        DType::I64 => Element::I64,
        DType::F32 => Element::F32,
        DType::F16 => Element::F16,
        DType::Bool => Element::Bool,
        DType::BF16 => return interface(name, "bf16 is not supported here; cast it to f32"),
    })
}

/// What an input or output of this type at this offset looks like in the artifact.
pub fn io_record(name: &str, ty: &TensorType, offset: u32) -> Result<IoRecord, CompileError> {
    let element = element(name, ty)?;
    if ty.shape.len() > RANK_MAX {
        return interface(name, "it has more than 8 dimensions");
    }
    let mut shape = [0; RANK_MAX];
    shape.iter_mut().zip(&ty.shape).for_each(|(to, &from)| *to = from as u32);
    let (scale, zero_point) = ty.quant.as_ref().map_or((0.0, 0), |q| (q.scales[0], q.zero_points[0]));
    let region = Region { offset, bytes: ty.bytes() as u32 };
    Ok(IoRecord { region, element, scale, zero_point, rank: ty.shape.len() as u32, shape, name: Region::default() })
}

fn interface<T>(name: &str, what: &str) -> Result<T, CompileError> {
    Err(CompileError::Unsupported { node: name.to_string(), op: "input or output", what: what.to_string() })
}

/// A node on its way to kernel calls.
struct Site<'a> {
    graph: &'a Graph,
    node: &'a Node,
    place: &'a dyn Fn(ValueId) -> u32,
    scratch: u32,
    artifact: &'a mut Artifact,
}

impl Site<'_> {
    fn fail<T>(&self, what: String) -> Result<T, CompileError> {
        let node = self.graph.values[self.node.outputs[0].0].name.clone();
        Err(CompileError::Unsupported { node, op: self.node.op.name(), what })
    }

    fn no_kernel(&self) -> Result<u32, CompileError> {
        self.fail(format!("there is no kernel for an input {} yet", self.ty(0)))
    }

    /// The type of an input.
    fn ty(&self, input: usize) -> &TensorType {
        self.graph.ty(self.node.inputs[input])
    }

    fn out_ty(&self) -> &TensorType {
        self.graph.ty(self.node.outputs[0])
    }

    fn out_at(&self) -> u32 {
        (self.place)(self.node.outputs[0])
    }

    /// The constant that an input must be.
    fn constant(&self, input: usize) -> Result<&Tensor, CompileError> {
        match &self.graph.values[self.node.inputs[input].0].source {
            Source::Constant(tensor) => Ok(tensor),
            _ => self.fail(format!("input {input} should be a constant")),
        }
    }

    /// The one scale and zero point of a type, the zero point that of the bytes as kernels keep them.
    fn quant(&self, ty: &TensorType) -> Result<(f32, i32), CompileError> {
        let (scale, zero) = self.stored_quant(ty)?;
        Ok((scale, zero - data::flip_offset(ty)))
    }

    /// The one scale and zero point of a type.
    fn stored_quant(&self, ty: &TensorType) -> Result<(f32, i32), CompileError> {
        match &ty.quant {
            Some(q) if q.scales.len() == 1 => Ok((q.scales[0], q.zero_points[0])),
            Some(_) => self.fail(format!("{ty} has a scale for each channel where one is needed for all")),
            None => self.fail(format!("{ty} has no quantization parameters")),
        }
    }

    /// The clamp of the fused activation, in the output's quantization, for the bytes as kernels keep them.
    fn clamp(&self) -> Result<calls::Clamp, CompileError> {
        let (scale, zero) = self.stored_quant(self.out_ty())?;
        let (low, high) = params::activation_range(self.node.op.activation(), scale, zero, self.out_ty().dtype);
        let flip = data::flip_offset(self.out_ty());
        Ok(calls::Clamp { zero: zero - flip, low: low - flip, high: high - flip })
    }

    /// Appends a call, and returns the scratch that it needs.
    fn call<C: Call>(&mut self, call: &C) -> Result<u32, CompileError> {
        self.call_part(call, true)
    }
}

/// The window of a convolution or pooling between two NHWC types.
fn window(
    x: &TensorType,
    y: &TensorType,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
) -> calls::Window {
    let n = |v: usize| v as u32;
    calls::Window {
        batch: n(x.shape[0]),
        in_h: n(x.shape[1]),
        in_w: n(x.shape[2]),
        in_c: n(x.shape[3]),
        out_h: n(y.shape[1]),
        out_w: n(y.shape[2]),
        out_c: n(y.shape[3]),
        kernel_h: n(kernel[0]),
        kernel_w: n(kernel[1]),
        stride_h: n(stride[0]),
        stride_w: n(stride[1]),
        dilation_h: n(dilation[0]),
        dilation_w: n(dilation[1]),
        pad_top: n(padding.top),
        pad_left: n(padding.left),
    }
}
