//! Gestures from a motion sensor on I2C, by a model in SPI flash, on any `embedded-hal`.

#![no_std]
#![forbid(unsafe_code)]

pub mod app;
pub mod artifact;
pub mod mpu6050;
pub mod spi_nor;
