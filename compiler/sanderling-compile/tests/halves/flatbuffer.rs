//! Flatbuffers, written front to back: what refers to something comes before it.

/// Something in the file.
#[derive(Clone)]
pub enum Object {
    /// A number of up to four bytes.
    Word(u32),
    /// Fields by their place in the table.
    Table(Vec<(usize, Object)>),
    Tables(Vec<Object>),
    I32s(Vec<i32>),
    Bytes(Vec<u8>),
    Text(String),
}

pub fn table(fields: Vec<(usize, Object)>) -> Object {
    Object::Table(fields)
}

pub fn tables(all: Vec<Object>) -> Object {
    Object::Tables(all)
}

pub fn i32s(all: &[i32]) -> Object {
    Object::I32s(all.to_vec())
}

pub fn text(text: &str) -> Object {
    Object::Text(text.into())
}

/// The file of a root table.
pub fn file(identifier: [u8; 4], root: Object) -> Vec<u8> {
    let mut out = vec![0; 4];
    out.extend(identifier);
    place(&mut out, 0, &root);
    out
}

/// Writes an object at the end, and at `from` how far away that is.
fn place(out: &mut Vec<u8>, from: usize, object: &Object) {
    out.resize(out.len().next_multiple_of(4), 0);
    let at = match object {
        Object::Word(_) => return,
        Object::Table(fields) => return write_table(out, from, fields),
        _ => out.len(),
    };
    put(out, from, (at - from) as u32);
    let count = |out: &mut Vec<u8>, n: usize| out.extend((n as u32).to_le_bytes());
    match object {
        Object::I32s(all) => {
            count(out, all.len());
            out.extend(all.iter().flat_map(|v| v.to_le_bytes()));
        }
        Object::Bytes(all) => {
            count(out, all.len());
            out.extend(all);
        }
        Object::Text(text) => {
            count(out, text.len());
            out.extend(text.bytes().chain([0]));
        }
        Object::Tables(all) => {
            count(out, all.len());
            let first = out.len();
            out.resize(first + 4 * all.len(), 0);
            all.iter().enumerate().for_each(|(i, object)| place(out, first + 4 * i, object));
        }
        Object::Word(_) | Object::Table(_) => {}
    }
}

/// The table of the fields' places, the fields, and what they refer to.
fn write_table(out: &mut Vec<u8>, from: usize, fields: &[(usize, Object)]) {
    let slots = fields.iter().map(|(slot, _)| slot + 1).max().unwrap_or(0);
    let places = out.len();
    let mut offsets = vec![0u16; slots];
    fields.iter().enumerate().for_each(|(i, (slot, _))| offsets[*slot] = 4 + 4 * i as u16);
    for word in [4 + 2 * slots as u16, 4 + 4 * fields.len() as u16].into_iter().chain(offsets) {
        out.extend(word.to_le_bytes());
    }
    out.resize(out.len().next_multiple_of(4), 0);
    let at = out.len();
    put(out, from, (at - from) as u32);
    out.extend(((at - places) as i32).to_le_bytes());
    for (_, field) in fields {
        out.extend(if let Object::Word(word) = field { *word } else { 0 }.to_le_bytes());
    }
    fields.iter().enumerate().for_each(|(i, (_, field))| place(out, at + 4 + 4 * i, field));
}

fn put(out: &mut [u8], at: usize, word: u32) {
    out[at..at + 4].copy_from_slice(&word.to_le_bytes());
}
