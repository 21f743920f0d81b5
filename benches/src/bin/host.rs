//! Does what the program `table` asks for, a line each on standard input and output: one host for
//! each build, all alive at the same time, so that their rounds can alternate.
//!
//! ```text
//! names T1              -> pcre2 regex …
//! json T1 pcre2 FILE    -> ok                  the events, as JSON lines
//! run T1 pcre2          -> 34125012 85021      nanoseconds of processor time, what came out
//! steps T7a             -> 3100 6200 12400     of the first line, doubled, doubled twice
//! ```

#![expect(clippy::print_stdout, reason = "the protocol")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead};
use std::time::Duration;

#[cfg(feature = "engine")]
use sawlog_benches::engine::Captures;
use sawlog_benches::tasks::{self, Shared, Task};
use sawlog_benches::{Contestant, clock, contestant, names};

/// A figure is the mean of as many runs as take this long.
const LEAST: Duration = Duration::from_millis(40);

fn main() -> Result<(), Box<dyn Error>> {
    let shared = Shared::find()?;
    let mut current: Option<Prepared> = None;
    for command in io::stdin().lock().lines() {
        let command = command?;
        let words: Vec<&str> = command.split(' ').collect();
        let task = words.get(1).and_then(|name| tasks::by_name(name)).ok_or("which task")?;
        if current.as_ref().is_none_or(|prepared| prepared.task.name != task.name) {
            current = None;
        }
        if let ["names", _] = words[..] {
            println!("{}", names(task).join(" "));
            continue;
        }
        let prepared = current.get_or_insert_with(|| Prepared::new(task, &shared));
        match words[..] {
            ["json", _, name, file] => {
                let json = prepared.json(name).ok_or("not in this build")?;
                std::fs::write(file, json)?;
                println!("ok");
            }
            ["run", _, name] => {
                let (time, came_out) = prepared.run(name).ok_or("not in this build")?;
                println!("{} {came_out}", time.as_nanos());
            }
            #[cfg(feature = "engine")]
            ["steps", _] => {
                let steps = prepared.steps();
                println!("{}", steps.map(|steps| steps.to_string()).join(" "));
            }
            _ => return Err(format!("{command}: what").into()),
        }
    }
    Ok(())
}

/// A task with those who have done it.
struct Prepared {
    task: &'static Task,
    config: String,
    input: String,
    contestants: BTreeMap<String, Box<dyn Contestant>>,
}

impl Prepared {
    fn new(task: &'static Task, shared: &Shared) -> Self {
        let (config, input) = (shared.config(task), shared.corpus(task));
        Self { task, config, input, contestants: BTreeMap::new() }
    }

    fn contestant(&mut self, name: &str) -> Option<(&str, &mut dyn Contestant)> {
        if !self.contestants.contains_key(name) {
            let mut contestant = contestant(name, self.task, &self.config)?;
            contestant.load(&self.input);
            self.contestants.insert(name.to_owned(), contestant);
        }
        let contestant = self.contestants.get_mut(name)?;
        Some((&self.input, contestant.as_mut()))
    }

    fn json(&mut self, name: &str) -> Option<Vec<u8>> {
        let (input, contestant) = self.contestant(name)?;
        let mut json = Vec::new();
        contestant.json(input, &mut json);
        Some(json)
    }

    fn run(&mut self, name: &str) -> Option<(Duration, u64)> {
        let output = self.task.output;
        let (input, contestant) = self.contestant(name)?;
        let start = clock::thread();
        let mut runs = 0;
        loop {
            let came_out = contestant.run(input, output);
            runs += 1;
            let time = clock::thread().saturating_sub(start);
            if time >= LEAST {
                return Some((time / runs, came_out));
            }
        }
    }

    #[cfg(feature = "engine")]
    fn steps(&self) -> [u64; 3] {
        let mut captures = Captures::new(&self.config);
        let line = self.input.lines().next().unwrap_or_default();
        [1, 2, 4].map(|times| captures.steps(&self.task.longer(line, times)))
    }
}
