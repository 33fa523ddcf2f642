//! `trees`: forests of XGBoost and LightGBM, one row and ten thousand rows a run, one thread.

use anyhow::Result;

use super::Bench;
use super::case::{self, Case};
use super::latency::of_case;
use super::peers::{self, Engine};
use super::row::Row;

const XGBOOST: &[Engine] = &[
    Engine { title: "XGBoost", script: "xgboost_trees.py" },
    Engine { title: "Treelite", script: "treelite_trees.py" },
];
const LIGHTGBM: &[Engine] = &[
    Engine { title: "LightGBM", script: "lightgbm_trees.py" },
    Engine { title: "Treelite", script: "treelite_trees.py" },
    Engine { title: "lleaves", script: "lleaves_trees.py" },
];
/// Of the public data: library, folder, file, peers.
const FORESTS: [(&str, &str, &str, &[Engine]); 8] = [
    ("xgboost", "adult_binary", "model.json", XGBOOST),
    ("xgboost", "diabetes_reg_missing", "model.json", XGBOOST),
    ("xgboost", "digits_softprob", "model.json", XGBOOST),
    ("xgboost", "higgs_deep", "model.json", XGBOOST),
    ("lightgbm", "digits_multiclass", "model.txt", LIGHTGBM),
    ("lightgbm", "higgs_gbdt", "model.txt", LIGHTGBM),
    ("lightgbm", "leaves_kddcup99", "model.txt", LIGHTGBM),
    ("lightgbm", "leaves_multiclass", "model.txt", LIGHTGBM),
];
const BATCHES: [(usize, &str); 2] = [(1, "1 row"), (10_000, "10,000 rows")];

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let Some(data) = case::data() else {
        eprintln!("skipped: the public forests (SANDERLING_DATA is not set)");
        return Ok(Vec::new());
    };
    let python = peers::install().inspect_err(|error| eprintln!("skipped: peers ({error:#})")).ok();
    let bar = bench.bar(FORESTS.len() * BATCHES.len());
    let mut rows = Vec::new();
    for (library, folder, file, engines) in FORESTS {
        for (batch, shown) in BATCHES {
            let mut case = Case::forest(&data.join("models").join(library).join(folder), file, batch);
            case.name = format!("{library} {folder}, {shown}");
            bar.set_message(case.name.clone());
            rows.extend(of_case(bench, &case, engines, python.as_deref())?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}
