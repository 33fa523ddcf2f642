//! Ops that cut tensors apart and put them together.

use sanderling_ir::{Op, ValueId};

use super::lower::{Lower, Result};

/// What an op takes from one axis.
#[derive(Clone, Copy)]
struct Range {
    start: usize,
    step: isize,
    size: usize,
}

impl Lower<'_> {
    pub(super) fn concatenation(&mut self) -> Result<()> {
        let (quant, name) = (self.output_quant(0)?, self.output(0)?.name.clone());
        let mut parts = Vec::new();
        for k in 0..self.input_count() {
            let part = self.x(k)?;
            // Parts are copied as they are, so they have to be in the quantization of the whole.
            parts.push(self.requantized(part, &quant, &format!("{name}/part{k}"))?);
        }
        let Some(&first) = parts.first() else { return Err(self.bad("has no inputs".into())) };
        let axis = self.axis(i64::from(self.int(0, 0)?), self.ty(first).shape.len())?;
        self.emit_then_activation(1, Op::Concat { axis }, &parts)
    }

    /// Puts inputs along a new axis.
    pub(super) fn pack(&mut self) -> Result<()> {
        let first = self.x(0)?;
        let axis = self.axis(i64::from(self.int(1, 0)?), self.ty(first).shape.len() + 1)?;
        if self.input_count() == 1 {
            let mut shape = self.ty(first).shape.clone();
            shape.insert(axis, 1);
            return self.reshape_to(first, shape);
        }
        let mut parts = Vec::new();
        for k in 0..self.input_count() {
            let part = self.x(k)?;
            let (mut shape, quant) = (self.ty(part).shape.clone(), self.ty(part).quant.clone());
            if shape.len() < axis {
                return Err(self.bad(format!("input {k} has {} dimensions, too few", shape.len())));
            }
            shape.insert(axis, 1);
            parts.push(self.step(&format!("part{k}"), Op::Reshape { shape }, &[part], quant)?);
        }
        self.emit_moved(0, Op::Concat { axis }, &parts)
    }

    /// Takes an axis apart, one output for each index.
    pub(super) fn unpack(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let mut shape = self.ty(x).shape.clone();
        let axis = self.axis(i64::from(self.int(1, 0)?), shape.len())?;
        if shape.remove(axis) != self.output_count() {
            return Err(self.bad(format!("{} has not {} parts", self.ty(x), self.output_count())));
        }
        for k in 0..self.output_count() {
            let quant = self.ty(x).quant.clone();
            let part = match self.output_count() {
                1 => x,
                _ => {
                    let mut ranges = self.whole(x);
                    ranges[axis] = Range { start: k, step: 1, size: 1 };
                    let name = format!("{}/slice", self.output(k)?.name);
                    self.push(&name, slice(&ranges), &[x], quant)?
                }
            };
            self.emit_moved(k, Op::Reshape { shape: shape.clone() }, &[part])?;
        }
        Ok(())
    }

    /// Equal parts: the axis is input 0.
    pub(super) fn split(&mut self) -> Result<()> {
        let axis = self.scalar(0, "the axis")?;
        let x = self.x(1)?;
        let axis = self.axis(axis, self.ty(x).shape.len())?;
        let (n, parts) = (self.ty(x).shape[axis], self.output_count().max(1));
        if n % parts != 0 {
            return Err(self.bad(format!("axis {axis} of {} does not split in {parts}", self.ty(x))));
        }
        self.parts(x, axis, &vec![n / parts; parts])
    }

    /// Parts of given sizes, one of which may be -1 for the rest.
    pub(super) fn split_v(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let sizes = self.ints(1, "the sizes")?;
        let axis = self.scalar(2, "the axis")?;
        let axis = self.axis(axis, self.ty(x).shape.len())?;
        let known = sizes.iter().filter(|&&n| n >= 0).fold(0i64, |a, &n| a.saturating_add(n));
        let rest = (self.ty(x).shape[axis] as i64).saturating_sub(known);
        let sizes: Vec<i64> = sizes.iter().map(|&n| if n == -1 { rest } else { n }).collect();
        let sizes = self.sizes(&sizes, "the sizes")?;
        if sizes.len() != self.output_count() || sizes.iter().sum::<usize>() != self.ty(x).shape[axis] {
            return Err(self.bad(format!("sizes {sizes:?} do not fit axis {axis} of {}", self.ty(x))));
        }
        self.parts(x, axis, &sizes)
    }

    fn parts(&mut self, x: ValueId, axis: usize, sizes: &[usize]) -> Result<()> {
        let mut start = 0;
        for (k, &size) in sizes.iter().enumerate() {
            let mut ranges = self.whole(x);
            ranges[axis] = Range { start, step: 1, size };
            start += size;
            self.emit_moved(k, slice(&ranges), &[x])?;
        }
        Ok(())
    }

    pub(super) fn slice(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let begin = self.ints(1, "the start")?;
        let size = self.ints(2, "the size")?;
        let shape = self.ty(x).shape.clone();
        if begin.len() != shape.len() || size.len() != shape.len() {
            return Err(self.bad(format!("start {begin:?} and size {size:?} do not fit {}", self.ty(x))));
        }
        let begin = self.sizes(&begin, "the start")?;
        let range = |i: usize| {
            let rest = shape[i].checked_sub(begin[i])?;
            let size = if size[i] == -1 { rest } else { usize::try_from(size[i]).ok()? };
            (size <= rest).then_some(Range { start: begin[i], step: 1, size })
        };
        let ranges: Option<Vec<Range>> = (0..shape.len()).map(range).collect();
        let Some(ranges) = ranges else {
            return Err(self.bad(format!("{} does not contain start {begin:?} size {size:?}", self.ty(x))));
        };
        self.emit_moved(0, slice(&ranges), &[x])
    }

    /// Python's indexing: inputs are begin, end and step of each index; masks say which of them mean something else.
    pub(super) fn strided_slice(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let begin = self.ints(1, "the start")?;
        let end = self.ints(2, "the end")?;
        let step = self.ints(3, "the step")?;
        let masks = Masks {
            begin: self.int(0, 0)?,
            end: self.int(1, 0)?,
            ellipsis: self.int(2, 0)?,
            new_axis: self.int(3, 0)?,
            shrink: self.int(4, 0)?,
            offset: self.flag(5)?,
        };
        if begin.len() > 16 || end.len() != begin.len() || step.len() != begin.len() {
            return Err(self.bad(format!("start {begin:?}, end {end:?} and step {step:?} differ in length")));
        }
        let input = self.ty(x).shape.clone();
        let Some((ranges, shape)) = masks.resolve(&input, &begin, &end, &step) else {
            return Err(self.bad(format!("{} does not contain {begin:?} to {end:?} by {step:?}", self.ty(x))));
        };
        let sliced: Vec<usize> = ranges.iter().map(|r| r.size).collect();
        if sliced == input && ranges.iter().all(|r| r.step == 1) {
            return self.reshape_to(x, shape);
        }
        if sliced == shape {
            return self.emit_moved(0, slice(&ranges), &[x]);
        }
        let quant = self.ty(x).quant.clone();
        let value = self.step("slice", slice(&ranges), &[x], quant)?;
        self.reshape_to(value, shape)
    }

    pub(super) fn reverse(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let mut ranges = self.whole(x);
        for axis in self.ints(1, "the axes")? {
            let axis = self.axis(axis, ranges.len())?;
            let size = self.ty(x).shape[axis];
            ranges[axis] = Range { start: size.saturating_sub(1), step: -1, size };
        }
        self.emit_moved(0, slice(&ranges), &[x])
    }

    fn whole(&self, x: ValueId) -> Vec<Range> {
        self.ty(x).shape.iter().map(|&size| Range { start: 0, step: 1, size }).collect()
    }
}

fn slice(ranges: &[Range]) -> Op {
    Op::Slice {
        start: ranges.iter().map(|r| r.start).collect(),
        step: ranges.iter().map(|r| r.step).collect(),
        size: ranges.iter().map(|r| r.size).collect(),
    }
}

/// The masks of a strided slice, one bit for each index.
struct Masks {
    begin: i32,
    end: i32,
    ellipsis: i32,
    new_axis: i32,
    shrink: i32,
    /// Ends count from the begins.
    offset: bool,
}

impl Masks {
    /// The range of each input axis and the shape after dropped and new axes; `None` if they do not fit.
    fn resolve(&self, input: &[usize], begin: &[i64], end: &[i64], step: &[i64]) -> Option<(Vec<Range>, Vec<usize>)> {
        let bit = |mask: i32, i: usize| mask >> i & 1 == 1;
        let plain = (0..begin.len()).filter(|&i| !bit(self.ellipsis, i) && !bit(self.new_axis, i)).count();
        let (mut ranges, mut shape) = (Vec::new(), Vec::new());
        for i in 0..begin.len() {
            if bit(self.ellipsis, i) {
                let skipped = input.len().checked_sub(plain)?;
                for &size in input.get(ranges.len()..ranges.len() + skipped)? {
                    ranges.push(Range { start: 0, step: 1, size });
                    shape.push(size);
                }
            } else if bit(self.new_axis, i) {
                shape.push(1);
            } else if bit(self.shrink, i) {
                let n = *input.get(ranges.len())? as i64;
                let at = if begin[i] < 0 { begin[i].checked_add(n)? } else { begin[i] };
                let start = usize::try_from(at).ok().filter(|_| at < n)?;
                ranges.push(Range { start, step: 1, size: 1 });
            } else {
                let n = *input.get(ranges.len())?;
                let from = (!bit(self.begin, i)).then_some(begin[i]);
                let offset = if self.offset { begin[i] } else { 0 };
                let to = if bit(self.end, i) { None } else { Some(end[i].checked_add(offset)?) };
                let range = range(n, from, to, step[i])?;
                shape.push(range.size);
                ranges.push(range);
            }
        }
        for &size in input.get(ranges.len()..)? {
            ranges.push(Range { start: 0, step: 1, size });
            shape.push(size);
        }
        Some((ranges, shape))
    }
}

/// `from:to:step` of an axis of `n` elements, with open ends as `None`.
fn range(n: usize, from: Option<i64>, to: Option<i64>, step: i64) -> Option<Range> {
    let n = n as i64;
    let wrap = |i: i64| if i < 0 { i.saturating_add(n) } else { i };
    // Backwards, the element before the first is a valid end.
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let start = from.map_or(first, |i| wrap(i).clamp(low, high));
    let end = to.map_or(last, |i| wrap(i).clamp(low, high));
    let (distance, stride) = if step > 0 { (end - start, step) } else { (start - end, step.checked_neg()?) };
    if step == 0 || distance <= 0 {
        return None;
    }
    let size = (distance - 1) / stride + 1;
    Some(Range {
        start: usize::try_from(start).ok()?,
        // One element needs no step, and a step past the axis might not be representable.
        step: if size == 1 { 1 } else { isize::try_from(step).ok()? },
        size: usize::try_from(size).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_those_of_python() {
        let taken = |n, from, to, step| {
            let r = range(n, from, to, step)?;
            Some((0..r.size).map(|i| r.start as isize + i as isize * r.step).collect::<Vec<_>>())
        };
        assert_eq!(taken(5, Some(1), Some(4), 2), Some(vec![1, 3]));
        assert_eq!(taken(5, Some(-2), None, 1), Some(vec![3, 4]));
        assert_eq!(taken(5, None, None, -2), Some(vec![4, 2, 0]));
        assert_eq!(taken(5, Some(3), Some(0), -1), Some(vec![3, 2, 1]));
        assert_eq!(taken(5, Some(0), Some(99), 9), Some(vec![0]));
        assert_eq!(taken(5, Some(3), Some(3), 1), None);
        assert_eq!(taken(5, None, None, 0), None);
    }
}
