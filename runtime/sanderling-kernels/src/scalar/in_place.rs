//! int8 convolutions whose output takes the place of their input.

use core::ops::Range;

use sanderling_format::calls::{Conv2dI8, DepthwiseI8, Window};

use super::conv_i8::{Columns, Layer};
use super::depthwise_i8::accumulate;
use crate::fixed::Channel;
use crate::window::{Band, Taps, copy_to_start, gather};

/// A convolution in the window that holds both its image and its output.
pub(crate) fn convolve<C: Columns>(layer: &Layer<'_>, window: &mut [u8], scratch: &mut [u8]) {
    let columns_len = (layer.call.row_bytes * Conv2dI8::COLUMNS) as usize;
    let (columns, band) = scratch.split_at_mut_checked(columns_len).unwrap_or_default();
    // The tail of a row is padding that meets zero weights.
    columns.fill(0);
    if layer.call.window.is_pointwise() {
        pointwise::<C>(layer, window, columns);
    } else {
        by_rows::<C>(layer, window, columns, Band::new(band));
    }
}

/// Pixel by pixel. Larger pixels go from the last to the first, so that none reaches one that is still to be read.
fn pointwise<C: Columns>(layer: &Layer<'_>, window: &mut [u8], columns: &mut [u8]) {
    let w = &layer.call.window;
    let (in_c, out_c, row_bytes) = (w.in_c as usize, w.out_c as usize, layer.call.row_bytes as usize);
    let pixels = (w.batch * w.out_h * w.out_w) as usize;
    let pairs = pixels.div_ceil(2);
    for pair in 0..pairs {
        let first = 2 * if out_c > in_c { pairs - 1 - pair } else { pair };
        let count = (pixels - first).min(2);
        for i in 0..count {
            let pixel = window.get((first + i) * in_c..(first + i + 1) * in_c).unwrap_or_default();
            copy_to_start(columns.get_mut(i * row_bytes..).unwrap_or_default(), pixel);
        }
        write::<C>(layer, columns, window, first * out_c..(first + count) * out_c);
    }
}

/// Row by row, from the top.
fn by_rows<C: Columns>(layer: &Layer<'_>, window: &mut [u8], columns: &mut [u8], mut band: Band<'_>) {
    let w = &layer.call.window;
    let (out_c, row_bytes) = (w.out_c as usize, layer.call.row_bytes as usize);
    let taps = (w.kernel_h * w.kernel_w * w.in_c) as usize;
    let mut done = 0;
    let mut waiting = 0;
    for oy in 0..w.out_h as usize {
        let (image, rows) = band.slide(w, oy, window);
        for ox in 0..w.out_w as usize {
            if let Some(column) = columns.get_mut(waiting * row_bytes..waiting * row_bytes + taps) {
                gather(w, image, &rows, &Taps::of_column(w, ox), layer.call.input_zero as u8, column);
            }
            waiting += 1;
            if waiting == 2 {
                write::<C>(layer, columns, window, done..done + 2 * out_c);
                (done, waiting) = (done + 2 * out_c, 0);
            }
        }
    }
    if waiting == 1 {
        write::<C>(layer, columns, window, done..done + out_c);
    }
}

/// One pixel or two, from as many columns.
#[inline(never)]
fn write<C: Columns>(layer: &Layer<'_>, columns: &[u8], window: &mut [u8], pixels: Range<usize>) {
    let out_c = layer.call.window.out_c as usize;
    let out = window.get_mut(pixels).unwrap_or_default();
    if out.len() > out_c {
        C::pair(layer, columns, out.split_at_mut_checked(out_c).unwrap_or_default());
    } else {
        C::single(layer, columns.get(..layer.call.row_bytes as usize).unwrap_or_default(), out);
    }
}

/// A depthwise convolution in the window that holds both its image and its output.
pub(crate) fn depthwise(call: &DepthwiseI8, weights: &[u8], channels: &[u8], window: &mut [u8], scratch: &mut [u8]) {
    let (channels, _) = channels.as_chunks::<{ Channel::BYTES }>();
    by_positions(&call.window, window, scratch, |image, rows, columns, pixel| {
        for ((o, out), channel) in pixel.iter_mut().enumerate().zip(channels) {
            let acc = accumulate(call, image, weights, rows, columns, o);
            *out = Channel::from_bytes(channel).requantize_as(call.rounding, acc, &call.clamp);
        }
    });
}

/// Calls `f` for each position of a depthwise window, from the top, with the rows that it meets, their taps, those of the
/// columns, and the output pixel, which takes the place of the image.
pub(crate) fn by_positions(
    w: &Window,
    window: &mut [u8],
    scratch: &mut [u8],
    mut f: impl FnMut(&[u8], &Taps, &Taps, &mut [u8]),
) {
    let mut band = Band::new(scratch);
    let c = w.out_c as usize;
    let mut at = 0;
    for oy in 0..w.out_h as usize {
        let (image, rows) = band.slide(w, oy, window);
        for ox in 0..w.out_w as usize {
            if let Some(pixel) = window.get_mut(at..at + c) {
                f(image, &rows, &Taps::of_column(w, ox), pixel);
            }
            at += c;
        }
    }
}
