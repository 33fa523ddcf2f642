//! The arena planner: an offset for every buffer, so that those in use at the same time do not overlap.
//!
//! Greedy in several orders, then, for small graphs where that misses the lower bound, an exact search.

mod exact;

use sanderling_format::ALIGN;

/// A buffer: its size, and the first and last step in which it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub bytes: u32,
    pub first: usize,
    pub last: usize,
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
    let lower_bound = lower_bound(requests);
    let candidates = ORDERS.iter().map(|order| {
        let mut indices: Vec<usize> = (0..requests.len()).collect();
        indices.sort_by_key(|&i| (std::cmp::Reverse(order(&requests[i])), i));
        place(requests, &indices)
    });
    let offsets = candidates.min_by_key(|offsets| extent(requests, offsets)).unwrap_or_default();
    let bytes = extent(requests, &offsets);
    let mut plan = Plan { offsets, bytes, lower_bound, is_optimal: bytes == lower_bound };
    if !plan.is_optimal {
        exact::improve(requests, &mut plan);
    }
    plan
}

type Order = fn(&Request) -> u64;

/// What to place first: the largest, the longest-lived, the product of both, the earliest.
const ORDERS: [Order; 4] = [
    |r| u64::from(r.bytes),
    |r| (r.last - r.first) as u64,
    |r| (r.last - r.first + 1) as u64 * u64::from(r.bytes),
    |r| u64::MAX - r.first as u64,
];

fn lower_bound(requests: &[Request]) -> u32 {
    let live = |step| requests.iter().filter(move |r| r.first <= step && step <= r.last);
    let at = |step| {
        // Only the buffer on top saves the bytes of its alignment.
        let slack = live(step).map(|r| aligned(r) - r.bytes).max().unwrap_or(0);
        live(step).map(aligned).sum::<u32>() - slack
    };
    requests.iter().map(|r| at(r.first)).max().unwrap_or(0)
}

/// Places each request in this order at the lowest offset that is free.
fn place(requests: &[Request], order: &[usize]) -> Vec<u32> {
    let mut offsets = vec![0; requests.len()];
    for (n, &index) in order.iter().enumerate() {
        offsets[index] = lowest(requests, &offsets, &order[..n], index);
    }
    offsets
}

/// The lowest offset at which request `index` overlaps none of the `placed` that are in use with it.
fn lowest(requests: &[Request], offsets: &[u32], placed: &[usize], index: usize) -> u32 {
    let request = &requests[index];
    let mut taken: Vec<(u32, u32)> = placed
        .iter()
        .filter(|&&p| requests[p].first <= request.last && request.first <= requests[p].last)
        .map(|&p| (offsets[p], offsets[p] + aligned(&requests[p])))
        .collect();
    taken.sort_unstable();
    taken.iter().fold(0, |at, &(from, to)| if at + request.bytes <= from { at } else { at.max(to) })
}

fn extent(requests: &[Request], offsets: &[u32]) -> u32 {
    requests.iter().zip(offsets).map(|(r, &at)| at + r.bytes).max().unwrap_or(0)
}

fn aligned(request: &Request) -> u32 {
    request.bytes.next_multiple_of(ALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(bytes: u32, first: usize, last: usize) -> Request {
        Request { bytes, first, last }
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
                assert!(!together || apart, "{a:?} and {b:?} overlap");
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
    fn random_plans_never_overlap() {
        let mut x = 1u32;
        let mut next = |n: u32| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 16) % n
        };
        for _ in 0..200 {
            let count = next(40);
            let requests: Vec<Request> = (0..count)
                .map(|_| {
                    let first = next(20) as usize;
                    request(next(1000), first, first + next(6) as usize)
                })
                .collect();
            check(&requests);
        }
    }

    #[test]
    fn nothing_needs_nothing() {
        assert_eq!(check(&[]).bytes, 0);
    }
}
