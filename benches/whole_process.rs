//! T2 as a user runs it: the command line from its start to its end, file to file, one job.

#![expect(clippy::print_stderr, reason = "says what is skipped")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use sawlog_benches::judge;
use sawlog_benches::tasks::{Shared, TASKS};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
        .configure_from_args();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let binary = env::var_os("SAWLOG_BIN")
        .map_or_else(|| project.join("target/release/sawlog"), PathBuf::from);
    if !binary.exists() {
        return eprintln!("skipped: {} is not there; name it in SAWLOG_BIN", binary.display());
    }
    let shared = match Shared::find() {
        Ok(shared) => shared,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let task = TASKS.iter().find(|task| task.name == "T2").expect("T2 is a task");
    let input = shared.corpus_path(task);
    let output = project.join("target/whole-process.ndjson");
    let text = shared.corpus(task);
    let lines = text.lines().count();
    let convert = |jobs: &str| {
        let status = Command::new(&binary)
            .args(["convert", "--quiet", "--ecs", "disabled", "--timezone", "UTC", "--jobs", jobs])
            .arg("-c")
            .arg(shared.config_path(task))
            .arg("-o")
            .arg(&output)
            .arg(&input)
            .status()
            .expect("the binary starts");
        assert!(status.success(), "{status}");
    };
    let mut group = criterion.benchmark_group("process/T2-access");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::ElementsAndBytes {
        elements: lines as u64,
        bytes: text.len() as u64,
    });
    for (name, jobs) in [("convert-1-job", "1"), ("convert-2-jobs", "2")] {
        convert(jobs);
        let json = fs::read(&output).expect("convert wrote it");
        assert_eq!(judge::lines(&json), lines);
        group.bench_function(name, |b| b.iter(|| convert(jobs)));
    }
    group.finish();
    criterion.final_summary();
}
