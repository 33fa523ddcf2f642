//! f32 convolution: panels of eight output channels times some pixels, all sums in registers.

use sanderling_format::Call;
use sanderling_format::calls::Conv2dF32;

use super::{Clamp, Float, LANES, Spans, fits, interior, next_tile};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::float::stored::Stored;
use crate::window::Taps;

/// Pixels of a pointwise convolution between two walks over the weights: their inputs stay in the first cache.
const LINE: usize = 96;
/// Products that are summed by themselves first: the rounding of a long sum grows with its length.
pub const BLOCK: usize = 64;

/// An instruction set's own code for weights stored as `S`.
pub trait Tiles<S: Stored> {
    /// Most pixels of a tile, up to six: with two panels their sums fill the registers.
    const PIXELS: usize;

    /// `P` panels times `N` pixels.
    ///
    /// # Safety
    /// The CPU has the instructions of `Self`; what the tile describes lies inside its slices, and `out` has room for its
    /// results.
    unsafe fn tile<const P: usize, const N: usize>(tile: &Tile<'_, S>, out: *mut f32);
}

/// The whole convolution `layer`, by the words of `call`.
pub fn run<C: Call, T: Tiles<S>, S: Stored>(call: &C, layer: &Conv2dF32, operands: Operands<'_>)
where
    Scalar: Runs<C>,
{
    if !fits(call, &operands) {
        return Scalar::run(call, operands);
    }
    let call = layer;
    let Operands { reads: [input, weights, bias, ..], output, .. } = operands;
    let w = &call.window;
    let groups = call.groups as usize;
    let (group_in, group_out) = (w.in_c as usize / groups, w.out_c as usize / groups);
    let taps = w.kernel_h as usize * w.kernel_w as usize * group_in;
    let (input, output) = (input.as_chunks().0, output.as_chunks_mut().0);
    let (weights, bias): (&[S::Bytes], &[Float]) = (S::all(weights), bias.as_chunks().0);
    let panels = group_out.div_ceil(LANES);
    for group in 0..groups {
        let layer = Layer::<S> {
            call,
            weights: &weights[group * panels * taps * LANES..][..panels * taps * LANES],
            bias: &bias[group * panels * LANES..][..panels * LANES],
            taps,
            group_in,
            group_out,
            first_in: group * group_in,
            first_out: group * group_out,
        };
        if w.is_pointwise() { layer.pointwise::<T>(input, output) } else { layer.windows::<T>(input, output) }
    }
}

/// One group of a convolution.
struct Layer<'a, S: Stored> {
    call: &'a Conv2dF32,
    /// The group's panels, of `taps` times [`LANES`].
    weights: &'a [S::Bytes],
    bias: &'a [Float],
    taps: usize,
    group_in: usize,
    group_out: usize,
    /// The group's first channels in a pixel.
    first_in: usize,
    first_out: usize,
}

impl<S: Stored> Layer<'_, S> {
    fn pointwise<T: Tiles<S>>(&self, input: &[Float], output: &mut [Float]) {
        let (in_c, out_c) = (self.call.window.in_c as usize, self.call.window.out_c as usize);
        let spans = Spans { rows: 1, runs: 1, len: self.group_in, ..Spans::default() };
        for (x, out) in input.chunks(LINE * in_c).zip(output.chunks_mut(LINE * out_c)) {
            let count = out.len() / out_c;
            self.pixels::<T>(&spans, &x[self.first_in..], 0, in_c, &mut out[self.first_out..], count);
        }
    }

    fn windows<T: Tiles<S>>(&self, input: &[Float], output: &mut [Float]) {
        let w = &self.call.window;
        let (in_c, out_c) = (w.in_c as usize, w.out_c as usize);
        let inside = interior(w);
        let line_len = w.out_w as usize * out_c;
        let images = input.chunks_exact(w.in_h as usize * w.in_w as usize * in_c);
        for (image, out) in images.zip(output.chunks_exact_mut(w.out_h as usize * line_len)) {
            for (oy, line) in out.chunks_exact_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                let mut ox = 0;
                while ox < w.out_w as usize {
                    let count = if ox == inside.start { inside.len().max(1) } else { 1 };
                    let columns = Taps::of_column(w, ox);
                    let (spans, x, tap) = self.spans(image, &rows, &columns);
                    let step = w.stride_w as usize * in_c;
                    self.pixels::<T>(&spans, x, tap, step, &mut line[ox * out_c + self.first_out..], count);
                    ox += count;
                }
            }
        }
    }

    /// The taps inside the image of a pixel, the image from the first of them on, and its place among the weights.
    fn spans<'x>(&self, image: &'x [Float], rows: &Taps, columns: &Taps) -> (Spans, &'x [Float], usize) {
        let w = &self.call.window;
        let (height, width) = (rows.inside().len(), columns.inside().len());
        if height == 0 || width == 0 {
            return (Spans::default(), &[], 0);
        }
        let (in_w, in_c) = (w.in_w as usize, w.in_c as usize);
        let first = rows.at(rows.from, w.dilation_h) * in_w + columns.at(columns.from, w.dilation_w);
        let tap = (rows.from * w.kernel_w as usize + columns.from) * self.group_in;
        // Taps side by side in the image are one run.
        let whole = w.dilation_w == 1 && self.group_in == in_c;
        let spans = Spans {
            rows: height,
            runs: if whole { 1 } else { width },
            len: if whole { width * in_c } else { self.group_in },
            x_row: w.dilation_h as usize * in_w * in_c,
            x_run: w.dilation_w as usize * in_c,
            w_row: w.kernel_w as usize * self.group_in * LANES,
            w_run: self.group_in * LANES,
        };
        (spans, &image[first * in_c + self.first_in..], tap * LANES)
    }

    /// `count` pixels that have the same taps, `x_pixel` apart.
    fn pixels<T: Tiles<S>>(
        &self,
        spans: &Spans,
        x: &[Float],
        w: usize,
        x_pixel: usize,
        out: &mut [Float],
        count: usize,
    ) {
        let out_pixel = self.call.window.out_c as usize;
        let panels = self.group_out.div_ceil(LANES);
        // With few pixels more panels give as many independent sums.
        let most = match count {
            1 => 8,
            2 => 4,
            _ => 2,
        };
        let mut panel = 0;
        while panel < panels {
            let p = [8, 4, 2, 1].into_iter().find(|&p| p <= most.min(panels - panel)).unwrap_or(1);
            let mut pixel = 0;
            while pixel < count {
                let n = next_tile(count - pixel, T::PIXELS);
                let tile = Tile {
                    spans,
                    x: x.get(pixel * x_pixel..).unwrap_or(&[]),
                    x_pixel,
                    w: &self.weights[panel * self.taps * LANES..][w..],
                    w_panel: self.taps * LANES,
                    bias: &self.bias[panel * LANES..],
                    out_pixel,
                    channels: (self.group_out - panel * LANES).min(p * LANES),
                    clamp: Clamp { low: self.call.low, high: self.call.high },
                };
                tile.run::<T>(p, n, &mut out[pixel * out_pixel + panel * LANES..]);
                pixel += n;
            }
            panel += p;
        }
    }
}

/// Some panels times some pixels.
pub struct Tile<'a, S: Stored> {
    pub spans: &'a Spans,
    /// From the first tap of the first pixel.
    pub x: &'a [Float],
    pub x_pixel: usize,
    /// From the first tap of the first panel.
    pub w: &'a [S::Bytes],
    pub w_panel: usize,
    pub bias: &'a [Float],
    pub out_pixel: usize,
    /// Output channels: fewer than the panels have where the last is not full.
    pub channels: usize,
    pub clamp: Clamp,
}

impl<S: Stored> Tile<'_, S> {
    fn run<T: Tiles<S>>(&self, panels: usize, pixels: usize, out: &mut [Float]) {
        match (panels, pixels) {
            (8, 1) => self.compute::<T, 8, 1>(out),
            (4, 1) => self.compute::<T, 4, 1>(out),
            (2, 1) => self.compute::<T, 2, 1>(out),
            (4, 2) => self.compute::<T, 4, 2>(out),
            (2, 2) => self.compute::<T, 2, 2>(out),
            (2, 3) => self.compute::<T, 2, 3>(out),
            (2, 4) => self.compute::<T, 2, 4>(out),
            (2, 5) => self.compute::<T, 2, 5>(out),
            (2, 6) => self.compute::<T, 2, 6>(out),
            (_, 1) => self.compute::<T, 1, 1>(out),
            (_, 2) => self.compute::<T, 1, 2>(out),
            (_, 3) => self.compute::<T, 1, 3>(out),
            (_, 4) => self.compute::<T, 1, 4>(out),
            (_, 5) => self.compute::<T, 1, 5>(out),
            _ => self.compute::<T, 1, 6>(out),
        }
    }

    fn compute<T: Tiles<S>, const P: usize, const N: usize>(&self, out: &mut [Float]) {
        let x_len = ((N - 1) * self.x_pixel).saturating_add(self.spans.x_extent());
        let w_len = ((P - 1) * self.w_panel).saturating_add(self.spans.w_extent(LANES));
        // No taps read nothing, wherever the pixels are.
        let empty = self.spans.x_extent() == 0;
        let inside = (empty || (x_len <= self.x.len() && w_len <= self.w.len()))
            && P * LANES <= self.bias.len()
            && ((P - 1) * LANES + 1..=P * LANES).contains(&self.channels)
            && (N - 1) * self.out_pixel + self.channels <= out.len();
        if inside {
            // SAFETY: the taps of all pixels lie in `x` and those of all panels in `w`, there is a bias for every lane and
            // a place for every channel, as just checked. `T` is code that this CPU runs, or it would not be in the table.
            unsafe { T::tile::<P, N>(self, out.as_mut_ptr().cast()) }
        }
    }
}
