//! What the fuzzers start from and what they found once, without a fuzzer.

use std::fs;
use std::path::{Path, PathBuf};

use sanderling_soak::{seeds, targets};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn seeds_do_no_harm() {
    let seeds = seeds::all(&root(), None).unwrap();
    for (name, run) in targets::ALL {
        let mut count = 0;
        for seed in seeds.iter().filter(|seed| seed.target == name) {
            run(&seed.bytes);
            // Cut short, too.
            run(&seed.bytes[..seed.bytes.len() / 2]);
            count += 1;
        }
        assert!(count > 0, "{name} has no seeds");
    }
}

#[test]
fn old_findings_do_no_harm() {
    let mut count = 0;
    for folder in fs::read_dir(root().join("fuzz/regressions")).unwrap() {
        let folder = folder.unwrap().path();
        let target = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (_, run) = targets::ALL.iter().find(|(name, _)| *name == target).unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            run(&fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
    }
    assert!(count > 0);
}
