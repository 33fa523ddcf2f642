//! IDX, the format of MNIST: big-endian sizes, then bytes.

use std::io::Read;
use std::path::Path;

use crate::{DataError, file};

/// The dimensions and the bytes of a file of unsigned bytes with so many dimensions.
pub fn read(path: &Path, rank: usize) -> Result<(Vec<usize>, Vec<u8>), DataError> {
    let mut reader = file::open(path)?;
    let mut head = vec![0; 4 + 4 * rank];
    let too_short = || DataError::file(path, format!("it is too short for an IDX file of {rank} dimensions"));
    if reader.read_exact(&mut head).is_err() {
        return too_short();
    }
    if head[..4] != [0, 0, 8, rank as u8] {
        return DataError::file(path, format!("it is not an IDX file of unsigned bytes in {rank} dimensions"));
    }
    let dims: Vec<usize> = head[4..].as_chunks::<4>().0.iter().map(|b| u32::from_be_bytes(*b) as usize).collect();
    let Some(count) = dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d)) else { return too_short() };
    // The header may promise more than there is: memory grows with what is read.
    let mut data = Vec::new();
    reader.take(count as u64 + 1).read_to_end(&mut data).map_err(DataError::io(path))?;
    match data.len() == count {
        true => Ok((dims, data)),
        false => DataError::file(path, format!("its header promises {dims:?} bytes, it does not have just as many")),
    }
}
