//! Rows in another order, the same for the same seed and epoch.

use crate::{Batch, Batches, Bounds, DataError};

/// Shuffles rows within windows of at least `window` rows: with as many as there are, all of them.
///
/// Memory holds a window, so that rows far apart stay apart; the order of files is shuffled too by a channel.
pub fn shuffle(batches: Batches, window: usize, bounds: Bounds, seed: u64, epoch: u64) -> Batches {
    Box::new(Shuffle {
        batches,
        window: window.max(1),
        bounds,
        random: random(seed, epoch),
        order: Vec::new(),
        rows: None,
    })
}

/// Where random choices of an epoch come from.
pub fn random(seed: u64, epoch: u64) -> fastrand::Rng {
    // Neighbouring seeds and epochs are far apart.
    let mut random = fastrand::Rng::with_seed(seed);
    let mixed = random.u64(..) ^ epoch.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    fastrand::Rng::with_seed(mixed)
}

struct Shuffle {
    batches: Batches,
    window: usize,
    bounds: Bounds,
    random: fastrand::Rng,
    /// The rows of the window that are to come, from behind.
    order: Vec<usize>,
    rows: Option<Batch>,
}

impl Shuffle {
    /// The next window, if there is one.
    fn gather(&mut self) -> Result<Option<Batch>, DataError> {
        let mut rows: Option<Batch> = None;
        while rows.as_ref().is_none_or(|rows| rows.rows() < self.window) {
            let Some(batch) = self.batches.next().transpose()? else { break };
            match &mut rows {
                None => rows = Some(batch),
                Some(rows) => rows.append(batch),
            }
        }
        Ok(rows)
    }
}

impl Iterator for Shuffle {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.order.is_empty() {
            match self.gather() {
                Ok(rows) => self.rows = rows,
                Err(error) => {
                    self.rows = None;
                    return Some(Err(error));
                }
            }
            self.order = (0..self.rows.as_ref()?.rows()).collect();
            self.random.shuffle(&mut self.order);
        }
        let rest = self.order.len().saturating_sub(self.bounds.rows.max(1));
        let chosen = self.order.split_off(rest);
        self.rows.as_ref().map(|rows| Ok(rows.select(&chosen)))
    }
}
