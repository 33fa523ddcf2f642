//! Pictures in files: JPEG and PNG.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageReader};

use crate::DataError;

/// Reads a picture, at most as large as memory allows.
pub fn read(path: &Path) -> Result<DynamicImage, DataError> {
    let reader = ImageReader::open(path).map_err(DataError::io(path))?;
    let reader = reader.with_guessed_format().map_err(DataError::io(path))?;
    reader.decode().or_else(|error| DataError::file(path, format!("it is no picture that can be read: {error}")))
}

/// As [`read`], from memory; without the place of the picture.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| error.to_string())?;
    reader.decode().map_err(|error| format!("it is no picture that can be read: {error}"))
}

/// The pixels, row after row, of a picture brought to a size; `channels` is 1 or 3.
pub fn pixels(picture: &DynamicImage, [height, width]: [usize; 2], channels: usize) -> Vec<u8> {
    let (height, width) = (height as u32, width as u32);
    let resized;
    let sized = if (picture.width(), picture.height()) == (width, height) {
        picture
    } else {
        resized = picture.resize_exact(width, height, image::imageops::FilterType::Triangle);
        &resized
    };
    if channels == 1 { sized.to_luma8().into_raw() } else { sized.to_rgb8().into_raw() }
}
