//! f32 depthwise convolution: eight channels times some pixels, all sums in registers.

use sanderling_format::Call;
use sanderling_format::calls::DepthwiseF32;

use super::{Clamp, Float, LANES, Spans, fits, interior, next_tile};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::float::stored::Stored;
use crate::window::Taps;

/// An instruction set's own code for weights stored as `S`.
pub trait Tiles<S: Stored> {
    /// Most pixels of a tile, up to six.
    const PIXELS: usize;

    /// `N` pixels.
    ///
    /// # Safety
    /// The CPU has the instructions of `Self`; what the tile describes lies inside its slices, and `out` has room for its
    /// results. Without `MASKED` it has eight channels.
    unsafe fn tile<const N: usize, const MASKED: bool>(tile: &Tile<'_, S>, out: *mut f32);
}

/// The whole convolution `layer`, by the words of `call`.
pub fn run<C: Call, T: Tiles<S>, S: Stored>(call: &C, layer: &DepthwiseF32, operands: Operands<'_>)
where
    Scalar: Runs<C>,
{
    let w = &layer.window;
    if w.in_c != w.out_c || !fits(call, &operands) {
        return Scalar::run(call, operands);
    }
    let Operands { reads: [input, weights, bias, ..], output, .. } = operands;
    let c = w.in_c as usize;
    let layer = Layer::<S> { call: layer, weights: S::all(weights), bias: bias.as_chunks().0, c };
    let inside = interior(w);
    let line_len = w.out_w as usize * c;
    let images = input.as_chunks().0.chunks_exact(w.in_h as usize * w.in_w as usize * c);
    for (image, out) in images.zip(output.as_chunks_mut().0.chunks_exact_mut(w.out_h as usize * line_len)) {
        for (oy, line) in out.chunks_exact_mut(line_len).enumerate() {
            let rows = Taps::of_row(w, oy);
            let mut ox = 0;
            while ox < w.out_w as usize {
                let count = if ox == inside.start { inside.len().max(1) } else { 1 };
                layer.pixels::<T>(image, &rows, &Taps::of_column(w, ox), &mut line[ox * c..(ox + count) * c]);
                ox += count;
            }
        }
    }
}

/// A depthwise convolution and its constants.
struct Layer<'a, S: Stored> {
    call: &'a DepthwiseF32,
    weights: &'a [S::Bytes],
    bias: &'a [Float],
    /// Channels, of the input as of the output.
    c: usize,
}

impl<S: Stored> Layer<'_, S> {
    /// All channels of the pixels of `out`, which have the same taps.
    fn pixels<T: Tiles<S>>(&self, image: &[Float], rows: &Taps, columns: &Taps, out: &mut [Float]) {
        let (w, c) = (&self.call.window, self.c);
        let (height, width) = (rows.inside().len(), columns.inside().len());
        let (mut spans, mut first, mut tap) = (Spans::default(), 0, 0);
        if height > 0 && width > 0 {
            let in_w = w.in_w as usize;
            first = (rows.at(rows.from, w.dilation_h) * in_w + columns.at(columns.from, w.dilation_w)) * c;
            tap = (rows.from * w.kernel_w as usize + columns.from) * c;
            spans = Spans {
                rows: height,
                runs: width,
                len: 1,
                x_row: w.dilation_h as usize * in_w * c,
                x_run: w.dilation_w as usize * c,
                w_row: w.kernel_w as usize * c,
                w_run: c,
            };
        }
        let (count, x_pixel) = (out.len() / c, w.stride_w as usize * c);
        let clamp = Clamp { low: self.call.low, high: self.call.high };
        for channel in (0..c).step_by(LANES) {
            let mut pixel = 0;
            while pixel < count {
                let n = next_tile(count - pixel, T::PIXELS);
                let tile = Tile {
                    spans: &spans,
                    x: image.get(first + pixel * x_pixel + channel..).unwrap_or(&[]),
                    x_pixel,
                    w: &self.weights[tap + channel..],
                    bias: &self.bias[channel..],
                    out_pixel: c,
                    channels: (c - channel).min(LANES),
                    clamp,
                };
                tile.run::<T>(n, &mut out[pixel * c + channel..]);
                pixel += n;
            }
        }
    }
}

/// Up to eight channels of some pixels.
pub struct Tile<'a, S: Stored> {
    pub spans: &'a Spans,
    /// From the first tap of the first pixel.
    pub x: &'a [Float],
    pub x_pixel: usize,
    pub w: &'a [S::Bytes],
    pub bias: &'a [Float],
    pub out_pixel: usize,
    pub channels: usize,
    pub clamp: Clamp,
}

impl<S: Stored> Tile<'_, S> {
    fn run<T: Tiles<S>>(&self, pixels: usize, out: &mut [Float]) {
        match pixels {
            1 => self.compute::<T, 1>(out),
            2 => self.compute::<T, 2>(out),
            3 => self.compute::<T, 3>(out),
            4 => self.compute::<T, 4>(out),
            5 => self.compute::<T, 5>(out),
            _ => self.compute::<T, 6>(out),
        }
    }

    fn compute<T: Tiles<S>, const N: usize>(&self, out: &mut [Float]) {
        // The extents count one element where a tap has as many as there are channels.
        let beyond = self.channels - 1;
        let x_len = ((N - 1) * self.x_pixel).saturating_add(self.spans.x_extent()).saturating_add(beyond);
        let w_len = self.spans.w_extent(1).saturating_add(beyond);
        let empty = self.spans.x_extent() == 0;
        let inside = (empty || (x_len <= self.x.len() && w_len <= self.w.len()))
            && self.channels <= self.bias.len()
            && (N - 1) * self.out_pixel + self.channels <= out.len();
        if inside {
            let out = out.as_mut_ptr().cast();
            // SAFETY: `T` is code that this CPU runs, or it would not be in the table. As just checked `channels` elements of every tap lie in
            // `x` and `w`, as many biases in `bias`, and as many results of every pixel in `out`; there are eight where
            // lanes are not masked.
            unsafe {
                if self.channels == LANES { T::tile::<N, false>(self, out) } else { T::tile::<N, true>(self, out) }
            }
        }
    }
}
