//! The arena planner: an offset for every buffer, so that those in use at the same time do not overlap.
//!
//! Greedy in several orders, then, for small graphs where that misses the lower bound, an exact search. Requests that share
//! an offset are placed as one block.

mod block;
mod exact;

use sanderling_format::ALIGN;

use block::{Block, blocks};

/// A buffer: its size, and the first and last step in which it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub bytes: u32,
    pub first: usize,
    pub last: usize,
    /// The request whose offset it shares, though both are in use in one step; an earlier one.
    pub with: Option<usize>,
}

/// Where everything lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The offset of each request, a multiple of [`ALIGN`].
    pub offsets: Vec<u32>,
    /// The size of the arena.
    pub bytes: u32,
    /// No plan can be smaller: the most bytes in use at once.
    pub lower_bound: u32,
    /// Whether no plan is smaller, because the bound is met or the search was exhaustive.
    pub is_optimal: bool,
}

/// Plans the arena. The same requests give the same plan.
pub fn plan(requests: &[Request]) -> Plan {
    let blocks = blocks(requests);
    let lower_bound = steps(requests).map(|step| live(&blocks, step)).max().unwrap_or(0);
    let candidates = ORDERS.iter().map(|order| {
        let mut indices: Vec<usize> = (0..blocks.len()).collect();
        indices.sort_by_key(|&i| (std::cmp::Reverse(order(&blocks[i])), i));
        place(&blocks, &indices)
    });
    let offsets = candidates.min_by_key(|offsets| extent(&blocks, offsets)).unwrap_or_default();
    let bytes = extent(&blocks, &offsets);
    let mut plan = Plan { offsets, bytes, lower_bound, is_optimal: bytes == lower_bound };
    if !plan.is_optimal {
        exact::improve(&blocks, &mut plan);
    }
    let mut of_request = vec![0; requests.len()];
    for (block, &offset) in blocks.iter().zip(&plan.offsets) {
        block.members.iter().for_each(|&member| of_request[member] = offset);
    }
    Plan { offsets: of_request, ..plan }
}

/// The bytes that any plan needs in a step, alignment included.
pub fn needed(requests: &[Request], step: usize) -> u32 {
    live(&blocks(requests), step)
}

type Order = fn(&Block) -> u64;

/// What to place first: the largest, the longest-lived, the product of both, the earliest.
const ORDERS: [Order; 4] = [
    |b| u64::from(b.bytes),
    |b| (b.last - b.first) as u64,
    |b| (b.last - b.first + 1) as u64 * u64::from(b.bytes),
    |b| u64::MAX - b.first as u64,
];

/// Steps in which a buffer comes into use: where the need can grow.
fn steps(requests: &[Request]) -> impl Iterator<Item = usize> + '_ {
    requests.iter().map(|r| r.first)
}

fn live(blocks: &[Block], step: usize) -> u32 {
    let in_use = || blocks.iter().map(|block| block.bytes_at(step));
    // Only the buffer on top saves the bytes of its alignment.
    let slack = in_use().map(|bytes| aligned(bytes) - bytes).max().unwrap_or(0);
    in_use().map(aligned).sum::<u32>() - slack
}

/// Places each block in this order at the lowest offset that is free.
fn place(blocks: &[Block], order: &[usize]) -> Vec<u32> {
    let mut offsets = vec![0; blocks.len()];
    for (n, &index) in order.iter().enumerate() {
        offsets[index] = lowest(blocks, &offsets, &order[..n], index);
    }
    offsets
}

/// The lowest offset at which block `index` overlaps none of the `placed` that are in use with it.
fn lowest(blocks: &[Block], offsets: &[u32], placed: &[usize], index: usize) -> u32 {
    let mut taken: Vec<(i64, u32)> = Vec::new();
    for &p in placed {
        for (own, other) in blocks[index].meetings(&blocks[p]) {
            // From here on the block would reach into the other, up to there it would start in it.
            taken.push((i64::from(offsets[p]) - i64::from(own), offsets[p] + aligned(other)));
        }
    }
    taken.sort_unstable();
    taken.iter().fold(0, |at, &(from, to)| if i64::from(at) <= from { at } else { at.max(to) })
}

fn extent(blocks: &[Block], offsets: &[u32]) -> u32 {
    blocks.iter().zip(offsets).map(|(block, &at)| at + block.bytes).max().unwrap_or(0)
}

fn aligned(bytes: u32) -> u32 {
    bytes.next_multiple_of(ALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(bytes: u32, first: usize, last: usize) -> Request {
        Request { bytes, first, last, with: None }
    }

    fn root(requests: &[Request], mut i: usize) -> usize {
        while let Some(with) = requests[i].with {
            i = with;
        }
        i
    }

    fn check(requests: &[Request]) -> Plan {
        let plan = plan(requests);
        for (i, a) in requests.iter().enumerate() {
            assert_eq!(plan.offsets[i] % ALIGN, 0);
            assert!(plan.offsets[i] + a.bytes <= plan.bytes);
            for (j, b) in requests.iter().enumerate().take(i) {
                let together = a.first <= b.last && b.first <= a.last;
                let apart =
                    plan.offsets[i] + a.bytes <= plan.offsets[j] || plan.offsets[j] + b.bytes <= plan.offsets[i];
                let shared = root(requests, i) == root(requests, j);
                assert!(!together || apart || shared, "{a:?} and {b:?} overlap");
                assert!(!shared || plan.offsets[i] == plan.offsets[j], "{a:?} and {b:?} should share an offset");
            }
        }
        assert!(plan.bytes >= plan.lower_bound);
        plan
    }

    #[test]
    fn a_chain_needs_its_two_largest_neighbours() {
        let plan = check(&[request(100, 0, 1), request(8000, 1, 2), request(8000, 2, 3), request(12, 3, 4)]);
        assert_eq!(plan.bytes, 16000);
        assert!(plan.is_optimal);
    }

    #[test]
    fn the_search_finds_what_greedy_misses() {
        // Largest first and longest first both leave a hole here.
        let requests = [
            request(64, 0, 1),
            request(48, 1, 4),
            request(64, 2, 3),
            request(32, 0, 2),
            request(80, 3, 6),
            request(48, 5, 6),
            request(16, 4, 5),
        ];
        assert!(check(&requests).is_optimal);
    }

    #[test]
    fn what_is_in_place_counts_once() {
        let chain = [
            request(100, 0, 1),
            request(8000, 1, 2),
            Request { with: Some(1), ..request(8000, 2, 3) },
            Request { with: Some(2), ..request(2000, 3, 4) },
            request(4000, 4, 4),
        ];
        let plan = check(&chain);
        assert_eq!((plan.bytes, plan.is_optimal), (8100, true));
        assert_eq!([2, 3, 4].map(|step| needed(&chain, step)), [8000, 8000, 6000]);
    }

    #[test]
    fn random_plans_never_overlap() {
        let mut x = 1u32;
        let mut next = |n: u32| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 16) % n
        };
        for _ in 0..200 {
            let count = next(40);
            let mut requests: Vec<Request> = Vec::new();
            for _ in 0..count {
                let mut new = request(next(1000), next(20) as usize, 0);
                // Often in the place of a buffer that nothing else has taken, from its last step on.
                let free = |i: &usize| requests.iter().all(|r| r.with != Some(*i));
                if let Some(with) = (0..requests.len()).rfind(free).filter(|_| next(2) == 0) {
                    (new.first, new.with) = (requests[with].last, Some(with));
                }
                new.last = new.first + next(6) as usize;
                requests.push(new);
            }
            check(&requests);
        }
    }

    #[test]
    fn nothing_needs_nothing() {
        assert_eq!(check(&[]).bytes, 0);
    }
}
