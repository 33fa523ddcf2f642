//! Tensors of RecordIO and JSON as rows: values, and for sparse ones keys and a shape.

use crate::batch::Builder;
use crate::rows::COLUMN_MAX;

/// A tensor of numbers, whatever their type.
pub struct Numbers<'a> {
    pub values: Values<'a>,
    /// Flat indices, one for each value; none where the tensor is dense.
    pub keys: &'a [u64],
    pub shape: &'a [u64],
}

pub enum Values<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
    I32(&'a [i32]),
}

impl Numbers<'_> {
    /// Adds labels, one for each value.
    pub fn labels(&self, out: &mut Builder) -> Result<(), String> {
        if !self.keys.is_empty() {
            return Err("its label is sparse".into());
        }
        self.each(|value| out.label(value))
    }

    /// Adds and ends a row. `elements` is memory to bring keys into order.
    pub fn features(&self, elements: &mut Vec<(u32, f32)>, out: &mut Builder) -> Result<(), String> {
        let declared = self.declared()?;
        if self.keys.is_empty() && (self.len() > 0 || declared.is_none()) {
            self.each(|value| {
                out.value(value);
                Ok(())
            })?;
            return match declared {
                Some(size) if size != self.len() => Err(format!("it has {} values of a shape of {size}", self.len())),
                _ => out.end_dense(),
            };
        }
        let Some(width) = declared else { return Err("it is sparse and has no shape".into()) };
        if self.keys.len() != self.len() {
            return Err(format!("it has {} keys for {} values", self.keys.len(), self.len()));
        }
        elements.clear();
        let mut keys = self.keys.iter();
        self.each(|value| {
            let key = *keys.next().unwrap_or(&u64::MAX);
            if key >= width as u64 {
                return Err(format!("key {key} is out of range: the shape has {width} elements"));
            }
            elements.push((key as u32, value));
            Ok(())
        })?;
        if !elements.is_sorted_by_key(|&(column, _)| column) {
            elements.sort_by_key(|&(column, _)| column);
        }
        if let Some(pair) = elements.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("key {} comes twice", pair[0].0));
        }
        elements.iter().for_each(|&(column, value)| out.element(column, value));
        out.end_sparse(Some(width))
    }

    fn len(&self) -> usize {
        match self.values {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::I32(values) => values.len(),
        }
    }

    /// The elements of the shape, if it has one.
    fn declared(&self) -> Result<Option<usize>, String> {
        const MOST: u64 = COLUMN_MAX as u64 + 1;
        if self.shape.is_empty() {
            return Ok(None);
        }
        let size = self.shape.iter().try_fold(1u64, |size, &d| size.checked_mul(d));
        match size.filter(|&size| size <= MOST) {
            Some(size) => Ok(Some(size as usize)),
            None => Err(format!("its shape {:?} has more than {MOST} elements", self.shape)),
        }
    }

    fn each(&self, mut f: impl FnMut(f32) -> Result<(), String>) -> Result<(), String> {
        match self.values {
            Values::F32(values) => values.iter().try_for_each(|&value| f(value)),
            Values::F64(values) => values.iter().try_for_each(|&value| f(value as f32)),
            Values::I32(values) => values.iter().try_for_each(|&value| f(value as f32)),
        }
    }
}
