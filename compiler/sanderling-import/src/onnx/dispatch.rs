//! From the op of a node to its converter.

use sanderling_ir::{BinaryKind, ReduceKind};

use super::Importer;
use super::call::{Call, Many, One};
use super::ops::{
    binary, constants, control, conv, conv_transpose, dense, gather, ml, norm, pool, quant, recurrent, reduce, resize,
    scan, shape, slice, softmax, unary,
};

/// Converts a node; its outputs in the order of the file.
pub(super) fn convert<'a>(importer: &mut Importer<'a>, call: &Call<'a>) -> Many {
    match call.node.domain.as_str() {
        "" | "ai.onnx" | "com.microsoft" => {}
        "ai.onnx.ml" => return ml::convert(&mut importer.builder, call),
        other => {
            let hint = format!("its domain \"{other}\" is not read; inline functions, and replace custom ops");
            return call.unsupported(hint);
        }
    }
    if call.op() == "If" {
        return control::branch(importer, call);
    }
    let b = &mut importer.builder;
    match call.op() {
        "GRU" => recurrent::gru(b, call),
        "LSTM" => recurrent::lstm(b, call),
        "Scan" => scan::scan(b, call),
        "Split" => slice::split(b, call),
        "TopK" => reduce::top_k(b, call),
        _ => single(importer, call).map(|id| vec![id]),
    }
}

/// The ops with one output.
fn single(importer: &mut Importer, call: &Call) -> One {
    let b = &mut importer.builder;
    if let Some(kind) = unary::kind(call)? {
        return unary::plain(b, call, kind);
    }
    if let Some(kind) = binary::kind(call.op()) {
        return binary::plain(b, call, kind);
    }
    match call.op() {
        "ArgMax" | "ArgMin" => reduce::arg_max(b, call),
        "AveragePool" => pool::average_pool(b, call),
        "BatchNormalization" => norm::batch(b, call),
        "Cast" | "CastLike" => constants::cast(b, call),
        "Celu" => unary::celu(b, call),
        "Clip" => unary::clip(b, call),
        "Concat" => slice::concat(b, call),
        "Constant" => constants::constant(b, call),
        "ConstantOfShape" => constants::constant_of_shape(b, call),
        "Conv" => conv::conv(b, call),
        "ConvInteger" => quant::conv_integer(b, call),
        "ConvTranspose" => conv_transpose::conv_transpose(b, call),
        "CumSum" => reduce::cumulative_sum(b, call),
        "DepthToSpace" => shape::depth_to_space(b, call),
        "DequantizeLinear" => quant::dequantize(b, call),
        "Dropout" => unary::dropout(b, call),
        "Expand" => shape::expand(b, call),
        "Flatten" => shape::flatten(b, call),
        "Gather" => gather::gather(b, call),
        "GatherElements" => gather::elements(b, call),
        "Gelu" => unary::gelu(b, call),
        "Gemm" => dense::gemm(b, call),
        "GlobalAveragePool" => pool::global(b, call, ReduceKind::Mean),
        "GlobalMaxPool" => pool::global(b, call, ReduceKind::Max),
        "GroupNormalization" => norm::group(b, call),
        "Identity" => call.input(0),
        "InstanceNormalization" => norm::instance(b, call),
        "IsNaN" => unary::is_nan(b, call),
        "LayerNormalization" => norm::layer(b, call),
        "LogSoftmax" => softmax::log_softmax(b, call),
        "LpNormalization" => norm::lp(b, call),
        "MatMul" => dense::mat_mul(b, call),
        "MatMulInteger" => quant::mat_mul_integer(b, call),
        "Max" => binary::chain(b, call, BinaryKind::Max),
        "MaxPool" => pool::max_pool(b, call),
        "Mean" => binary::mean(b, call),
        "Min" => binary::chain(b, call, BinaryKind::Min),
        "Mish" | "QuickGelu" | "Swish" => unary::gated(b, call),
        "OneHot" => gather::one_hot(b, call),
        "PRelu" => unary::prelu(b, call),
        "Pad" => slice::pad(b, call),
        "Pow" => binary::pow(b, call),
        "QLinearAdd" => quant::linear_binary(b, call, BinaryKind::Add),
        "QLinearConv" => quant::linear_conv(b, call),
        "QLinearMatMul" => quant::linear_mat_mul(b, call),
        "QLinearMul" => quant::linear_binary(b, call, BinaryKind::Mul),
        "QuantizeLinear" => quant::quantize(b, call),
        "RMSNormalization" => norm::rms(b, call),
        "Range" => constants::range(b, call),
        "ReduceL1" | "ReduceL2" | "ReduceLogSum" | "ReduceLogSumExp" | "ReduceMax" | "ReduceMean" | "ReduceMin"
        | "ReduceProd" | "ReduceSum" | "ReduceSumSquare" => reduce::reduce(b, call),
        "Relu" => unary::relu(b, call),
        "Reshape" => shape::reshape(b, call),
        "Resize" | "Upsample" => resize::resize(b, call),
        "Selu" => unary::selu(b, call),
        "Shape" => constants::shape_of(b, call),
        "Size" => constants::size(b, call),
        "Slice" => slice::slice(b, call),
        "Softmax" => softmax::softmax(b, call),
        "Softsign" => unary::softsign(b, call),
        "SpaceToDepth" => shape::space_to_depth(b, call),
        "Squeeze" => shape::squeeze(b, call),
        "Sum" => binary::chain(b, call, BinaryKind::Add),
        "ThresholdedRelu" => unary::thresholded_relu(b, call),
        "Tile" => shape::tile(b, call),
        "Transpose" => shape::transpose(b, call),
        "Trilu" => gather::triangle(b, call),
        "Unsqueeze" => shape::unsqueeze(b, call),
        "Where" => binary::select(b, call),
        "Xor" => binary::xor(b, call),
        _ => call.unsupported(hint(call.op())),
    }
}

/// What would work in place of an op.
fn hint(op: &str) -> &'static str {
    match op {
        "Loop" | "Scan" => "export the model with its loop unrolled, or one step with its state as inputs and outputs",
        "DynamicQuantizeLinear" => "quantize activations statically, with QuantizeLinear",
        "RNN" => "LSTM and GRU work",
        "NonMaxSuppression" | "NonZero" | "Unique" | "Compress" => {
            "the shape of its output depends on values; cut the model before it and do this step in code"
        }
        "Einsum" => "write it with MatMul and Transpose",
        _ => "onnxsim or another opset of the exporter may decompose it into ops that work",
    }
}
