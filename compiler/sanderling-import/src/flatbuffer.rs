//! A reader of flatbuffers that trusts no offset.
//!
//! Every access is checked against the file, and all of them together against a budget in
//! proportion to its size: a small file whose vectors all point at one large table must not take
//! longer than a large honest file.

use std::cell::Cell;

use crate::ImportError;

type Result<T> = std::result::Result<T, ImportError>;

/// The bytes of a file and what may still be done with them.
pub(crate) struct Buffer<'a> {
    bytes: &'a [u8],
    budget: Cell<u64>,
}

impl<'a> Buffer<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let budget = (bytes.len() as u64).saturating_mul(32).saturating_add(1 << 20);
        Buffer { bytes, budget: Cell::new(budget) }
    }

    /// The root table.
    pub(crate) fn root(&self) -> Result<Table<'_>> {
        Table::at(self, self.indirect(0, "the root table")?)
    }

    /// Takes `bytes` of work from the budget.
    pub(crate) fn charge(&self, bytes: usize, what: &'static str) -> Result<()> {
        let left = self.budget.get().checked_sub(bytes as u64).ok_or(ImportError::TooMuchWork { what })?;
        self.budget.set(left);
        Ok(())
    }

    /// `len` bytes from `offset`.
    pub(crate) fn slice(&self, offset: usize, len: usize, what: &'static str) -> Result<&[u8]> {
        let end = offset.checked_add(len).ok_or(ImportError::Truncated { what, offset })?;
        self.bytes.get(offset..end).ok_or(ImportError::Truncated { what, offset })
    }

    fn array<const N: usize>(&self, offset: usize, what: &'static str) -> Result<[u8; N]> {
        let slice = self.slice(offset, N, what)?;
        slice.try_into().map_err(|_| ImportError::Truncated { what, offset })
    }

    /// Follows the forward offset stored at `offset`.
    fn indirect(&self, offset: usize, what: &'static str) -> Result<usize> {
        let forward = u32::from_le_bytes(self.array(offset, what)?) as usize;
        offset.checked_add(forward).ok_or(ImportError::Truncated { what, offset })
    }
}

/// One table of the file.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    buffer: &'a Buffer<'a>,
    at: usize,
    /// Two bytes for each field: where it lies from `at`, 0 if it is absent.
    fields: &'a [u8],
}

impl<'a> Table<'a> {
    fn at(buffer: &'a Buffer<'a>, at: usize) -> Result<Self> {
        buffer.charge(16, "tables")?;
        let back = i64::from(i32::from_le_bytes(buffer.array(at, "a table")?));
        let vtable = (at as i64)
            .checked_sub(back)
            .and_then(|v| usize::try_from(v).ok())
            .ok_or(ImportError::Truncated { what: "a vtable", offset: at })?;
        let size = usize::from(u16::from_le_bytes(buffer.array(vtable, "a vtable")?));
        if size < 4 || size % 2 != 0 {
            return Err(ImportError::Malformed { what: format!("a vtable of {size} bytes"), offset: vtable });
        }
        let fields = buffer.slice(vtable, size, "a vtable")?.get(4..).unwrap_or_default();
        Ok(Table { buffer, at, fields })
    }

    fn field(&self, id: usize) -> Option<usize> {
        let entry = self.fields.get(2 * id..2 * id + 2)?;
        let offset = u16::from_le_bytes([entry[0], entry[1]]);
        // A 16-bit step from a position inside the file cannot overflow.
        (offset != 0).then(|| self.at + usize::from(offset))
    }

    fn scalar<const N: usize>(&self, id: usize) -> Result<Option<[u8; N]>> {
        self.field(id).map(|at| self.buffer.array(at, "a field")).transpose()
    }

    pub(crate) fn i8(&self, id: usize, default: i8) -> Result<i8> {
        Ok(self.scalar(id)?.map_or(default, i8::from_le_bytes))
    }

    pub(crate) fn bool(&self, id: usize) -> Result<bool> {
        Ok(self.scalar::<1>(id)?.is_some_and(|b| b != [0]))
    }

    pub(crate) fn i32(&self, id: usize, default: i32) -> Result<i32> {
        Ok(self.scalar(id)?.map_or(default, i32::from_le_bytes))
    }

    pub(crate) fn u32(&self, id: usize) -> Result<u32> {
        Ok(self.scalar(id)?.map_or(0, u32::from_le_bytes))
    }

    pub(crate) fn u64(&self, id: usize) -> Result<u64> {
        Ok(self.scalar(id)?.map_or(0, u64::from_le_bytes))
    }

    pub(crate) fn f32(&self, id: usize, default: f32) -> Result<f32> {
        Ok(self.scalar(id)?.map_or(default, f32::from_le_bytes))
    }

    pub(crate) fn has(&self, id: usize) -> bool {
        self.field(id).is_some()
    }

    pub(crate) fn table(&self, id: usize) -> Result<Option<Table<'a>>> {
        let Some(at) = self.field(id) else { return Ok(None) };
        Table::at(self.buffer, self.buffer.indirect(at, "a table")?).map(Some)
    }

    /// Position and length of a vector of elements of `size` bytes; the length is inside the file.
    fn vector(&self, id: usize, size: usize, what: &'static str) -> Result<Option<(usize, usize)>> {
        let Some(at) = self.field(id) else { return Ok(None) };
        let at = self.buffer.indirect(at, what)?;
        let len = u32::from_le_bytes(self.buffer.array(at, what)?) as usize;
        let first = at.checked_add(4).ok_or(ImportError::Truncated { what, offset: at })?;
        let bytes = len.checked_mul(size).ok_or(ImportError::Truncated { what, offset: at })?;
        self.buffer.slice(first, bytes, what)?;
        Ok(Some((first, len)))
    }

    /// The elements of a byte vector, not copied; empty if it is absent.
    pub(crate) fn bytes(&self, id: usize, what: &'static str) -> Result<&'a [u8]> {
        match self.vector(id, 1, what)? {
            Some((at, len)) => self.buffer.slice(at, len, what),
            None => Ok(&[]),
        }
    }

    fn elements<const N: usize, T>(&self, id: usize, what: &'static str, of: fn([u8; N]) -> T) -> Result<Vec<T>> {
        let Some((at, len)) = self.vector(id, N, what)? else { return Ok(Vec::new()) };
        self.buffer.charge(len * N, what)?;
        Ok(self.buffer.slice(at, len * N, what)?.as_chunks().0.iter().map(|c| of(*c)).collect())
    }

    pub(crate) fn i32s(&self, id: usize, what: &'static str) -> Result<Vec<i32>> {
        self.elements(id, what, i32::from_le_bytes)
    }

    pub(crate) fn i64s(&self, id: usize, what: &'static str) -> Result<Vec<i64>> {
        self.elements(id, what, i64::from_le_bytes)
    }

    pub(crate) fn f32s(&self, id: usize, what: &'static str) -> Result<Vec<f32>> {
        self.elements(id, what, f32::from_le_bytes)
    }

    /// A string; bytes that are not UTF-8 are replaced.
    pub(crate) fn string(&self, id: usize, what: &'static str) -> Result<String> {
        let bytes = self.bytes(id, what)?;
        self.buffer.charge(bytes.len(), what)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    pub(crate) fn tables(&self, id: usize, what: &'static str) -> Result<Vec<Table<'a>>> {
        let Some((at, len)) = self.vector(id, 4, what)? else { return Ok(Vec::new()) };
        self.buffer.charge(len * 4, what)?;
        (0..len).map(|i| Table::at(self.buffer, self.buffer.indirect(at + 4 * i, what)?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root table with an i32 field 7 and, as field 1, a vector that claims `claimed` elements.
    fn sample(claimed: u32) -> Vec<u8> {
        let mut b = Vec::new();
        b.extend(12u32.to_le_bytes()); // root at 12
        b.extend([8, 0, 12, 0, 4, 0, 8, 0]); // vtable: size, table size, two fields
        b.extend(8i32.to_le_bytes()); // root: vtable 8 back
        b.extend(7i32.to_le_bytes());
        b.extend(4u32.to_le_bytes()); // vector 4 on
        b.extend(claimed.to_le_bytes());
        b.extend(9i32.to_le_bytes());
        b
    }

    #[test]
    fn reads_fields_and_defaults() {
        let bytes = sample(1);
        let buffer = Buffer::new(&bytes);
        let root = buffer.root().unwrap();
        assert_eq!(root.i32(0, 1), Ok(7));
        assert_eq!(root.i32(2, 5), Ok(5));
        assert_eq!(root.i32s(1, "v"), Ok(vec![9]));
        assert_eq!(root.bytes(3, "none"), Ok(&[][..]));
    }

    #[test]
    fn a_vector_longer_than_the_file_is_refused() {
        for claimed in [2, 1 << 20, u32::MAX] {
            let bytes = sample(claimed);
            let buffer = Buffer::new(&bytes);
            let found = buffer.root().unwrap().i32s(1, "v");
            assert_eq!(found, Err(ImportError::Truncated { what: "v", offset: 28 }));
        }
    }

    #[test]
    fn work_is_bounded() {
        let bytes = sample(1);
        let buffer = Buffer::new(&bytes);
        let root = buffer.root().unwrap();
        assert!((0..1_000_000).any(|_| root.i32s(1, "v") == Err(ImportError::TooMuchWork { what: "v" })));
    }
}
