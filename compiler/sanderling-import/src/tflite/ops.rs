//! Which function lowers which op.

use sanderling_ir::{BinaryKind, DType, Op, PadMode, ReduceKind, UnaryKind};

use super::lower::{Lower, Result};

impl Lower<'_> {
    /// Lowers the current operator.
    pub(super) fn lower(&mut self) -> Result<()> {
        use BinaryKind::*;
        if let Some(kind) = unary(self.op()) {
            return self.unary(kind);
        }
        match self.op() {
            "CONV_2D" => self.conv2d(),
            "DEPTHWISE_CONV_2D" => self.depthwise_conv2d(),
            "TRANSPOSE_CONV" => self.transpose_conv(),
            "FULLY_CONNECTED" => self.fully_connected(),
            "BATCH_MATMUL" => self.batch_matmul(),
            "AVERAGE_POOL_2D" => self.pool(true),
            "MAX_POOL_2D" => self.pool(false),
            "ADD" => self.binary(Add),
            "SUB" => self.binary(Sub),
            "MUL" => self.binary(Mul),
            "DIV" => self.binary(Div),
            "POW" => self.plain_binary(Pow),
            "MAXIMUM" => self.plain_binary(Max),
            "MINIMUM" => self.plain_binary(Min),
            "SQUARED_DIFFERENCE" => self.plain_binary(SquaredDifference),
            "EQUAL" => self.plain_binary(Equal),
            "NOT_EQUAL" => self.not_equal(),
            "LESS" => self.plain_binary(Less),
            "LESS_EQUAL" => self.plain_binary(LessEqual),
            "GREATER" => self.plain_binary(Greater),
            "GREATER_EQUAL" => self.plain_binary(GreaterEqual),
            "LOGICAL_AND" => self.plain_binary(And),
            "LOGICAL_OR" => self.plain_binary(Or),
            "SQUARE" => self.square(),
            "ADD_N" => self.add_n(),
            "LEAKY_RELU" => self.leaky_relu(),
            "PRELU" => self.prelu(),
            "GELU" => self.gelu(),
            "SELECT" | "SELECT_V2" => self.select(),
            "SOFTMAX" => self.softmax(),
            "LOG_SOFTMAX" => self.log_softmax(),
            "L2_NORMALIZATION" => self.l2_normalization(),
            "MEAN" => self.reduce(ReduceKind::Mean),
            "SUM" => self.reduce(ReduceKind::Sum),
            "REDUCE_MAX" => self.reduce(ReduceKind::Max),
            "REDUCE_MIN" => self.reduce(ReduceKind::Min),
            "REDUCE_PROD" => self.reduce(ReduceKind::Prod),
            "CAST" => self.cast(),
            "QUANTIZE" => self.quantize(),
            "DEQUANTIZE" => self.dequantize(),
            "ARG_MAX" => self.arg_max(),
            "TOPK_V2" => self.top_k(),
            "RESHAPE" => self.reshape(),
            "SQUEEZE" => self.squeeze(),
            "EXPAND_DIMS" => self.expand_dims(),
            "SHAPE" => self.shape(),
            "RANK" => self.rank(),
            "TRANSPOSE" => self.transpose(),
            "BROADCAST_TO" => self.broadcast_to(),
            "TILE" => self.tile(),
            "SPACE_TO_DEPTH" => self.space_to_depth(),
            "DEPTH_TO_SPACE" => self.depth_to_space(),
            "PAD" => self.pad(PadMode::Constant(0.0)),
            "PADV2" => self.pad_value(),
            "MIRROR_PAD" => self.mirror_pad(),
            "CONCATENATION" => self.concatenation(),
            "PACK" => self.pack(),
            "UNPACK" => self.unpack(),
            "SPLIT" => self.split(),
            "SPLIT_V" => self.split_v(),
            "SLICE" => self.slice(),
            "STRIDED_SLICE" => self.strided_slice(),
            "REVERSE_V2" => self.reverse(),
            "GATHER" => self.gather(),
            "RESIZE_BILINEAR" => self.resize_bilinear(),
            "RESIZE_NEAREST_NEIGHBOR" => self.resize_nearest(),
            "UNIDIRECTIONAL_SEQUENCE_LSTM" => self.lstm(),
            op => Err(self.unsupported(hint(op))),
        }
    }

    fn unary(&mut self, kind: UnaryKind) -> Result<()> {
        let x = self.x(0)?;
        self.emit(Op::Unary { kind }, &[x])
    }

    fn cast(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let dtype = self.output(0)?.dtype()?;
        self.emit(Op::Cast { dtype }, &[x])
    }

    fn quantize(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let output = self.output(0)?;
        let dtype = output.dtype()?;
        if output.quant.is_none() {
            return Err(output.bad("has no scale to quantize to".into()));
        }
        self.emit(Op::Quantize { dtype }, &[x])
    }

    fn dequantize(&mut self) -> Result<()> {
        if self.bind_widened()? {
            return Ok(());
        }
        let x = self.x(0)?;
        match self.ty(x).dtype {
            DType::F16 => self.emit(Op::Cast { dtype: DType::F32 }, &[x]),
            _ if self.ty(x).quant.is_none() => Err(self.bad("its input has no scale".into())),
            _ => self.emit(Op::Dequantize, &[x]),
        }
    }

    fn arg_max(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let axis = self.scalar(1, "the axis")?;
        let axis = self.axis(axis, self.ty(x).shape.len())?;
        let dtype = self.output(0)?.dtype()?;
        if !matches!(dtype, DType::I32 | DType::I64) {
            return Err(self.attribute("output_type", dtype, "int32 and int64 are"));
        }
        self.emit(Op::ArgMax { axis, dtype }, &[x])
    }

    fn top_k(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let k = self.scalar(1, "k")?;
        let k = usize::try_from(k).map_err(|_| self.bad(format!("k = {k} is negative")))?;
        let (name, quant) = (self.output(0)?.name.clone(), self.ty(x).quant.clone());
        let indices = self.output(1)?;
        let (dtype, indices_name) = (indices.dtype()?, indices.name.clone());
        let values = self.push_all(&name, Op::TopK { k }, &[x])?;
        self.g.values[values[0].0].ty.quant = quant;
        self.bind(0, values[0])?;
        if dtype == DType::I64 {
            self.g.values[values[1].0].name = indices_name;
            return self.bind(1, values[1]);
        }
        self.emit_to(1, Op::Cast { dtype }, &values[1..])
    }
}

/// Ops that are one elementwise function without attributes.
fn unary(op: &str) -> Option<UnaryKind> {
    use UnaryKind::*;
    Some(match op {
        "RELU" => Clamp { min: 0.0, max: f32::INFINITY },
        "RELU6" => Clamp { min: 0.0, max: 6.0 },
        "RELU_N1_TO_1" => Clamp { min: -1.0, max: 1.0 },
        "RELU_0_TO_1" => Clamp { min: 0.0, max: 1.0 },
        "LOGISTIC" => Sigmoid,
        "TANH" => Tanh,
        "ELU" => Elu { alpha: 1.0 },
        "HARD_SWISH" => HardSwish,
        "ABS" => Abs,
        "NEG" => Neg,
        "SIGN" => Sign,
        "EXP" => Exp,
        "LOG" => Log,
        "SQRT" => Sqrt,
        "RSQRT" => Rsqrt,
        "SIN" => Sin,
        "COS" => Cos,
        "FLOOR" => Floor,
        "CEIL" => Ceil,
        "ROUND" => Round,
        "LOGICAL_NOT" => Not,
        _ => return None,
    })
}

/// What to do about an op that is not lowered.
fn hint(op: &str) -> &'static str {
    match op {
        "CALL" | "CALL_ONCE" | "IF" | "WHILE" => {
            "graphs have no control flow; export the branch or the loop body alone"
        }
        "VAR_HANDLE" | "READ_VARIABLE" | "ASSIGN_VARIABLE" => "pass the state as an input and an output of the model",
        "LSTM" | "BIDIRECTIONAL_SEQUENCE_LSTM" => "export it as UNIDIRECTIONAL_SEQUENCE_LSTM",
        "RNN" | "UNIDIRECTIONAL_SEQUENCE_RNN" | "BIDIRECTIONAL_SEQUENCE_RNN" => {
            "export it unrolled (in Keras: unroll=True)"
        }
        "SPACE_TO_BATCH_ND" | "BATCH_TO_SPACE_ND" => "let the converter fold it into a dilated convolution",
        "CONV_3D" | "CONV_3D_TRANSPOSE" => "convolutions have two spatial dimensions here",
        _ if op.starts_with("CUSTOM") => "custom ops are not part of the format; cut the model before it",
        _ => "replace it in the source model, or cut the model before it",
    }
}
