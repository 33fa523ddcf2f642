//! Channels in File and Pipe mode, by the rows that come out of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanderling_data::{Batches, Bounds, Channel, DataError, Format, Limit, Mode, Shard, Store};

/// Five files of four rows whose label is the number of the row.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in 0..5 {
        let rows = (0..4).map(|row| format!("{},{part}\n", part * 4 + row));
        fs::write(folder.path().join(format!("part-{part}.csv")), rows.collect::<String>()).unwrap();
    }
    folder
}

fn labels(batches: Batches) -> Result<Vec<f32>, DataError> {
    let mut labels = Vec::new();
    for batch in batches {
        labels.extend(batch?.labels);
    }
    Ok(labels)
}

fn numbers(range: std::ops::Range<usize>) -> Vec<f32> {
    range.map(|number| number as f32).collect()
}

#[test]
fn files_come_in_order_and_shards_take_every_nth() {
    let folder = folder();
    let channel = Channel::new(folder.path(), Format::CSV);
    assert_eq!(labels(channel.epoch(0)).unwrap(), numbers(0..20));
    let shard = |index, count| Channel { shard: Some(Shard { index, count }), ..channel.clone() };
    assert_eq!(labels(shard(1, 2).epoch(0)).unwrap(), [numbers(4..8), numbers(12..16)].concat());
    assert_eq!(labels(shard(0, 2).epoch(0)).unwrap().len(), 12);
    let why = labels(shard(5, 6).epoch(0)).unwrap_err().to_string();
    assert!(why.contains("its 5 files are too few for 6 hosts"), "{why}");
}

#[test]
fn the_same_seed_is_the_same_order_and_epochs_differ() {
    let folder = folder();
    for window in [1, 6, 100] {
        let bounds = Bounds { rows: 3, ..Bounds::default() };
        let channel = Channel { seed: Some(7), window, bounds, ..Channel::new(folder.path(), Format::CSV) };
        let first = labels(channel.epoch(0)).unwrap();
        assert_eq!(labels(channel.epoch(0)).unwrap(), first);
        assert_ne!(labels(channel.epoch(1)).unwrap(), first);
        assert_ne!(labels(Channel { seed: Some(8), ..channel.clone() }.epoch(0)).unwrap(), first);
        let mut sorted = first.clone();
        sorted.sort_by(f32::total_cmp);
        assert_eq!(sorted, numbers(0..20), "every row comes once");
        assert_ne!(first, sorted);
    }
}

#[test]
fn manifests_list_files_of_any_store() {
    struct Memory(BTreeMap<PathBuf, Vec<u8>>);

    impl Store for Memory {
        fn open(&self, name: &Path) -> io::Result<Box<dyn Read + Send>> {
            let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
            Ok(Box::new(Cursor::new(bytes.clone())))
        }

        fn list(&self, name: &Path) -> io::Result<Vec<PathBuf>> {
            Ok(self.0.keys().filter(|key| key.starts_with(name)).cloned().collect())
        }
    }

    let files = [
        ("s3://bucket/all.manifest", "[{\"prefix\": \"s3://bucket/rows/\"}, \"b.csv\", \"a.csv\"]"),
        ("s3://bucket/rows/a.csv", "1,10\n"),
        ("s3://bucket/rows/b.csv", "2,20\n"),
        ("s3://bucket/lost.manifest", "[{\"prefix\": \"s3://bucket/rows/\"}, \"c.csv\"]"),
        ("s3://bucket/bad.manifest", "{\"prefix\": \"s3://bucket/rows/\"}"),
    ];
    let files = files.map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec()));
    let store: Arc<dyn Store> = Arc::new(Memory(files.into()));
    let of = |name: &str| {
        let channel = Channel { store: store.clone(), ..Channel::new(Path::new(name), Format::CSV) };
        labels(channel.epoch(0)).map_err(|error| format!("{error:?}"))
    };
    assert_eq!(of("s3://bucket/all.manifest").unwrap(), [2.0, 1.0]);
    assert_eq!(of("s3://bucket/rows").unwrap(), [1.0, 2.0]);
    assert!(of("s3://bucket/lost.manifest").unwrap_err().contains("rows/c.csv"));
    assert!(of("s3://bucket/bad.manifest").unwrap_err().contains("no manifest like"));
}

#[test]
fn a_bomb_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv.zst");
    let text = "1,0\n".repeat(1 << 18);
    fs::write(&path, zstd::encode_all(text.as_bytes(), 19).unwrap()).unwrap();
    let channel = Channel::new(&path, Format::CSV);
    assert_eq!(labels(channel.epoch(0)).unwrap().len(), 1 << 18);
    let limit = Limit { ratio: 100, slack_bytes: 1 << 16 };
    let why = labels(Channel { limit, ..channel }.epoch(0)).unwrap_err().to_string();
    assert!(why.contains("rows.csv.zst, line ") && why.contains("beyond the limit of 100 times"), "{why}");
}

#[cfg(unix)]
mod pipes {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::process::Command;
    use std::thread;

    use super::*;

    fn channel(folder: &Path, format: Format, seconds: u64) -> Channel {
        let mode = Mode::Pipe { wait: Duration::from_secs(seconds) };
        Channel { mode, ..Channel::new(&folder.join("train"), format) }
    }

    fn make(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    /// Makes the FIFO of an epoch and writes into it. Gives what became of the writing.
    fn feed(path: PathBuf, bytes: Vec<u8>) -> thread::JoinHandle<io::Result<()>> {
        thread::spawn(move || {
            make(&path);
            OpenOptions::new().write(true).open(&path)?.write_all(&bytes)
        })
    }

    #[test]
    fn each_epoch_has_its_fifo_which_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let channel = channel(folder.path(), Format::CSV, 60);
        for epoch in 0..3 {
            let batches = channel.epoch(epoch);
            let feeder = feed(folder.path().join(format!("train_{epoch}")), format!("{epoch},1\n5,2\n").into_bytes());
            assert_eq!(labels(batches).unwrap(), [epoch as f32, 5.0]);
            feeder.join().unwrap().unwrap();
        }
    }

    #[test]
    fn a_fifo_that_never_comes_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let why = labels(channel(folder.path(), Format::CSV, 0).epoch(4)).unwrap_err().to_string();
        assert!(why.contains("train_4: the FIFO of epoch 4 did not come within 0 s"), "{why}");
    }

    #[test]
    fn packed_streams_and_records_come_through() {
        let folder = tempfile::tempdir().unwrap();
        let packed = zstd::encode_all(&b"1,10\n2,20\n"[..], 3).unwrap();
        let feeder = feed(folder.path().join("train_0"), packed);
        assert_eq!(labels(channel(folder.path(), Format::CSV, 60).epoch(0)).unwrap(), [1.0, 2.0]);
        feeder.join().unwrap().unwrap();
    }

    #[test]
    fn a_writer_that_dies_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let rows = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sagemaker_float32.pbr");
        let rows = fs::read(rows).unwrap();
        let cut = |epoch: u64, format, bytes: &[u8]| {
            let feeder = feed(folder.path().join(format!("train_{epoch}")), bytes.to_vec());
            let why = labels(channel(folder.path(), format, 60).epoch(epoch)).unwrap_err().to_string();
            feeder.join().unwrap().unwrap();
            why
        };
        let why = cut(0, Format::RecordIo, &rows[..rows.len() - 5]);
        assert!(why.contains("train_0, record 7 (byte ") && why.contains("cut short"), "{why}");
        // A number may be whole by luck.
        let why = cut(1, Format::CSV, b"1,10\n2,20");
        assert!(why.contains("train_1, line 2 (byte 5): the pipe ends within this line"), "{why}");
        let why = cut(2, Format::JsonLines, b"{\"features\":[1]}\n{\"fea");
        assert!(why.contains("train_2, line 2 (byte 17): the pipe ends within this line"), "{why}");
    }

    #[test]
    fn closing_early_stops_the_feeder() {
        let folder = tempfile::tempdir().unwrap();
        let bounds = Bounds { rows: 1, ..Bounds::default() };
        let channel = Channel { bounds, ahead: 1, ..channel(folder.path(), Format::CSV, 60) };
        let mut batches = channel.epoch(0);
        // More than any pipe holds.
        let feeder = feed(folder.path().join("train_0"), b"1,2\n".repeat(1 << 20));
        batches.next().unwrap().unwrap();
        drop(batches);
        assert_eq!(feeder.join().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let feeder = feed(folder.path().join("train_1"), b"7,2\n".to_vec());
        assert_eq!(labels(channel.epoch(1)).unwrap(), [7.0]);
        feeder.join().unwrap().unwrap();
    }
}
