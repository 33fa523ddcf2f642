//! The shaders section: WGSL for the kernel calls, and how it is dispatched.
//!
//! A `u32` count, as many records of six words, then the texts, which records may share.

use crate::access::Region;
use crate::header::Section;
use crate::words::{Reader, Words};

/// Bytes of one record.
const RECORD_BYTES: usize = 24;

/// One dispatch of one shader. A call has one or more, in the order of the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dispatch<'a> {
    /// The kernel call, counted from 0, that it is a part of.
    pub call: u32,
    /// WGSL: its entry point is `main`, its bindings are those of `docs/format.md`.
    pub text: &'a str,
    /// Workgroups along x, y and z.
    pub groups: [u32; 3],
}

/// The dispatches of a shaders section; `None` inside: a record makes no sense.
pub fn read_dispatches(section: &[u8]) -> impl Iterator<Item = Option<Dispatch<'_>>> {
    let mut header = Reader(section);
    let count = header.word().unwrap_or(0) as usize;
    let records = header.0.chunks(RECORD_BYTES).take(count);
    // A section that breaks off has fewer records than it says.
    let missing = count.saturating_sub(records.len());
    records.map(|record| read(section, record)).chain((missing > 0).then_some(None))
}

fn read<'a>(section: &'a [u8], record: &[u8]) -> Option<Dispatch<'a>> {
    let mut r = Reader(record);
    let call = r.word()?;
    let Region { offset, bytes } = Region::decode(&mut r)?;
    let text = core::str::from_utf8(Section { offset, bytes }.of(section)?).ok()?;
    Some(Dispatch { call, text, groups: <[u32; 3]>::decode(&mut r)? })
}

/// The section of these dispatches; equal texts are there once.
#[cfg(feature = "alloc")]
pub fn write_dispatches(dispatches: &[Dispatch<'_>]) -> alloc::vec::Vec<u8> {
    use alloc::collections::BTreeMap;
    let mut section = alloc::vec::Vec::new();
    (dispatches.len() as u32).encode(&mut section);
    let mut texts = alloc::vec::Vec::new();
    let mut places = BTreeMap::new();
    let first = 4 + RECORD_BYTES * dispatches.len();
    for dispatch in dispatches {
        let place = *places.entry(dispatch.text).or_insert_with(|| {
            let offset = (first + texts.len()) as u32;
            texts.extend_from_slice(dispatch.text.as_bytes());
            Region { offset, bytes: dispatch.text.len() as u32 }
        });
        dispatch.call.encode(&mut section);
        place.encode(&mut section);
        dispatch.groups.encode(&mut section);
    }
    section.append(&mut texts);
    section
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let all = [
            Dispatch { call: 0, text: "fn a", groups: [1, 2, 3] },
            Dispatch { call: 1, text: "fn b", groups: [4, 1, 1] },
            Dispatch { call: 1, text: "fn a", groups: [5, 1, 1] },
        ];
        let section = write_dispatches(&all);
        assert_eq!(section.len(), 4 + 3 * RECORD_BYTES + 8, "equal texts are there once");
        assert!(read_dispatches(&section).eq(all.into_iter().map(Some)));
    }

    #[test]
    fn what_is_cut_short_makes_no_sense() {
        let section = write_dispatches(&[Dispatch { call: 0, text: "main", groups: [1; 3] }; 2]);
        for len in 4..section.len() {
            assert!(read_dispatches(&section[..len]).any(|d| d.is_none()), "{len} bytes");
        }
        assert_eq!(read_dispatches(&[]).count(), 0);
    }
}
