//! `mcu`: the int8 models of MLPerf Tiny on a Cortex-M4 that QEMU emulates, compiled for `nucleo-l4r5zi`.

use std::fs;

use anyhow::{Result, ensure};

use super::Bench;
use super::case::{self, Case};
use super::cli::{Board, Report};
use super::row::Row;

const TARGET: &str = "nucleo-l4r5zi";
/// Straight-line calls on the same emulator with the same settings, see `docs/measuring.md`.
const CMSIS_NN: &str = "CMSIS-NN 99f736a6, GCC 12.2 -O3 (quoted, docs/measuring.md)";
const CMSIS_NN_INSTRUCTIONS: [(&str, f64); 4] =
    [("kws", 7_849_000.0), ("ic", 30_310_000.0), ("vww", 24_920_000.0), ("ad", 579_000.0)];

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let cases = case::mlperf_tiny();
    let bar = bench.bar(cases.len());
    let mut rows = Vec::new();
    for case in &cases {
        bar.set_message(case.name.clone());
        let (measured, note) = match measure(bench, case) {
            Ok((report, board)) => (Some((report, board)), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        rows.extend(of_case(case, measured.as_ref())?.into_iter().map(|row| row.note(note.clone())));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(rows)
}

fn measure(bench: &Bench, case: &Case) -> Result<(Report, Board)> {
    let artifact = bench.folder.path().join(format!("{}.sndl", case.name));
    let report = bench.cli.compile(case, TARGET, &artifact)?;
    let board = bench.cli.verify_on_board(&artifact)?;
    ensure!(board.passed, "the self-test failed on the board");
    Ok((report, board))
}

fn of_case(case: &Case, measured: Option<&(Report, Board)>) -> Result<Vec<Row>> {
    let of_board = |f: fn(&Board) -> u64| measured.map(|(_, board)| f(board) as f64);
    let row = |metric, unit, ours| Row::new(&case.name, metric, unit, ours);
    let model_bytes = fs::metadata(&case.model)?.len() as f64;
    let cmsis_nn = CMSIS_NN_INSTRUCTIONS.iter().find(|(name, _)| *name == case.name).map(|&(_, n)| n);
    Ok(vec![
        row("instructions", "instructions", of_board(|b| b.instructions)).beside(CMSIS_NN, cmsis_nn),
        row("arena", "bytes", of_board(|b| b.arena_bytes)),
        row("stack high water", "bytes", of_board(|b| b.stack_high_water_bytes)),
        row("artifact", "bytes", measured.map(|(report, _)| report.artifact_bytes as f64))
            .beside("the model file", Some(model_bytes)),
    ])
}
