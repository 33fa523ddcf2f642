//! An artifact from flash to RAM.

use embedded_storage::nor_flash::ReadNorFlash;

/// Where the header says how long the artifact is, and how much of it is read to know.
const LENGTH_AT: usize = 8;
const HEAD_BYTES: usize = 12;

/// Why there is no artifact in RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError<E> {
    #[error("cannot read the flash: {0:?}")]
    Flash(E),
    #[error("there is no artifact at this place of the flash: it does not start with SNDL")]
    Absent,
    #[error("the artifact has {needed} bytes, its buffer {found}")]
    Buffer { needed: usize, found: usize },
}

/// Copies the artifact at `offset` into the front of `buffer`, whatever its content: `Model::parse` checks it.
pub fn load<'b, F: ReadNorFlash>(
    flash: &mut F,
    offset: u32,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], LoadError<F::Error>> {
    let mut head = [0; HEAD_BYTES];
    flash.read(offset, &mut head).map_err(LoadError::Flash)?;
    if !head.starts_with(b"SNDL") {
        return Err(LoadError::Absent);
    }
    let needed = head[LENGTH_AT..].first_chunk().map_or(0, |&word| u32::from_le_bytes(word)) as usize;
    let found = buffer.len();
    let artifact = buffer.get_mut(..needed).ok_or(LoadError::Buffer { needed, found })?;
    flash.read(offset, artifact).map_err(LoadError::Flash)?;
    Ok(artifact)
}
