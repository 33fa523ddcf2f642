//! Tiles of f32 convolutions: pixels that have the same taps, times vectors of channels. Where they lie is the same for
//! every instruction set; what computes one is its own.

pub mod conv;
pub mod depthwise;

use sanderling_format::Call;
use sanderling_format::calls::Window;

use crate::kernel::Operands;
use crate::window::Taps;

/// The bytes of an f32.
pub type Float = [u8; 4];
/// Channels of a vector, or of what counts as one.
pub const LANES: usize = 8;

/// The clamp of the fused activation.
#[derive(Clone, Copy)]
pub struct Clamp {
    pub low: f32,
    pub high: f32,
}

impl Clamp {
    /// Whether it lets everything through.
    pub fn is_open(self) -> bool {
        self.low == f32::NEG_INFINITY && self.high == f32::INFINITY
    }
}

/// Whether the operands are those that the call asks for, which the runtime makes sure of.
pub fn fits<C: Call>(call: &C, operands: &Operands<'_>) -> bool {
    call.accesses().is_some_and(|a| {
        let reads = operands.reads.iter().zip(&a.reads).all(|(bytes, region)| bytes.len() == region.bytes as usize);
        reads && operands.output.len() == a.output.bytes as usize
    })
}

/// The taps of a tile, the same for all its pixels, in elements: `rows` times `runs` stretches of `len`.
#[derive(Clone, Copy, Default)]
pub struct Spans {
    pub rows: usize,
    pub runs: usize,
    pub len: usize,
    /// Steps in the image from row to row and from run to run.
    pub x_row: usize,
    pub x_run: usize,
    /// The same in the weights of one panel.
    pub w_row: usize,
    pub w_run: usize,
}

impl Spans {
    /// Image elements from the first tap to behind the last.
    pub fn x_extent(&self) -> usize {
        self.extent(self.x_row, self.x_run, 1)
    }

    /// Weights from the first tap to behind the last, each tap `width` of them.
    pub fn w_extent(&self, width: usize) -> usize {
        self.extent(self.w_row, self.w_run, width)
    }

    fn extent(&self, row: usize, run: usize, width: usize) -> usize {
        if self.rows == 0 || self.runs == 0 || self.len == 0 {
            return 0;
        }
        ((self.rows - 1) * row).saturating_add((self.runs - 1) * run).saturating_add(self.len * width)
    }
}

/// Pixels of a line whose windows lie inside the image from side to side.
pub fn interior(w: &Window) -> core::ops::Range<usize> {
    let is_whole = |ox: &usize| {
        let taps = Taps::of_column(w, *ox);
        taps.from == 0 && taps.to == w.kernel_w as usize
    };
    let out_w = w.out_w as usize;
    let first = (0..out_w).find(is_whole).unwrap_or(out_w);
    let end = (first..out_w).find(|ox| !is_whole(ox)).unwrap_or(out_w);
    first..end
}

/// How many of the pixels that are left to take at once, `most` at a time: tiles of one size rather than a small one at the end.
pub fn next_tile(rest: usize, most: usize) -> usize {
    rest.div_ceil(rest.div_ceil(most).max(1))
}
