//! Every format gives back what was written, in batches of any size.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use sanderling_data::{Batch, Bounds, Csr, Format, Local, Matrix, Part, Reader, Store, Table, Writer};

/// What a format can hold.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    format: fn(labels: usize, weights: bool) -> Format,
    dense: bool,
    sparse: bool,
    weights: bool,
    missing: bool,
    most_labels: usize,
}

const CASES: &[Case] = &[
    Case {
        name: "x.csv",
        format: |labels, weights| Format::Csv { labels, weights },
        dense: true,
        sparse: false,
        weights: true,
        missing: true,
        most_labels: 3,
    },
    Case {
        name: "x.libsvm.gz",
        format: |_, _| Format::Libsvm,
        dense: false,
        sparse: true,
        weights: true,
        missing: false,
        most_labels: 1,
    },
    Case {
        name: "x.pbr",
        format: |_, _| Format::RecordIo,
        dense: true,
        sparse: true,
        weights: false,
        missing: true,
        most_labels: 3,
    },
    Case {
        name: "x.jsonl.zst",
        format: |_, _| Format::JsonLines,
        dense: true,
        sparse: true,
        weights: true,
        missing: true,
        most_labels: 3,
    },
    Case {
        name: "x.json",
        format: |_, _| Format::Json,
        dense: true,
        sparse: true,
        weights: true,
        missing: true,
        most_labels: 3,
    },
    Case {
        name: "x.npy",
        format: |labels, weights| Format::Npy { labels, weights },
        dense: true,
        sparse: false,
        weights: true,
        missing: true,
        most_labels: 3,
    },
    Case {
        name: "x.npz",
        format: |_, _| Format::Npz,
        dense: true,
        sparse: false,
        weights: true,
        missing: true,
        most_labels: 3,
    },
    #[cfg(feature = "parquet")]
    Case {
        name: "x.parquet",
        format: |labels, weights| Format::Parquet { labels, weights },
        dense: true,
        sparse: false,
        weights: true,
        missing: true,
        most_labels: 3,
    },
    #[cfg(feature = "parquet")]
    Case {
        name: "x.arrow",
        format: |labels, weights| Format::Arrow { labels, weights },
        dense: true,
        sparse: false,
        weights: true,
        missing: true,
        most_labels: 3,
    },
];

fn finite() -> impl Strategy<Value = f32> {
    prop_oneof![4 => -100f32..100.0, 4 => any::<f32>().prop_filter("finite", |v| v.is_finite()), 1 => Just(0.0)]
}

fn dense(missing: bool) -> impl Strategy<Value = Matrix> {
    let value = if missing { prop_oneof![9 => finite(), 1 => Just(f32::NAN)].boxed() } else { finite().boxed() };
    (1usize..6, 1usize..20).prop_flat_map(move |(columns, rows)| {
        let values = prop::collection::vec(value.clone(), columns * rows);
        values.prop_map(move |values| Matrix::Dense { values, columns })
    })
}

/// Rows whose last has the last column, so that every format knows the width.
fn sparse() -> impl Strategy<Value = Matrix> {
    let row = prop::collection::btree_map(0u32..40, finite(), 0..6);
    prop::collection::vec(row, 1..20).prop_map(|rows| {
        let mut csr = Csr::default();
        csr.push([(40, 1.0)]);
        rows.into_iter().for_each(|row| csr.push(row));
        Matrix::Sparse(csr)
    })
}

fn batch(case: Case) -> impl Strategy<Value = Batch> {
    let features = match (case.dense, case.sparse) {
        (true, false) => dense(case.missing).boxed(),
        (false, _) => sparse().boxed(),
        (true, true) => prop_oneof![dense(case.missing), sparse()].boxed(),
    };
    let least = usize::from(case.name.contains("libsvm"));
    (features, least..=case.most_labels, any::<bool>()).prop_flat_map(move |(features, label_size, weighed)| {
        let rows = features.rows();
        let weights = prop::collection::vec(finite(), if weighed && case.weights { rows } else { 0 });
        (Just(features), prop::collection::vec(finite(), rows * label_size), weights).prop_map(
            move |(features, labels, weights)| Batch {
                features,
                labels,
                label_size,
                weights: (weighed && case.weights).then_some(weights),
                names: [].into(),
            },
        )
    })
}

/// Bits, so that what is missing equals what is missing.
fn bits(matrix: &Matrix) -> (Vec<u32>, Vec<u32>, usize) {
    match matrix {
        Matrix::Dense { values, columns } => (values.iter().map(|v| v.to_bits()).collect(), Vec::new(), *columns),
        Matrix::Sparse(csr) => {
            let values = csr.values.iter().map(|v| v.to_bits()).collect();
            let places = csr.starts.iter().map(|&start| start as u32).chain(csr.columns.iter().copied()).collect();
            (values, places, csr.width)
        }
    }
}

fn round_trip(case: Case, batch: &Batch, rows: usize) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(case.name);
    let format = (case.format)(batch.label_size, batch.weights.is_some());
    let mut writer = Writer::create(&path, format).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    let read = join(&path, format, rows);
    prop_assert_eq!(bits(&read.0), bits(&batch.features), "{}", case.name);
    prop_assert_eq!(&read.1, &batch.labels, "{}", case.name);
    prop_assert_eq!(&read.2, &batch.weights, "{}", case.name);
    if batch.label_size == 1 {
        let table = Table::read(&path, format).unwrap();
        prop_assert_eq!(bits(&table.features), bits(&batch.features));
    }
    Ok(())
}

/// The batches of a file, none of more than so many rows, as one.
fn join(path: &Path, format: Format, rows: usize) -> (Matrix, Vec<f32>, Option<Vec<f32>>) {
    let local: Arc<dyn Store> = Arc::new(Local);
    let reader = Reader::new(Part::all(&local, path).unwrap(), format, Bounds { rows, bytes: 1 << 20 });
    let batches: Vec<Batch> = reader.collect::<Result<_, _>>().unwrap();
    assert!(batches.iter().all(|batch| (1..=rows).contains(&batch.rows())));
    let features = match &batches[0].features {
        Matrix::Dense { columns, .. } => {
            let values = batches.iter().flat_map(|batch| match &batch.features {
                Matrix::Dense { values, .. } => values.clone(),
                Matrix::Sparse(_) => panic!("mixed"),
            });
            Matrix::Dense { values: values.collect(), columns: *columns }
        }
        Matrix::Sparse(_) => {
            let mut all = Csr::default();
            for batch in &batches {
                let Matrix::Sparse(csr) = &batch.features else { panic!("mixed") };
                all.append(csr);
            }
            Matrix::Sparse(all)
        }
    };
    let weights = batches[0].weights.is_some();
    let weights = weights.then(|| batches.iter().flat_map(|batch| batch.weights.clone().unwrap()).collect());
    (features, batches.iter().flat_map(|batch| batch.labels.clone()).collect(), weights)
}

#[test]
fn every_format_gives_back_what_was_written() {
    for &case in CASES {
        let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
        proptest!(config, |(batch in batch(case), rows in 1usize..8)| round_trip(case, &batch, rows)?);
    }
}
