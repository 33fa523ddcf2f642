//! The arithmetic of a resize along one axis: where each output lies, which inputs it takes, with which weights.

use sanderling_ir::{Coordinates, ResizeMode};

/// How the file maps an output index to a position in the input.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Transform {
    Asymmetric,
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
}

/// How the file rounds a position.
#[derive(Clone, Copy)]
pub(super) enum Rounding {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
}

/// One axis of a resize: `scale` is what the file gives, which need not be `after / before`.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub before: usize,
    pub after: usize,
    pub scale: f32,
    pub transform: Transform,
}

impl Axis {
    /// The position of an output in the input. In single precision, as onnxruntime computes it.
    fn position(&self, o: usize) -> f32 {
        let x = o as f32;
        match self.transform {
            Transform::Asymmetric => x / self.scale,
            Transform::HalfPixel => (x + 0.5) / self.scale - 0.5,
            Transform::HalfPixelSymmetric => {
                // Centred, where the size is not exactly the scaled one.
                let centre = self.before as f32 / 2.0;
                let adjustment = self.after as f32 / (self.scale * self.before as f32);
                centre * (1.0 - adjustment) + (x + 0.5) / self.scale - 0.5
            }
            Transform::PytorchHalfPixel if self.after > 1 => (x + 0.5) / self.scale - 0.5,
            Transform::AlignCorners if self.after > 1 => {
                x * self.before.saturating_sub(1) as f32 / (self.after - 1) as f32
            }
            Transform::PytorchHalfPixel | Transform::AlignCorners => 0.0,
        }
    }

    fn inside(&self, i: f32) -> usize {
        (i.max(0.0) as usize).min(self.before.saturating_sub(1))
    }

    /// The input that each output takes.
    pub(super) fn nearest(&self, rounding: Rounding) -> Vec<usize> {
        let round = |x: f32| match rounding {
            Rounding::PreferFloor => (x - 0.5).ceil(),
            Rounding::PreferCeil => (x + 0.5).floor(),
            Rounding::Floor => x.floor(),
            Rounding::Ceil => x.ceil(),
        };
        (0..self.after).map(|o| self.inside(round(self.position(o)))).collect()
    }

    /// The input that each output takes in an op of the graph.
    fn nearest_of_op(&self, mode: ResizeMode, coordinates: Coordinates) -> Vec<usize> {
        (0..self.after)
            .map(|o| {
                // The position is a fraction; halves must not depend on rounding.
                let (above, below) = self.position_of_op(o, coordinates);
                let i = match mode {
                    ResizeMode::NearestRound => -((below - 2 * above).div_euclid(2 * below)),
                    _ => above.div_euclid(below),
                };
                i.clamp(0, self.before.saturating_sub(1) as i64) as usize
            })
            .collect()
    }

    fn position_of_op(&self, o: usize, coordinates: Coordinates) -> (i64, i64) {
        let (o, before, after) = (o as i64, self.before as i64, self.after as i64);
        match coordinates {
            Coordinates::Asymmetric => (o * before, after),
            Coordinates::HalfPixel => ((2 * o + 1) * before - after, 2 * after),
            Coordinates::AlignCorners if after > 1 => (o * (before - 1), after - 1),
            Coordinates::AlignCorners => (0, 1),
        }
    }

    /// Whether an op takes the same inputs for all outputs.
    pub(super) fn is_nearest(&self, rounding: Rounding, mode: ResizeMode, coordinates: Coordinates) -> bool {
        self.nearest(rounding) == self.nearest_of_op(mode, coordinates)
    }

    /// Whether an op interpolates at the same positions for all outputs.
    pub(super) fn is_linear(&self, coordinates: Coordinates) -> bool {
        let last = self.before.saturating_sub(1) as f32;
        (0..self.after).all(|o| {
            let (above, below) = self.position_of_op(o, coordinates);
            let op = (above as f64 / below as f64) as f32;
            (self.position(o).clamp(0.0, last) - op.clamp(0.0, last)).abs() <= 1e-4
        })
    }

    /// The weights of the inputs of each output, `[after, before]`, interpolated between two or four of them.
    pub(super) fn matrix(&self, cubic: Option<f32>) -> Vec<f32> {
        let mut rows = vec![0.0; self.after * self.before];
        for (o, row) in rows.chunks_exact_mut(self.before.max(1)).enumerate() {
            let x = self.position(o);
            let floor = x.floor();
            let t = x - floor;
            match cubic {
                Some(a) => {
                    for (k, weight) in cubic_weights(a, t).into_iter().enumerate() {
                        row[self.inside(floor + k as f32 - 1.0)] += weight;
                    }
                }
                None => {
                    row[self.inside(floor)] += 1.0 - t;
                    row[self.inside(floor + 1.0)] += t;
                }
            }
        }
        rows
    }
}

/// Keys' cubic convolution at a distance of `t` behind the second of four points.
fn cubic_weights(a: f32, t: f32) -> [f32; 4] {
    let near = |d: f32| ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
    let far = |d: f32| ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a;
    [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)]
}
