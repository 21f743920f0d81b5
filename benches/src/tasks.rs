//! The tasks: which config, which corpus, what comes out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Megabytes of each corpus, unless `SAWLOG_CORPUS_MB` says otherwise.
const CORPUS_MB: &str = "20";

/// The most of a corpus that the slowest peers are given; the engine gets the same bytes.
const SHORT_BYTES: usize = 1_000_000;

/// Bytes of output after which whoever writes JSON starts again at the front of its memory.
pub const OUTPUT_BYTES: usize = 1 << 20;

/// What is done with the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// They are built and counted.
    Counted,
    /// They are written as JSON lines.
    JsonLines,
}

/// One measured task.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Its name in the tables.
    pub name: &'static str,
    /// Its place among the benchmarks: area and workload.
    pub group: &'static str,
    config: &'static str,
    corpus: &'static str,
    /// What comes out.
    pub output: Output,
    is_short: bool,
}

const fn task(
    name: &'static str,
    group: &'static str,
    config: &'static str,
    corpus: &'static str,
    output: Output,
) -> Task {
    Task { name, group, config, corpus, output, is_short: false }
}

impl Task {
    const fn short(self) -> Self {
        Self { is_short: true, ..self }
    }

    /// A line of T7 with its costly part several times: the letters at the end in T7b, else all.
    pub fn longer(&self, line: &str, times: usize) -> String {
        match line.rsplit_once(' ') {
            Some((head, word)) if self.name == "T7b" => format!("{head} {}", word.repeat(times)),
            _ => line.repeat(times),
        }
    }
}

/// All of them.
pub const TASKS: &[Task] = &[
    task("T1", "grok/T1-access", "t1.conf", "access.log", Output::Counted),
    task("T2", "pipeline/T2-access", "t2.conf", "access.log", Output::JsonLines),
    task("T3", "pipeline/T3-app", "t3.conf", "app.log", Output::JsonLines),
    task("T4", "grok/T4-syslog", "t4.conf", "syslog.log", Output::Counted),
    task("T5", "pipeline/T5-json", "t5.conf", "json.log", Output::JsonLines),
    task("T6", "grok/T6-twenty", "t6.conf", "syslog.log", Output::Counted).short(),
    task("T6n", "grok/T6n-none", "t6.conf", "nomatch.log", Output::Counted).short(),
    task("T7a", "grok/T7a-four-data", "t7a.conf", "patho.log", Output::Counted),
    task("T7b", "grok/T7b-uri", "t7b.conf", "patho2.log", Output::Counted),
];

/// The shared folder, and the corpora made from it.
#[derive(Debug)]
pub struct Shared {
    configs: PathBuf,
    corpora: PathBuf,
}

impl Shared {
    /// Finds the shared folder (`SAWLOG_SHARED`, else beside the repository) and makes the corpora
    /// if they are missing.
    ///
    /// # Errors
    /// What is not there, as a sentence.
    pub fn find() -> Result<Self, String> {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let shared =
            env::var_os("SAWLOG_SHARED").map_or_else(|| project.join("../shared"), PathBuf::from);
        let script = shared.join("data/corpora.py");
        if !script.exists() {
            return Err(
                "../shared/data is not there; name the shared folder in SAWLOG_SHARED".to_owned()
            );
        }
        let megabytes = env::var("SAWLOG_CORPUS_MB").unwrap_or_else(|_| CORPUS_MB.to_owned());
        let corpora = project.join(format!("target/corpora-{megabytes}"));
        if TASKS.iter().any(|task| !corpora.join(task.corpus).exists()) {
            let status = Command::new("python3")
                .arg(&script)
                .arg(&megabytes)
                .arg(&corpora)
                .stdout(Stdio::null())
                .status();
            if !status.is_ok_and(|status| status.success()) {
                return Err("corpora.py failed; it needs python3".to_owned());
            }
        }
        Ok(Self { configs: shared.join("data/tasks"), corpora })
    }

    /// The text of a task's config.
    pub fn config(&self, task: &Task) -> String {
        let path = self.config_path(task);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The file of a task's config.
    pub fn config_path(&self, task: &Task) -> PathBuf {
        self.configs.join(task.config)
    }

    /// The file of a task's corpus.
    pub fn corpus_path(&self, task: &Task) -> PathBuf {
        self.corpora.join(task.corpus)
    }

    /// The bytes of a task's corpus that are measured: whole lines.
    pub fn corpus(&self, task: &Task) -> String {
        let path = self.corpus_path(task);
        let mut text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if task.is_short && text.len() > SHORT_BYTES {
            let end = text.as_bytes()[..SHORT_BYTES].iter().rposition(|byte| *byte == b'\n');
            text.truncate(end.map_or(0, |end| end + 1));
        }
        text
    }
}

/// A task by its name.
pub fn by_name(name: &str) -> Option<&'static Task> {
    TASKS.iter().find(|task| task.name == name)
}

/// The patterns of the one grok filter in a config: one string or a list of them.
pub fn grok_patterns(config: &str) -> Vec<String> {
    let (_, mut rest) = config.split_once("\"message\" =>").expect("the tasks match on `message`");
    let is_list = rest.trim_start().starts_with('[');
    let mut patterns = Vec::new();
    while let Some(start) = rest.find(['"', '\'', ']', '}']) {
        let quote = &rest[start..=start];
        if matches!(quote, "]" | "}") {
            break;
        }
        let (pattern, after) = rest[start + 1..].split_once(quote).expect("the quote ends");
        patterns.push(pattern.to_owned());
        rest = after;
        if !is_list {
            break;
        }
    }
    patterns
}
