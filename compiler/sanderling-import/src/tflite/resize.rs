//! Resizing of images.

use sanderling_ir::{Coordinates, DType, Op, ResizeMode, Tensor, TensorType, ValueId};

use super::lower::{Lower, Result};

/// Larger images than any device would hold.
const MOST_PIXELS: usize = 0xffff;

impl Lower<'_> {
    pub(super) fn resize_bilinear(&mut self) -> Result<()> {
        let (align, half) = (self.flag(2)?, self.flag(3)?);
        let (x, _, size) = self.resized()?;
        self.emit_moved(0, Op::Resize { size, mode: ResizeMode::Bilinear, coordinates: coordinates(align, half) }, &[x])
    }

    /// Nearest pixels; gathers them where the graph's op would take the other one of two equally near.
    pub(super) fn resize_nearest(&mut self) -> Result<()> {
        let (align, half) = (self.flag(0)?, self.flag(1)?);
        let (x, input, size) = self.resized()?;
        let found = |axis: usize| nearest(input[axis], size[axis], align, half);
        let (rows, columns) = (found(0), found(1));
        let coordinates = coordinates(align, half);
        let mode = if align || half { ResizeMode::NearestRound } else { ResizeMode::NearestFloor };
        if rows == canonical(input[0], size[0], coordinates) && columns == canonical(input[1], size[1], coordinates) {
            return self.emit_moved(0, Op::Resize { size, mode, coordinates }, &[x]);
        }
        let (rows, columns) = (self.indices("rows", &rows)?, self.indices("columns", &columns)?);
        let quant = self.ty(x).quant.clone();
        let tall = self.step("tall", Op::Gather { axis: 1 }, &[x, rows], quant)?;
        self.emit_moved(0, Op::Gather { axis: 2 }, &[tall, columns])
    }

    /// The image, its height and width, and those it gets.
    fn resized(&mut self) -> Result<(ValueId, [usize; 2], [usize; 2])> {
        let x = self.x(0)?;
        let size = self.ints(1, "the size")?;
        let size = self.sizes(&size, "the size")?;
        match (&self.ty(x).shape[..], &size[..]) {
            (&[_, h, w, _], &[oh @ 1..=MOST_PIXELS, ow @ 1..=MOST_PIXELS]) if h.max(w) <= MOST_PIXELS => {
                Ok((x, [h, w], [oh, ow]))
            }
            _ => Err(self.bad(format!("cannot resize {} to {size:?}", self.ty(x)))),
        }
    }

    fn indices(&mut self, step: &str, indices: &[usize]) -> Result<ValueId> {
        let values: Vec<i32> = indices.iter().map(|&i| i as i32).collect();
        self.own_constant(step, Tensor::from_i32(TensorType::new(DType::I32, &[values.len()]), &values))
    }
}

fn coordinates(align: bool, half: bool) -> Coordinates {
    match (align, half) {
        (true, _) => Coordinates::AlignCorners,
        (false, true) => Coordinates::HalfPixel,
        (false, false) => Coordinates::Asymmetric,
    }
}

/// The source pixel of each output pixel as LiteRT computes it, in single precision.
fn nearest(input: usize, output: usize, align: bool, half: bool) -> Vec<usize> {
    let scale = match align && output > 1 {
        true => (input - 1) as f32 / (output - 1) as f32,
        false => input as f32 / output as f32,
    };
    let offset = if half { 0.5 } else { 0.0 };
    let pixel = |o: usize| {
        let source = (o as f32 + offset) * scale;
        let index = if align { source.round() } else { source.floor() };
        (index as usize).min(input - 1)
    };
    (0..output).map(pixel).collect()
}

/// The same as the graph's op defines it, in whole numbers.
fn canonical(input: usize, output: usize, coordinates: Coordinates) -> Vec<usize> {
    let pixel = |o: usize| match coordinates {
        Coordinates::Asymmetric => o * input / output,
        // Half down: the least integer that is not below the coordinate minus a half.
        Coordinates::HalfPixel => ((2 * o + 1) * input).div_ceil(2 * output).saturating_sub(1),
        Coordinates::AlignCorners if output > 1 => {
            (2 * o * (input - 1)).saturating_sub(output - 1).div_ceil(2 * (output - 1))
        }
        Coordinates::AlignCorners => 0,
    };
    (0..output).map(|o| pixel(o).min(input - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::{canonical, coordinates, nearest};

    #[test]
    fn whole_factors_need_no_gather() {
        for (input, output) in [(7, 14), (16, 48), (5, 5)] {
            assert_eq!(nearest(input, output, false, false), canonical(input, output, coordinates(false, false)));
            assert_eq!(nearest(input, output, false, true), canonical(input, output, coordinates(false, true)));
        }
    }

    #[test]
    fn ties_are_found() {
        assert_eq!(nearest(4, 2, false, true), [1, 3]);
        assert_eq!(canonical(4, 2, coordinates(false, true)), [0, 2]);
        assert_eq!(nearest(2, 3, true, false), [0, 1, 1]);
        assert_eq!(canonical(2, 3, coordinates(true, false)), [0, 0, 1]);
    }
}
