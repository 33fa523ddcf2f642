//! Image Classification: small residual and depthwise networks from images.
//!
//! After He et al. 2015 (ResNet) and Howard et al. 2017 (MobileNet). The network is data (`net`), which burn trains
//! (`forward`) and which becomes IR (`lower`).

mod augment;
mod forward;
mod hyperparameters;
mod lower;
mod model;
mod net;
mod optimizer;
#[cfg(test)]
mod tests;
mod train;

use std::path::Path;

use sanderling_data::Images;

pub use forward::Weights;
pub use hyperparameters::{Augmentation, Family, Hyperparameters, Method, Schedule};
pub use model::ImageModel;

use crate::{Algorithm, Card, Channel, Event, Job, Metric, Observer, TrainError, Trained};

const NAME: &str = "image-classification";

const CARD: Card = Card {
    name: NAME,
    about: "Classification of images by small ResNet and MobileNet networks",
    hyperparameters: hyperparameters::TABLE,
    channels: &[
        Channel { name: "train", required: true, about: "IDX files, or a folder of pictures for each class" },
        Channel { name: "validation", required: false, about: "The same; the best epoch is kept by it" },
        Channel { name: "test", required: false, about: "The same; metrics at the end" },
    ],
};

/// The algorithm.
pub struct ImageClassification;

impl Algorithm for ImageClassification {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn train(&self, job: &Job, observer: &mut dyn Observer) -> Result<Box<dyn Trained>, TrainError> {
        let hyper: Hyperparameters = job.read(&CARD)?;
        hyper.check()?;
        let mut train = read(job.channel("train")?, "train", &hyper, None)?;
        if let Some(count) = hyper.num_training_samples {
            shorten(&mut train, count)?;
        }
        let (shape, classes) = (train.shape, train.classes.clone());
        let other = |name: &str| {
            job.channels.get(name).map(|path| read(path, name, &hyper, Some((shape, &classes)))).transpose()
        };
        let (validation, test) = (other("validation")?, other("test")?);
        let model = train::learn(job, hyper, &train, validation.as_ref(), observer)?;
        if let Some(test) = test {
            for Metric { name, value } in model::metrics(&model.hyper, &model.net(), &model.weights, &test) {
                let metric = Metric::new(format!("test:{name}"), value);
                observer.event(&Event::Metric { epoch: model.hyper.epochs as u64, metric });
            }
        }
        Ok(Box::new(model))
    }

    fn load(&self, folder: &Path) -> Result<Box<dyn Trained>, TrainError> {
        Ok(Box::new(ImageModel::load(folder)?))
    }
}

/// Keeps so many images, evenly from all: those of a folder lie class by class.
fn shorten(images: &mut Images, count: usize) -> Result<(), TrainError> {
    if count > images.len() {
        let what = format!("num_training_samples is {count}, there are {} images", images.len());
        return TrainError::unfit("train", what);
    }
    let kept: Vec<usize> = (0..count).map(|i| i * images.len() / count).collect();
    images.pixels = kept.iter().flat_map(|&i| images.image(i).to_vec()).collect();
    images.labels = kept.iter().map(|&i| images.labels[i]).collect();
    Ok(())
}

/// Reads images and checks them against the classes, those of the training too if there is one already.
fn read(
    path: &Path,
    channel: &str,
    hyper: &Hyperparameters,
    known: Option<([usize; 3], &[String])>,
) -> Result<Images, TrainError> {
    let asked = hyper.image_shape.map(|[channels, height, width]| [height, width, channels]);
    let images = Images::read(path, known.map(|(shape, _)| shape).or(asked))?;
    let is_named = images.classes.iter().enumerate().any(|(class, name)| *name != class.to_string());
    let count = images.classes.len();
    if count > hyper.num_classes || is_named && count != hyper.num_classes {
        let what = match is_named {
            true => format!("it has {count} classes ({})", images.classes.join(", ")),
            false => format!("its labels go up to {}", count - 1),
        };
        return TrainError::unfit(channel, format!("{what}, but num_classes is {}", hyper.num_classes));
    }
    if let Some((_, classes)) = known
        && is_named
        && images.classes != classes
    {
        let (own, classes) = (images.classes.join(", "), classes.join(", "));
        return TrainError::unfit(channel, format!("its classes are {own}, those of the training {classes}"));
    }
    if known.is_none() && images.len() < 2 {
        return TrainError::unfit(channel, "one image is too few");
    }
    Ok(images)
}
