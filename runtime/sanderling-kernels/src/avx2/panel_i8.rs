//! int8 convolution over many pixels: the weights of sixteen channels are widened and turned once, so that sums grow in
//! lanes of their own and windows are read where they lie.

use core::arch::x86_64::*;
use core::ops::Range;

use sanderling_format::calls::{Conv2dI8, Window};

use super::fixed::{Bytes, Channels, LANES, get, put};
use crate::fixed::Channel;
use crate::kernel::Operands;
use crate::tiles::interior;
use crate::window::{Taps, gather};

/// Most words of four taps in a window: the turned weights lie on the stack.
const QUADS: usize = 160;
/// Fewer pixels are not worth the turning.
const PIXELS: usize = 12;
/// Channels of a block.
const BLOCK: usize = 2 * LANES;

/// Four taps of four channels, 16 bits each.
#[repr(align(32))]
#[derive(Clone, Copy)]
struct Vector([i16; 16]);

/// How the bytes of a window lie in the image: `rows` stretches of `quads` words.
#[derive(Clone, Copy)]
struct Shape {
    rows: usize,
    /// Bytes of a stretch, whose last word may reach over its end, where weights are 0.
    len: usize,
    quads: usize,
}

impl Shape {
    fn new(w: &Window) -> Shape {
        let len = w.kernel_w as usize * w.in_c as usize;
        Shape { rows: w.kernel_h as usize, len, quads: len.div_ceil(4) }
    }

    /// Bytes that a tile reads of a window whose stretches are `step` apart.
    fn extent(&self, step: usize) -> usize {
        (self.rows - 1) * step + self.quads * 4
    }
}

/// Whether [`convolve`] is the fastest for this call: windows in the padding are gathered anew for each block of channels.
pub fn serves(call: &Conv2dI8) -> bool {
    let w = &call.window;
    let shape = Shape::new(w);
    if w.dilation_w != 1 || shape.rows.saturating_mul(shape.quads) > QUADS {
        return false;
    }
    let whole_rows = (0..w.out_h as usize).filter(|&oy| Taps::of_row(w, oy).inside().len() == shape.rows).count();
    let inside = whole_rows * interior(w).len();
    let pixels = w.out_h as usize * w.out_w as usize;
    w.batch as usize * pixels >= PIXELS && 2 * inside >= pixels
}

/// The whole convolution, block of channels by block.
///
/// # Safety
/// The operands have the sizes of the call's accesses, and [`serves`] is true.
#[target_feature(enable = "avx2")]
pub unsafe fn convolve(call: &Conv2dI8, operands: Operands<'_>) {
    let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
    let (channels, _) = channels.as_chunks();
    let window = flat(&call.window);
    let mut layer = Layer {
        call,
        window,
        inside: interior(&window),
        shape: Shape::new(&window),
        input,
        weights,
        scratch,
        panel: [Vector([0; 16]); 4 * QUADS],
    };
    for (block, channels) in channels.chunks(BLOCK).enumerate() {
        // SAFETY: as the caller says.
        unsafe {
            if channels.len() > LANES {
                layer.block::<2>(block * BLOCK, channels, output);
            } else {
                layer.block::<1>(block * BLOCK, channels, output);
            }
        }
    }
}

/// Pixels one behind the other are one line.
fn flat(w: &Window) -> Window {
    if !w.is_pointwise() {
        return *w;
    }
    let pixels = w.batch * w.in_h * w.in_w;
    Window { batch: 1, in_h: 1, in_w: pixels, out_h: 1, out_w: pixels, ..*w }
}

struct Layer<'a> {
    call: &'a Conv2dI8,
    window: Window,
    /// The pixels of a line whose windows lie inside the image from side to side.
    inside: Range<usize>,
    shape: Shape,
    input: &'a [u8],
    weights: &'a [u8],
    scratch: &'a mut [u8],
    /// For each word of a window two vectors of weights for each eight channels.
    panel: [Vector; 4 * QUADS],
}

impl Layer<'_> {
    /// `PANELS` times eight channels, or some fewer, of all pixels.
    ///
    /// # Safety
    /// See [`convolve`].
    #[target_feature(enable = "avx2")]
    unsafe fn block<const PANELS: usize>(
        &mut self,
        first: usize,
        channels: &[[u8; Channel::BYTES]],
        output: &mut [u8],
    ) {
        let w = self.window;
        self.turn::<PANELS>(first, channels.len());
        let block = Block::<PANELS> {
            channels: core::array::from_fn(|p| Channels::new(channels.get(p * LANES..).unwrap_or(&[]))),
            bytes: Bytes::new(&self.call.clamp),
            rounding: self.call.rounding,
            len: channels.len(),
            out_c: w.out_c as usize,
        };
        let (in_c, out_c, in_w) = (w.in_c as usize, w.out_c as usize, w.in_w as usize);
        let (step, row_step) = (w.stride_w as usize * in_c, w.dilation_h as usize * in_w * in_c);
        let inside = self.inside.clone();
        let image_len = w.in_h as usize * in_w * in_c;
        let line_len = w.out_w as usize * out_c;
        for (i, out) in output.chunks_exact_mut(w.out_h as usize * line_len).enumerate() {
            // The words of a window may reach into the next image.
            let images = &self.input[i * image_len..];
            for (oy, line) in out.chunks_exact_mut(line_len).enumerate() {
                let rows = Taps::of_row(&w, oy);
                let whole = rows.inside().len() == w.kernel_h as usize;
                let mut ox = 0;
                while ox < w.out_w as usize {
                    let columns = Taps::of_column(&w, ox);
                    let out = &mut line[ox * out_c + first..];
                    let mut count = 0;
                    if whole && inside.contains(&ox) {
                        let x = &images[(rows.start as usize * in_w + columns.start as usize) * in_c..];
                        let fit = x.len().checked_sub(self.shape.extent(row_step)).map_or(0, |rest| rest / step + 1);
                        count = fit.min(inside.end - ox);
                        // SAFETY: so many windows lie inside the image from side to side, and their words in the input.
                        unsafe { self.pixels(&block, x, step, row_step, out, count) };
                    }
                    if count == 0 {
                        let taps = self.shape.rows * self.shape.len;
                        let image = &images[..image_len];
                        gather(&w, image, &rows, &columns, self.call.input_zero as u8, &mut self.scratch[..taps]);
                        assert!(self.shape.extent(self.shape.len) <= self.scratch.len());
                        // SAFETY: the words of the gathered window lie in the scratch.
                        unsafe { self.pixels(&block, self.scratch, 0, self.shape.len, out, 1) };
                        count = 1;
                    }
                    ox += count;
                }
            }
        }
    }

    /// Turns the weights of `count` channels from `first` on.
    #[target_feature(enable = "avx2")]
    fn turn<const PANELS: usize>(&mut self, first: usize, count: usize) {
        let Shape { rows, len, quads } = self.shape;
        let row_bytes = self.call.row_bytes as usize;
        let zero = _mm256_set1_epi16(self.call.weight_zero as i16);
        if count < PANELS * LANES || !len.is_multiple_of(4) {
            self.panel[..rows * quads * 2 * PANELS].fill(Vector([0; 16]));
        }
        for channel in 0..count {
            let weights = &self.weights[(first + channel) * row_bytes..][..rows * len];
            let (vector, lane) = (channel / 4, channel % 4 * 4);
            for (row, weights) in weights.chunks_exact(len).enumerate() {
                let panel = &mut self.panel[row * quads * 2 * PANELS..];
                for (bytes, vectors) in weights.chunks(16).zip(panel.chunks_mut(4 * 2 * PANELS)) {
                    let wide = _mm256_sub_epi16(_mm256_cvtepi8_epi16(get(bytes)), zero);
                    let (low, high) = (_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
                    let words = [low, _mm_unpackhi_epi64(low, low), high, _mm_unpackhi_epi64(high, high)];
                    let lens = [0, 4, 8, 12].map(|at| bytes.len().saturating_sub(at).min(4));
                    for ((vectors, word), len) in vectors.chunks_exact_mut(2 * PANELS).zip(words).zip(lens) {
                        put_words(&mut vectors[vector].0[lane..lane + len], word);
                    }
                }
            }
        }
    }

    /// `count` windows, `step` apart, whose stretches are `row_step` apart.
    ///
    /// # Safety
    /// The words of all windows lie in `x`.
    #[target_feature(enable = "avx2")]
    unsafe fn pixels<const PANELS: usize>(
        &self,
        block: &Block<PANELS>,
        x: &[u8],
        step: usize,
        row_step: usize,
        out: &mut [u8],
        count: usize,
    ) {
        let mut pixel = 0;
        while pixel < count {
            let x = x[pixel * step..].as_ptr();
            let out = &mut out[pixel * block.out_c..];
            // SAFETY: as the caller says; as many windows as the tile takes are left.
            pixel += unsafe {
                match (PANELS, count - pixel) {
                    (_, 1) => self.tile::<PANELS, 1>(block, x, step, row_step, out),
                    (_, 2) => self.tile::<PANELS, 2>(block, x, step, row_step, out),
                    // More would not leave a register to each sum.
                    (2, _) => self.tile::<PANELS, 2>(block, x, step, row_step, out),
                    (_, 3) => self.tile::<PANELS, 3>(block, x, step, row_step, out),
                    _ => self.tile::<PANELS, 4>(block, x, step, row_step, out),
                }
            };
        }
    }

    /// `N` windows; returns `N`.
    ///
    /// # Safety
    /// As [`Layer::pixels`], `x` pointing to the first.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn tile<const PANELS: usize, const N: usize>(
        &self,
        block: &Block<PANELS>,
        x: *const u8,
        step: usize,
        row_step: usize,
        out: &mut [u8],
    ) -> usize {
        let Shape { rows, quads, .. } = self.shape;
        let mut acc = [[[_mm256_setzero_si256(); 2]; PANELS]; N];
        let mut vectors = self.panel.chunks_exact(2 * PANELS);
        for row in 0..rows {
            let x = x.wrapping_add(row * row_step);
            for (quad, vectors) in (0..quads).zip(&mut vectors) {
                for (n, acc) in acc.iter_mut().enumerate() {
                    let at: *const i32 = x.wrapping_add(n * step + quad * 4).cast();
                    // SAFETY: a word of window `n`.
                    let word = _mm_set1_epi32(unsafe { at.read_unaligned() });
                    let word = _mm256_cvtepi8_epi16(word);
                    for (acc, Vector(weights)) in acc.as_flattened_mut().iter_mut().zip(vectors) {
                        // SAFETY: 32 bytes, aligned.
                        let weights = unsafe { _mm256_load_si256(weights.as_ptr().cast()) };
                        *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(word, weights));
                    }
                }
            }
        }
        for (n, acc) in acc.into_iter().enumerate() {
            let mut scaled = [_mm256_setzero_si256(); PANELS];
            for ((scaled, [a, b]), channels) in scaled.iter_mut().zip(acc).zip(&block.channels) {
                // Each sum is in two lanes; two channels of four lie between two of the other four.
                let sums = _mm256_permute4x64_epi64(_mm256_hadd_epi32(a, b), 0b11_01_10_00);
                *scaled = channels.scaled(sums, block.rounding);
            }
            let bytes = block.bytes.sixteen(scaled[0], scaled[PANELS - 1]);
            put(&mut out[n * block.out_c..][..block.len], bytes);
        }
        N
    }
}

/// Writes the first of four words, as many as `out` has.
#[target_feature(enable = "avx2")]
#[inline]
fn put_words(out: &mut [i16], words: __m128i) {
    let mut all = [0i16; 4];
    let at = match out.len() {
        4 => out.as_mut_ptr(),
        _ => all.as_mut_ptr(),
    };
    // SAFETY: eight bytes, of `out` or of `all`.
    unsafe { _mm_storel_epi64(at.cast(), words) };
    if out.len() < 4 {
        out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
    }
}

/// What the sums of a block of channels become.
struct Block<const PANELS: usize> {
    channels: [Channels; PANELS],
    bytes: Bytes,
    rounding: u32,
    /// Channels of the block, and of a pixel.
    len: usize,
    out_c: usize,
}
