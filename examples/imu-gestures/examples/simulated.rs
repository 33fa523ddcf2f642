//! A main: both chips simulated on a PC, the flash programmed with the model, the sensor playing recorded windows.

#[path = "../tests/app/data.rs"]
mod data;

use embedded_hal::i2c::{self, I2c};
use embedded_hal::spi::{self, SpiDevice};
use imu_gestures::app::{App, Memory};
use imu_gestures::mpu6050::Mpu6050;
use imu_gestures::spi_nor::SpiNor;
use sanderling_kernels::scalar;

/// Where the artifact lies in the flash.
const AT: u32 = 0x1_0000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (artifact, windows) = (data::artifact(), data::windows());
    let mut memory = vec![0xff; 1 << 20];
    memory[AT as usize..][..artifact.len()].copy_from_slice(&artifact);
    let bursts = windows.iter().flat_map(|(bursts, _)| bursts.clone()).collect::<Vec<_>>();
    let polls = bursts.len();

    let mut flash = SpiNor::new(Flash { memory, command: vec![] })?;
    let sensor = Mpu6050::new(Sensor { bursts: bursts.into_iter() })?;
    let mut buffer = [0; 32 << 10];
    let (mut arena, mut window) = ([0; 16 << 10], [0; 1 << 10]);
    let memory = Memory { arena: &mut arena, window: &mut window };
    let mut app = App::new(&mut flash, AT, &mut buffer, scalar::ALL, sensor, memory)?;
    println!("{} bytes read from flash, verified, self-test passed", artifact.len());
    for _ in 0..polls {
        if let Some(gesture) = app.poll()? {
            println!("gesture {} (score {})", gesture.class, gesture.score);
        }
    }
    Ok(())
}

/// 1 MiB of SPI NOR flash.
struct Flash {
    memory: Vec<u8>,
    command: Vec<u8>,
}

impl spi::ErrorType for Flash {
    type Error = spi::ErrorKind;
}

impl SpiDevice for Flash {
    fn transaction(&mut self, operations: &mut [spi::Operation<'_, u8>]) -> Result<(), Self::Error> {
        self.command.clear();
        for operation in operations {
            match operation {
                spi::Operation::Write(bytes) => self.command.extend_from_slice(bytes),
                spi::Operation::Read(answer) => match self.command[..] {
                    [0x9f] => answer.copy_from_slice(&[0xef, 0x40, 0x14][..answer.len()]),
                    [0x03, high, middle, low] => {
                        let at = u32::from_be_bytes([0, high, middle, low]) as usize;
                        answer.copy_from_slice(&self.memory[at..at + answer.len()]);
                    }
                    _ => return Err(spi::ErrorKind::Other),
                },
                _ => return Err(spi::ErrorKind::Other),
            }
        }
        Ok(())
    }
}

/// A sensor that has a new row whenever it is asked.
struct Sensor {
    bursts: std::vec::IntoIter<[u8; 14]>,
}

impl i2c::ErrorType for Sensor {
    type Error = i2c::ErrorKind;
}

impl I2c for Sensor {
    fn transaction(&mut self, address: u8, operations: &mut [i2c::Operation<'_>]) -> Result<(), Self::Error> {
        let absent = i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Address);
        match operations {
            _ if address != 0x68 => Err(absent),
            [i2c::Operation::Write([0x75]), i2c::Operation::Read(answer)] => {
                answer.fill(0x68);
                Ok(())
            }
            [i2c::Operation::Write([0x3a]), i2c::Operation::Read(answer)] => {
                answer.fill(u8::from(self.bursts.len() > 0));
                Ok(())
            }
            [i2c::Operation::Write([0x3b]), i2c::Operation::Read(answer)] => {
                answer.copy_from_slice(&self.bursts.next().ok_or(absent)?);
                Ok(())
            }
            [i2c::Operation::Write([_, _])] => Ok(()),
            _ => Err(i2c::ErrorKind::Other),
        }
    }
}
