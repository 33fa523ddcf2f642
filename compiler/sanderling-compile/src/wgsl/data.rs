//! Moves of elements, and arithmetic on plain integers, which is in 64 bits as that of the plain kernels.

use sanderling_format::calls::*;

use super::source::{Shader, Source};

const WALK: &str = include_str!("walk.wgsl");
const LONG: &str = include_str!("long.wgsl");
const HALF: &str = include_str!("half.wgsl");
const SEARCH: &str = include_str!("search.wgsl");
const MOVE_BYTES: &str = include_str!("move_bytes.wgsl");
const MOVE_WORDS: &str = include_str!("move_words.wgsl");

/// What is moved at once: words where elements are whole ones, bytes elsewhere; how many an element has.
fn unit(bytes: u32) -> (bool, u32) {
    if bytes.is_multiple_of(4) { (true, bytes / 4) } else { (false, bytes) }
}

fn product(factors: &[u32]) -> Option<u32> {
    factors.iter().try_fold(1u32, |n, &d| n.checked_mul(d))
}

pub fn strided_copy(call: &StridedCopy) -> Option<Vec<Shader>> {
    let (words, each) = unit(call.element);
    let units = product(&call.dims)?.checked_mul(each)?;
    let strided = include_str!("strided.wgsl");
    let file = if call.mapped == 1 { include_str!("move_mapped.wgsl") } else { MOVE_BYTES };
    let source = if words { Source::new(&[WALK, strided]) } else { Source::new(&[WALK, strided, file]).atomic() };
    let mut source = source
        .u("EACH", each)
        .list("DIMS", &call.dims)
        .list("A_STRIDES", &call.in_strides)
        .list("B_STRIDES", &call.out_strides)
        .u("AXES", AXES as u32)
        .i("IN_FIRST", call.in_first as i32)
        .i("OUT_FIRST", call.out_first as i32)
        .tensor("input", call.input)
        .u("OUTPUT", call.output / 4);
    if call.mapped == 1 {
        source = source.tensor("table", call.table);
    }
    source.threads(
        units,
        if words { include_str!("strided_words_main.wgsl") } else { include_str!("strided_bytes_main.wgsl") },
    )
}

pub fn fill(call: &Fill) -> Option<Vec<Shader>> {
    let low = call.value as u32;
    let (low, high) = match call.element {
        1 => ((low & 0xff) * 0x0101_0101, (low & 0xff) * 0x0101_0101),
        2 => ((low & 0xffff) * 0x0001_0001, (low & 0xffff) * 0x0001_0001),
        4 => (low, low),
        _ => (low, (call.value >> 32) as u32),
    };
    Source::new(&[include_str!("fill.wgsl")])
        .u("LOW_WORD", low)
        .u("HIGH_WORD", high)
        .bytes(call.output, call.len.checked_mul(call.element)?)
}

pub fn indexed_copy(call: &IndexedCopy) -> Option<Vec<Shader>> {
    let (words, run) = unit(call.run);
    let units = product(&call.dims)?.checked_mul(run)?;
    let source = Source::new(&[include_str!("indexed.wgsl"), if words { MOVE_WORDS } else { MOVE_BYTES }])
        .u("RUN", run)
        .u("IN_LEN", call.in_len)
        .u("ENTRIES", call.dims.iter().sum())
        .list("DIMS", &call.dims)
        .tensor("input", call.input)
        .tensor("table", call.table);
    if words { source.words(call.output, units) } else { source.bytes(call.output, units) }
}

pub fn gather(call: &Gather) -> Option<Vec<Shader>> {
    let (words, inner) = unit(call.inner);
    let units = product(&[call.outer, call.indices_len, inner])?;
    let source = Source::new(&[include_str!("gather.wgsl"), if words { MOVE_WORDS } else { MOVE_BYTES }])
        .u("INNER", inner)
        .u("SIZE", call.count)
        .u("INDICES_LEN", call.indices_len)
        .u("INDEX_WORDS", call.index_bytes / 4)
        .tensor("input", call.input)
        .tensor("indices", call.indices);
    if words { source.words(call.output, units) } else { source.bytes(call.output, units) }
}

pub fn select(call: &Select) -> Option<Vec<Shader>> {
    let (words, each) = unit(call.element);
    let units = call.values.len()?.checked_mul(each)?;
    let file = if words { include_str!("choose_words.wgsl") } else { include_str!("choose_bytes.wgsl") };
    let source = Source::new(&[WALK, include_str!("choose.wgsl"), file])
        .u("EACH", each)
        .broadcast(&call.values)
        .list("CONDITION_STRIDES", &call.condition_strides)
        .tensor("condition", call.condition)
        .tensor("a", call.a)
        .tensor("b", call.b);
    if words { source.words(call.output, units) } else { source.bytes(call.output, units) }
}

/// A shader whose files say by `fn result(i: u32) -> vec2<u32>` what integer element `i` of the output is.
pub fn integers(
    files: &[&'static str],
    output: u32,
    numeric: Numeric,
    len: u32,
    declare: impl FnOnce(Source) -> Source,
) -> Option<Vec<Shader>> {
    let (words, each) = unit(numeric.bytes());
    let mut files = [&[LONG], files].concat();
    if words {
        let source = declare(Source::new(&files).stored(numeric)?).u("WORDS", each).u("OUTPUT", output / 4);
        return source.threads(len, include_str!("result_words_main.wgsl"));
    }
    files.push(include_str!("result_bytes.wgsl"));
    declare(Source::new(&files).stored(numeric)?).u("BYTES", each).bytes(output, len.checked_mul(each)?)
}

pub fn cast(call: &Cast) -> Option<Vec<Shader>> {
    let (from, to) = (Numeric::from_code(call.from)?, Numeric::from_code(call.to)?);
    // The input as it is read: integers in 64 bits, or, for a real result too, as bits of f32.
    let input = match from.is_real() {
        true => Source::new(&[]).real_bits("input", call.input, from),
        false => Source::new(&[]).integers("input", call.input, from)?,
    };
    if !to.is_real() {
        let file = if from.is_real() { include_str!("cast_to_int.wgsl") } else { include_str!("cast_int.wgsl") };
        return integers(&[HALF, file], call.output, to, call.len, |source| {
            source.with(input).u("IS_BOOL", u32::from(to == Numeric::Bool))
        });
    }
    let mut files = vec![LONG, HALF];
    if !from.is_real() {
        files.push(include_str!("real_of_int.wgsl"));
    }
    // An integer rounds once: to the digits of f32, which all are of f16 that are finite there, or to those of bf16.
    let input = input.u("DROPPED", if to == Numeric::BF16 { 24 } else { 8 });
    if to == Numeric::F32 {
        files.push(include_str!("cast_to_real.wgsl"));
        return Source::new(&files).with(input).words(call.output, call.len);
    }
    files.extend([include_str!("cast_to_half.wgsl"), include_str!("result_bytes.wgsl")]);
    let source = Source::new(&files).with(input).u("IS_CUT", u32::from(to == Numeric::BF16)).u("BYTES", 2);
    source.bytes(call.output, call.len.checked_mul(2)?)
}

/// The elements that are searched.
fn searched(numeric: u32, input: u32, zeros_are_one: bool) -> Option<Source> {
    let numeric = Numeric::from_code(numeric)?;
    // Real numbers are compared by their bits.
    let (bits, read) = match numeric {
        Numeric::F32 => (32, Numeric::I32),
        Numeric::F16 | Numeric::BF16 => (16, Numeric::I16),
        integer => (0, integer),
    };
    let source = Source::new(&[]).u("REAL_BITS", bits).u("ZEROS_ARE_ONE", zeros_are_one.into());
    source.integers("input", input, read)
}

pub fn arg_max(call: &ArgMax) -> Option<Vec<Shader>> {
    let input = searched(call.numeric, call.input, true)?;
    let index = if call.index_bytes == 4 { Numeric::I32 } else { Numeric::I64 };
    let len = call.outer.checked_mul(call.inner)?;
    integers(&[SEARCH, include_str!("arg_max.wgsl")], call.output, index, len, |source| {
        source.with(input).u("SIZE", call.count).u("INNER", call.inner)
    })
}

pub fn top_k(call: &TopK) -> Option<Vec<Shader>> {
    let input = searched(call.numeric, call.input, false)?.u("DEPTH", call.depth).u("K", call.k);
    let (words, each) = unit(Numeric::from_code(call.numeric)?.bytes());
    let input = input.u("EACH", each);
    let len = call.rows.checked_mul(call.k)?;
    let file = include_str!("top_k.wgsl");
    if call.indices == 1 {
        return integers(&[SEARCH, file], call.output, Numeric::I64, len, |source| source.with(input));
    }
    let units = len.checked_mul(each)?;
    let source = Source::new(&[LONG, SEARCH, file, if words { MOVE_WORDS } else { MOVE_BYTES }]).with(input);
    if words { source.words(call.output, units) } else { source.bytes(call.output, units) }
}

pub fn binary(call: &BinaryInt) -> Option<Vec<Shader>> {
    let (op, numeric) = (BinaryOp::from_code(call.op)?, Numeric::from_code(call.numeric)?);
    let operands = Source::new(&[]).integers("a", call.a, numeric)?.integers("b", call.b, numeric)?;
    let result = if op.is_truth() { Numeric::Bool } else { numeric };
    let files = [WALK, include_str!("binary_int.wgsl")];
    integers(&files, call.output, result, call.operands.len()?, |source| {
        source.with(operands).u("OP", call.op).broadcast(&call.operands).long("LOW", call.low).long("HIGH", call.high)
    })
}

pub fn unary(call: &UnaryInt) -> Option<Vec<Shader>> {
    let numeric = Numeric::from_code(call.numeric)?;
    let input = Source::new(&[]).integers("input", call.input, numeric)?;
    integers(&[include_str!("unary_int.wgsl")], call.output, numeric, call.len, |source| {
        let source = source.with(input).u("OP", call.op).u("IS_BOOL", u32::from(numeric == Numeric::Bool));
        source.long("LOW", call.low).long("HIGH", call.high)
    })
}

pub fn reduce(call: &ReduceInt) -> Option<Vec<Shader>> {
    let numeric = Numeric::from_code(call.numeric)?;
    let input = Source::new(&[]).integers("input", call.input, numeric)?;
    let files = [include_str!("reduction.wgsl"), include_str!("reduce_int.wgsl")];
    integers(&files, call.output, numeric, call.shape.results()?, |source| {
        source.with(input).u("OP", call.op).reduction(&call.shape)
    })
}
