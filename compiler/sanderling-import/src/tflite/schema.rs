//! Field numbers, enums and op names of the TFLite schema.

use sanderling_ir::DType;

/// Fields of each table, by their index in the vtable.
pub(crate) mod field {
    pub(crate) const MODEL_OPERATOR_CODES: usize = 1;
    pub(crate) const MODEL_SUBGRAPHS: usize = 2;
    pub(crate) const MODEL_BUFFERS: usize = 4;
    pub(crate) const CODE_DEPRECATED: usize = 0;
    pub(crate) const CODE_CUSTOM: usize = 1;
    pub(crate) const CODE_BUILTIN: usize = 3;
    pub(crate) const GRAPH_TENSORS: usize = 0;
    pub(crate) const GRAPH_INPUTS: usize = 1;
    pub(crate) const GRAPH_OUTPUTS: usize = 2;
    pub(crate) const GRAPH_OPERATORS: usize = 3;
    pub(crate) const GRAPH_NAME: usize = 4;
    pub(crate) const TENSOR_SHAPE: usize = 0;
    pub(crate) const TENSOR_TYPE: usize = 1;
    pub(crate) const TENSOR_BUFFER: usize = 2;
    pub(crate) const TENSOR_NAME: usize = 3;
    pub(crate) const TENSOR_QUANTIZATION: usize = 4;
    pub(crate) const TENSOR_IS_VARIABLE: usize = 5;
    pub(crate) const TENSOR_SPARSITY: usize = 6;
    pub(crate) const TENSOR_SIGNATURE: usize = 7;
    pub(crate) const QUANT_SCALE: usize = 2;
    pub(crate) const QUANT_ZERO_POINT: usize = 3;
    pub(crate) const QUANT_AXIS: usize = 6;
    pub(crate) const OP_CODE_INDEX: usize = 0;
    pub(crate) const OP_INPUTS: usize = 1;
    pub(crate) const OP_OUTPUTS: usize = 2;
    pub(crate) const OP_OPTIONS: usize = 4;
    pub(crate) const OP_INTERMEDIATES: usize = 8;
    pub(crate) const BUFFER_DATA: usize = 0;
    pub(crate) const BUFFER_OFFSET: usize = 1;
    pub(crate) const BUFFER_SIZE: usize = 2;
}

/// Element types by their number in the file; the name of those that the graph does not have.
pub(crate) fn dtype(code: i8) -> Result<DType, &'static str> {
    Ok(match code {
        0 => DType::F32,
        1 => DType::F16,
        2 => DType::I32,
        3 => DType::U8,
        4 => DType::I64,
        6 => DType::Bool,
        7 => DType::I16,
        9 => DType::I8,
        5 => return Err("string"),
        8 => return Err("complex64"),
        10 => return Err("float64"),
        11 => return Err("complex128"),
        12 => return Err("uint64"),
        13 => return Err("resource"),
        14 => return Err("variant"),
        15 => return Err("uint32"),
        16 => return Err("uint16"),
        17 => return Err("int4"),
        18 => return Err("bfloat16"),
        _ => return Err("unknown"),
    })
}

/// The name of a builtin operator.
pub(crate) fn op_name(code: i32) -> Option<&'static str> {
    OPS.get(usize::try_from(code).ok()?).copied()
}

/// Names by operator code.
#[rustfmt::skip]
const OPS: [&str; 162] = [
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE",
    "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP", "L2_NORMALIZATION", "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D", "MUL", "RELU",
    "RELU_N1_TO_1", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX", "SPACE_TO_DEPTH", "SVDF", "TANH",
    "CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL", "CUSTOM", "EMBEDDING_LOOKUP_SPARSE", "PAD",
    "UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB",
    "DIV", "SQUEEZE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "STRIDED_SLICE", "BIDIRECTIONAL_SEQUENCE_RNN", "EXP",
    "TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE", "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST", "PRELU", "MAXIMUM",
    "ARG_MAX", "MINIMUM", "LESS", "NEG", "PADV2", "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE",
    "SIN", "TRANSPOSE_CONV", "SPARSE_TO_DENSE", "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT",
    "RSQRT", "SHAPE", "POW", "ARG_MIN", "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR", "ONE_HOT",
    "LOGICAL_AND", "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV", "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL",
    "FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD", "ABS",
    "SPLIT_V", "UNIQUE", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE", "RANK", "ELU",
    "REVERSE_SEQUENCE", "MATRIX_DIAG", "QUANTIZE", "MATRIX_SET_DIAG", "ROUND", "HARD_SWISH", "IF", "WHILE",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "SCATTER_ND", "SELECT_V2", "DENSIFY", "SEGMENT_SUM",
    "BATCH_MATMUL", "PLACEHOLDER", "CUMSUM", "CALL_ONCE", "BROADCAST_TO", "RFFT2D", "CONV_3D", "IMAG", "REAL",
    "COMPLEX_ABS", "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE", "REDUCE_ALL",
    "CONV_3D_TRANSPOSE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "BROADCAST_ARGS",
    "RANDOM_STANDARD_NORMAL", "BUCKETIZE", "RANDOM_UNIFORM", "MULTINOMIAL", "GELU", "DYNAMIC_UPDATE_SLICE",
    "RELU_0_TO_1", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_SUM", "ATAN2",
    "UNSORTED_SEGMENT_MIN", "SIGN", "BITCAST", "BITWISE_XOR", "RIGHT_SHIFT",
];
