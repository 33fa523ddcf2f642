//! Where a sliding window meets the image.

use core::ops::Range;

use sanderling_format::calls::Window;

use crate::pieces::{Pieces, copy};

/// A window's row or column: where it starts, and which of its taps lie inside the image.
#[derive(Clone, Copy)]
pub struct Taps {
    /// Coordinate of tap 0; negative in the padding.
    pub start: i32,
    /// First tap inside.
    pub from: usize,
    /// One past the last tap inside, at least `from`.
    pub to: usize,
}

impl Taps {
    /// Taps of row `oy` of the output.
    pub fn of_row(w: &Window, oy: usize) -> Taps {
        Taps::new(oy, w.stride_h, w.dilation_h, w.pad_top, w.kernel_h, w.in_h)
    }

    /// Taps of column `ox` of the output.
    pub fn of_column(w: &Window, ox: usize) -> Taps {
        Taps::new(ox, w.stride_w, w.dilation_w, w.pad_left, w.kernel_w, w.in_w)
    }

    /// The taps inside the image.
    pub fn inside(&self) -> Range<usize> {
        self.from..self.to
    }

    /// The coordinate of a tap inside.
    pub fn at(&self, tap: usize, dilation: u32) -> usize {
        (self.start + (tap as i32) * (dilation as i32)) as usize
    }

    fn new(o: usize, stride: u32, dilation: u32, pad: u32, kernel: u32, input: u32) -> Taps {
        let start = (o as i32) * (stride as i32) - pad as i32;
        // Taps before a coordinate; the loader has seen that none of this overflows.
        let before = |end: i32| {
            let end = end.max(0) as u32;
            if dilation == 1 { end } else { end.div_ceil(dilation.max(1)) }
        };
        let from = before(-start).min(kernel) as usize;
        let to = before(input as i32 - start).min(kernel) as usize;
        Taps { start, from, to: to.max(from) }
    }
}

/// Gathers one window of the image into a column of `kernel_h * kernel_w * in_c` bytes, `fill` outside the image.
pub fn gather(w: &Window, image: &[u8], rows: &Taps, columns: &Taps, fill: u8, column: &mut [u8]) {
    let in_c = w.in_c as usize;
    let (in_w, kernel_w) = (w.in_w as usize, w.kernel_w as usize);
    for (ky, line) in column.pieces_mut(kernel_w * in_c).take(w.kernel_h as usize).enumerate() {
        if !rows.inside().contains(&ky) || columns.inside().is_empty() {
            line.fill(fill);
            continue;
        }
        let (left, rest) = line.split_at_mut_checked(columns.from * in_c).unwrap_or_default();
        let (middle, right) = rest.split_at_mut_checked((columns.to - columns.from) * in_c).unwrap_or_default();
        left.fill(fill);
        right.fill(fill);
        let row = rows.at(ky, w.dilation_h) * in_w;
        if w.dilation_w == 1 {
            let from = (row + columns.at(columns.from, 1)) * in_c;
            copy(middle, image.get(from..from + middle.len()).unwrap_or_default());
        } else {
            for (kx, tap) in columns.inside().zip(middle.pieces_mut(in_c)) {
                let from = (row + columns.at(kx, w.dilation_w)) * in_c;
                copy(tap, image.get(from..from + in_c).unwrap_or_default());
            }
        }
    }
}

/// The image rows that the windows of one output row meet, kept apart while the output takes the place of the image.
pub struct Band<'a> {
    rows: &'a mut [u8],
    /// The image rows that it holds.
    held: Range<usize>,
}

impl<'a> Band<'a> {
    /// Empty, in memory of [`Window::band_bytes`].
    pub fn new(rows: &'a mut [u8]) -> Self {
        Band { rows, held: 0..0 }
    }

    /// Goes on to output row `oy`, counted from the top without gaps. Returns the rows and the taps in them.
    ///
    /// `image` is where the image lay: what the band does not hold yet is still there.
    pub fn slide(&mut self, w: &Window, oy: usize, image: &[u8]) -> (&[u8], Taps) {
        let mut taps = Taps::of_row(w, oy);
        let reach = (w.kernel_h as i32 - 1) * w.dilation_h as i32 + 1;
        let inside = |row: i32| row.max(0).min(w.in_h as i32) as usize;
        let (from, to) = (inside(taps.start), inside(taps.start + reach));
        let row_bytes = w.in_w as usize * w.in_c as usize;
        // What stays moves up, what is new comes behind it.
        let (kept, fresh) = (self.held.end.saturating_sub(from), self.held.end.max(from));
        let gone = from.saturating_sub(self.held.start);
        let stays = (gone * row_bytes).min(self.rows.len())..((gone + kept) * row_bytes).min(self.rows.len());
        if stays.start < stays.end {
            self.rows.copy_within(stays, 0);
        }
        let rows = image.get(fresh * row_bytes..to * row_bytes).unwrap_or_default();
        copy_to_start(self.rows.get_mut(kept * row_bytes..).unwrap_or_default(), rows);
        self.held = from..to;
        taps.start -= from as i32;
        (self.rows, taps)
    }
}

/// Copies `from` to the start of `to`, if it fits.
#[inline(always)]
pub fn copy_to_start(to: &mut [u8], from: &[u8]) {
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
}
