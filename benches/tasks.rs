//! Every task, by the engine and by the peer that was built, on the same bytes; the events are
//! compared before anything is timed.

#![expect(clippy::print_stderr, reason = "says what was compared and what is skipped")]

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use sawlog_benches::engine::Engine;
use sawlog_benches::judge::{self, Verdict};
use sawlog_benches::peer::Peer;
use sawlog_benches::tasks::{Shared, TASKS};

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
        let lines = input.lines().count();
        let mut engine = Engine::new(&config);
        let mut peer = Peer::new(task, &config);
        let ours = engine.json(&input);
        assert_eq!(judge::lines(ours), lines, "{}", task.name);
        if let Some((peer, name)) = &mut peer {
            let verdict = Verdict::of(ours, peer.json(&input))
                .unwrap_or_else(|error| panic!("{}, {name}: {error}", task.name));
            eprintln!("{}, {name}: {verdict}", task.name);
            assert!(verdict.is_same_work(), "{}, {name}: not the same work", task.name);
        }
        let mut group = criterion.benchmark_group(task.group);
        group.sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::ElementsAndBytes {
            elements: lines as u64,
            bytes: input.len() as u64,
        });
        // Once is enough: the build with the other engine only adds its peer.
        if cfg!(feature = "pcre2") {
            group.bench_function("sawlog", |b| b.iter(|| engine.run(&input, task.output)));
        }
        if let Some((mut peer, name)) = peer
            && (cfg!(feature = "pcre2") || name.starts_with("grok"))
        {
            group.bench_function(name, |b| b.iter(|| peer.run(&input, task.output)));
        }
        group.finish();
    }
    criterion.final_summary();
}
