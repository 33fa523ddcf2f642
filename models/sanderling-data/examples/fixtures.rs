//! Writes the table of `tests/fixtures/peers.py` in every format, for that script's `check`.

use std::path::PathBuf;

use sanderling_data::{Batch, Csr, DataError, Format, Matrix, Writer};

const ROWS: usize = 7;
const COLUMNS: usize = 5;

fn main() -> Result<(), DataError> {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder to write to"));
    let value = |row: usize, column: usize| match (row + column) % 3 {
        0 => 0.0,
        _ => (((row * 7 + column * 3) % 11) as f32 - 4.0) / 4.0,
    };
    let rows = |row| (0..COLUMNS).map(move |column| value(row, column));
    let batch = |features| Batch {
        features,
        labels: (0..ROWS).map(|row| (row % 3) as f32).collect(),
        label_size: 1,
        weights: None,
        names: [].into(),
    };
    let dense = batch(Matrix::Dense { values: (0..ROWS).flat_map(rows).collect(), columns: COLUMNS });
    let mut csr = Csr::default();
    for row in 0..ROWS {
        csr.push(
            rows(row).enumerate().filter(|(_, value)| *value != 0.0).map(|(column, value)| (column as u32, value)),
        );
    }
    csr.width = COLUMNS;
    let sparse = batch(Matrix::Sparse(csr));
    let files = [
        ("dense.csv", Format::CSV, &dense),
        ("dense.pbr", Format::RecordIo, &dense),
        ("dense.jsonl", Format::JsonLines, &dense),
        ("dense.json", Format::Json, &dense),
        ("dense.npy", Format::Npy { labels: 1, weights: false }, &dense),
        ("dense.npz", Format::Npz, &dense),
        ("dense.parquet", Format::Parquet { labels: 1, weights: false }, &dense),
        ("dense.arrow", Format::Arrow { labels: 1, weights: false }, &dense),
        ("sparse.pbr", Format::RecordIo, &sparse),
        ("sparse.libsvm", Format::Libsvm, &sparse),
    ];
    for (name, format, batch) in files {
        let mut writer = Writer::create(&folder.join(name), format)?;
        writer.write(batch)?;
        writer.finish()?;
    }
    Ok(())
}
