//! Ops that give the same elements another shape or order, and padding.

use sanderling_ir::{DType, Op, PadMode, Tensor, TensorType, ValueId};

use super::lower::{Lower, Result};

impl Lower<'_> {
    /// Adds the reshape that gives the first output.
    ///
    /// The format copies the bytes, whatever the scales say.
    pub(super) fn reshape_to(&mut self, x: ValueId, shape: Vec<usize>) -> Result<()> {
        let quant = self.ty(x).quant.clone();
        let name = self.output(0)?.name.clone();
        let value = self.push(&name, Op::Reshape { shape }, &[x], quant)?;
        self.bind(0, value)
    }

    pub(super) fn reshape(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let mut wanted = self.int_list(0)?;
        if self.has(1) {
            match self.ints(1, "the shape") {
                Ok(list) => wanted = list,
                // Old files have the shape twice.
                Err(error) if wanted.is_empty() => return Err(error),
                Err(_) => {}
            }
        }
        let shape = self.filled(&wanted, self.ty(x).elements())?;
        self.reshape_to(x, shape)
    }

    /// A shape in which one dimension may be -1, for what remains.
    fn filled(&self, wanted: &[i64], elements: usize) -> Result<Vec<usize>> {
        let known = wanted.iter().filter(|&&d| d != -1).try_fold(1i64, |n, &d| n.checked_mul(d)).unwrap_or(0);
        let known = usize::try_from(known).unwrap_or(0);
        let open = wanted.iter().filter(|&&d| d == -1).count();
        if open > 1 || known == 0 || !elements.is_multiple_of(known) {
            return Err(self.bad(format!("{elements} elements do not fit the shape {wanted:?}")));
        }
        Ok(wanted.iter().map(|&d| usize::try_from(d).unwrap_or(elements / known)).collect())
    }

    /// Drops the dimensions that field 0 lists, all of 1 if it lists none.
    pub(super) fn squeeze(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let shape = self.ty(x).shape.clone();
        let mut dropped = Vec::new();
        for axis in self.int_list(0)? {
            dropped.push(self.axis(axis, shape.len())?);
        }
        let all = dropped.is_empty();
        let drops = |i: usize| if all { shape[i] == 1 } else { dropped.contains(&i) };
        let kept = (0..shape.len()).filter(|&i| !drops(i)).map(|i| shape[i]).collect();
        self.reshape_to(x, kept)
    }

    pub(super) fn expand_dims(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let axis = self.scalar(1, "the axis")?;
        let mut shape = self.ty(x).shape.clone();
        let axis = self.axis(axis, shape.len() + 1)?;
        shape.insert(axis, 1);
        self.reshape_to(x, shape)
    }

    /// Shapes are static, so this is a constant.
    pub(super) fn shape(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let dims: Vec<i64> = self.ty(x).shape.iter().map(|&d| d as i64).collect();
        self.bind_integers(&[dims.len()], &dims)
    }

    pub(super) fn rank(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let rank = self.ty(x).shape.len() as i64;
        self.bind_integers(&[], &[rank])
    }

    fn bind_integers(&mut self, shape: &[usize], values: &[i64]) -> Result<()> {
        let output = self.output(0)?;
        let (name, ty) = (output.name.clone(), TensorType::new(output.dtype()?, shape));
        let tensor = match ty.dtype {
            DType::I64 => Tensor::from_i64(ty, values),
            _ => {
                let narrow: Vec<i32> = values.iter().map(|&v| v as i32).collect();
                Tensor::from_i32(TensorType::new(DType::I32, shape), &narrow)
            }
        };
        let value = self.g.constant(&name, tensor);
        self.bind(0, value)
    }

    pub(super) fn transpose(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let order = self.ints(1, "the order of the axes")?;
        let mut perm = Vec::new();
        for axis in order {
            perm.push(self.axis(axis, self.ty(x).shape.len())?);
        }
        self.emit_moved(0, Op::Transpose { perm }, &[x])
    }

    pub(super) fn broadcast_to(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let wanted = self.ints(1, "the shape")?;
        let shape = self.sizes(&wanted, "the shape")?;
        self.emit_moved(0, Op::Broadcast { shape }, &[x])
    }

    /// Repeats each axis: as a new axis before it, broadcast and merged.
    pub(super) fn tile(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let times = self.ints(1, "the multiples")?;
        let times = self.sizes(&times, "the multiples")?;
        let (shape, quant) = (self.ty(x).shape.clone(), self.ty(x).quant.clone());
        if times.len() != shape.len() {
            return Err(self.bad(format!("{} multiples do not fit {} dimensions", times.len(), shape.len())));
        }
        let split: Vec<usize> = shape.iter().flat_map(|&d| [1, d]).collect();
        let repeated: Vec<usize> = shape.iter().zip(&times).flat_map(|(&d, &n)| [n, d]).collect();
        let merged = shape.iter().zip(&times).map(|(&d, &n)| d.saturating_mul(n)).collect();
        let value = self.step("split", Op::Reshape { shape: split }, &[x], quant.clone())?;
        let value = self.step("repeated", Op::Broadcast { shape: repeated }, &[value], quant)?;
        self.reshape_to(value, merged)
    }

    /// Numbers that are sizes.
    pub(super) fn sizes(&self, wanted: &[i64], what: &str) -> Result<Vec<usize>> {
        let size = |&d: &i64| i32::try_from(d).ok().and_then(|d| usize::try_from(d).ok());
        let sizes: Option<Vec<usize>> = wanted.iter().map(size).collect();
        sizes.ok_or_else(|| self.bad(format!("{what} {wanted:?} should not be negative")))
    }

    pub(super) fn space_to_depth(&mut self) -> Result<()> {
        let b = self.size(0, 0, "block_size")?;
        let (x, [n, h, w, c]) = self.pixels()?;
        let blocks = [n, h / b, b, w / b, b, c];
        self.blocks(x, &blocks, vec![n, h / b, w / b, b * b * c])
    }

    pub(super) fn depth_to_space(&mut self) -> Result<()> {
        let b = self.size(0, 0, "block_size")?;
        let (x, [n, h, w, c]) = self.pixels()?;
        let blocks = [n, h, w, b, b, c / (b * b)];
        self.blocks(x, &blocks, vec![n, h * b, w * b, c / (b * b)])
    }

    fn pixels(&mut self) -> Result<(ValueId, [usize; 4])> {
        let x = self.x(0)?;
        let ty = self.ty(x);
        let shape = ty.shape.as_slice().try_into();
        shape.map(|s| (x, s)).map_err(|_| self.bad(format!("{ty} should have 4 dimensions")))
    }

    /// Reads `x` as blocks and swaps the middle axes; both directions do the same.
    fn blocks(&mut self, x: ValueId, blocks: &[usize; 6], shape: Vec<usize>) -> Result<()> {
        let quant = self.ty(x).quant.clone();
        let value = self.step("blocks", Op::Reshape { shape: blocks.to_vec() }, &[x], quant.clone())?;
        let value = self.step("swapped", Op::Transpose { perm: vec![0, 1, 3, 2, 4, 5] }, &[value], quant)?;
        self.reshape_to(value, shape)
    }

    pub(super) fn pad(&mut self, mode: PadMode) -> Result<()> {
        let x = self.x(0)?;
        let (before, after) = self.pads()?;
        self.emit_moved(0, Op::Pad { before, after, mode }, &[x])
    }

    fn pads(&mut self) -> Result<(Vec<usize>, Vec<usize>)> {
        let pads = self.ints(1, "the padding")?;
        let pads = self.sizes(&pads, "the padding")?;
        Ok(pads.as_chunks::<2>().0.iter().map(|p| (p[0], p[1])).unzip())
    }

    /// PADV2: the value is input 2, quantized as `x` is.
    pub(super) fn pad_value(&mut self) -> Result<()> {
        let value = self.x(2)?;
        let Some(constant) = self.g.tensor(value).filter(|t| t.ty.elements() == 1) else {
            return Err(self.bad("the value to pad with should be one constant".into()));
        };
        let stored = match constant.ty.dtype {
            DType::F32 => constant.as_f32().first().copied(),
            DType::I8 => constant.as_i8().first().map(|&v| f32::from(v)),
            DType::U8 => constant.data.first().map(|&v| f32::from(v)),
            DType::I32 => constant.as_i32().first().map(|&v| v as f32),
            _ => None,
        };
        let Some(stored) = stored else {
            return Err(self.bad(format!("cannot pad with {}", constant.ty)));
        };
        let real = match &constant.ty.quant {
            Some(q) => (stored - q.zero_points[0] as f32) * q.scales[0],
            None => stored,
        };
        self.pad(PadMode::Constant(real))
    }

    pub(super) fn mirror_pad(&mut self) -> Result<()> {
        let (before, after) = self.pads()?;
        let narrow = before.iter().chain(&after).all(|&n| n <= 1);
        match self.byte(0)? {
            0 => self.pad(PadMode::Reflect),
            // The mirror image with the edge, one element wide, is the edge.
            1 if narrow => self.pad(PadMode::Edge),
            1 => Err(self.attribute("mode", "SYMMETRIC", "REFLECT is; so is SYMMETRIC by 1 element")),
            other => Err(self.attribute("mode", other, "REFLECT (0) is")),
        }
    }

    pub(super) fn gather(&mut self) -> Result<()> {
        let (x, indices) = (self.x(0)?, self.x(1)?);
        let batch = self.int(1, 0)?;
        if batch != 0 {
            return Err(self.attribute("batch_dims", batch, "0 is"));
        }
        let axis = self.axis(i64::from(self.int(0, 0)?), self.ty(x).shape.len())?;
        self.emit_moved(0, Op::Gather { axis }, &[x, indices])
    }
}
