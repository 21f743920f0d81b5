//! Runs the recorded cases: those of this project in `tests/conformance`, and the large set beside
//! the project, when it is there.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sawlog::conformance::{ExpectedDifferences, OnUnsupported, Runner, Tally};
use sawlog::pattern::{Engine, Executor};
use sawlog::{Resources, SimdLevel};

/// Failures that are shown in full; more are only counted.
const SHOWN_FAILURES: usize = 20;

/// The head of the table of counts; the rows follow, sorted.
const COUNTS_HEAD: &str = "\
# How many recorded cases pass, for docs/compatibility.md: by file of ../shared/vectors, and by plugin that a case's config uses.
# kind, name, passed, different as listed, left out for a plugin that is not built, total. BLESS=1 writes it anew; read the diff.
";

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

/// The same cases as above, with what came of them here: the tests of the bindings run them through their own interfaces.
#[test]
fn cases_for_the_bindings_come_out_here_as_judged() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let listed = fs::read_to_string(project.join("core/tests/expected-differences.tsv")).unwrap();
    let listed = ExpectedDifferences::parse(&listed).unwrap();
    let own = Runner::new(ExpectedDifferences::default(), OnUnsupported::Fail);
    let recorded = Runner::new(listed, OnUnsupported::Skip);
    let (mut cases, mut report) = (String::new(), String::new());
    let mut failed = Vec::new();
    for (runner, folder) in [(own, "core/tests/conformance"), (recorded, "../shared/vectors")] {
        let mut runner = runner.with_resources(resources());
        for file in case_files(&project.join(folder)) {
            for case in runner.binding_cases(&fs::read_to_string(file).unwrap()).unwrap() {
                writeln!(cases, "{}", case.json).unwrap();
                writeln!(report, "{}\t{}", case.id, case.verdict).unwrap();
                if case.verdict == "failed" {
                    failed.push(case.id);
                }
            }
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join("binding-cases.ndjson"), cases).unwrap();
    fs::write(folder.join("binding-report.tsv"), report).unwrap();
    assert!(failed.is_empty(), "{failed:?}");
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
    let by_file = run(&mut runner, &files);
    let unseen: Vec<&str> = runner.unseen().collect();
    assert!(unseen.is_empty(), "listed as different, but no such case: {unseen:?}");
    if engine == ENGINES[0] {
        hold_counts(&runner, &by_file, &project.join("core/tests/conformance-counts.tsv"));
    }
}

/// What the command line brings.
fn resources() -> Resources {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/data/uap-core/regexes.yaml");
    let mut resources = Resources::new();
    resources.set_user_agents(&fs::read(file).unwrap()).unwrap();
    resources
}

/// Compares the counts with the table of them, or writes it.
fn hold_counts(runner: &Runner, by_file: &BTreeMap<String, Tally>, path: &Path) {
    let files = by_file.iter().map(|(name, tally)| ("file", name.as_str(), *tally));
    let plugins =
        runner.tallies_by_plugin().map(|(kind, name, tally)| (kind.as_str(), name, tally));
    let mut rows: Vec<String> = files
        .chain(plugins)
        .map(|(kind, name, tally)| {
            let Tally { passed, expected, unsupported, .. } = tally;
            format!("{kind}\t{name}\t{passed}\t{expected}\t{unsupported}\t{}\n", tally.total())
        })
        .collect();
    rows.sort();
    let table = format!("{COUNTS_HEAD}{}", rows.concat());
    if env::var_os("BLESS").is_some() {
        fs::write(path, table).unwrap();
        return;
    }
    let old = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(old, table, "{} (BLESS=1 writes it)", path.display());
}

/// Runs the files and returns the counts of each.
fn run(runner: &mut Runner, files: &[PathBuf]) -> BTreeMap<String, Tally> {
    let mut report = String::new();
    let mut shown = 0;
    let mut by_file = BTreeMap::new();
    for file in files {
        let before = runner.tally();
        let name = file.file_name().unwrap().display();
        runner.run_file(&fs::read_to_string(file).unwrap(), &mut |failure| {
            shown += 1;
            if shown <= SHOWN_FAILURES {
                let (id, line, config) = (failure.id, failure.line, failure.config);
                writeln!(report, "{name}:{line} {id}: {config}\n{}\n", failure.text).unwrap();
            }
        });
        by_file.insert(name.to_string(), runner.tally().since(before));
    }
    let tally = runner.tally();
    let (expected, unsupported) = (tally.expected, tally.unsupported);
    tell(&format!("{tally}, {expected} differ as listed, {unsupported} need plugins not built"));
    assert_eq!(tally.failed, 0, "{report}");
    assert!(tally.passed > 0, "no case was run");
    by_file
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
