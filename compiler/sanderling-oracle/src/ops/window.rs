//! Windows that slide over the two spatial axes of an NHWC tensor.

use sanderling_ir::Padding;

/// The geometry of a sliding window.
pub struct Window {
    /// Height, width and channels of the input.
    pub input: [usize; 3],
    /// Batch, height and width of the output.
    pub output: [usize; 3],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub padding: Padding,
}

impl Window {
    /// The window from `x` (NHWC) to `out`, whose first three axes count.
    pub fn new(
        x: &[usize],
        out: &[usize],
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        padding: Padding,
    ) -> Self {
        let (input, output) = ([x[1], x[2], x[3]], [out[0], out[1], out[2]]);
        Window { input, output, kernel, stride, dilation, padding }
    }

    /// Every output position: batch, row, column.
    pub fn positions(&self) -> impl Iterator<Item = [usize; 3]> + use<> {
        let [n, h, w] = self.output;
        (0..n * h * w).map(move |i| [i / (h * w), i / w % h, i % w])
    }

    /// The flat offset of channel 0 of each kernel tap at an output position; `None` in the padding.
    pub fn taps(&self, [n, oy, ox]: [usize; 3]) -> impl Iterator<Item = Option<usize>> + '_ {
        let [height, width, channels] = self.input;
        (0..self.kernel[0] * self.kernel[1]).map(move |tap| {
            let (ky, kx) = (tap / self.kernel[1], tap % self.kernel[1]);
            let y = (oy * self.stride[0] + ky * self.dilation[0]).checked_sub(self.padding.top)?;
            let x = (ox * self.stride[1] + kx * self.dilation[1]).checked_sub(self.padding.left)?;
            (y < height && x < width).then_some(((n * height + y) * width + x) * channels)
        })
    }
}
