//! Puts a shader together.

use std::fmt::Write;

use sanderling_format::CONSTANTS;
use sanderling_format::calls::{AXES, Broadcast, Clamp, Numeric, Reduction, Window};

/// A whole shader and its workgroups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shader {
    pub text: String,
    pub groups: [u32; 3],
}

/// Threads of a workgroup.
const THREADS: u32 = 64;
/// Workgroups along one axis: no more than every device allows.
const ACROSS: u32 = 32_768;

/// A shader being made: declarations in front of the files that use them.
pub struct Source {
    declarations: String,
    files: Vec<&'static str>,
    is_atomic: bool,
}

impl Source {
    /// What the files of a shader compute with.
    pub fn new(files: &[&'static str]) -> Source {
        Source { declarations: String::new(), files: files.to_vec(), is_atomic: false }
    }

    /// Makes the arena's words atomic, for shaders whose threads write parts of words.
    pub fn atomic(mut self) -> Source {
        self.is_atomic = true;
        self
    }

    /// A constant.
    pub fn u(mut self, name: &str, value: u32) -> Source {
        let _ = writeln!(self.declarations, "const {name}: u32 = {value}u;");
        self
    }

    /// A constant.
    pub fn i(mut self, name: &str, value: i32) -> Source {
        let _ = writeln!(self.declarations, "const {name}: i32 = {};", integer(value));
        self
    }

    /// A number that the shader does not know ahead, so that it may be infinite.
    pub fn f(mut self, name: &str, value: f32) -> Source {
        let _ = writeln!(self.declarations, "var<private> {name}_BITS: u32 = {}u;", value.to_bits());
        let _ =
            writeln!(self.declarations, "fn {}() -> f32 {{ return bitcast<f32>({name}_BITS); }}", name.to_lowercase());
        self
    }

    /// A list, to be indexed with anything.
    pub fn list<T: Copy + Into<i64>>(mut self, name: &str, values: &[T]) -> Source {
        let values: Vec<String> = values.iter().map(|&v| integer(v.into() as i32)).collect();
        let (n, values) = (values.len(), values.join(", "));
        let _ = writeln!(self.declarations, "var<private> {name}: array<i32, {n}> = array<i32, {n}>({values});");
        self
    }

    /// The functions `{name}_word`, `{name}_byte` (signed) and `{name}_real` read the tensor at an offset: by word, by byte
    /// and by f32.
    pub fn tensor(self, name: &str, offset: u32) -> Source {
        let mut source = self.words_of(name, offset);
        let _ = writeln!(
            source.declarations,
            "fn {name}_byte(i: u32) -> i32 {{ return bitcast<i32>({name}_word(i >> 2u) << (24u - 8u * (i & 3u))) >> 24u; }}\n\
             fn {name}_real(i: u32) -> f32 {{ return bitcast<f32>({name}_word(i)); }}"
        );
        source
    }

    /// `{name}_real` alone, for real numbers of any type. Needs `half.wgsl`.
    pub fn weights(self, name: &str, offset: u32, numeric: Numeric) -> Source {
        let mut source = self.words_of(name, offset);
        let bits = bits_of(name, numeric);
        let _ = writeln!(source.declarations, "fn {name}_real(i: u32) -> f32 {{ return bitcast<f32>({bits}); }}");
        source
    }

    fn words_of(mut self, name: &str, offset: u32) -> Source {
        let at = format!("{}u + i", (offset & !CONSTANTS) / 4);
        let word = match (offset & CONSTANTS != 0, self.is_atomic) {
            (true, _) => format!("constants[{at}]"),
            (false, false) => format!("arena[{at}]"),
            (false, true) => format!("atomicLoad(&arena[{at}])"),
        };
        let _ = writeln!(self.declarations, "fn {name}_word(i: u32) -> u32 {{ return {word}; }}");
        self
    }

    /// The function `{name}_long` reads element `i` of the tensor at an offset as an integer of 64 bits; not of real numbers.
    pub fn integers(self, name: &str, offset: u32, numeric: Numeric) -> Option<Source> {
        let mut source = self.tensor(name, offset);
        let value = match numeric {
            Numeric::I8 => format!("{name}_byte(i)"),
            Numeric::U8 => format!("{name}_byte(i) & 255"),
            Numeric::FlippedU8 => format!("({name}_byte(i) & 255) ^ 128"),
            Numeric::Bool => format!("select(0, 1, {name}_byte(i) != 0)"),
            Numeric::I16 => format!("bitcast<i32>({name}_word(i >> 1u) << (16u - 16u * (i & 1u))) >> 16u"),
            Numeric::I32 | Numeric::I64 => format!("bitcast<i32>({name}_word(i))"),
            Numeric::F16 | Numeric::BF16 | Numeric::F32 => return None,
        };
        let _ = match numeric {
            Numeric::I64 => writeln!(
                source.declarations,
                "fn {name}_long(i: u32) -> vec2<u32> {{ return vec2<u32>({name}_word(2u * i), {name}_word(2u * i + 1u)); }}"
            ),
            _ => writeln!(
                source.declarations,
                "fn {name}_long(i: u32) -> vec2<u32> {{ let v = {value}; \
                 return vec2<u32>(bitcast<u32>(v), bitcast<u32>(v >> 31u)); }}"
            ),
        };
        Some(source)
    }

    /// The function `{name}_bits` reads element `i` of the real tensor at an offset as the bits of an f32. Needs `half.wgsl`.
    pub fn real_bits(self, name: &str, offset: u32, numeric: Numeric) -> Source {
        let mut source = self.tensor(name, offset);
        let bits = bits_of(name, numeric);
        let _ = writeln!(source.declarations, "fn {name}_bits(i: u32) -> u32 {{ return {bits}; }}");
        source
    }

    /// The function `stored`: an integer of 64 bits as elements of a type are kept; not of real numbers.
    pub fn stored(mut self, numeric: Numeric) -> Option<Source> {
        let value = match numeric {
            Numeric::FlippedU8 => "vec2<u32>(v.x ^ 128u, v.y)",
            Numeric::Bool => "vec2<u32>(select(0u, 1u, (v.x | v.y) != 0u), 0u)",
            Numeric::I8 | Numeric::U8 | Numeric::I16 | Numeric::I32 | Numeric::I64 => "v",
            Numeric::F16 | Numeric::BF16 | Numeric::F32 => return None,
        };
        let _ = writeln!(self.declarations, "fn stored(v: vec2<u32>) -> vec2<u32> {{ return {value}; }}");
        Some(self)
    }

    /// A constant of 64 bits, as a function.
    pub fn long(mut self, name: &str, value: u64) -> Source {
        let (name, low, high) = (name.to_lowercase(), value as u32, (value >> 32) as u32);
        let _ = writeln!(self.declarations, "fn {name}() -> vec2<u32> {{ return vec2<u32>({low}u, {high}u); }}");
        self
    }

    /// The declarations of another, too.
    pub fn with(mut self, other: Source) -> Source {
        self.declarations.push_str(&other.declarations);
        self
    }

    /// `KEPT`, `KEPT_STRIDES`, `GONE`, `GONE_STRIDES`, and of how many elements a result is.
    pub fn reduction(self, shape: &Reduction) -> Source {
        self.list("KEPT", &shape.kept)
            .list("KEPT_STRIDES", &shape.kept_strides)
            .list("GONE", &shape.gone)
            .list("GONE_STRIDES", &shape.gone_strides)
            .u("GONE_LEN", shape.gone.iter().product())
    }

    /// The constants of a window, `IN_H` and so on.
    pub fn window(self, w: &Window) -> Source {
        self.u("BATCH", w.batch)
            .u("IN_H", w.in_h)
            .u("IN_W", w.in_w)
            .u("IN_C", w.in_c)
            .u("OUT_H", w.out_h)
            .u("OUT_W", w.out_w)
            .u("OUT_C", w.out_c)
            .u("KERNEL_H", w.kernel_h)
            .u("KERNEL_W", w.kernel_w)
            .u("STRIDE_H", w.stride_h)
            .u("STRIDE_W", w.stride_w)
            .u("DILATION_H", w.dilation_h)
            .u("DILATION_W", w.dilation_w)
            .u("PAD_TOP", w.pad_top)
            .u("PAD_LEFT", w.pad_left)
    }

    /// `ZERO`, `LOW` and `HIGH`.
    pub fn clamp(self, clamp: &Clamp) -> Source {
        self.i("ZERO", clamp.zero).i("LOW", clamp.low).i("HIGH", clamp.high)
    }

    /// `clamped`, which takes a number into `low..=high`; what is not a number comes to lie at an end, or stays so where there
    /// is none.
    pub fn bounds(mut self, low: f32, high: f32) -> Source {
        self = self.f("LOWEST", low).f("HIGHEST", high);
        let value = match (low == f32::NEG_INFINITY, high == f32::INFINITY) {
            (true, true) => "v",
            (false, true) => "max(v, lowest())",
            (true, false) => "min(v, highest())",
            (false, false) => "min(max(v, lowest()), highest())",
        };
        let _ = writeln!(self.declarations, "fn clamped(v: f32) -> f32 {{ return {value}; }}");
        self
    }

    /// `DIMS`, `A_STRIDES` and `B_STRIDES`.
    pub fn broadcast(self, operands: &Broadcast) -> Source {
        self.list("DIMS", &operands.dims)
            .list("A_STRIDES", &operands.a_strides)
            .list("B_STRIDES", &operands.b_strides)
            .u("AXES", AXES as u32)
    }

    /// A shader whose files say by `fn value(i: u32) -> i32` what byte `i` of the output is, of which the lowest 8 bits count.
    pub fn bytes(self, output: u32, len: u32) -> Option<Vec<Shader>> {
        self.u("OUTPUT", output / 4).u("LEN", len).threads(len.div_ceil(4), include_str!("main_bytes.wgsl"))
    }

    /// The same of words: `fn value(i: u32) -> u32`.
    pub fn words(self, output: u32, len: u32) -> Option<Vec<Shader>> {
        self.u("OUTPUT", output / 4).threads(len, include_str!("main_words.wgsl"))
    }

    /// The same of real numbers: `fn value(i: u32) -> f32`.
    pub fn reals(self, output: u32, len: u32) -> Option<Vec<Shader>> {
        self.u("OUTPUT", output / 4).threads(len, include_str!("main_reals.wgsl"))
    }

    /// A shader of one workgroup, whose last file is `main`; `COUNT` is for it to know.
    pub fn workgroup(self, count: u32, main: &'static str) -> Option<Vec<Shader>> {
        let mut shaders = self.threads(count, main)?;
        shaders.iter_mut().for_each(|shader| shader.groups = [1; 3]);
        Some(shaders)
    }

    /// A shader whose last file is `main`: `COUNT` threads, numbered by `thread`.
    pub fn threads(self, count: u32, main: &'static str) -> Option<Vec<Shader>> {
        let groups = count.div_ceil(THREADS);
        let across = groups.clamp(1, ACROSS);
        let mut source = self.u("COUNT", count).u("THREADS_ACROSS", across * THREADS);
        let word = if source.is_atomic { "atomic<u32>" } else { "u32" };
        let mut text = format!(
            "@group(0) @binding(0) var<storage, read_write> arena: array<{word}>;\n\
             @group(0) @binding(1) var<storage, read> constants: array<u32>;\n{}",
            source.declarations
        );
        source.files.push(main);
        source.files.iter().for_each(|file| text.push_str(file));
        Some(vec![Shader { text, groups: [across, groups.div_ceil(across), 1] }])
    }
}

/// Element `i` of a real tensor as the bits of an f32.
fn bits_of(name: &str, numeric: Numeric) -> String {
    let half = format!("(({name}_word(i >> 1u) >> (16u * (i & 1u))) & 0xffffu)");
    match numeric {
        Numeric::F16 => format!("widened({half})"),
        Numeric::BF16 => format!("{half} << 16u"),
        _ => format!("{name}_word(i)"),
    }
}

/// A literal: the smallest number is no negated one.
fn integer(value: i32) -> String {
    if value == i32::MIN { "(-2147483647 - 1)".into() } else { format!("({value})") }
}
