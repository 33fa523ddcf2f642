//! The MPU-6050: three accelerations and three rates of turn over I2C.

use embedded_hal::i2c::I2c;

/// Its address where pin AD0 is low.
pub const ADDRESS: u8 = 0x68;
/// Values of a row.
pub const AXES: usize = 6;

/// Registers, by their names in the data sheet.
mod register {
    pub const SMPLRT_DIV: u8 = 0x19;
    pub const CONFIG: u8 = 0x1a;
    pub const GYRO_CONFIG: u8 = 0x1b;
    pub const ACCEL_CONFIG: u8 = 0x1c;
    pub const INT_ENABLE: u8 = 0x38;
    pub const INT_STATUS: u8 = 0x3a;
    pub const ACCEL_XOUT_H: u8 = 0x3b;
    pub const PWR_MGMT_1: u8 = 0x6b;
    pub const WHO_AM_I: u8 = 0x75;
}

/// What WHO_AM_I holds, whatever AD0.
const IDENTITY: u8 = 0x68;
const DATA_READY: u8 = 1;

/// Registers and what they are set to, in order.
const SETTINGS: [(u8, u8); 6] = [
    // Awake, on the clock of gyroscope X, which is the steadier one.
    (register::PWR_MGMT_1, 0x01),
    // Low pass of 44 Hz; the sampling clock is 1 kHz with it.
    (register::CONFIG, 0x03),
    // 1 kHz / (1 + 9): 100 rows a second.
    (register::SMPLRT_DIV, 9),
    // 2000 degrees a second, 16.4 to one.
    (register::GYRO_CONFIG, 3 << 3),
    // 4 g, 8192 to one.
    (register::ACCEL_CONFIG, 1 << 3),
    (register::INT_ENABLE, DATA_READY),
];

/// Why the sensor cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SensorError<E> {
    #[error("the I2C bus failed: {0:?}")]
    Bus(E),
    #[error("the device at the sensor's address says that it is {found:#04x}, an MPU-6050 says 0x68")]
    Identity { found: u8 },
}

/// A sensor that measures.
#[derive(Debug)]
pub struct Mpu6050<I> {
    i2c: I,
}

impl<I: I2c> Mpu6050<I> {
    /// Identifies the sensor and sets it to 100 rows a second, 4 g and 2000 degrees a second.
    pub fn new(mut i2c: I) -> Result<Mpu6050<I>, SensorError<I::Error>> {
        let mut found = [0];
        i2c.write_read(ADDRESS, &[register::WHO_AM_I], &mut found).map_err(SensorError::Bus)?;
        if found != [IDENTITY] {
            return Err(SensorError::Identity { found: found[0] });
        }
        for (register, value) in SETTINGS {
            i2c.write(ADDRESS, &[register, value]).map_err(SensorError::Bus)?;
        }
        Ok(Mpu6050 { i2c })
    }

    /// The next row, if the sensor has one: accelerations in g, then rates in degrees a second.
    pub fn poll(&mut self) -> Result<Option<[f32; AXES]>, SensorError<I::Error>> {
        let mut status = [0];
        self.i2c.write_read(ADDRESS, &[register::INT_STATUS], &mut status).map_err(SensorError::Bus)?;
        if status[0] & DATA_READY == 0 {
            return Ok(None);
        }
        // One burst, so that all values are of one moment; the temperature lies in the middle.
        let mut bytes = [0; 14];
        self.i2c.write_read(ADDRESS, &[register::ACCEL_XOUT_H], &mut bytes).map_err(SensorError::Bus)?;
        let (words, _) = bytes.as_chunks();
        let value = |i: usize| words.get(i).map_or(0.0, |&word| f32::from(i16::from_be_bytes(word)));
        let (g, degrees) = (|i| value(i) / 8192.0, |i| value(i) / 16.4);
        Ok(Some([g(0), g(1), g(2), degrees(4), degrees(5), degrees(6)]))
    }
}
