//! What the long proofs share with the fuzz targets: models to start from, and what is done with bytes.

pub mod models;
pub mod seeds;
pub mod targets;
