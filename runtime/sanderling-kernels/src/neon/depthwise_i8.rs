//! int8 depthwise convolution: 16 or 8 channels of up to four pixels, two taps at a time.

use core::arch::aarch64::*;

use sanderling_format::calls::DepthwiseI8;

use super::Neon;
use super::fixed::{Channels, Limits, are_plain, put};
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::tiles::interior;
use crate::window::Taps;

/// Taps that a window may have; larger ones are left to the scalar twin.
const TAPS: usize = 64;
/// Channels whose sums fill a vector.
const LANES: usize = 4;
/// Channels of half a vector of bytes.
const HALF: usize = 8;

impl Runs<DepthwiseI8> for Neon {
    fn run(call: &DepthwiseI8, operands: Operands<'_>) {
        let w = &call.window;
        let Operands { reads: [input, weights, channels, ..], output, .. } = &operands;
        let (channels, _) = channels.as_chunks();
        let sizes = (w.input_len(), w.output_len());
        let fits = sizes == (Some(input.len() as u32), Some(output.len() as u32))
            && channels.len() == w.out_c as usize
            && weights.len() == w.kernel_h as usize * w.kernel_w as usize * w.out_c as usize;
        let is_wide = w.in_c == w.out_c && w.out_c as usize >= HALF && weights.len() <= TAPS * w.out_c as usize;
        if !fits || !is_wide || call.weight_zero != 0 || !are_plain(channels) {
            return Scalar::run(call, operands);
        }
        // Two products fit 16 bits unless all four factors are the smallest number.
        let is_narrow = !weights.contains(&(i8::MIN as u8));
        let layer = Layer { call, weights, channels, is_narrow };
        layer.run(input, operands.output);
    }
}

/// A depthwise convolution and its constants.
struct Layer<'a> {
    call: &'a DepthwiseI8,
    weights: &'a [u8],
    channels: &'a [[u8; Channel::BYTES]],
    is_narrow: bool,
}

impl Layer<'_> {
    fn run(&self, input: &[u8], output: &mut [u8]) {
        let w = &self.call.window;
        let c = w.out_c as usize;
        let inside = interior(w);
        let line_len = w.out_w as usize * c;
        let images = input.chunks_exact(w.in_h as usize * w.in_w as usize * c);
        for (image, out) in images.zip(output.chunks_exact_mut(w.out_h as usize * line_len)) {
            for (oy, line) in out.chunks_exact_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                let mut ox = 0;
                while ox < w.out_w as usize {
                    let count = if ox == inside.start { inside.len().max(1) } else { 1 };
                    let places = Places::new(self.call, &rows, &Taps::of_column(w, ox));
                    self.pixels(image, &places, &mut line[ox * c..(ox + count) * c]);
                    ox += count;
                }
            }
        }
    }

    /// All channels of pixels that have the same taps.
    fn pixels(&self, image: &[u8], places: &Places, out: &mut [u8]) {
        let c = self.call.window.out_c as usize;
        let mut channel = 0;
        while channel < c {
            let wide = channel + 2 * HALF <= c;
            // The last block ends with the last channel, whether or not some of its channels have been before.
            let first = if wide { channel } else { channel.min(c - HALF) };
            match (wide, self.is_narrow) {
                (true, true) => self.block::<4, true>(image, places, first, out),
                (true, false) => self.block::<4, false>(image, places, first, out),
                (false, true) => self.block::<2, true>(image, places, first, out),
                (false, false) => self.block::<2, false>(image, places, first, out),
            }
            channel += if wide { 2 * HALF } else { HALF };
        }
    }

    /// `V` vectors of sums of channels from `first` on.
    fn block<const V: usize, const NARROW: bool>(&self, image: &[u8], places: &Places, first: usize, out: &mut [u8]) {
        let c = self.call.window.out_c as usize;
        let step = self.call.window.stride_w as usize * c;
        let count = out.len() / c;
        // SAFETY: of the block's channels, which are all there, the taps of all pixels lie inside the image; every CPU of
        // this architecture has NEON.
        unsafe {
            let block = Block::<V, NARROW>::new(self, places, first);
            let mut pixel = 0;
            while pixel < count {
                let x = image.as_ptr().cast::<i8>().wrapping_add(first + pixel * step);
                let to = out.as_mut_ptr().wrapping_add(first + pixel * c);
                pixel += match count - pixel {
                    4.. => block.run::<4>(x, step, to, c),
                    2.. => block.run::<2>(x, step, to, c),
                    _ => block.run::<1>(x, step, to, c),
                };
            }
        }
    }
}

/// Where the taps of a pixel lie, in bytes from the start of the image and of the weights.
struct Places {
    inside: [(usize, usize); TAPS],
    count: usize,
    outside: [usize; TAPS],
    outside_count: usize,
}

impl Places {
    fn new(call: &DepthwiseI8, rows: &Taps, columns: &Taps) -> Places {
        let w = &call.window;
        let c = w.out_c as usize;
        let mut places = Places { inside: [(0, 0); TAPS], count: 0, outside: [0; TAPS], outside_count: 0 };
        for ky in 0..w.kernel_h as usize {
            for kx in 0..w.kernel_w as usize {
                let weight = (ky * w.kernel_w as usize + kx) * c;
                if rows.inside().contains(&ky) && columns.inside().contains(&kx) {
                    let pixel = rows.at(ky, w.dilation_h) * w.in_w as usize + columns.at(kx, w.dilation_w);
                    places.inside[places.count] = (pixel * c, weight);
                    places.count += 1;
                } else {
                    places.outside[places.outside_count] = weight;
                    places.outside_count += 1;
                }
            }
        }
        places
    }
}

/// `4 * V` channels of pixels that have the same taps.
struct Block<'a, const V: usize, const NARROW: bool> {
    weights: *const i8,
    inside: &'a [(usize, usize)],
    /// What the taps outside the image add up to.
    start: [int32x4_t; V],
    channels: [Channels; V],
    rounding: u32,
    limits: Limits,
}

impl<'a, const V: usize, const NARROW: bool> Block<'a, V, NARROW> {
    /// # Safety
    /// The channels from `first` on are there.
    #[target_feature(enable = "neon")]
    unsafe fn new(layer: &Layer<'_>, places: &'a Places, first: usize) -> Self {
        let weights = layer.weights.as_ptr().cast::<i8>().wrapping_add(first);
        let fill = vdupq_n_s8(layer.call.input_zero as i8);
        let mut start = [vdupq_n_s32(0); V];
        for &at in &places.outside[..places.outside_count] {
            // SAFETY: the block's weights of one tap.
            add(&mut start, multiply(unsafe { load::<V>(weights.wrapping_add(at)) }, fill));
        }
        let (fours, _) = layer.channels[first..].as_chunks();
        let channels = core::array::from_fn(|v| Channels::new(&fours[v]));
        let inside = &places.inside[..places.count];
        let (rounding, limits) = (layer.call.rounding, Limits::new(&layer.call.clamp));
        Block { weights, inside, start, channels, rounding, limits }
    }

    /// `P` pixels, `step` bytes apart in the image and `c` in the output. Returns how many.
    ///
    /// # Safety
    /// At `x` plus each place, for each pixel, there are the channels of the block, and so there are in the output.
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn run<const P: usize>(&self, x: *const i8, step: usize, out: *mut u8, c: usize) -> usize {
        let mut acc = [self.start; P];
        let (pairs, last) = self.inside.as_chunks::<2>();
        for &[(x_a, w_a), (x_b, w_b)] in pairs {
            // SAFETY: the block's weights of two taps.
            let (a, b) =
                unsafe { (load::<V>(self.weights.wrapping_add(w_a)), load::<V>(self.weights.wrapping_add(w_b))) };
            for (p, acc) in acc.iter_mut().enumerate() {
                let at = |place: usize| x.wrapping_add(place + p * step);
                // SAFETY: the caller's.
                let (x_a, x_b) = unsafe { (load::<V>(at(x_a)), load::<V>(at(x_b))) };
                if NARROW {
                    let [low, high] = multiply(a, x_a);
                    add(acc, [vmlal_s8(low, vget_low_s8(b), vget_low_s8(x_b)), vmlal_high_s8(high, b, x_b)]);
                } else {
                    add(acc, multiply(a, x_a));
                    add(acc, multiply(b, x_b));
                }
            }
        }
        for &(x_a, w_a) in last {
            // SAFETY: the block's weights of one tap.
            let a = unsafe { load::<V>(self.weights.wrapping_add(w_a)) };
            for (p, acc) in acc.iter_mut().enumerate() {
                // SAFETY: the caller's.
                add(acc, multiply(a, unsafe { load::<V>(x.wrapping_add(x_a + p * step)) }));
            }
        }
        for (p, acc) in acc.into_iter().enumerate() {
            for (v, sums) in acc.into_iter().enumerate() {
                let to = out.wrapping_add(p * c + v * LANES).cast::<[u8; LANES]>();
                // SAFETY: four channels of pixel `p`, as the caller says.
                let bytes = unsafe { &mut *to };
                put(self.channels[v].requantize_as(self.rounding, sums, &self.limits), bytes);
            }
        }
        P
    }
}

/// 16 bytes, or with two vectors of sums eight.
///
/// # Safety
/// They are there.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn load<const V: usize>(from: *const i8) -> int8x16_t {
    // SAFETY: the caller's.
    unsafe { if V == 4 { vld1q_s8(from) } else { vcombine_s8(vld1_s8(from), vdup_n_s8(0)) } }
}

#[inline]
#[target_feature(enable = "neon")]
fn multiply(w: int8x16_t, x: int8x16_t) -> [int16x8_t; 2] {
    [vmull_s8(vget_low_s8(w), vget_low_s8(x)), vmull_high_s8(w, x)]
}

/// Adds the products to as many sums as there are.
#[inline]
#[target_feature(enable = "neon")]
fn add<const V: usize>(acc: &mut [int32x4_t; V], products: [int16x8_t; 2]) {
    for (acc, products) in acc.as_chunks_mut::<2>().0.iter_mut().zip(products) {
        acc[0] = vaddw_s16(acc[0], vget_low_s16(products));
        acc[1] = vaddw_high_s16(acc[1], products);
    }
}
