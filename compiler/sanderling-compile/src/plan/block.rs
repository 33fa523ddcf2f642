//! Requests at one offset.

use super::Request;

/// Requests that share an offset, and what the planner asks of them together.
pub struct Block {
    /// Their indices.
    pub members: Vec<usize>,
    /// The largest.
    pub bytes: u32,
    pub first: usize,
    pub last: usize,
    /// Bytes, first and last step of each.
    spans: Vec<(u32, usize, usize)>,
}

impl Block {
    /// Bytes in use in a step.
    pub fn bytes_at(&self, step: usize) -> u32 {
        let in_use = self.spans.iter().filter(|(_, first, last)| (*first..=*last).contains(&step));
        in_use.map(|(bytes, ..)| *bytes).max().unwrap_or(0)
    }

    /// The sizes of each pair of members of both that are in use in one step.
    pub fn meetings<'a>(&'a self, other: &'a Block) -> impl Iterator<Item = (u32, u32)> + 'a {
        let meet = self.first <= other.last && other.first <= self.last;
        self.spans.iter().filter(move |_| meet).flat_map(|&(own, first, last)| {
            let meeting = other.spans.iter().filter(move |(_, from, to)| first <= *to && *from <= last);
            meeting.map(move |(bytes, ..)| (own, *bytes))
        })
    }
}

/// The blocks of requests, in the order of their first members.
pub fn blocks(requests: &[Request]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut of_request: Vec<usize> = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        let Request { bytes, first, last, with } = *request;
        let of = with.map_or(blocks.len(), |earlier| of_request[earlier]);
        of_request.push(of);
        if of == blocks.len() {
            blocks.push(Block { members: Vec::new(), bytes, first, last, spans: Vec::new() });
        }
        let block = &mut blocks[of];
        block.members.push(index);
        block.spans.push((bytes, first, last));
        block.bytes = block.bytes.max(bytes);
        (block.first, block.last) = (block.first.min(first), block.last.max(last));
    }
    blocks
}
