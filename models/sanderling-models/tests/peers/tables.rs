//! The public tables as numbers: texts become a column for each value that the training rows have, in order.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

type Row = Vec<String>;

/// Writes `train.csv` and `test.csv` of a table into a folder, label first.
pub fn spread(source: &Path, folder: &Path) {
    let (train, test) = (read(source, "train.csv"), read(source, "test.csv"));
    let values: Vec<Option<BTreeSet<&String>>> = (0..train[0].len())
        .map(|column| {
            let values: BTreeSet<&String> = train.iter().map(|row| &row[column]).collect();
            let is_text = values.iter().any(|value| !value.is_empty() && value.parse::<f32>().is_err());
            is_text.then_some(values)
        })
        .collect();
    for (name, rows) in [("train.csv", &train), ("test.csv", &test)] {
        let mut writer = csv::Writer::from_path(folder.join(name)).unwrap();
        for row in rows {
            let cells = row.iter().zip(&values).flat_map(|(cell, values)| match values {
                None => vec![cell.clone()],
                Some(values) => values.iter().map(|value| u8::from(*value == cell).to_string()).collect(),
            });
            writer.write_record(cells).unwrap();
        }
        writer.flush().unwrap();
    }
}

/// The rows of a file, packed or not, without its header.
fn read(folder: &Path, name: &str) -> Vec<Row> {
    let packed = folder.join(format!("{name}.gz"));
    let bytes: Box<dyn Read> = match File::open(packed) {
        Ok(file) => Box::new(GzDecoder::new(file)),
        Err(_) => Box::new(File::open(folder.join(name)).unwrap()),
    };
    csv::Reader::from_reader(bytes)
        .into_records()
        .map(|row| row.unwrap().iter().map(str::to_string).collect())
        .collect()
}
