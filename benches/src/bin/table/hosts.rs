//! The hosts: one process for each build of the peers, asked in turn.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

pub(crate) struct Host {
    program: PathBuf,
    child: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Host {
    /// Starts every program of a folder, in alphabetical order but `host-peers` first.
    pub(crate) fn start_all(folder: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut programs: Vec<PathBuf> =
            fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
        programs.sort_by_key(|path| (!path.ends_with("host-peers"), path.clone()));
        programs.into_iter().map(Self::start).collect()
    }

    fn start(program: PathBuf) -> Result<Self, Box<dyn Error>> {
        let mut child =
            Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let asks = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or("the output is piped")?);
        Ok(Self { program, child, asks, answers })
    }

    fn ask(&mut self, question: &str) -> Result<String, Box<dyn Error>> {
        let asks = self.asks.as_mut().ok_or("the input is piped")?;
        writeln!(asks, "{question}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        // Even an empty list of names ends its line.
        if answer.is_empty() {
            return Err(format!("{}: no answer to `{question}`", self.program.display()).into());
        }
        Ok(answer.trim_end().to_owned())
    }

    pub(crate) fn names(&mut self, task: &str) -> Result<Vec<String>, Box<dyn Error>> {
        Ok(self.ask(&format!("names {task}"))?.split_whitespace().map(str::to_owned).collect())
    }

    pub(crate) fn json(
        &mut self,
        task: &str,
        name: &str,
        file: &Path,
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        self.ask(&format!("json {task} {name} {}", file.display()))?;
        let json = fs::read(file)?;
        fs::remove_file(file)?;
        Ok(json)
    }

    /// Processor time of one run over the corpus.
    pub(crate) fn run(&mut self, task: &str, name: &str) -> Result<Duration, Box<dyn Error>> {
        let answer = self.ask(&format!("run {task} {name}"))?;
        let nanoseconds = answer.split(' ').next().unwrap_or_default();
        Ok(Duration::from_nanos(nanoseconds.parse()?))
    }

    /// Steps of the first line, doubled, doubled twice.
    pub(crate) fn steps(&mut self, task: &str) -> Result<Vec<u64>, Box<dyn Error>> {
        let answer = self.ask(&format!("steps {task}"))?;
        answer.split(' ').map(|steps| Ok(steps.parse()?)).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.asks = None;
        // It ends with its input; how does not matter.
        let _ = self.child.wait();
    }
}
