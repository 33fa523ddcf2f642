//! What other libraries wrote, read by ours. `fixtures/peers.py` made the files.

use std::path::PathBuf;

use sanderling_data::images::ImageRecords;
use sanderling_data::{Format, Matrix, Part, Table};

const ROWS: usize = 7;
const COLUMNS: usize = 5;

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures", name].iter().collect()
}

fn read(name: &str) -> Table {
    let path = path(name);
    Table::read(&path, Format::of(&path).unwrap()).unwrap()
}

fn value(row: usize, column: usize, scale: f32) -> f32 {
    match (row + column) % 3 {
        0 => 0.0,
        _ => (((row * 7 + column * 3) % 11) as f32 - 4.0) * scale,
    }
}

fn labels() -> Vec<f32> {
    (0..ROWS).map(|row| (row % 3) as f32).collect()
}

fn check_dense(name: &str, scale: f32, missing: Option<(usize, usize)>) {
    let table = read(name);
    let Matrix::Dense { values, columns: COLUMNS } = &table.features else { panic!("{name}") };
    assert_eq!(table.labels, labels(), "{name}");
    for (index, found) in values.iter().enumerate() {
        let (row, column) = (index / COLUMNS, index % COLUMNS);
        match missing == Some((row, column)) {
            true => assert!(found.is_nan(), "{name}"),
            false => assert_eq!(*found, value(row, column, scale), "{name}: row {row}, column {column}"),
        }
    }
}

fn check_sparse(name: &str) {
    let table = read(name);
    let Matrix::Sparse(csr) = &table.features else { panic!("{name}") };
    assert_eq!((table.labels, csr.width), (labels(), COLUMNS), "{name}");
    for row in 0..ROWS {
        let want = (0..COLUMNS).map(|column| (column as u32, value(row, column, 0.25)));
        let want: Vec<(u32, f32)> = want.filter(|(_, value)| *value != 0.0).collect();
        let (columns, values) = csr.row(row);
        let found = columns.iter().copied().zip(values.iter().copied());
        assert_eq!(found.collect::<Vec<_>>(), want, "{name}: row {row}");
    }
}

#[test]
fn records_of_sagemakers_sdk() {
    check_dense("sagemaker_float32.pbr", 0.25, None);
    check_dense("sagemaker_float64.pbr", 0.25, None);
    check_dense("sagemaker_int32.pbr", 1.0, None);
    check_sparse("sagemaker_sparse.pbr");
}

#[test]
fn image_records_of_mxnets_layout() {
    let records = ImageRecords::open(&Part::local(path("mxnet.rec"))).unwrap();
    let records: Vec<_> = records.map(Result::unwrap).collect();
    let magic = 0xCED7_230Au32.to_le_bytes();
    let pictures = [[&b"abcd"[..], &magic, b"efg"].concat(), [magic, magic].concat(), b"plain".to_vec()];
    assert_eq!(records.iter().map(|record| &record.picture).collect::<Vec<_>>(), pictures.iter().collect::<Vec<_>>());
    assert_eq!(records[1].labels, [2.0, 5.0, 0.5]);
    assert_eq!((records[2].id, &records[2].labels[..]), (2, &[3.0][..]));
}

#[test]
fn text_and_arrays_of_python() {
    check_dense("pandas.csv", 0.25, Some((2, 4)));
    assert_eq!(read("pandas.csv").names, ["x0", "x1", "x2", "x3", "x4"]);
    check_sparse("sklearn.libsvm");
    check_dense("numpy.npy", 0.25, None);
    check_dense("numpy.npz", 0.25, None);
}

#[cfg(feature = "parquet")]
#[test]
fn columns_of_pyarrow() {
    for name in ["snappy", "gzip", "zstd", "lz4", "none"].map(|codec| format!("pyarrow_{codec}.parquet")) {
        check_dense(&name, 0.25, Some((2, 4)));
        assert_eq!(read(&name).names, ["x0", "x1", "x2", "x3", "x4"]);
    }
    check_dense("pyarrow_lz4.arrow", 0.25, Some((2, 4)));
    check_dense("pyarrow_stream.arrow", 0.25, Some((2, 4)));
}
