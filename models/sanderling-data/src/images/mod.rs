//! Labelled images of one size, and the files that they come in.

mod augmented;
mod idx;
mod list;
mod picture;
mod record;

use std::path::{Path, PathBuf};

pub use augmented::{Attribute, Augmented};
pub use list::{List, Listed, write as write_listed};
pub use record::{ImageRecord, ImageRecords};

use crate::{DataError, Part, file, manifest};

/// Images of one size, and the class of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// Height, width, channels (1 or 3).
    pub shape: [usize; 3],
    /// Image after image, each row after row, the channels of a pixel side by side.
    pub pixels: Vec<u8>,
    /// Below the number of classes.
    pub labels: Vec<u32>,
    /// Names, or numbers where the data has none.
    pub classes: Vec<String>,
}

impl Images {
    /// Reads a pair of IDX files (in a folder, or the one of the images, whose name says `images`), a folder with a folder
    /// of pictures for each class, image RecordIO (`.rec`), a list of pictures (`.lst`), or an augmented manifest
    /// (`.manifest`) whose lines have `source-ref` and `class`.
    ///
    /// Pictures are brought to `shape`; without it, to the size of the first one. IDX files must have it.
    pub fn read(path: &Path, shape: Option<[usize; 3]>) -> Result<Images, DataError> {
        if let Some(images) = idx_images(path)? {
            return from_idx(&images, shape);
        }
        if path.is_dir() {
            return from_folders(path, shape);
        }
        let part = Part::local(path);
        let mut pictures = Pictures { shape, pixels: Vec::new(), labels: Vec::new() };
        match file::plain_name(path).rsplit('.').next() {
            Some("rec") => from_records(&part, &mut pictures)?,
            Some("lst") => from_list(&part, &mut pictures)?,
            Some("manifest") => from_augmented(&part, &mut pictures)?,
            _ => return DataError::file(path, "it is no IDX file of images, and no .rec, .lst or .manifest"),
        }
        pictures.finish(path)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of one image.
    pub fn image(&self, index: usize) -> &[u8] {
        let bytes = self.shape.iter().product::<usize>();
        &self.pixels[index * bytes..(index + 1) * bytes]
    }
}

fn is_idx(path: &Path) -> bool {
    let name = file::plain_name(path);
    name.contains("images") && (name.ends_with("-ubyte") || name.ends_with(".idx") || name.ends_with(".idx3"))
}

/// The IDX file of images that a path stands for, if it does.
fn idx_images(path: &Path) -> Result<Option<PathBuf>, DataError> {
    if path.is_file() {
        return Ok(is_idx(path).then(|| path.to_path_buf()));
    }
    let mut found: Vec<PathBuf> = file::entries(path)?.into_iter().filter(|entry| is_idx(entry)).collect();
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => DataError::file(path, "it has several IDX files of images; name the one to read"),
    }
}

fn from_idx(images: &Path, shape: Option<[usize; 3]>) -> Result<Images, DataError> {
    let (dims, pixels) = idx::read(images, 3)?;
    let found = [dims[1], dims[2], 1];
    if let Some(shape) = shape.filter(|shape| *shape != found) {
        return DataError::file(images, format!("its images are {found:?}, not {shape:?}"));
    }
    let name = file::name(images).replace("images", "labels").replace("idx3", "idx1");
    let path = images.with_file_name(name);
    let (counts, labels) = idx::read(&path, 1)?;
    if counts[0] != dims[0] {
        return DataError::file(&path, format!("it has {} labels for {} images", counts[0], dims[0]));
    }
    if labels.is_empty() {
        return DataError::file(images, "there are no images in it");
    }
    let classes = labels.iter().max().map_or(0, |&most| usize::from(most) + 1);
    Ok(Images {
        shape: found,
        pixels,
        labels: labels.into_iter().map(u32::from).collect(),
        classes: (0..classes).map(|class| class.to_string()).collect(),
    })
}

fn from_folders(path: &Path, shape: Option<[usize; 3]>) -> Result<Images, DataError> {
    let mut images = Images { shape: [0; 3], pixels: Vec::new(), labels: Vec::new(), classes: Vec::new() };
    let mut shape = shape;
    for folder in file::entries(path)?.into_iter().filter(|entry| entry.is_dir()) {
        for file in file::files(&folder)? {
            let picture = picture::read(&file)?;
            let channels = if picture.color().has_color() { 3 } else { 1 };
            let own = [picture.height() as usize, picture.width() as usize, channels];
            let wanted = *shape.get_or_insert(own);
            images.pixels.extend(picture::pixels(&picture, [wanted[0], wanted[1]], wanted[2]));
            images.labels.push(images.classes.len() as u32);
        }
        images.classes.push(file::name(&folder));
    }
    if images.is_empty() {
        return DataError::file(path, "it needs a folder of pictures for each class, or a pair of IDX files");
    }
    images.shape = shape.unwrap_or_default();
    Ok(images)
}

/// Pictures with the number of their class, as they are gathered.
struct Pictures {
    shape: Option<[usize; 3]>,
    pixels: Vec<u8>,
    labels: Vec<u32>,
}

impl Pictures {
    fn add(&mut self, labels: &[f32], picture: &[u8]) -> Result<(), String> {
        /// A larger number is taken for damage.
        const CLASS_MAX: f32 = 65_535.0;
        let label = match labels {
            [label] if label.fract() == 0.0 && (0.0..=CLASS_MAX).contains(label) => *label as u32,
            [label] => return Err(format!("its label {label} is no class, counted from 0")),
            _ => return Err(format!("it has {} labels; an image of a class has one", labels.len())),
        };
        let picture = picture::decode(picture)?;
        let channels = if picture.color().has_color() { 3 } else { 1 };
        let own = [picture.height() as usize, picture.width() as usize, channels];
        let wanted = *self.shape.get_or_insert(own);
        self.pixels.extend(picture::pixels(&picture, [wanted[0], wanted[1]], wanted[2]));
        self.labels.push(label);
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<Images, DataError> {
        let Some(shape) = self.shape.filter(|_| !self.labels.is_empty()) else {
            return DataError::file(path, "there are no images in it");
        };
        let classes = self.labels.iter().max().map_or(0, |&most| most + 1);
        let classes = (0..classes).map(|class| class.to_string()).collect();
        Ok(Images { shape, pixels: self.pixels, labels: self.labels, classes })
    }
}

fn from_records(part: &Part, pictures: &mut Pictures) -> Result<(), DataError> {
    let mut records = ImageRecords::open(part)?;
    while let Some(record) = records.next().transpose()? {
        pictures.add(&record.labels, &record.picture).or_else(|what| records.fail(what))?;
    }
    Ok(())
}

fn from_list(part: &Part, pictures: &mut Pictures) -> Result<(), DataError> {
    let mut list = List::open(part)?;
    while let Some(listed) = list.next().transpose()? {
        let path = manifest::beside(part.path(), &listed.path);
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()));
        bytes.and_then(|bytes| pictures.add(&listed.labels, &bytes)).or_else(|what| list.fail(what))?;
    }
    Ok(())
}

fn from_augmented(part: &Part, pictures: &mut Pictures) -> Result<(), DataError> {
    let mut lines = Augmented::open(part, &["source-ref", "class"])?;
    while let Some(attributes) = lines.next().transpose()? {
        let added = match &attributes[..] {
            [Attribute::Bytes(picture), Attribute::Value(class)] => match class.as_f64() {
                Some(class) => pictures.add(&[class as f32], picture),
                None => Err(format!("its class {class} is no number")),
            },
            _ => Err("it has other attributes".into()),
        };
        added.or_else(|what| lines.fail(what))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{GrayImage, RgbImage};

    use super::*;

    #[test]
    fn idx_files_come_in_pairs() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("t-images-idx3-ubyte");
        let labels = folder.path().join("t-labels-idx1-ubyte");
        fs::write(&images, [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &[1, 2, 3, 4]].concat()).unwrap();
        fs::write(&labels, [0, 0, 8, 1, 0, 0, 0, 2, 0, 3]).unwrap();
        let read = Images::read(folder.path(), None).unwrap();
        assert_eq!((read.shape, read.image(1), &read.labels[..]), ([1, 2, 1], &[3, 4][..], &[0, 3][..]));
        assert_eq!(read.classes.len(), 4);

        fs::write(&labels, [0, 0, 8, 1, 0, 0, 0, 3, 0, 3, 1]).unwrap();
        assert!(Images::read(&images, None).unwrap_err().to_string().contains("3 labels for 2 images"));
        fs::write(&labels, [0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff, 0]).unwrap();
        assert!(Images::read(&images, None).unwrap_err().to_string().contains("promises"));
    }

    #[test]
    fn folders_are_classes() {
        let folder = tempfile::tempdir().unwrap();
        for class in ["cat", "dog"] {
            fs::create_dir(folder.path().join(class)).unwrap();
        }
        GrayImage::from_raw(2, 1, vec![7, 9]).unwrap().save(folder.path().join("cat/a.png")).unwrap();
        RgbImage::new(4, 4).save(folder.path().join("dog/b.png")).unwrap();
        let images = Images::read(folder.path(), None).unwrap();
        assert_eq!(
            (images.shape, images.len(), &images.classes[..]),
            ([1, 2, 1], 2, &["cat".into(), "dog".into()][..])
        );
        assert_eq!(images.image(0), [7, 9]);
        assert_eq!(Images::read(folder.path(), Some([2, 2, 3])).unwrap().pixels.len(), 2 * 12);

        fs::write(folder.path().join("dog/c.png"), b"not a picture").unwrap();
        let why = Images::read(folder.path(), None).unwrap_err().to_string();
        assert!(why.contains("c.png") && why.contains("no picture"), "{why}");
    }

    #[test]
    fn records_lists_and_manifests_are_the_same_images() {
        let folder = tempfile::tempdir().unwrap();
        let (mut records, mut list, mut manifest) = (Vec::new(), Vec::new(), String::new());
        for (class, pixels) in [(2u32, [7, 9]), (0, [1, 3])] {
            let name = format!("{class}.png");
            GrayImage::from_raw(2, 1, pixels.to_vec()).unwrap().save(folder.path().join(&name)).unwrap();
            let picture = fs::read(folder.path().join(&name)).unwrap();
            let labels = vec![class as f32];
            ImageRecord { id: 0, id2: 0, labels: labels.clone(), picture }.write(&mut records).unwrap();
            manifest += &format!("{{\"source-ref\": \"{name}\", \"class\": {class}}}\n");
            write_listed(&Listed { index: 0, labels, path: name }, &mut list).unwrap();
        }
        let files = [("x.rec", records), ("x.lst", list), ("x.manifest", manifest.into_bytes())];
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            let images = Images::read(&path, None).unwrap();
            assert_eq!(
                (images.shape, &images.pixels[..], &images.labels[..]),
                ([1, 2, 1], &[7, 9, 1, 3][..], &[2, 0][..])
            );
            assert_eq!(images.classes.len(), 3);
        }
        let path = folder.path().join("y.rec");
        let mut bytes = Vec::new();
        ImageRecord { id: 0, id2: 0, labels: vec![1.5], picture: vec![] }.write(&mut bytes).unwrap();
        fs::write(&path, bytes).unwrap();
        let why = Images::read(&path, None).unwrap_err().to_string();
        assert!(why.contains("record 1 (byte 0): its label 1.5 is no class"), "{why}");
    }
}
