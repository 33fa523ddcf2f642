//! Bytes to the GPU and back.

use std::borrow::Cow;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use sanderling_format::Region;
use wgpu::{Buffer, CommandEncoder, MapMode, PollType};

use crate::error::GpuError;
use crate::gpu::Gpu;

/// How long a callback may take after the GPU is done, before the GPU is asked again.
const CALLED_BACK: Duration = Duration::from_millis(100);

/// Whole words: what follows a tensor up to its next word belongs to nobody.
pub fn padded(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.len().is_multiple_of(4) {
        return bytes.into();
    }
    let mut all = bytes.to_vec();
    all.resize(bytes.len().next_multiple_of(4), 0);
    all.into()
}

/// Bytes that regions take one behind another, each in whole words.
pub fn staged_bytes(regions: &[Region]) -> u64 {
    regions.iter().map(words_bytes).sum()
}

/// Submits what was encoded, and behind it copies of regions of the arena to `staging`; waits, and returns their bytes.
pub fn read(
    gpu: &Gpu,
    mut encoder: CommandEncoder,
    arena: &Buffer,
    regions: &[Region],
    staging: &Buffer,
) -> Result<Vec<Vec<u8>>, GpuError> {
    let mut at = 0;
    for region in regions {
        encoder.copy_buffer_to_buffer(arena, region.start().into(), staging, at, words_bytes(region));
        at += words_bytes(region);
    }
    gpu.queue.submit([encoder.finish()]);
    gpu.check(|| "a run".into())?;
    if at == 0 {
        let _ = gpu.device.poll(PollType::wait_indefinitely());
        gpu.check(|| "a run".into())?;
        return Ok(regions.iter().map(|_| Vec::new()).collect());
    }
    let (sender, receiver) = mpsc::channel();
    staging.map_async(MapMode::Read, 0..at, move |result| {
        // Nobody listens where the wait has already failed.
        let _ = sender.send(result);
    });
    let refused = |why: String| GpuError::Refused { what: "to give its results".into(), why };
    let mapped = loop {
        let waited = gpu.device.poll(PollType::wait_indefinitely());
        gpu.check(|| "a run".into())?;
        waited.map_err(|e| refused(e.to_string()))?;
        // Where other threads wait too, one of them may be about to call back.
        match receiver.recv_timeout(CALLED_BACK) {
            Err(RecvTimeoutError::Timeout) => {}
            result => break result.map_err(|e| refused(e.to_string()))?,
        }
    };
    mapped.map_err(|e| refused(e.to_string()))?;
    let all = staging.get_mapped_range(0..at).map_err(|e| refused(e.to_string())).map(|view| view.to_vec());
    staging.unmap();
    let mut rest = &all?[..];
    let mut take = |region: &Region| {
        let (words, after) = rest.split_at_checked(words_bytes(region) as usize).unwrap_or_default();
        rest = after;
        words.get(..region.bytes as usize).unwrap_or_default().to_vec()
    };
    Ok(regions.iter().map(&mut take).collect())
}

fn words_bytes(region: &Region) -> u64 {
    u64::from(region.bytes).next_multiple_of(4)
}
