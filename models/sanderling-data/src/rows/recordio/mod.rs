//! RecordIO-protobuf: [`Record`] messages in the frames of RecordIO.
//!
//! Float32, Float64 and Int32 tensors become `f32`; NaN is a missing value. What the contract leaves open: a tensor
//! without keys and without values but with a shape is a sparse row of zeros, as SageMaker's SDK writes it; keys may come in any
//! order, each once; a row without a label has none, a label of several values is several labels.

mod frames;
mod record;

use std::collections::BTreeMap;
use std::io::{self, Write};

use prost::Message;

pub use frames::{Frames, write as write_frame};
pub use record::{Bytes, Float32Tensor, Float64Tensor, Int32Tensor, Record, Tensor, Value};

use crate::batch::Builder;
use crate::rows::tensor::{Numbers, Values};
use crate::rows::{Decode, Encode};
use crate::{Batch, DataError, Matrix, Part};

/// The name of features and labels within their maps.
const VALUES: &str = "values";

/// The rows of a file.
pub struct RecordIo {
    frames: Frames,
    /// Of a sparse row, to bring its keys into order.
    elements: Vec<(u32, f32)>,
}

impl RecordIo {
    pub fn open(part: &Part) -> Result<RecordIo, DataError> {
        Ok(RecordIo { frames: Frames::open(part)?, elements: Vec::new() })
    }
}

impl Decode for RecordIo {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while !out.is_full() {
            let Some(bytes) = self.frames.read()? else { return Ok(false) };
            let record = Record::decode(bytes).map_err(|error| format!("it is no protobuf record: {error}"));
            record.and_then(|record| row(record, &mut self.elements, out)).or_else(|what| self.frames.fail(what))?;
        }
        Ok(true)
    }
}

/// Adds the row that a record is.
fn row(record: Record, elements: &mut Vec<(u32, f32)>, out: &mut Builder) -> Result<(), String> {
    if let Some(value) = record.label.get(VALUES) {
        numbers(value, "label")?.labels(out)?;
    }
    match record.features.get(VALUES) {
        Some(value) => numbers(value, "features")?.features(elements, out),
        None => {
            let found: Vec<&str> = record.features.keys().map(String::as_str).collect();
            Err(format!("it has no features named \"{VALUES}\", but [{}]", found.join(", ")))
        }
    }
}

fn numbers<'a>(value: &'a Value, what: &str) -> Result<Numbers<'a>, String> {
    Ok(match &value.tensor {
        Some(Tensor::Float32(t)) => Numbers { values: Values::F32(&t.values), keys: &t.keys, shape: &t.shape },
        Some(Tensor::Float64(t)) => Numbers { values: Values::F64(&t.values), keys: &t.keys, shape: &t.shape },
        Some(Tensor::Int32(t)) => Numbers { values: Values::I32(&t.values), keys: &t.keys, shape: &t.shape },
        Some(Tensor::Bytes(_)) => return Err(format!("its {what} are bytes, not numbers")),
        None => return Err(format!("its {what} are no tensor of float32, float64 or int32")),
    })
}

/// Writes rows as Float32 tensors, each a whole record.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
    /// Of the sparse rows so far.
    width: Option<usize>,
}

impl Encode for Writer {
    fn write(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
        if batch.weights.is_some() {
            return super::unfit("a RecordIO row has no weight; weighted rows fit CSV, libsvm and JSON Lines");
        }
        if let Matrix::Sparse(csr) = &batch.features {
            super::one_width(&mut self.width, csr.width)?;
        }
        for row in 0..batch.rows() {
            let features = match &batch.features {
                Matrix::Dense { values, columns } => Float32Tensor {
                    values: values[row * columns..(row + 1) * columns].to_vec(),
                    ..Float32Tensor::default()
                },
                Matrix::Sparse(csr) => {
                    let (columns, values) = csr.row(row);
                    let keys = columns.iter().map(|&column| u64::from(column)).collect();
                    Float32Tensor { values: values.to_vec(), keys, shape: vec![csr.width as u64] }
                }
            };
            let label = match batch.label(row) {
                [] => BTreeMap::new(),
                values => tensor(Float32Tensor { values: values.to_vec(), ..Float32Tensor::default() }),
            };
            let record = Record { features: tensor(features), label, ..Record::default() };
            self.bytes.clear();
            record.encode(&mut self.bytes)?;
            write_frame(&self.bytes, false, out)?;
        }
        Ok(())
    }
}

fn tensor(tensor: Float32Tensor) -> BTreeMap<String, Value> {
    BTreeMap::from([(VALUES.to_string(), Value { tensor: Some(Tensor::Float32(tensor)) })])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bounds;

    fn record(features: Tensor, label: f32) -> Record {
        let features = BTreeMap::from([(VALUES.to_string(), Value { tensor: Some(features) })]);
        let label = tensor(Float32Tensor { values: vec![label], ..Float32Tensor::default() });
        Record { features, label, ..Record::default() }
    }

    fn sparse(values: &[f32], keys: &[u64], shape: &[u64]) -> Tensor {
        Tensor::Float32(Float32Tensor { values: values.into(), keys: keys.into(), shape: shape.into() })
    }

    fn read(records: &[Record]) -> Result<Batch, String> {
        let mut out = Builder::new(Bounds::default());
        let mut elements = Vec::new();
        records.iter().try_for_each(|record| row(record.clone(), &mut elements, &mut out))?;
        Ok(out.take().unwrap())
    }

    #[test]
    fn every_type_of_number_is_read() {
        let tensors = [
            Tensor::Float32(Float32Tensor { values: vec![1.5, -2.0], ..Float32Tensor::default() }),
            Tensor::Float64(Float64Tensor { values: vec![1.5, -2.0], shape: vec![2], ..Float64Tensor::default() }),
            Tensor::Int32(Int32Tensor { values: vec![7, -2], shape: vec![2, 1], ..Int32Tensor::default() }),
        ];
        let batch = read(&tensors.map(|tensor| record(tensor, 3.0))).unwrap();
        assert_eq!(batch.features, Matrix::Dense { values: vec![1.5, -2.0, 1.5, -2.0, 7.0, -2.0], columns: 2 });
        assert_eq!(batch.labels, [3.0; 3]);
    }

    #[test]
    fn sparse_rows_come_into_order() {
        let batch = read(&[record(sparse(&[1.0, 2.0], &[4, 1], &[6]), 0.0), record(sparse(&[], &[], &[2, 3]), 1.0)]);
        let Matrix::Sparse(csr) = batch.unwrap().features else { panic!() };
        assert_eq!((csr.row(0), csr.row(1).0.len(), csr.width), ((&[1, 4][..], &[2.0, 1.0][..]), 0, 6));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let one = |tensor| read(&[record(tensor, 0.0)]).unwrap_err();
        assert_eq!(one(sparse(&[1.0], &[6], &[6])), "key 6 is out of range: the shape has 6 elements");
        assert_eq!(one(sparse(&[1.0, 2.0], &[3, 3], &[6])), "key 3 comes twice");
        assert_eq!(one(sparse(&[1.0], &[3], &[])), "it is sparse and has no shape");
        assert_eq!(one(sparse(&[1.0, 2.0], &[3], &[6])), "it has 1 keys for 2 values");
        assert_eq!(one(sparse(&[1.0, 2.0], &[], &[3])), "it has 2 values of a shape of 3");
        assert!(one(sparse(&[1.0], &[0], &[u64::MAX, 9])).contains("has more than"));
        assert_eq!(one(sparse(&[f32::INFINITY], &[], &[])), "a value is infinite");
        let bytes = Bytes { value: vec![vec![1]], content_type: None };
        assert_eq!(one(Tensor::Bytes(bytes)), "its features are bytes, not numbers");
        assert_eq!(
            read(&[record(sparse(&[1.0], &[0], &[6]), f32::NAN)]).unwrap_err(),
            "the label is NaN, not a finite number"
        );
        let mixed = [record(sparse(&[1.0], &[0], &[6]), 0.0), record(sparse(&[1.0], &[0], &[7]), 0.0)];
        assert_eq!(read(&mixed).unwrap_err(), "it says that there are 7 features, those before it 6");
        let named =
            Record { features: BTreeMap::from([("source".to_string(), Value { tensor: None })]), ..Record::default() };
        assert_eq!(read(&[named]).unwrap_err(), "it has no features named \"values\", but [source]");
    }
}
