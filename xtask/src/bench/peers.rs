//! Peers: Python packages in an environment of their own, each served by a script of `bench/peers`.
//!
//! Nothing needs them. Where Python or the network is missing, tables say that a peer is not installed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;

use crate::process;

/// A peer that may be there.
pub struct Engine {
    pub title: &'static str,
    /// In `bench/peers`; answers as `serve.py` describes.
    pub script: &'static str,
}

/// The environment's Python, made and filled if it is not yet.
pub fn install() -> Result<PathBuf> {
    let folder = process::root().join("target/peers");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = scripts().join("requirements.txt");
    let wanted = fs::read_to_string(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
    // Written last, so that a half-made environment is filled again.
    let stamp = folder.join("installed.txt");
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let system = ["python3", "python"].into_iter().find(|name| process::has_program(name));
    let system = system.context("no Python here")?;
    eprintln!("peers: installing {} into {}", list(&wanted).join(", "), folder.display());
    quiet(Command::new(system).args(["-m", "venv"]).arg(&folder)).context("cannot make a Python environment")?;
    let mut complete = true;
    // One at a time: a package that this machine cannot have must not cost the others.
    for requirement in list(&wanted) {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries=1", "--timeout=20"]);
        if let Err(error) = quiet(pip.arg(requirement)) {
            eprintln!("skipped: {requirement} ({error:#})");
            complete = false;
        }
    }
    if complete {
        fs::write(&stamp, &wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    Ok(python)
}

fn list(requirements: &str) -> Vec<&str> {
    requirements.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Standard output belongs to the table.
fn quiet(command: &mut Command) -> Result<()> {
    process::run(command.stdout(Stdio::null()))
}

/// Where the peers' scripts are.
pub fn scripts() -> PathBuf {
    process::root().join("bench/peers")
}

/// What became of starting a peer.
pub enum Started {
    Ready(Peer),
    /// The package is not there.
    Missing,
    /// It cannot run the model, and says why.
    Failed(String),
}

/// A peer's process with a model loaded. It waits for orders, so that rounds of several can take turns.
pub struct Peer {
    /// With its version.
    pub name: String,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a script may say.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    name: Option<String>,
    missing: Option<String>,
    failed: Option<String>,
    median_us: Option<f64>,
    reference: Option<bool>,
}

impl Peer {
    /// Loads `model`, runs the rows of `inputs` once and writes `outputs`.
    pub fn start(python: &Path, engine: &Engine, model: &Path, inputs: &Path, outputs: &Path) -> Result<Started> {
        let mut command = Command::new(python);
        command.arg(scripts().join(engine.script)).arg(model).arg(inputs).arg(outputs);
        start(&mut command)
    }

    /// The median microseconds of runs for so many seconds.
    pub fn measure(&mut self, seconds: f64) -> Result<f64> {
        self.ask(&seconds.to_string())?.median_us.context("the peer measured nothing")
    }

    /// Replaces the outputs by those of the peer's unoptimized kernels; false where it has none.
    pub fn reference(&mut self) -> Result<bool> {
        self.ask("reference")?.reference.context("the peer does not know its reference")
    }

    fn ask(&mut self, order: &str) -> Result<Answer> {
        let orders = self.orders.as_mut().context("the peer takes no orders")?;
        writeln!(orders, "{order}").and_then(|()| orders.flush()).context("the peer ended")?;
        answer(&mut self.answers)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The end of its orders ends it.
        self.orders = None;
        let _ = self.child.wait();
    }
}

fn start(command: &mut Command) -> Result<Started> {
    // Peers log to standard error, which would tear the progress bar.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let orders = child.stdin.take();
    let answers = child.stdout.take().context("no output to read")?;
    let mut peer = Peer { name: String::new(), child, orders, answers: BufReader::new(answers) };
    let said = answer(&mut peer.answers)?;
    if said.missing.is_some() {
        return Ok(Started::Missing);
    }
    if let Some(reason) = said.failed {
        return Ok(Started::Failed(reason.lines().next().unwrap_or_default().to_owned()));
    }
    peer.name = said.name.ok_or_else(|| anyhow!("the peer's script said something unexpected"))?;
    Ok(Started::Ready(peer))
}

fn answer(answers: &mut impl BufRead) -> Result<Answer> {
    let mut line = String::new();
    answers.read_line(&mut line).context("cannot read the peer's answer")?;
    ensure!(!line.is_empty(), "the peer ended without an answer");
    serde_json::from_str(&line).with_context(|| format!("not an answer: {}", line.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_pinned() {
        let text = fs::read_to_string(scripts().join("requirements.txt")).unwrap();
        assert!(!list(&text).is_empty());
        assert!(list(&text).iter().all(|line| line.contains("==")), "{text}");
    }

    /// A shell in the place of a peer.
    #[cfg(unix)]
    fn shell(script: &str) -> Result<Started> {
        start(Command::new("sh").args(["-c", script]))
    }

    #[cfg(unix)]
    #[test]
    fn peers_answer_in_turn() {
        let script = r#"echo '{"name": "p 1"}'; while read s; do echo "{\"median_us\": $s, \"runs\": 1}"; done"#;
        let Started::Ready(mut peer) = shell(script).unwrap() else { panic!("not ready") };
        assert_eq!(peer.name, "p 1");
        assert_eq!([peer.measure(0.5).unwrap(), peer.measure(2.0).unwrap()], [0.5, 2.0]);
        let script = r#"echo '{"name": "p"}'; read order; echo '{"reference": false}'"#;
        let Started::Ready(mut peer) = shell(script).unwrap() else { panic!("not ready") };
        assert!(!peer.reference().unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn peers_that_cannot_say_so() {
        assert!(matches!(shell(r#"echo '{"missing": "no module"}'"#).unwrap(), Started::Missing));
        let Started::Failed(why) = shell(r#"printf '%s\n' '{"failed": "no If\nat 7"}'"#).unwrap() else {
            panic!("no failure")
        };
        assert_eq!(why, "no If");
        assert!(shell("exit 1").is_err());
        assert!(shell("echo nonsense").is_err());
        let Started::Ready(mut peer) = shell(r#"echo '{"name": "p"}'"#).unwrap() else { panic!("not ready") };
        assert!(peer.measure(1.0).is_err());
    }
}
