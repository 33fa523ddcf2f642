//! The SPI flash: what it is asked and answers.

use embedded_hal::spi::ErrorKind;
use embedded_hal_mock::eh1::spi::{Mock, Transaction};
use embedded_storage::nor_flash::ReadNorFlash;
use imu_gestures::spi_nor::{FlashError, SpiNor};

pub type Error = FlashError<ErrorKind>;

/// A W25Q128: 16 MiB.
const W25Q128: [u8; 3] = [0xef, 0x40, 0x18];

fn command(bytes: &[u8], answer: &[u8]) -> Vec<Transaction<u8>> {
    vec![
        Transaction::transaction_start(),
        Transaction::write_vec(bytes.to_vec()),
        Transaction::read_vec(answer.to_vec()),
        Transaction::transaction_end(),
    ]
}

fn read(at: u32, answer: &[u8]) -> Vec<Transaction<u8>> {
    let [_, high, middle, low] = at.to_be_bytes();
    command(&[0x03, high, middle, low], answer)
}

/// A flash with an artifact at `at`, which is read if it is one and fits a buffer.
pub fn identify_and_load(artifact: &[u8], at: u32, buffer: usize) -> Vec<Transaction<u8>> {
    let mut all = [command(&[0x9f], &W25Q128), read(at, &artifact[..12])].concat();
    if artifact.starts_with(b"SNDL") && artifact.len() <= buffer {
        all.extend(read(at, artifact));
    }
    all
}

fn identified(id: [u8; 3]) -> Result<usize, Error> {
    let mut spi = Mock::new(&command(&[0x9f], &id));
    let capacity = SpiNor::new(spi.clone()).map(|nor| nor.capacity());
    spi.done();
    capacity
}

#[test]
fn flash_says_how_large_it_is() {
    assert_eq!(identified(W25Q128), Ok(16 << 20));
    assert_eq!(identified([0xc2, 0x20, 0x14]), Ok(1 << 20));
}

#[test]
fn absent_and_too_large_flash_is_refused() {
    for id in [[0; 3], [0xff; 3]] {
        assert_eq!(identified(id), Err(FlashError::Absent { id }));
    }
    assert_eq!(identified([0xef, 0x40, 0x19]), Err(FlashError::Capacity { exponent: 0x19 }));
}

#[test]
fn reads_end_where_the_flash_ends() {
    let last = (1 << 20) - 2;
    let mut spi = Mock::new(&[command(&[0x9f], &[0xc2, 0x20, 0x14]), read(last, &[7, 8])].concat());
    let mut nor = SpiNor::new(spi.clone()).unwrap();
    let mut bytes = [0; 2];
    nor.read(last, &mut bytes).unwrap();
    assert_eq!(bytes, [7, 8]);
    assert_eq!(nor.read(last + 1, &mut bytes), Err(FlashError::OutOfBounds));
    assert_eq!(nor.read(u32::MAX, &mut bytes), Err(FlashError::OutOfBounds));
    spi.done();
}
