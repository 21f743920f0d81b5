//! Measures every task by everybody who does it, in alternating rounds, and prints one table:
//! `table --hosts FOLDER --sawlog FILE [--rounds N] [--tasks T1,T2,…]`.
//!
//! The hosts ([`hosts`]) stay alive together; a round asks each of them for one figure of a task, so
//! that a slower moment of the machine meets all of them. What is printed is Markdown.

#![expect(clippy::print_stderr, reason = "says how far it is")]
#![expect(clippy::print_stdout, reason = "the table is the output")]

mod context;
mod hosts;
mod process;
mod report;
mod targets;

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

use sawlog_benches::judge::Verdict;
use sawlog_benches::tasks::{self, Shared, TASKS, Task};
use sawlog_benches::{Agreement, agreement};

use hosts::Host;
use process::Process;
use report::{Comparison, Report, Row, Steps};

/// The name under which `sawlog convert` stands in the table.
const PROCESS: &str = "process";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    let shared = Shared::find()?;
    let mut hosts = Host::start_all(&arguments.hosts)?;
    let mut report = Report::default();
    for task in TASKS.iter().filter(|task| arguments.has(task.name)) {
        measure(task, &shared, &mut hosts, arguments.rounds, &mut report)?;
    }
    if arguments.has(PROCESS) {
        measure_process(&arguments, &shared, &mut hosts, &mut report)?;
    }
    drop(hosts);
    context::print(&shared, arguments.rounds);
    report.print();
    targets::print(&report);
    report.print_comparisons();
    report.print_matrix();
    Ok(())
}

struct Arguments {
    hosts: PathBuf,
    sawlog: PathBuf,
    rounds: usize,
    tasks: Option<Vec<String>>,
}

impl Arguments {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut arguments =
            Self { hosts: PathBuf::new(), sawlog: PathBuf::new(), rounds: 11, tasks: None };
        let mut words = env::args().skip(1);
        while let Some(option) = words.next() {
            let value = words.next().ok_or_else(|| format!("{option}: which?"))?;
            match option.as_str() {
                "--hosts" => arguments.hosts = value.into(),
                "--sawlog" => arguments.sawlog = value.into(),
                "--rounds" => arguments.rounds = value.parse()?,
                "--tasks" if value.is_empty() => {}
                "--tasks" => {
                    arguments.tasks = Some(value.split(',').map(str::to_owned).collect());
                }
                _ => return Err(format!("{option}: no such option").into()),
            }
        }
        Ok(arguments)
    }

    fn has(&self, task: &str) -> bool {
        self.tasks.as_ref().is_none_or(|tasks| tasks.iter().any(|name| name == task))
    }
}

fn measure(
    task: &'static Task,
    shared: &Shared,
    hosts: &mut [Host],
    rounds: usize,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let input = shared.corpus(task);
    let lines = input.lines().count();
    let row = |name: &str| Row::new(task.name, name, input.len(), lines);

    // Who is in several builds runs in the first.
    let mut contestants: Vec<(usize, Row)> = Vec::new();
    for (number, host) in hosts.iter_mut().enumerate() {
        for name in host.names(task.name)? {
            if !contestants.iter().any(|(_, row)| row.name == name) {
                contestants.push((number, row(&name)));
            }
        }
    }

    let file = Path::new("target").join(format!("compared-{}.ndjson", std::process::id()));
    let ours = hosts[0].json(task.name, "sawlog", &file)?;
    for (host, Row { name, .. }) in &contestants {
        if name == "sawlog" {
            continue;
        }
        let theirs = hosts[*host].json(task.name, name, &file)?;
        let verdict = Verdict::of(&ours, &theirs)
            .map_err(|error| format!("{}, {name}: {error}", task.name))?;
        let agreement = agreement(name);
        let is_same = verdict.is_same_work(agreement);
        eprintln!("{}, {name}: {verdict}", task.name);
        if let Some((ours, theirs)) = verdict.first()
            && (!is_same || agreement == Agreement::Same)
        {
            eprintln!("  sawlog {ours}\n  {name} {theirs}");
        }
        if !is_same {
            return Err(format!("{}, {name}: not the same work", task.name).into());
        }
        let comparison =
            Comparison { task: task.name, name: name.clone(), text: verdict.to_string() };
        report.comparisons.push(comparison);
    }

    for round in 0..rounds {
        for (host, row) in &mut contestants {
            let time = hosts[*host].run(task.name, &row.name)?;
            // The first round warms up whoever was not compared.
            row.times.push(time.as_secs_f64());
        }
        eprint!("\r{}: round {} of {rounds}", task.name, round + 1);
    }
    eprintln!();
    report.rows.extend(contestants.into_iter().map(|(_, row)| row));
    if task.name.starts_with("T7") {
        report.steps.push(Steps { task: task.name, counts: hosts[0].steps(task.name)? });
    }
    Ok(())
}

/// The whole process beside the engine, in the same rounds.
fn measure_process(
    arguments: &Arguments,
    shared: &Shared,
    hosts: &mut [Host],
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let task = tasks::by_name("T2").ok_or("T2 is a task")?;
    let input = shared.corpus(task);
    let process = Process::new(&arguments.sawlog, task, shared)?;
    process.run(1, true)?;
    if process.lines_out()? != process.lines {
        return Err("convert lost lines".into());
    }
    let row = |name: &str| Row::new(PROCESS, name, process.bytes, process.lines);
    let mut engine = Row::new(PROCESS, "sawlog", input.len(), input.lines().count());
    let mut one = row("convert-1-job");
    let mut one_wall = row("convert-1-job-wall");
    let mut two_wall = row("convert-2-jobs-wall");
    let mut file = row("convert-1-job-to-file");
    let mut file_wall = row("convert-1-job-to-file-wall");
    for round in 0..arguments.rounds {
        engine.times.push(hosts[0].run(task.name, "sawlog")?.as_secs_f64());
        let run = process.run(1, false)?;
        one.times.push(run.processor.as_secs_f64());
        one_wall.times.push(run.wall.as_secs_f64());
        two_wall.times.push(process.run(2, false)?.wall.as_secs_f64());
        let run = process.run(1, true)?;
        file.times.push(run.processor.as_secs_f64());
        file_wall.times.push(run.wall.as_secs_f64());
        eprint!("\r{PROCESS}: round {} of {}", round + 1, arguments.rounds);
    }
    eprintln!();
    report.rows.extend([engine, one, one_wall, two_wall, file, file_wall]);
    Ok(())
}
