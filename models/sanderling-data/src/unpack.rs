//! Gzip and zstd, told by their first bytes, with a limit to how much they may grow.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What readers take at a time.
const BUFFER: usize = 1 << 18;

/// How much unpacked data may be: `slack_bytes` more than `ratio` times the packed bytes that it came from.
///
/// Rows of numbers shrink to a tenth or a fiftieth, gzip's best is about a thousandth, zstd's next to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub ratio: u64,
    pub slack_bytes: u64,
}

impl Default for Limit {
    fn default() -> Limit {
        Limit { ratio: 200, slack_bytes: 64 << 20 }
    }
}

impl Limit {
    /// The most that so many packed bytes may become.
    pub fn most(self, packed: u64) -> u64 {
        packed.saturating_mul(self.ratio).saturating_add(self.slack_bytes)
    }
}

/// Plain bytes, whatever the name of the file says.
pub fn unpack(mut bytes: Box<dyn Read + Send>, limit: Limit) -> io::Result<Box<dyn BufRead + Send>> {
    let mut head = Vec::with_capacity(ZSTD.len());
    // A FIFO may give a byte at a time.
    bytes.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(&GZIP), head.starts_with(&ZSTD));
    let bytes = Cursor::new(head).chain(bytes);
    if !is_gzip && !is_zstd {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, bytes)));
    }
    let packed = Arc::new(AtomicU64::new(0));
    let counted = BufReader::with_capacity(BUFFER, Count { bytes, packed: packed.clone() });
    let plain: Box<dyn Read + Send> = match is_gzip {
        true => Box::new(MultiGzDecoder::new(counted)),
        false => Box::new(zstd::Decoder::with_buffer(counted)?),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, Guard { plain, packed, unpacked: 0, limit })))
}

/// Counts what is read.
struct Count<R> {
    bytes: R,
    packed: Arc<AtomicU64>,
}

impl<R: Read> Read for Count<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        self.packed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Ends what grows beyond the limit.
struct Guard {
    plain: Box<dyn Read + Send>,
    packed: Arc<AtomicU64>,
    unpacked: u64,
    limit: Limit,
}

impl Read for Guard {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.plain.read(into)?;
        self.unpacked += count as u64;
        let Limit { ratio, slack_bytes } = self.limit;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.unpacked > self.limit.most(packed) {
            let what = format!(
                "{packed} packed bytes became more than {} bytes, beyond the limit of {ratio} times and {slack_bytes} bytes; \
                 if the data are right, unpack the file first",
                self.unpacked
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn read(bytes: Vec<u8>, limit: Limit) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        unpack(Box::new(Cursor::new(bytes)), limit)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn packed_and_plain_are_the_same() {
        for plain in [&b""[..], b"1", b"1,2\n3,4\n"] {
            for packed in [plain.to_vec(), gzip(plain), zstd::encode_all(plain, 3).unwrap()] {
                assert_eq!(read(packed, Limit::default()).unwrap(), plain);
            }
        }
        // Members of gzip one behind another, as parts joined by `cat`.
        assert_eq!(read([gzip(b"1,"), gzip(b"2")].concat(), Limit::default()).unwrap(), b"1,2");
    }

    #[test]
    fn bombs_are_refused() {
        let zeros = vec![0; 4 << 20];
        let limit = Limit { ratio: 20, slack_bytes: 1 << 20 };
        for packed in [gzip(&zeros), zstd::encode_all(&zeros[..], 3).unwrap()] {
            let why = read(packed.clone(), limit).unwrap_err().to_string();
            assert!(why.contains("beyond the limit of 20 times and 1048576 bytes"), "{why}");
            assert_eq!(read(packed, Limit::default()).unwrap().len(), zeros.len());
        }
    }

    #[test]
    fn packed_data_that_are_cut_are_no_end() {
        let packed = gzip(b"1,2\n3,4\n");
        assert!(read(packed[..packed.len() - 3].to_vec(), Limit::default()).is_err());
    }
}
