//! The ops of the graph and their attributes. Importers decompose everything else into these.

use std::fmt;

use crate::DType;

/// A clamp fused into the op that produces a value, in real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Activation {
    #[default]
    None,
    Relu,
    Relu6,
    /// Clamp to [-1, 1].
    ReluN1To1,
}

/// How the sums of a quantized layer become outputs; real layers have the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Rounding {
    /// Twice, as LiteRT rounds.
    #[default]
    Twice,
    /// Once, as ONNX Runtime rounds; of 8-bit inputs alone.
    Once,
}

/// Zeros (the input's zero point, for quantized values) around the spatial axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Padding {
    pub top: usize,
    pub bottom: usize,
    pub left: usize,
    pub right: usize,
}

/// An elementwise function of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnaryKind {
    Neg,
    Abs,
    Sign,
    Exp,
    Log,
    Sqrt,
    Rsqrt,
    Reciprocal,
    Erf,
    Sin,
    Cos,
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `clamp(alpha * x + beta, 0, 1)`
    HardSigmoid {
        alpha: f32,
        beta: f32,
    },
    /// `x * clamp(x / 6 + 1 / 2, 0, 1)`
    HardSwish,
    /// `x` where positive, `alpha * x` elsewhere.
    LeakyRelu {
        alpha: f32,
    },
    /// `x` where positive, `alpha * (exp(x) - 1)` elsewhere.
    Elu {
        alpha: f32,
    },
    Softplus,
    Floor,
    Ceil,
    /// Half to even.
    Round,
    Clamp {
        min: f32,
        max: f32,
    },
    Not,
}

/// An elementwise function of two values, broadcast as numpy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Min,
    Max,
    /// `(a - b)^2`
    SquaredDifference,
    /// These give `bool`.
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

/// What a reduction computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceKind {
    Sum,
    Mean,
    Max,
    Min,
    Prod,
}

/// What stands outside the edges of a padded tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// This real number, quantized as the input is.
    Constant(f32),
    /// The mirror image, the edge not repeated.
    Reflect,
    /// The edge, repeated.
    Edge,
}

/// How a resize finds values between pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeMode {
    /// The pixel below the source coordinate.
    NearestFloor,
    /// The nearest pixel, halves down.
    NearestRound,
    Bilinear,
}

/// Where output pixel `o` lies in the source, in one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// `o * in / out`
    Asymmetric,
    /// `(o + 0.5) * in / out - 0.5`
    HalfPixel,
    /// `o * (in - 1) / (out - 1)`
    AlignCorners,
}

/// What a node computes. Quantized inputs select the integer arithmetic of `docs/numerics.md`.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `(x[N,H,W,C], w[O,KH,KW,C/groups], bias[O]) -> [N,OH,OW,O]`; strides and dilation are `[h, w]`.
    Conv2d {
        stride: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
        groups: usize,
        activation: Activation,
        rounding: Rounding,
    },
    /// `(x[N,H,W,C], w[O,KH,KW,C], bias[O]) -> [N,OH,OW,O]`, `OH = (H - 1) * stride + KH + extra - pads`.
    ConvTranspose2d {
        stride: [usize; 2],
        padding: Padding,
        extra: [usize; 2],
        activation: Activation,
        rounding: Rounding,
    },
    /// `(x[N,K], w[O,K], bias[O]) -> [N,O]`. Float `x` with int8 `w` quantizes each row of `x` as it comes.
    FullyConnected {
        activation: Activation,
    },
    /// `(a[...,M,K], b[...,K,N]) -> [...,M,N]`, leading axes broadcast.
    MatMul,
    Unary {
        kind: UnaryKind,
    },
    /// `(a, b) -> [broadcast]`.
    Binary {
        kind: BinaryKind,
        activation: Activation,
    },
    /// `(condition: bool, a, b) -> condition ? a : b`, broadcast.
    Select,
    /// `x[N,H,W,C] -> [N,OH,OW,C]`; the mean counts padding only if `count_padding`.
    AvgPool2d {
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
        count_padding: bool,
        activation: Activation,
    },
    /// `x[N,H,W,C] -> [N,OH,OW,C]`, equal quantization in and out.
    MaxPool2d {
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
        activation: Activation,
    },
    /// Over `axes` (ascending), which become 1 or vanish.
    Reduce {
        kind: ReduceKind,
        axes: Vec<usize>,
        keep_dims: bool,
    },
    /// Along the last axis: `exp(beta * x) / sum`.
    Softmax {
        beta: f32,
    },
    /// `(x[...,C], gamma[C], beta[C])`: zero mean and unit variance along the last axis, then scaled and shifted.
    LayerNorm {
        epsilon: f32,
    },
    /// Same elements, another shape.
    Reshape {
        shape: Vec<usize>,
    },
    /// Output axis `i` is input axis `perm[i]`.
    Transpose {
        perm: Vec<usize>,
    },
    /// Inputs one after another along `axis`.
    Concat {
        axis: usize,
    },
    /// Elements `start, start + step, ...`, `size` of them, of each axis.
    Slice {
        start: Vec<usize>,
        step: Vec<isize>,
        size: Vec<usize>,
    },
    Pad {
        before: Vec<usize>,
        after: Vec<usize>,
        mode: PadMode,
    },
    /// Repeats axes of length 1, as numpy's `broadcast_to`.
    Broadcast {
        shape: Vec<usize>,
    },
    /// `(x, indices: i32 or i64) -> x` with `axis` replaced by the shape of `indices`; negative indices count back.
    Gather {
        axis: usize,
    },
    /// `x[N,H,W,C] -> [N,size[0],size[1],C]`.
    Resize {
        size: [usize; 2],
        mode: ResizeMode,
        coordinates: Coordinates,
    },
    /// The first index of the maximum along `axis`, which vanishes.
    ArgMax {
        axis: usize,
        dtype: DType,
    },
    /// `x -> (values, indices: i64)` of the `k` largest along the last axis, in order; ties by index.
    TopK {
        k: usize,
    },
    /// `pairs[N,C*(C-1)/2] -> [N,C]`: the probability of each of `C` classes from how likely each is in each pair of them,
    /// the first of the pair, in the order (0, 1), (0, 2) ... (1, 2) ...; libsvm's, by sweeps until they change little.
    PairwiseCoupling,
    /// Numeric conversion, toward zero into integers.
    Cast {
        dtype: DType,
    },
    /// Real numbers to the quantization of the output, half away from zero; requantizes a quantized input.
    Quantize {
        dtype: DType,
    },
    /// Quantized values to real numbers.
    Dequantize,
    /// `(x[T,N,I], w[4H,I], r[4H,H], bias[4H], h[N,H], c[N,H]) -> (y[T,N,H], h, c)`; gates input, forget, cell, output.
    /// The cell is clamped to `[-clip, clip]` after each step, unless `clip` is 0. On quantized values `c` is `i16`, its
    /// scale a power of two.
    Lstm {
        reverse: bool,
        clip: f32,
    },
    /// `(x[T,N,I], w[3H,I], r[3H,H], bias[3H], recurrent_bias[3H], h[N,H]) -> (y[T,N,H], h)`; gates update, reset, hidden.
    Gru {
        reverse: bool,
        linear_before_reset: bool,
    },
    /// `(x[N,F], roots[T,2], splits[S,4], thresholds[S], leaves[L,W], base[C], sets[K]) -> [N,C]`: base, and then the leaf
    /// of each tree, one after another, in `f32`. The constants are those of a [`Forest`](crate::Forest).
    ///
    /// A root is its first output and its child, a split its feature, mode, `yes` and `no`; children below 0 are leaves,
    /// `-1 - index`. The mode: 0 `<`, 1 `<=`, 2 `==`, 3 in a set; plus 4 where missing values go to `yes`, 8 where zero is
    /// missing, and the place of the set times 256. A set is the count of its words, then the words.
    TreeEnsemble,
}

impl Op {
    /// The name used in reports, errors and the text form.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Conv2d { .. } => "conv2d",
            Op::ConvTranspose2d { .. } => "conv_transpose2d",
            Op::FullyConnected { .. } => "fully_connected",
            Op::MatMul => "mat_mul",
            Op::Unary { .. } => "unary",
            Op::Binary { .. } => "binary",
            Op::Select => "select",
            Op::AvgPool2d { .. } => "avg_pool2d",
            Op::MaxPool2d { .. } => "max_pool2d",
            Op::Reduce { .. } => "reduce",
            Op::Softmax { .. } => "softmax",
            Op::LayerNorm { .. } => "layer_norm",
            Op::Reshape { .. } => "reshape",
            Op::Transpose { .. } => "transpose",
            Op::Concat { .. } => "concat",
            Op::Slice { .. } => "slice",
            Op::Pad { .. } => "pad",
            Op::Broadcast { .. } => "broadcast",
            Op::Gather { .. } => "gather",
            Op::Resize { .. } => "resize",
            Op::ArgMax { .. } => "arg_max",
            Op::TopK { .. } => "top_k",
            Op::PairwiseCoupling => "pairwise_coupling",
            Op::Cast { .. } => "cast",
            Op::Quantize { .. } => "quantize",
            Op::Dequantize => "dequantize",
            Op::Lstm { .. } => "lstm",
            Op::Gru { .. } => "gru",
            Op::TreeEnsemble => "tree_ensemble",
        }
    }

    /// How the op rounds its sums.
    pub fn rounding(&self) -> Rounding {
        match self {
            Op::Conv2d { rounding, .. } | Op::ConvTranspose2d { rounding, .. } => *rounding,
            _ => Rounding::Twice,
        }
    }

    /// The clamp fused into the op.
    pub fn activation(&self) -> Activation {
        match self {
            Op::Conv2d { activation, .. }
            | Op::ConvTranspose2d { activation, .. }
            | Op::FullyConnected { activation }
            | Op::Binary { activation, .. }
            | Op::AvgPool2d { activation, .. }
            | Op::MaxPool2d { activation, .. } => *activation,
            _ => Activation::None,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
