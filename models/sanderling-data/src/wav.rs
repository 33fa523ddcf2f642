//! WAV: sounds as samples from -1 to 1, channels side by side.

use std::io::{self, BufRead, Cursor, Write};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::{DataError, Part};

/// A sound that is read in pieces.
pub struct Wav {
    path: PathBuf,
    reader: WavReader<Box<dyn BufRead + Send>>,
    /// Samples of all channels that were read.
    read: u64,
}

impl Wav {
    pub fn open(part: &Part) -> Result<Wav, DataError> {
        let path = part.path();
        let reader = WavReader::new(part.open()?);
        let reader =
            reader.or_else(|error| DataError::file(path, format!("it is no WAV that can be read: {error}")))?;
        let spec = reader.spec();
        if spec.channels == 0 || !(1..=32).contains(&spec.bits_per_sample) {
            let (channels, bits) = (spec.channels, spec.bits_per_sample);
            return DataError::file(path, format!("it has {channels} channels of {bits} bits"));
        }
        Ok(Wav { path: path.into(), reader, read: 0 })
    }

    /// Samples a second.
    pub fn rate(&self) -> u32 {
        self.reader.spec().sample_rate
    }

    pub fn channels(&self) -> usize {
        self.reader.spec().channels.into()
    }

    /// The next samples, up to `most` for each channel, those of a moment side by side; none at the end.
    pub fn next(&mut self, most: usize) -> Result<Vec<f32>, DataError> {
        let spec = self.reader.spec();
        let most = most.saturating_mul(spec.channels.into());
        let scale = 1.0 / (1u64 << (spec.bits_per_sample - 1)) as f32;
        let samples: Result<Vec<f32>, hound::Error> = match spec.sample_format {
            SampleFormat::Float => self.reader.samples::<f32>().take(most).collect(),
            SampleFormat::Int => {
                self.reader.samples::<i32>().take(most).map(|sample| Ok(sample? as f32 * scale)).collect()
            }
        };
        let samples = samples.or_else(|error| {
            let what = format!("behind sample {} it cannot be read: {error}", self.read);
            DataError::file(&self.path, what)
        })?;
        self.read += samples.len() as u64;
        Ok(samples)
    }
}

/// Writes samples as 32-bit floats.
pub fn write(rate: u32, channels: u16, samples: &[f32], out: &mut dyn Write) -> io::Result<()> {
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: 32, sample_format: SampleFormat::Float };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).map_err(io::Error::other)?;
    samples.iter().try_for_each(|&sample| writer.write_sample(sample)).map_err(io::Error::other)?;
    writer.finalize().map_err(io::Error::other)?;
    out.write_all(bytes.get_ref())
}

/// All samples of a file, with their rate and channels.
pub fn read(path: &Path) -> Result<(u32, usize, Vec<f32>), DataError> {
    const PIECE: usize = 1 << 16;
    let mut wav = Wav::open(&Part::local(path))?;
    let mut all = Vec::new();
    loop {
        let more = wav.next(PIECE)?;
        if more.is_empty() {
            return Ok((wav.rate(), wav.channels(), all));
        }
        all.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn floats_and_integers_are_samples() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.wav");
        let samples = [0.5, -1.0, 0.25, 0.0];
        let mut bytes = Vec::new();
        write(16_000, 2, &samples, &mut bytes).unwrap();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap(), (16_000, 2, samples.to_vec()));

        let spec = WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = WavWriter::create(&path, spec).unwrap();
        [16384i16, -32768].into_iter().for_each(|sample| writer.write_sample(sample).unwrap());
        writer.finalize().unwrap();
        assert_eq!(read(&path).unwrap(), (8000, 1, vec![0.5, -1.0]));

        fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("behind sample"));
        fs::write(&path, b"RIFX").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("no WAV"));
    }
}
