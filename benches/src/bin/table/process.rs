//! T2 as a user runs it: `sawlog convert` from its start to its end.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sawlog_benches::clock;
use sawlog_benches::tasks::{Shared, Task};

/// The input has at least this many bytes, so that the start of the process does not count much.
const INPUT_BYTES: usize = 100_000_000;

/// The command line with its input.
pub(crate) struct Process {
    sawlog: PathBuf,
    config: PathBuf,
    input: PathBuf,
    output: PathBuf,
    pub(crate) bytes: usize,
    pub(crate) lines: usize,
}

/// What one run took.
pub(crate) struct Run {
    pub(crate) processor: Duration,
    pub(crate) wall: Duration,
}

impl Process {
    /// Writes the input: the corpus of a task, several times. All files are in a folder that is
    /// memory, if there is one, as the task says.
    pub(crate) fn new(sawlog: &Path, task: &Task, shared: &Shared) -> Result<Self, Box<dyn Error>> {
        let folder = [Path::new("/dev/shm"), Path::new("target")];
        let folder = folder.into_iter().find(|path| path.is_dir()).ok_or("no folder for files")?;
        let (input, output) = (folder.join("sawlog-bench.log"), folder.join("sawlog-bench.ndjson"));
        let corpus = shared.corpus(task);
        let times = INPUT_BYTES.div_ceil(corpus.len());
        let mut file = File::create(&input)?;
        for _ in 0..times {
            file.write_all(corpus.as_bytes())?;
        }
        Ok(Self {
            sawlog: sawlog.to_owned(),
            config: shared.config_path(task),
            input,
            output,
            bytes: corpus.len() * times,
            lines: corpus.lines().count() * times,
        })
    }

    /// Converts into a file, or to a standard output that goes nowhere.
    pub(crate) fn run(&self, jobs: usize, to_file: bool) -> Result<Run, Box<dyn Error>> {
        let mut command = Command::new(&self.sawlog);
        command
            .args(["convert", "--quiet", "--ecs", "disabled", "--timezone", "UTC"])
            .arg("--jobs")
            .arg(jobs.to_string())
            .arg("-c")
            .arg(&self.config)
            .arg(&self.input)
            .stdout(Stdio::null());
        if to_file {
            command.arg("-o").arg(&self.output);
        }
        let (processor, wall) = (clock::children(), Instant::now());
        let status = command.status()?;
        let run =
            Run { processor: clock::children().saturating_sub(processor), wall: wall.elapsed() };
        if !status.success() {
            return Err(format!("convert: {status}").into());
        }
        Ok(run)
    }

    /// The lines of the file that the last run wrote.
    pub(crate) fn lines_out(&self) -> Result<usize, Box<dyn Error>> {
        let output = fs::read(&self.output)?;
        Ok(memchr::memchr_iter(b'\n', &output).count())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Files in memory should not stay; that they are gone already is as good.
        let _ = fs::remove_file(&self.input);
        let _ = fs::remove_file(&self.output);
    }
}
