//! The MPU-6050: what it is asked and answers.

use embedded_hal::i2c::ErrorKind;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use imu_gestures::mpu6050::{ADDRESS, Mpu6050, SensorError};

fn identify(answer: u8) -> Transaction {
    Transaction::write_read(ADDRESS, vec![0x75], vec![answer])
}

/// Identification and settings.
pub fn start() -> Vec<Transaction> {
    let settings = [[0x6b, 0x01], [0x1a, 0x03], [0x19, 0x09], [0x1b, 0x18], [0x1c, 0x08], [0x38, 0x01]];
    let writes = settings.into_iter().map(|pair| Transaction::write(ADDRESS, pair.to_vec()));
    [identify(0x68)].into_iter().chain(writes).collect()
}

/// Each row once, after the sensor was asked too early once.
pub fn rows(bursts: &[[u8; 14]]) -> Vec<Transaction> {
    let status = |ready: u8| Transaction::write_read(ADDRESS, vec![0x3a], vec![ready]);
    let row =
        |burst: &[u8; 14]| [status(0x00), status(0x01), Transaction::write_read(ADDRESS, vec![0x3b], burst.to_vec())];
    bursts.iter().flat_map(row).collect()
}

#[test]
fn rows_are_in_g_and_degrees_a_second() {
    let words: [i16; 7] = [8192, -16384, 0, 1234, 164, -328, 0];
    let burst: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let mut i2c = Mock::new(&[start(), rows(&[burst.try_into().unwrap()])].concat());
    let mut sensor = Mpu6050::new(i2c.clone()).unwrap();
    assert_eq!(sensor.poll(), Ok(None));
    assert_eq!(sensor.poll(), Ok(Some([1.0, -2.0, 0.0, 10.0, -20.0, 0.0])));
    i2c.done();
}

#[test]
fn other_devices_and_broken_buses_are_named() {
    let mut other = Mock::new(&[identify(0x33)]);
    assert_eq!(Mpu6050::new(other.clone()).unwrap_err(), SensorError::Identity { found: 0x33 });
    other.done();
    let mut broken = Mock::new(&[identify(0x68).with_error(ErrorKind::Bus)]);
    assert_eq!(Mpu6050::new(broken.clone()).unwrap_err(), SensorError::Bus(ErrorKind::Bus));
    broken.done();
}
