//! The ops, a file for each family.

mod binary;
pub(crate) mod conv;
mod convert;
mod coupling;
pub(crate) mod dense;
mod lstm;
mod pool;
mod recurrent;
mod reduce;
mod reshape;
mod resize;
mod softmax;
mod transpose_conv;
mod trees;
mod unary;
pub(crate) mod window;

use sanderling_ir::{Activation, Op, PadMode, Tensor, TensorType, infer};

use crate::{
    OracleError,
    data::{self, Kind},
};

/// The outputs of one node. The types carry the quantization of the outputs.
pub fn evaluate(op: &Op, inputs: &[&Tensor], outputs: &[TensorType]) -> Result<Vec<Tensor>, OracleError> {
    check(op, inputs, outputs)?;
    if outputs.iter().all(|ty| ty.elements() == 0) {
        return Ok(outputs.iter().map(|ty| Tensor { ty: ty.clone(), data: Vec::new() }).collect());
    }
    let node = Node { op, inputs, outputs };
    let one = match op {
        Op::Conv2d { .. } => conv::conv2d(&node),
        Op::ConvTranspose2d { .. } => transpose_conv::conv_transpose2d(&node),
        Op::FullyConnected { .. } => dense::fully_connected(&node),
        Op::MatMul => dense::mat_mul(&node),
        Op::Unary { kind } => unary::unary(&node, *kind),
        Op::Binary { kind, activation } => binary::binary(&node, *kind, *activation),
        Op::Select => convert::select(&node),
        Op::AvgPool2d { .. } => pool::avg_pool(&node),
        Op::MaxPool2d { .. } => pool::max_pool(&node),
        Op::Reduce { kind, axes, .. } => reduce::reduce(&node, *kind, axes),
        Op::Softmax { beta } => softmax::softmax(&node, *beta),
        Op::LayerNorm { epsilon } => reduce::layer_norm(&node, *epsilon),
        Op::Reshape { .. } => reshape::reshape(&node),
        Op::Transpose { perm } => reshape::transpose(&node, perm),
        Op::Concat { axis } => reshape::concat(&node, *axis),
        Op::Slice { start, step, .. } => reshape::slice(&node, start, step),
        Op::Pad { before, mode, .. } => reshape::pad(&node, before, *mode),
        Op::Broadcast { .. } => reshape::broadcast(&node),
        Op::Gather { axis } => reshape::gather(&node, *axis),
        Op::Resize { .. } => resize::resize(&node),
        Op::ArgMax { axis, .. } => reduce::arg_max(&node, *axis),
        Op::TopK { k } => return reduce::top_k(&node, *k),
        Op::Cast { .. } => convert::cast(&node),
        Op::Quantize { .. } => convert::quantize(&node),
        Op::Dequantize => convert::dequantize(&node),
        Op::Lstm { reverse, clip } => return recurrent::lstm(&node, *reverse, *clip),
        Op::PairwiseCoupling => coupling::pairwise_coupling(&node),
        Op::TreeEnsemble => trees::tree_ensemble(&node),
        Op::Gru { reverse, linear_before_reset } => return recurrent::gru(&node, *reverse, *linear_before_reset),
    };
    one.map(|tensor| vec![tensor])
}

/// One application of an op.
pub(crate) struct Node<'a> {
    pub op: &'a Op,
    pub inputs: &'a [&'a Tensor],
    pub outputs: &'a [TensorType],
}

impl Node<'_> {
    /// The first output's type.
    pub fn out(&self) -> &TensorType {
        &self.outputs[0]
    }

    /// The kind of an input.
    fn kind(&self, input: usize) -> Kind {
        data::kind(&self.inputs[input].ty)
    }

    fn unsupported<T>(&self) -> Result<T, OracleError> {
        crate::unsupported(self.op, self.inputs, self.outputs)
    }

    fn invalid<T>(&self, why: &str) -> Result<T, OracleError> {
        Err(OracleError::Invalid { op: self.op.name(), why: why.into() })
    }
}

/// Refuses what the arithmetic below could not index.
pub(crate) fn check(op: &Op, inputs: &[&Tensor], outputs: &[TensorType]) -> Result<(), OracleError> {
    let error = |why: String| OracleError::Invalid { op: op.name(), why };
    let types: Vec<&TensorType> = inputs.iter().map(|t| &t.ty).collect();
    let inferred = infer(op, &types).map_err(|e| error(e.why))?;
    let agree = inferred.len() == outputs.len()
        && inferred.iter().zip(outputs).all(|(a, b)| (a.dtype, &a.shape) == (b.dtype, &b.shape));
    if !agree {
        return Err(error("the output types are not those that the op gives".into()));
    }
    if inputs.iter().any(|t| t.data.len() != t.ty.bytes()) {
        return Err(error("an input has not the bytes of its type".into()));
    }
    let takes_empty = matches!(
        op,
        Op::Concat { .. } | Op::Reduce { .. } | Op::Pad { mode: PadMode::Constant(_), .. } | Op::TreeEnsemble
    );
    if !takes_empty && inputs.iter().any(|t| t.ty.elements() == 0) && outputs.iter().any(|ty| ty.elements() > 0) {
        return Err(error("an input has no elements, but an output has".into()));
    }
    let fits = |ty: &TensorType| {
        ty.quant.as_ref().is_none_or(|q| {
            q.scales.len() == q.zero_points.len()
                && (q.scales.len() == 1 || ty.shape.get(q.axis) == Some(&q.scales.len()))
        })
    };
    if !types.into_iter().chain(outputs).all(fits) {
        return Err(error("a quantization does not fit its shape".into()));
    }
    Ok(())
}

/// A real number after an activation.
pub(crate) fn activate(activation: Activation, value: f64) -> f64 {
    match activation {
        Activation::None => value,
        Activation::Relu => value.max(0.0),
        Activation::Relu6 => value.clamp(0.0, 6.0),
        Activation::ReluN1To1 => value.clamp(-1.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use sanderling_ir::{DType, Padding, Quant, Rounding};

    use super::*;

    fn conv(channels: usize, outputs: usize) -> Result<Vec<Tensor>, OracleError> {
        let op = Op::Conv2d {
            stride: [1, 1],
            dilation: [1, 1],
            padding: Padding::default(),
            groups: 1,
            activation: Activation::None,
            rounding: Rounding::Twice,
        };
        let real =
            |shape: &[usize]| Tensor::from_f32(TensorType::new(DType::F32, shape), &vec![1.0; shape.iter().product()]);
        let (x, w, b) = (real(&[1, 2, 2, channels]), real(&[outputs, 1, 1, channels]), real(&[outputs]));
        evaluate(&op, &[&x, &w, &b], &[TensorType::new(DType::F32, &[1, 2, 2, outputs])])
    }

    #[test]
    fn tensors_without_elements_do_not_panic() {
        assert_eq!(conv(3, 1).unwrap()[0].as_f32(), [4.0; 4]);
        assert!(conv(3, 0).unwrap()[0].data.is_empty());
        assert!(matches!(conv(0, 1), Err(OracleError::Invalid { op: "conv2d", .. })));
    }

    #[test]
    fn unsupported_types_are_named() {
        let ty = TensorType { quant: Some(Quant::per_tensor(0.1, 0)), ..TensorType::new(DType::I16, &[1]) };
        let x = Tensor { ty: ty.clone(), data: vec![0; 2] };
        let error = evaluate(&Op::Softmax { beta: 1.0 }, &[&x], &[ty]).unwrap_err();
        assert_eq!(error.to_string(), "softmax has no arithmetic for (quantized i16) -> quantized i16");
    }
}
