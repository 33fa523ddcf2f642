//! Reads a file again and again on one thread and says how long that takes: `cargo xtask bench data` asks.
//!
//! Arguments: a content type, a file, for how many seconds. Prints rows, the median seconds of a reading, and the sums of all
//! features and labels, by which readers are compared.

use std::path::PathBuf;
use std::time::Instant;

use sanderling_data::{DataError, Format, Matrix, Reader};

fn main() -> Result<(), DataError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [content_type, path, seconds] = &arguments[..] else { panic!("read CONTENT_TYPE FILE SECONDS") };
    let format = Format::of_type(content_type).expect("a content type");
    let path = PathBuf::from(path);
    let seconds: f64 = seconds.parse().expect("a number of seconds");
    let begin = Instant::now();
    let mut times = Vec::new();
    let (mut rows, mut features, mut labels) = (0, 0.0, 0.0);
    while times.is_empty() || begin.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        let batches: Vec<_> = Reader::open(&path, format)?.collect::<Result<_, _>>()?;
        times.push(start.elapsed().as_secs_f64());
        let sum = |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>();
        let of = |features: &Matrix| match features {
            Matrix::Dense { values, .. } => sum(values),
            Matrix::Sparse(csr) => sum(&csr.values),
        };
        rows = batches.iter().map(|batch| batch.rows()).sum::<usize>();
        features = batches.iter().map(|batch| of(&batch.features)).sum();
        labels = batches.iter().map(|batch| sum(&batch.labels)).sum();
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    println!("{{\"rows\":{rows},\"seconds\":{median},\"features\":{features},\"labels\":{labels}}}");
    Ok(())
}
