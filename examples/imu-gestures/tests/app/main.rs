//! The application on mocked buses: every byte on the wires is expected.

mod data;
mod flash;
mod sensor;

use embedded_hal_mock::eh1::i2c::Mock as I2c;
use embedded_hal_mock::eh1::spi::Mock as Spi;
use imu_gestures::app::{App, Gesture, Memory, StartError};
use imu_gestures::artifact::LoadError;
use imu_gestures::mpu6050::Mpu6050;
use imu_gestures::spi_nor::SpiNor;
use sanderling_format::FormatError;
use sanderling_kernels::scalar;

/// Where the artifact lies in the flash.
const AT: u32 = 0x01_2340;

/// Starts with this artifact in the flash and recognizes windows; without any where it is to be refused.
fn recognize(artifact: &[u8], buffer: usize, bursts: &[[u8; 14]]) -> Result<Vec<Gesture>, StartError<flash::Error>> {
    let mut spi = Spi::new(&flash::identify_and_load(artifact, AT, buffer));
    let mut i2c = I2c::new(&[sensor::start(), sensor::rows(bursts)].concat());
    let gestures = run(SpiNor::new(spi.clone()).unwrap(), i2c.clone(), buffer, bursts.len());
    spi.done();
    i2c.done();
    gestures
}

fn run(
    mut nor: SpiNor<Spi<u8>>,
    i2c: I2c,
    buffer: usize,
    rows: usize,
) -> Result<Vec<Gesture>, StartError<flash::Error>> {
    let mut buffer = vec![0; buffer];
    let (mut arena, mut window) = (vec![0; 16 << 10], vec![0; 1 << 10]);
    let memory = Memory { arena: &mut arena, window: &mut window };
    let sensor = Mpu6050::new(i2c).unwrap();
    let mut app = App::new(&mut nor, AT, &mut buffer, scalar::ALL, sensor, memory)?;
    // Every other time there is no row yet.
    Ok((0..2 * rows).filter_map(|_| app.poll().unwrap()).collect())
}

#[test]
fn recorded_windows_are_what_litert_takes_them_for() {
    let (artifact, windows) = (data::artifact(), data::windows());
    assert_eq!(windows.len(), 7);
    assert!(windows.iter().all(|(bursts, _)| bursts.len() == 119));
    let bursts: Vec<_> = windows.iter().flat_map(|(bursts, _)| bursts.clone()).collect();
    let expected: Vec<Gesture> = windows.iter().map(|(_, gesture)| *gesture).collect();
    assert_eq!(recognize(&artifact, 32 << 10, &bursts).unwrap(), expected);
}

#[test]
fn damaged_artifacts_are_refused() {
    let mut artifact = data::artifact();
    let middle = artifact.len() / 2;
    artifact[middle] ^= 1;
    let error = recognize(&artifact, 32 << 10, &[]).unwrap_err();
    assert!(matches!(error, StartError::Artifact(FormatError::Hash)), "{error}");
}

#[test]
fn artifacts_larger_than_their_buffer_are_refused() {
    let artifact = data::artifact();
    let error = recognize(&artifact, artifact.len() - 1, &[]).unwrap_err();
    assert!(matches!(error, StartError::Load(LoadError::Buffer { needed, .. }) if needed == artifact.len()), "{error}");
}

#[test]
fn erased_flash_is_no_artifact() {
    let error = recognize(&[0xff; 64], 32 << 10, &[]).unwrap_err();
    assert!(matches!(error, StartError::Load(LoadError::Absent)), "{error}");
}
