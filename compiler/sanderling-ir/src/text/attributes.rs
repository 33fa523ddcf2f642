//! An op as its name, kind and attributes, and back.

use super::cursor::size;
use super::words::{Word, float, parse_float};
use crate::{Activation, Op, PadMode, Padding, Rounding, UnaryKind};

/// `name kind(...) {key=value, ...}` without the inputs.
pub(super) struct Spelling {
    pub name: &'static str,
    pub kind: &'static str,
    pub attributes: Vec<(&'static str, String)>,
}

/// How an op is written.
pub(super) fn spell(op: &Op) -> Spelling {
    let mut list = Written(Vec::new());
    let mut kind = "";
    match op {
        Op::Conv2d { stride, dilation, padding, groups, .. } => {
            list.sizes_unless("stride", stride, &[1, 1]);
            list.sizes_unless("dilation", dilation, &[1, 1]);
            list.padding(padding);
            if *groups != 1 {
                list.add("groups", groups.to_string());
            }
        }
        Op::ConvTranspose2d { stride, padding, extra, .. } => {
            list.sizes_unless("stride", stride, &[1, 1]);
            list.padding(padding);
            list.sizes_unless("extra", extra, &[0, 0]);
        }
        Op::Unary { kind: unary } => kind = list.unary(unary),
        Op::Binary { kind: binary, .. } => kind = binary.word(),
        Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, .. } => {
            list.pool(kernel, stride, dilation, padding);
            if *count_padding {
                list.add("count_padding", "true".into());
            }
        }
        Op::MaxPool2d { kernel, stride, dilation, padding, .. } => list.pool(kernel, stride, dilation, padding),
        Op::Reduce { kind: reduce, axes, keep_dims } => {
            kind = reduce.word();
            list.sizes("axes", axes);
            list.add("keep_dims", keep_dims.to_string());
        }
        Op::Softmax { beta } => {
            if beta.to_bits() != 1f32.to_bits() {
                list.add("beta", float(*beta));
            }
        }
        Op::LayerNorm { epsilon } => list.add("epsilon", float(*epsilon)),
        Op::Reshape { shape } | Op::Broadcast { shape } => list.sizes("shape", shape),
        Op::Transpose { perm } => list.sizes("perm", perm),
        Op::Concat { axis } | Op::Gather { axis } => list.add("axis", axis.to_string()),
        Op::Slice { start, step, size } => {
            list.sizes("start", start);
            list.add("step", format!("[{}]", join(step)));
            list.sizes("size", size);
        }
        Op::Pad { before, after, mode } => {
            list.sizes("before", before);
            list.sizes("after", after);
            match mode {
                PadMode::Constant(value) => list.add("value", float(*value)),
                PadMode::Reflect => list.add("mode", "reflect".into()),
                PadMode::Edge => list.add("mode", "edge".into()),
            }
        }
        Op::Resize { size, mode, coordinates } => {
            list.sizes("size", size);
            list.add("mode", mode.word().into());
            list.add("coordinates", coordinates.word().into());
        }
        Op::ArgMax { axis, dtype } => {
            list.add("axis", axis.to_string());
            list.add("dtype", dtype.word().into());
        }
        Op::TopK { k } => list.add("k", k.to_string()),
        Op::Cast { dtype } | Op::Quantize { dtype } => list.add("dtype", dtype.word().into()),
        Op::Lstm { reverse, clip } => {
            list.flag("reverse", *reverse);
            if clip.to_bits() != 0 {
                list.add("clip", float(*clip));
            }
        }
        Op::Gru { reverse, linear_before_reset } => {
            list.flag("reverse", *reverse);
            list.flag("linear_before_reset", *linear_before_reset);
        }
        Op::FullyConnected { .. }
        | Op::MatMul
        | Op::Select
        | Op::Dequantize
        | Op::PairwiseCoupling
        | Op::TreeEnsemble => {}
    }
    if op.activation() != Activation::None {
        list.add("activation", op.activation().word().into());
    }
    if op.rounding() != Rounding::Twice {
        list.add("rounding", op.rounding().word().into());
    }
    Spelling { name: op.name(), kind, attributes: list.0 }
}

struct Written(Vec<(&'static str, String)>);

impl Written {
    fn add(&mut self, key: &'static str, value: String) {
        self.0.push((key, value));
    }

    fn flag(&mut self, key: &'static str, value: bool) {
        if value {
            self.add(key, "true".into());
        }
    }

    fn sizes(&mut self, key: &'static str, value: &[usize]) {
        self.add(key, format!("[{}]", join(value)));
    }

    fn sizes_unless(&mut self, key: &'static str, value: &[usize], usual: &[usize]) {
        if value != usual {
            self.sizes(key, value);
        }
    }

    fn padding(&mut self, p: &Padding) {
        self.sizes_unless("padding", &[p.top, p.bottom, p.left, p.right], &[0; 4]);
    }

    fn pool(&mut self, kernel: &[usize], stride: &[usize], dilation: &[usize], padding: &Padding) {
        self.sizes("kernel", kernel);
        self.sizes_unless("stride", stride, &[1, 1]);
        self.sizes_unless("dilation", dilation, &[1, 1]);
        self.padding(padding);
    }

    fn unary(&mut self, kind: &UnaryKind) -> &'static str {
        match kind {
            UnaryKind::HardSigmoid { alpha, beta } => {
                self.add("alpha", float(*alpha));
                self.add("beta", float(*beta));
                "hard_sigmoid"
            }
            UnaryKind::LeakyRelu { alpha } => {
                self.add("alpha", float(*alpha));
                "leaky_relu"
            }
            UnaryKind::Elu { alpha } => {
                self.add("alpha", float(*alpha));
                "elu"
            }
            UnaryKind::Clamp { min, max } => {
                self.add("min", float(*min));
                self.add("max", float(*max));
                "clamp"
            }
            plain => plain.word(),
        }
    }
}

fn join<T: ToString>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// An attribute as read: one word or a list of words.
pub(super) enum Attribute<'a> {
    One(&'a str),
    List(Vec<&'a str>),
}

/// The attributes of an op as read; each is taken once, what is left over is an error.
pub(super) struct Attributes<'a>(pub(super) Vec<(&'a str, Attribute<'a>)>);

/// The op that a name, a kind and attributes spell, or why they spell none.
pub(super) fn read(name: &str, kind: Option<&str>, mut list: Attributes) -> Result<Op, String> {
    let list = &mut list;
    let has_kind = matches!(name, "unary" | "binary" | "reduce");
    let kind = match (kind, has_kind) {
        (Some(kind), true) => kind,
        (None, true) => return Err(format!("{name} needs its kind, as in `{name} kind(...)`")),
        (Some(_), false) => return Err(format!("{name} has no kinds")),
        (None, false) => "",
    };
    let op = match name {
        "conv2d" => Op::Conv2d {
            stride: list.pair("stride", 1)?,
            dilation: list.pair("dilation", 1)?,
            padding: list.padding()?,
            groups: list.optional("groups", size)?.unwrap_or(1),
            activation: list.activation()?,
            rounding: list.rounding()?,
        },
        "conv_transpose2d" => Op::ConvTranspose2d {
            stride: list.pair("stride", 1)?,
            padding: list.padding()?,
            extra: list.pair("extra", 0)?,
            activation: list.activation()?,
            rounding: list.rounding()?,
        },
        "fully_connected" => Op::FullyConnected { activation: list.activation()? },
        "mat_mul" => Op::MatMul,
        "unary" => Op::Unary { kind: list.unary(kind)? },
        "binary" => Op::Binary { kind: word(kind)?, activation: list.activation()? },
        "select" => Op::Select,
        "avg_pool2d" => Op::AvgPool2d {
            kernel: list.array("kernel")?,
            stride: list.pair("stride", 1)?,
            dilation: list.pair("dilation", 1)?,
            padding: list.padding()?,
            count_padding: list.flag("count_padding")?,
            activation: list.activation()?,
        },
        "max_pool2d" => Op::MaxPool2d {
            kernel: list.array("kernel")?,
            stride: list.pair("stride", 1)?,
            dilation: list.pair("dilation", 1)?,
            padding: list.padding()?,
            activation: list.activation()?,
        },
        "reduce" => {
            Op::Reduce { kind: word(kind)?, axes: list.list("axes", size)?, keep_dims: list.one("keep_dims", word)? }
        }
        "softmax" => Op::Softmax { beta: list.optional("beta", number)?.unwrap_or(1.0) },
        "layer_norm" => Op::LayerNorm { epsilon: list.one("epsilon", number)? },
        "reshape" => Op::Reshape { shape: list.list("shape", size)? },
        "transpose" => Op::Transpose { perm: list.list("perm", size)? },
        "concat" => Op::Concat { axis: list.one("axis", size)? },
        "slice" => Op::Slice {
            start: list.list("start", size)?,
            step: list.list("step", step)?,
            size: list.list("size", size)?,
        },
        "pad" => {
            Op::Pad { before: list.list("before", size)?, after: list.list("after", size)?, mode: list.pad_mode()? }
        }
        "broadcast" => Op::Broadcast { shape: list.list("shape", size)? },
        "gather" => Op::Gather { axis: list.one("axis", size)? },
        "resize" => Op::Resize {
            size: list.array("size")?,
            mode: list.one("mode", word)?,
            coordinates: list.one("coordinates", word)?,
        },
        "arg_max" => Op::ArgMax { axis: list.one("axis", size)?, dtype: list.one("dtype", word)? },
        "top_k" => Op::TopK { k: list.one("k", size)? },
        "cast" => Op::Cast { dtype: list.one("dtype", word)? },
        "quantize" => Op::Quantize { dtype: list.one("dtype", word)? },
        "dequantize" => Op::Dequantize,
        "lstm" => Op::Lstm { reverse: list.flag("reverse")?, clip: list.optional("clip", number)?.unwrap_or(0.0) },
        "gru" => Op::Gru { reverse: list.flag("reverse")?, linear_before_reset: list.flag("linear_before_reset")? },
        "pairwise_coupling" => Op::PairwiseCoupling,
        "tree_ensemble" => Op::TreeEnsemble,
        name => return Err(format!("there is no op `{name}`")),
    };
    match list.0.first() {
        Some((key, _)) => Err(format!("{name} has no attribute `{key}`")),
        None => Ok(op),
    }
}

fn word<T: Word>(text: &str) -> Result<T, String> {
    T::from_word(text).ok_or_else(|| format!("`{text}` is none of {}", T::choices()))
}

fn number(text: &str) -> Result<f32, String> {
    parse_float(text).ok_or_else(|| format!("`{text}` is not a number"))
}

fn step(text: &str) -> Result<isize, String> {
    let magnitude = size(text.strip_prefix('-').unwrap_or(text))? as isize;
    Ok(if text.starts_with('-') { -magnitude } else { magnitude })
}

impl<'a> Attributes<'a> {
    fn take(&mut self, key: &str) -> Option<Attribute<'a>> {
        let i = self.0.iter().position(|(k, _)| *k == key)?;
        Some(self.0.remove(i).1)
    }

    fn optional<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Attribute::One(text)) => read(text).map(Some).map_err(|why| format!("{key}: {why}")),
            Some(Attribute::List(_)) => Err(format!("{key} is one value, not a list")),
        }
    }

    fn one<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
        self.optional(key, read)?.ok_or_else(|| format!("needs the attribute `{key}`"))
    }

    fn flag(&mut self, key: &str) -> Result<bool, String> {
        Ok(self.optional(key, word)?.unwrap_or(false))
    }

    fn optional_list<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Attribute::One(_)) => Err(format!("{key} is a list")),
            Some(Attribute::List(items)) => {
                let items: Result<Vec<T>, String> = items.into_iter().map(read).collect();
                items.map(Some).map_err(|why| format!("{key}: {why}"))
            }
        }
    }

    fn list<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
        self.optional_list(key, read)?.ok_or_else(|| format!("needs the attribute `{key}`"))
    }

    fn optional_array<const N: usize>(&mut self, key: &str) -> Result<Option<[usize; N]>, String> {
        let Some(items) = self.optional_list(key, size)? else { return Ok(None) };
        items.try_into().map(Some).map_err(|_| format!("{key} has {N} values"))
    }

    fn array<const N: usize>(&mut self, key: &str) -> Result<[usize; N], String> {
        self.optional_array(key)?.ok_or_else(|| format!("needs the attribute `{key}`"))
    }

    fn pair(&mut self, key: &str, usual: usize) -> Result<[usize; 2], String> {
        Ok(self.optional_array(key)?.unwrap_or([usual; 2]))
    }

    fn padding(&mut self) -> Result<Padding, String> {
        let [top, bottom, left, right] = self.optional_array("padding")?.unwrap_or_default();
        Ok(Padding { top, bottom, left, right })
    }

    fn activation(&mut self) -> Result<Activation, String> {
        Ok(self.optional("activation", word)?.unwrap_or_default())
    }

    fn rounding(&mut self) -> Result<Rounding, String> {
        Ok(self.optional("rounding", word)?.unwrap_or_default())
    }

    fn pad_mode(&mut self) -> Result<PadMode, String> {
        if let Some(value) = self.optional("value", number)? {
            return Ok(PadMode::Constant(value));
        }
        self.one("mode", |text| match text {
            "reflect" => Ok(PadMode::Reflect),
            "edge" => Ok(PadMode::Edge),
            text => Err(format!("`{text}` is none of reflect, edge")),
        })
    }

    fn unary(&mut self, kind: &str) -> Result<UnaryKind, String> {
        Ok(match kind {
            "hard_sigmoid" => {
                UnaryKind::HardSigmoid { alpha: self.one("alpha", number)?, beta: self.one("beta", number)? }
            }
            "leaky_relu" => UnaryKind::LeakyRelu { alpha: self.one("alpha", number)? },
            "elu" => UnaryKind::Elu { alpha: self.one("alpha", number)? },
            "clamp" => UnaryKind::Clamp { min: self.one("min", number)?, max: self.one("max", number)? },
            plain => word(plain)?,
        })
    }
}
