//! Many trials on several threads, under a watchdog.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};
use sanderling_format::Header;
use sanderling_kernels::scalar;
use sanderling_soak::models::Model;
use serde::Serialize;

use crate::fault;
use crate::mutate::{Fields, mutate};
use crate::trial::Bench;

/// Longest time for an artifact that asks for little memory: a run that takes it hangs.
const LIMIT: Duration = Duration::from_secs(10);

/// After so many faults there is enough to mend.
const MOST_FAULTS: usize = 10;

/// What to do.
pub struct Plan {
    pub count: u64,
    pub seed: u64,
    pub limit: Option<Duration>,
    pub threads: usize,
}

/// What was done.
#[derive(Serialize)]
pub struct Counts {
    pub seed: u64,
    pub artifacts: u64,
    pub field_aware: u64,
    pub blind: u64,
    /// Accepted by `parse`, each of which ran to its end on both sets of kernels.
    pub passed: u64,
    pub passed_percent: f64,
    pub passed_field_aware: u64,
    pub passed_blind: u64,
    /// Runs whose bytes were equal on both sets of kernels; the others compute with real numbers.
    pub compared: u64,
    /// The longest from the first byte to the end of the last run.
    pub slowest_milliseconds: u64,
    pub slowest_artifact: u64,
    /// Panics, errors and differences that must not be; a hang or a touched guard ends the process before it counts.
    pub faults: Vec<String>,
    /// Calls in artifacts that passed, by kernel.
    pub kernels: BTreeMap<&'static str, u64>,
    pub models: Vec<String>,
}

/// Shared by the workers.
struct Campaign<'a> {
    plan: &'a Plan,
    models: Vec<(&'a Model, Fields)>,
    next: AtomicU64,
    stop: AtomicBool,
    bar: ProgressBar,
    start: Instant,
}

/// What one worker counts.
#[derive(Default)]
struct Tally {
    /// Blind and field-aware.
    artifacts: [u64; 2],
    passed: [u64; 2],
    compared: u64,
    slowest: (Duration, u64),
    kernels: BTreeMap<u16, u64>,
    faults: Vec<String>,
}

/// Runs the campaign.
pub fn run(plan: &Plan, models: &[Model]) -> Result<Counts> {
    fault::install();
    std::panic::set_hook(Box::new(|_| {}));
    let campaign = Campaign {
        plan,
        models: models.iter().map(|model| (model, Fields::of(&model.artifact))).collect(),
        next: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        bar: ProgressBar::new(plan.count).with_style(ProgressStyle::with_template(
            "{bar:40} {human_pos}/{human_len} artifacts, {per_sec}, {eta} left",
        )?),
        start: Instant::now(),
    };
    let tallies = thread::scope(|scope| {
        let workers: Vec<_> = (0..plan.threads)
            .map(|worker| {
                scope.spawn({
                    let campaign = &campaign;
                    move || campaign.work(worker)
                })
            })
            .collect();
        while !workers.iter().all(|worker| worker.is_finished()) {
            thread::sleep(Duration::from_millis(100));
            campaign.watch();
        }
        workers.into_iter().map(|worker| worker.join().expect("trials catch panics")).collect::<Result<Vec<_>>>()
    });
    campaign.bar.finish_and_clear();
    Ok(campaign.counts(&tallies?))
}

impl Campaign<'_> {
    /// Trial `index`, the same on every machine: whether it is field-aware, and the artifact.
    fn artifact(&self, index: u64) -> (bool, Vec<u8>) {
        // The generator's seeds are best far apart.
        let mut random = Rng::with_seed((self.plan.seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(17));
        let aware = index % 2 == 1;
        let total: u32 = self.models.iter().map(|(model, _)| model.weight).sum();
        let mut at = random.u32(..total);
        let chosen = self.models.iter().find(|(model, _)| match at.checked_sub(model.weight) {
            Some(rest) => {
                at = rest;
                false
            }
            None => true,
        });
        let (model, fields) = chosen.expect("the weights sum up to the total");
        let other = self.models[random.usize(..self.models.len())].0;
        (aware, mutate(model, fields, other, aware, &mut random))
    }

    fn work(&self, worker: usize) -> Result<Tally> {
        let mut bench = Bench::new()?;
        let mut tally = Tally::default();
        while !self.stop.load(Ordering::Relaxed) && self.plan.limit.is_none_or(|limit| self.start.elapsed() < limit) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.plan.count {
                break;
            }
            let (aware, artifact) = self.artifact(index);
            let begun = Instant::now();
            fault::begin(worker, index, self.start.elapsed());
            let outcome = bench.run(&artifact, self.plan.seed ^ index);
            fault::end(worker);
            tally.slowest = tally.slowest.max((begun.elapsed(), index));
            tally.artifacts[usize::from(aware)] += 1;
            if let Some(what) = outcome.fault {
                tally.faults.push(self.report(index, &what, &artifact));
                if tally.faults.len() >= MOST_FAULTS {
                    self.stop.store(true, Ordering::Relaxed);
                }
            }
            tally.passed[usize::from(aware)] += u64::from(outcome.passed);
            tally.compared += u64::from(outcome.compared);
            outcome.kernels.iter().for_each(|&id| *tally.kernels.entry(id).or_default() += 1);
            self.bar.inc(1);
        }
        Ok(tally)
    }

    /// Ends the process when a trial takes too long: it cannot be stopped from outside.
    fn watch(&self) {
        for (index, taken) in fault::overdue(self.plan.threads, self.start.elapsed(), LIMIT) {
            let (_, artifact) = self.artifact(index);
            if taken > limit(&artifact) {
                self.bar.abandon();
                eprintln!("error: {}", self.report(index, &format!("still running after {taken:?}"), &artifact));
                process::exit(1);
            }
        }
    }

    fn report(&self, index: u64, what: &str, artifact: &[u8]) -> String {
        let seed = self.plan.seed;
        let saved = save(index, artifact).map_or_else(|e| format!("not saved: {e:#}"), |p| p.display().to_string());
        format!("{what}: artifact {index} of seed {seed} ({saved}); again with --seed {seed} --only {index}")
    }

    fn counts(&self, tallies: &[Tally]) -> Counts {
        let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
        let (blind, aware) = (sum(|t| t.artifacts[0]), sum(|t| t.artifacts[1]));
        let (passed_blind, passed_aware) = (sum(|t| t.passed[0]), sum(|t| t.passed[1]));
        let mut kernels = BTreeMap::new();
        for (id, n) in tallies.iter().flat_map(|tally| &tally.kernels) {
            let name = scalar::ALL.iter().find(|kernel| kernel.id == *id).map_or("?", |kernel| kernel.name);
            *kernels.entry(name).or_default() += n;
        }
        let passed = passed_blind + passed_aware;
        let (slowest, slowest_artifact) = tallies.iter().map(|tally| tally.slowest).max().unwrap_or_default();
        Counts {
            seed: self.plan.seed,
            artifacts: blind + aware,
            field_aware: aware,
            blind,
            passed,
            passed_percent: (passed as f64 / (blind + aware).max(1) as f64 * 1e4).round() / 1e2,
            passed_field_aware: passed_aware,
            passed_blind,
            compared: sum(|t| t.compared),
            slowest_milliseconds: slowest.as_millis() as u64,
            slowest_artifact,
            faults: tallies.iter().flat_map(|tally| tally.faults.clone()).collect(),
            kernels,
            models: self.models.iter().map(|(model, _)| model.name.clone()).collect(),
        }
    }
}

/// One artifact of a campaign, to look at it.
pub fn only(plan: &Plan, models: &[Model], index: u64) -> Result<()> {
    fault::install();
    let campaign = Campaign {
        plan,
        models: models.iter().map(|model| (model, Fields::of(&model.artifact))).collect(),
        next: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        bar: ProgressBar::hidden(),
        start: Instant::now(),
    };
    let (_, artifact) = campaign.artifact(index);
    println!("{}", save(index, &artifact)?.display());
    fault::begin(0, index, Duration::ZERO);
    let outcome = Bench::new()?.run(&artifact, plan.seed ^ index);
    println!("{}", if outcome.passed { "passed" } else { "refused" });
    outcome.fault.map_or(Ok(()), |what| bail!("{what}"))
}

/// Gigabytes cannot be written in the time of kilobytes: an artifact that asks for them may.
fn limit(artifact: &[u8]) -> Duration {
    let arena = Header::read(artifact).map_or(0, |header| header.arena_bytes);
    LIMIT + Duration::from_secs(u64::from(arena >> 24))
}

fn save(index: u64, artifact: &[u8]) -> Result<PathBuf> {
    let folder = Path::new("target/soak");
    fs::create_dir_all(folder).context("cannot make target/soak")?;
    let path = folder.join(format!("{index}.sndl"));
    fs::write(&path, artifact).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
