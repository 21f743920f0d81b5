//! Every task, by the engine and by the peers of this build, on the same bytes; for development, the
//! table comes from `make bench`. Events are compared before anything is timed.

#![expect(clippy::print_stderr, reason = "says what was compared and what is skipped")]

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use sawlog_benches::judge::Verdict;
use sawlog_benches::tasks::{Shared, TASKS};
use sawlog_benches::{agreement, contestant, names};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
        .configure_from_args();
    let shared = match Shared::find() {
        Ok(shared) => shared,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    for task in TASKS {
        let config = shared.config(task);
        let input = shared.corpus(task);
        let mut ours = Vec::new();
        let mut group = criterion.benchmark_group(task.group);
        group.sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::ElementsAndBytes {
            elements: input.lines().count() as u64,
            bytes: input.len() as u64,
        });
        for name in names(task) {
            let mut contestant = contestant(name, task, &config).expect("it is in this build");
            contestant.load(&input);
            // Only when one of its benchmarks is asked for: the events are made once for each.
            let mut is_compared = false;
            group.bench_function(name, |b| {
                if !is_compared {
                    is_compared = true;
                    let mut json = Vec::new();
                    contestant.json(&input, &mut json);
                    if ours.is_empty() {
                        sawlog_benches::contestant("sawlog", task, &config)
                            .expect("it is in every build")
                            .json(&input, &mut ours);
                    }
                    let verdict = Verdict::of(&ours, &json)
                        .unwrap_or_else(|error| panic!("{}, {name}: {error}", task.name));
                    eprintln!("{}, {name}: {verdict}", task.name);
                    assert!(verdict.is_same_work(agreement(name)), "{:?}", verdict.first());
                }
                b.iter(|| contestant.run(&input, task.output));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
