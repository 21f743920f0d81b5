//! Runs the recorded cases: those of this project in `tests/conformance`, and the large set beside
//! the project, when it is there.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sawlog::conformance::{ExpectedDifferences, OnUnsupported, Runner};
use sawlog::pattern::{Engine, Executor};
use sawlog::{Resources, SimdLevel};

/// Failures that are shown in full; more are only counted.
const SHOWN_FAILURES: usize = 20;

/// Each executor, and the code that has no SIMD.
const ENGINES: [Engine; 3] = [
    Engine { executor: Executor::Fast, simd: SimdLevel::Auto },
    Engine { executor: Executor::Fast, simd: SimdLevel::Portable },
    Engine { executor: Executor::Plain, simd: SimdLevel::Auto },
];

#[test]
fn own_cases_pass_on_every_engine() {
    let files = case_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance"));
    assert!(!files.is_empty(), "tests/conformance holds no case");
    for engine in ENGINES {
        let runner = Runner::new(ExpectedDifferences::default(), OnUnsupported::Fail);
        run(&mut runner.with_engine(engine).with_resources(resources()), &files);
    }
}

#[test]
fn recorded_events_come_out_on_the_fast_executor_but_for_the_listed_differences() {
    recorded_events(ENGINES[0]);
}

#[test]
fn recorded_events_come_out_without_simd_but_for_the_listed_differences() {
    recorded_events(ENGINES[1]);
}

#[test]
fn recorded_events_come_out_on_the_plain_executor_but_for_the_listed_differences() {
    recorded_events(ENGINES[2]);
}

fn recorded_events(engine: Engine) {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = case_files(&project.join("../shared/vectors"));
    if files.is_empty() {
        tell("skipped: ../shared/vectors is not there, only tests/conformance was run");
        return;
    }
    let listed = fs::read_to_string(project.join("core/tests/expected-differences.tsv")).unwrap();
    let listed = ExpectedDifferences::parse(&listed).unwrap();
    let runner = Runner::new(listed, OnUnsupported::Skip);
    let mut runner = runner.with_engine(engine).with_resources(resources());
    run(&mut runner, &files);
    let unseen: Vec<&str> = runner.unseen().collect();
    assert!(unseen.is_empty(), "listed as different, but no such case: {unseen:?}");
}

/// What the command line brings.
fn resources() -> Resources {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/data/uap-core/regexes.yaml");
    let mut resources = Resources::new();
    resources.set_user_agents(&fs::read(file).unwrap()).unwrap();
    resources
}

fn run(runner: &mut Runner, files: &[PathBuf]) {
    let mut report = String::new();
    let mut shown = 0;
    for file in files {
        let name = file.file_name().unwrap().display();
        runner.run_file(&fs::read_to_string(file).unwrap(), &mut |failure| {
            shown += 1;
            if shown <= SHOWN_FAILURES {
                let (id, line, config) = (failure.id, failure.line, failure.config);
                writeln!(report, "{name}:{line} {id}: {config}\n{}\n", failure.text).unwrap();
            }
        });
    }
    let tally = runner.tally();
    let (expected, unsupported) = (tally.expected, tally.unsupported);
    tell(&format!("{tally}, {expected} differ as listed, {unsupported} need plugins not built"));
    assert_eq!(tally.failed, 0, "{report}");
    assert!(tally.passed > 0, "no case was run");
}

fn case_files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ndjson"))
        .collect();
    files.sort();
    files
}

/// Says something that is worth reading when the tests pass, too: not through the macros whose
/// output the test harness keeps back.
#[expect(clippy::disallowed_methods, reason = "a test talks to whoever runs it")]
fn tell(text: &str) {
    io::stderr().write_all(format!("conformance: {text}\n").as_bytes()).unwrap();
}
