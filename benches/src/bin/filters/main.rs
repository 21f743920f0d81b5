//! Measures every filter on lines made up for it and prints a table: `filters [ROUNDS]`.
//!
//! What a filter takes is the time of a pipeline with it, less that of the same pipeline without.
//! Where somebody else does the same, the events are compared first and the rounds alternate.

#![expect(clippy::print_stderr, reason = "says how far it is")]
#![expect(clippy::print_stdout, reason = "the table is the output")]

mod cases;

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;

use sawlog::{Resources, SimdLevel};
use sawlog_benches::engine::Engine;
use sawlog_benches::judge::Verdict;
use sawlog_benches::tasks::Output;
use sawlog_benches::{Agreement, Contestant, clock, lines};

use cases::{CASES, Case, Peer};

/// Lines of each case.
const LINES: u64 = 20_000;

/// Rounds, unless the command line says otherwise.
const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = env::args().nth(1).map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    every_filter_is_here()?;
    println!(
        "| filter | ns an event, whole | of the filter | MB/s, whole | against | times | wanted |"
    );
    println!("|---|--:|--:|--:|---|--:|--:|");
    let resources = resources()?;
    for case in CASES {
        measure(case, &resources, rounds)?;
    }
    Ok(())
}

/// Whoever adds a filter adds a case.
fn every_filter_is_here() -> Result<(), String> {
    let first = |case: &Case| case.name.split(' ').next().unwrap_or_default();
    let measured: BTreeSet<&str> = CASES.iter().map(first).collect();
    let missing: Vec<_> =
        sawlog::filters().map(|(name, _)| name).filter(|name| !measured.contains(name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no case for {}", missing.join(", "))) }
}

/// The files that some filters need: MaxMind's database of made-up cities, and the expressions of uap-core.
fn resources() -> Result<Resources, Box<dyn Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let read =
        |path: &str| fs::read(format!("{root}/{path}")).map_err(|error| format!("{path}: {error}"));
    let mut resources = Resources::new();
    let cities = read("core/tests/data/maxmind/GeoLite2-City-Test.mmdb")?;
    resources.add_file("GeoLite2-City.mmdb", cities);
    resources.set_user_agents(&read("cli/data/uap-core/regexes.yaml")?)?;
    Ok(resources)
}

fn measure(case: &Case, resources: &Resources, rounds: usize) -> Result<(), Box<dyn Error>> {
    let input = lines::text(LINES, case.lines);
    let engine = |filter: &str| -> Box<dyn Contestant> {
        let codec = case.codec.name();
        let config = format!("input {{ stdin {{ codec => {codec} }} }} filter {{ {filter} }}");
        Box::new(Engine::with_resources(&config, resources, SimdLevel::Auto))
    };
    let mut with = engine(case.filter);
    let mut without = engine("");
    let (name, mut peer, wanted, extra) = match case.peer {
        Peer::None => ("–", None, None, ""),
        Peer::Own { name, filter, times } => (name, Some(engine(filter)), Some(times), ""),
        Peer::Vector { source, times } => match vector(source) {
            Some(peer) => ("vrl", Some(peer), Some(times), source),
            None => ("vrl, not built", None, Some(times), source),
        },
    };
    if let Some(peer) = &mut peer {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        with.json(&input, &mut ours);
        peer.json(&input, &mut theirs);
        let verdict = Verdict::of(&ours, &theirs)?;
        eprintln!("{}, {name}: {verdict}", case.name);
        if !verdict.is_same_work(Agreement::Same) {
            return Err(format!("{}, {name}: {:?} {extra}", case.name, verdict.first()).into());
        }
    }
    let (mut whole, mut rest, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        whole.push(time(&mut *with, &input));
        rest.push(time(&mut *without, &input));
        if let Some(peer) = &mut peer {
            theirs.push(time(&mut **peer, &input));
        }
    }
    let (whole, rest) = (median(whole), median(rest));
    let events = LINES as f64;
    let (times, wanted) = match (theirs.is_empty(), wanted) {
        (false, Some(wanted)) => {
            // Between two filters of ours the rest of the pipeline is the same, and left out.
            let base = if extra.is_empty() { rest } else { 0.0 };
            let times = (median(theirs) - base) / (whole - base);
            (format!("{times:.1}"), format!("{wanted:.0}"))
        }
        (_, Some(wanted)) => ("–".to_owned(), format!("{wanted:.0}")),
        _ => ("–".to_owned(), "–".to_owned()),
    };
    println!(
        "| {} | {:.0} | {:.0} | {:.0} | {name} | {times} | {wanted} |",
        case.name,
        whole * 1e9 / events,
        (whole - rest) * 1e9 / events,
        input.len() as f64 / 1e6 / whole,
    );
    Ok(())
}

#[cfg(feature = "vrl")]
fn vector(source: &str) -> Option<Box<dyn Contestant>> {
    Some(sawlog_benches::peers::vector(source))
}

#[cfg(not(feature = "vrl"))]
fn vector(_: &str) -> Option<Box<dyn Contestant>> {
    None
}

/// Processor seconds of a run.
fn time(contestant: &mut dyn Contestant, input: &str) -> f64 {
    let start = clock::thread();
    black_box(contestant.run(input, Output::Counted));
    (clock::thread() - start).as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
