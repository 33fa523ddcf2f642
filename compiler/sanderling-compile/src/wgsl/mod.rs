//! WGSL for kernel calls: one shader or more a call, with its shapes and offsets as constants.
//!
//! A shader is a file of this folder behind lines that say what the call's words are, so that the files can be read and
//! checked for themselves. Arithmetic on integers is that of the plain kernels, step by step; 64-bit products are built from
//! 16-bit halves. A thread writes whole words, so that no two write the same.

mod data;
mod float;
mod halves;
mod int8;
mod quantized;
mod recurrent;
mod source;
mod trees;

use sanderling_format::{Call, Dispatch, Program, RawCall, Reader, Words, calls::*, write_dispatches};

use source::Shader;

/// A call that no shader computes: its place in the program, and the name of its kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoShader {
    pub call: usize,
    pub kernel: &'static str,
}

/// The shaders section for a program.
pub fn section(program: &[u8]) -> Result<Vec<u8>, NoShader> {
    let mut shaders: Vec<(u32, Shader)> = Vec::new();
    for (call, raw) in Program(program).flatten().enumerate() {
        let found = of_call(&raw).ok_or_else(|| {
            let kernel = ALL.iter().find(|described| described.id == raw.id).map_or("", |described| described.name);
            NoShader { call, kernel }
        })?;
        shaders.extend(found.into_iter().map(|shader| (call as u32, shader)));
    }
    let dispatches: Vec<Dispatch> = shaders
        .iter()
        .map(|(call, shader)| Dispatch { call: *call, text: &shader.text, groups: shader.groups })
        .collect();
    Ok(write_dispatches(&dispatches))
}

/// Whether a call's shader computes each word of its output from the same word of what lies in its place.
pub fn works_in_place(kernel: &str) -> bool {
    const WORD_BY_WORD: [&str; 9] = [
        AddI8::NAME,
        FlipI8::NAME,
        LookupI8::NAME,
        MapI8::NAME,
        BinaryI8::NAME,
        UnaryF32::NAME,
        BinaryF32::NAME,
        BinaryInt::NAME,
        UnaryInt::NAME,
    ];
    WORD_BY_WORD.contains(&kernel)
}

macro_rules! shaders {
    ($raw:expr, $($call:ident => $function:path,)*) => {
        match $raw.id {
            $($call::ID => $function(&decode::<$call>($raw)?),)*
            _ => None,
        }
    };
}

/// The shaders of a call, if there are any.
fn of_call(raw: &RawCall<'_>) -> Option<Vec<Shader>> {
    shaders!(raw,
        Conv2dI8 => int8::conv,
        DepthwiseI8 => int8::depthwise,
        AddI8 => int8::add,
        AvgPoolI8 => int8::avg_pool,
        MaxPoolI8 => int8::max_pool,
        SoftmaxI8 => int8::softmax,
        FlipI8 => quantized::flip,
        LookupI8 => quantized::lookup,
        MapI8 => quantized::map,
        BinaryI8 => quantized::binary,
        ReduceI8 => quantized::reduce,
        ResizeI8 => quantized::resize,
        Dequantize => quantized::dequantize,
        Quantize => quantized::quantize,
        MeanPoolI8 => quantized::mean_pool,
        GroupedConvI8 => quantized::grouped_conv,
        ConvTransposeI8 => quantized::conv_transpose,
        HybridConv => quantized::hybrid_conv,
        MatMulI8 => quantized::mat_mul,
        Conv2dF32 => float::conv,
        DepthwiseF32 => float::depthwise,
        ConvTransposeF32 => float::conv_transpose,
        MatMulF32 => float::mat_mul,
        Conv2dF16 => halves::conv_f16,
        DepthwiseF16 => halves::depthwise_f16,
        ConvTransposeF16 => halves::conv_transpose_f16,
        MatMulF16 => halves::mat_mul_f16,
        Conv2dBf16 => halves::conv_bf16,
        DepthwiseBf16 => halves::depthwise_bf16,
        ConvTransposeBf16 => halves::conv_transpose_bf16,
        MatMulBf16 => halves::mat_mul_bf16,
        UnaryF32 => float::unary,
        BinaryF32 => float::binary,
        PoolF32 => float::pool,
        ReduceF32 => float::reduce,
        SoftmaxF32 => float::softmax,
        LayerNormF32 => float::layer_norm,
        ResizeF32 => float::resize,
        LstmI8 => recurrent::lstm_i8,
        LstmF32 => recurrent::lstm,
        GruF32 => recurrent::gru,
        StridedCopy => data::strided_copy,
        Fill => data::fill,
        IndexedCopy => data::indexed_copy,
        Gather => data::gather,
        Select => data::select,
        Cast => data::cast,
        TopK => data::top_k,
        ArgMax => data::arg_max,
        BinaryInt => data::binary,
        UnaryInt => data::unary,
        ReduceInt => data::reduce,
        TreeEnsemble => trees::ensemble,
        PairwiseCoupling => float::pairwise_coupling,
    )
}

fn decode<C: Words>(raw: &RawCall<'_>) -> Option<C> {
    C::decode(&mut Reader(raw.words))
}
