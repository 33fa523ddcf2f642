//! A JEDEC SPI NOR flash, read only.

use embedded_hal::spi::{Operation, SpiDevice};
use embedded_storage::nor_flash::{ErrorType, NorFlashError, NorFlashErrorKind, ReadNorFlash};

/// Reads manufacturer, type and capacity.
const READ_ID: u8 = 0x9f;
/// Reads from a 24-bit address on, at any length.
const READ: u8 = 0x03;
/// The capacity byte is a power of two: from 64 KiB to what 24 bits address.
const CAPACITIES: core::ops::RangeInclusive<u8> = 16..=24;

/// Why the flash cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlashError<E> {
    #[error("the SPI bus failed: {0:?}")]
    Bus(E),
    #[error("no flash answers on the SPI bus, its identification reads {id:02x?}: check wiring and chip select")]
    Absent { id: [u8; 3] },
    #[error("the flash says 2^{exponent} bytes; this driver addresses 24 bits, from 64 KiB to 16 MiB")]
    Capacity { exponent: u8 },
    #[error("the flash ends before the bytes that were asked for")]
    OutOfBounds,
}

impl<E: core::fmt::Debug> NorFlashError for FlashError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            FlashError::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            _ => NorFlashErrorKind::Other,
        }
    }
}

/// A flash that has identified itself.
#[derive(Debug)]
pub struct SpiNor<S> {
    spi: S,
    capacity: usize,
}

impl<S: SpiDevice> SpiNor<S> {
    /// Identifies the flash.
    pub fn new(mut spi: S) -> Result<SpiNor<S>, FlashError<S::Error>> {
        let mut id = [0; 3];
        spi.transaction(&mut [Operation::Write(&[READ_ID]), Operation::Read(&mut id)]).map_err(FlashError::Bus)?;
        // A bus that nothing drives.
        if id == [0; 3] || id == [0xff; 3] {
            return Err(FlashError::Absent { id });
        }
        let exponent = id[2];
        if !CAPACITIES.contains(&exponent) {
            return Err(FlashError::Capacity { exponent });
        }
        Ok(SpiNor { spi, capacity: 1 << exponent })
    }
}

impl<S: SpiDevice> ErrorType for SpiNor<S> {
    type Error = FlashError<S::Error>;
}

impl<S: SpiDevice> ReadNorFlash for SpiNor<S> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let end = (offset as usize).checked_add(bytes.len());
        if end.is_none_or(|end| end > self.capacity) {
            return Err(FlashError::OutOfBounds);
        }
        let [_, high, middle, low] = offset.to_be_bytes();
        let command = [READ, high, middle, low];
        self.spi.transaction(&mut [Operation::Write(&command), Operation::Read(bytes)]).map_err(FlashError::Bus)
    }

    fn capacity(&self) -> usize {
        self.capacity
    }
}
