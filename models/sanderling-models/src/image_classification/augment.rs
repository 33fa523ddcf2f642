//! Random changes of training images, and images as planes of real numbers.

use super::hyperparameters::Augmentation;
use crate::random::Random;

/// Pixels that the border of a crop may lie outside or inside, as a share of the side: 4 of 32.
const CROP: f64 = 0.125;
/// Of crop_color: how far hue (of 180), saturation and lightness (of 255) go.
const COLOUR: [f64; 3] = [36.0 / 180.0, 50.0 / 255.0, 50.0 / 255.0];
/// Of crop_color_transform: degrees, and shares.
const ROTATION: f64 = 10.0;
const SHEAR: f64 = 0.1;
const ASPECT: f64 = 0.25;

/// The planes of an image, each from 0 to 1; pixels lie row after row, channels side by side.
pub fn planes(pixels: &[u8], [height, width, channels]: [usize; 3], out: &mut Vec<f32>) {
    for channel in 0..channels {
        out.extend((0..height * width).map(|at| f32::from(pixels[at * channels + channel]) / 255.0));
    }
}

/// The same of an image that is cropped, flipped and so on.
pub fn augmented(kind: Augmentation, pixels: &[u8], shape: [usize; 3], random: &mut Random, out: &mut Vec<f32>) {
    if kind == Augmentation::None {
        return planes(pixels, shape, out);
    }
    let place = Place::random(kind, shape, random);
    let shift = COLOUR.map(|most| if kind >= Augmentation::CropColor { spread(random, most) } else { 0.0 });
    let [height, width, channels] = shape;
    let start = out.len();
    out.resize(start + height * width * channels, 0.0);
    let out = &mut out[start..];
    for y in 0..height {
        for x in 0..width {
            let mut pixel = [0.0; 3];
            place.sample(pixels, shape, x as f64, y as f64, &mut pixel[..channels]);
            if channels == 3 {
                pixel = recoloured(pixel, shift);
            } else {
                pixel[0] = (pixel[0] + shift[2]).clamp(0.0, 1.0);
            }
            for channel in 0..channels {
                out[(channel * height + y) * width + x] = pixel[channel] as f32;
            }
        }
    }
}

/// Between `-most` and `most`.
fn spread(random: &mut Random, most: f64) -> f64 {
    (2.0 * random.unit() - 1.0) * most
}

/// Where a pixel of the result comes from: `[x, y] = matrix [x - cx, y - cy] + shift`.
struct Place {
    matrix: [f64; 4],
    centre: [f64; 2],
    shift: [f64; 2],
}

impl Place {
    fn random(kind: Augmentation, [height, width, _]: [usize; 3], random: &mut Random) -> Place {
        let centre = [(width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0];
        let mut offset = |side: usize| spread(random, (side as f64 * CROP).floor() + 0.499).round();
        let shift = [centre[0] + offset(width), centre[1] + offset(height)];
        let mirror = if random.next().is_multiple_of(2) { 1.0 } else { -1.0 };
        let mut matrix = [mirror, 0.0, 0.0, 1.0];
        if kind == Augmentation::CropColorTransform {
            let (sin, cos) = spread(random, ROTATION.to_radians()).sin_cos();
            let shear = spread(random, SHEAR);
            let aspect = (1.0 + spread(random, ASPECT)).sqrt();
            matrix = [
                mirror * cos * aspect,
                (shear * cos - sin) / aspect,
                mirror * sin * aspect,
                (shear * sin + cos) / aspect,
            ];
        }
        Place { matrix, centre, shift }
    }

    /// Linear between the four pixels around; outside there is black.
    fn sample(&self, pixels: &[u8], [height, width, channels]: [usize; 3], x: f64, y: f64, out: &mut [f64]) {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let x = self.matrix[0] * dx + self.matrix[1] * dy + self.shift[0];
        let y = self.matrix[2] * dx + self.matrix[3] * dy + self.shift[1];
        let (left, top) = (x.floor(), y.floor());
        for (down, right) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            let (column, row) = (left + right, top + down);
            let weight = (1.0 - (x - column).abs()) * (1.0 - (y - row).abs());
            if column < 0.0 || row < 0.0 || column >= width as f64 || row >= height as f64 || weight <= 0.0 {
                continue;
            }
            let at = (row as usize * width + column as usize) * channels;
            for (sum, &pixel) in out.iter_mut().zip(&pixels[at..at + channels]) {
                *sum += weight * f64::from(pixel) / 255.0;
            }
        }
    }
}

/// A colour with its hue, saturation and lightness shifted.
fn recoloured([r, g, b]: [f64; 3], shift: [f64; 3]) -> [f64; 3] {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let (chroma, lightness) = (most - least, (most + least) / 2.0);
    let hue = if chroma == 0.0 {
        0.0
    } else if most == r {
        ((g - b) / chroma).rem_euclid(6.0)
    } else if most == g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    let span = 1.0 - (2.0 * lightness - 1.0).abs();
    let saturation = if span > 0.0 { chroma / span } else { 0.0 };
    let hue = (hue + 6.0 * shift[0]).rem_euclid(6.0);
    // Grey has no hue to become more of.
    let saturation = if chroma == 0.0 { 0.0 } else { (saturation + shift[1]).clamp(0.0, 1.0) };
    let lightness = (lightness + shift[2]).clamp(0.0, 1.0);
    let chroma = (1.0 - (2.0 * lightness - 1.0).abs()) * saturation;
    let least = lightness - chroma / 2.0;
    [0.0, 4.0, 2.0].map(|turn: f64| {
        let part = (((hue + turn).rem_euclid(6.0) - 3.0).abs() - 1.0).clamp(0.0, 1.0);
        least + chroma * part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_and_turn() {
        for colour in [[0.2, 0.5, 0.9], [1.0, 0.0, 0.0], [0.3, 0.3, 0.3], [0.9, 0.4, 0.4]] {
            let back = recoloured(colour, [0.0; 3]);
            assert!(back.iter().zip(colour).all(|(a, b)| (a - b).abs() < 1e-9), "{colour:?} {back:?}");
        }
        let green = recoloured([1.0, 0.0, 0.0], [1.0 / 3.0, 0.0, 0.0]);
        assert!((green[1] - 1.0).abs() < 1e-9 && green[0] < 1e-9, "{green:?}");
    }

    #[test]
    fn crops_move_and_flip_whole_pixels() {
        let shape = [16, 16, 1];
        let pixels: Vec<u8> = (0..256).map(|i| (i % 255) as u8 + 1).collect();
        let mut seen = std::collections::HashSet::new();
        for seed in 0..1000 {
            let mut out = Vec::new();
            augmented(Augmentation::Crop, &pixels, shape, &mut Random::new(seed), &mut out);
            let bytes: Vec<u8> = out.iter().map(|v| (v * 255.0).round() as u8).collect();
            // The middle of the image is inside every crop, flipped or not.
            let run: Vec<i16> =
                bytes[7 * 16 + 4..7 * 16 + 12].windows(2).map(|w| i16::from(w[1]) - i16::from(w[0])).collect();
            assert!(run.iter().all(|d| *d == run[0]) && run[0].abs() == 1, "{run:?}");
            seen.insert(bytes);
        }
        // Five places each way, and a mirror.
        assert_eq!(seen.len(), 50);
    }

    #[test]
    fn every_kind_keeps_values_in_range_and_depends_on_its_seed_alone() {
        let shape = [9, 7, 3];
        let pixels: Vec<u8> = (0..189).map(|i| (i * 37 % 256) as u8).collect();
        for kind in [Augmentation::None, Augmentation::Crop, Augmentation::CropColor, Augmentation::CropColorTransform]
        {
            let of = |seed| {
                let mut out = Vec::new();
                augmented(kind, &pixels, shape, &mut Random::new(seed), &mut out);
                out
            };
            assert_eq!(of(5), of(5));
            assert!(of(5).iter().all(|v| (0.0..=1.0).contains(v)));
            assert_eq!(of(5) == of(6), kind == Augmentation::None);
        }
    }
}
