//! The lints against their page, against configs that are right, and against the recorded cases.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sawlog::{
    Code, Config, Diagnostic, Diagnostics, Ecs, Options, ParseOptions, Pipeline, Resources,
    Severity, Source,
    conformance::Vector,
    lint::{lint, lints},
};

/// The head of the list of cases; the rows follow, sorted.
const HEAD: &str = "\
# Recorded cases whose config holds, by design, what a lint warns of: the case's id and the codes.
# A case that warns and is not listed fails the test, and so does a listed one that does not warn.
# BLESS=1 writes the list anew; read the diff.
";

#[test]
fn every_lint_has_its_section_whose_bad_example_fires_and_whose_good_one_does_not() {
    let page = fs::read_to_string(project().join("docs/lints.md")).unwrap();
    let mut sections: Vec<&str> = page.split("\n## ").collect();
    sections.remove(0);
    let headings: Vec<&str> =
        sections.iter().map(|section| section.lines().next().unwrap()).collect();
    let codes: Vec<&str> = lints().iter().map(|lint| lint.code.as_str()).collect();
    assert_eq!(headings, codes, "the headings of docs/lints.md");
    for (section, lint) in sections.iter().zip(lints()) {
        let code = lint.code.as_str();
        let summary = section.lines().nth(2).unwrap();
        assert_eq!(summary, format!("*{}*", lint.summary), "{code}: the line below the heading");
        assert_eq!(section.matches("\nWrong:\n\n```").count(), 1, "{code}: one `Wrong:`");
        assert_eq!(section.matches("\nRight:\n\n```").count(), 1, "{code}: one `Right:`");
        let examples: Vec<&str> = section
            .split("\n```\n")
            .filter_map(|part| Some(part.split_once("```logstash\n")?.1))
            .collect();
        let [bad, good] = examples[..] else { panic!("{code}: two examples, not {examples:?}") };
        let found = warnings(bad, &Options::default());
        assert!(!found.is_empty(), "{code}: nothing is said of the wrong example");
        for warning in found.iter() {
            assert_eq!(warning.code, lint.code, "{code}: {found}");
            assert_eq!(warning.severity, Severity::Warning);
            assert!(warning.span.is_some() && warning.help.is_some(), "{code}: {found}");
        }
        let found = warnings(good, &Options::default());
        assert!(found.is_empty(), "{code}: of the right example:\n{found}");
    }
}

#[test]
fn configs_that_are_right_have_no_warning() {
    let mut files = files(&project().join("core/tests/configs"), "conf");
    files.extend(files_below(&project().join("examples")));
    files.extend(files_below(&project().join("examples/pipelines")));
    assert!(files.len() >= 30, "only {} configs", files.len());
    let mut report = String::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let found = warnings(&text, &Options { skip_unsupported: true, ..Options::default() });
        if !found.is_empty() {
            report.extend([file.display().to_string(), format!(":\n{found}\n")]);
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn recorded_cases_have_the_warnings_that_are_listed() {
    let files = files(&project().join("../shared/vectors"), "ndjson");
    if files.is_empty() {
        tell("skipped: ../shared/vectors is not there");
        return;
    }
    let list = project().join("core/tests/lint-by-design.tsv");
    let mut rows = BTreeSet::new();
    let mut linted = 0;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files {
        for line in fs::read_to_string(file).unwrap().lines() {
            let Ok(vector) = Vector::parse(line) else { continue };
            let Some(found) = vector.lint(&Resources::new()) else { continue };
            linted += 1;
            let codes: BTreeSet<&str> = found.iter().map(|one| one.code.as_str()).collect();
            for code in &codes {
                *counts.entry(code).or_default() += 1;
            }
            if !codes.is_empty() {
                let codes: Vec<&str> = codes.into_iter().collect();
                rows.insert(format!("{}\t{}", vector.id, codes.join(" ")));
            }
            if env::var("LINT_SHOW")
                .is_ok_and(|code| found.iter().any(|one| one.code.as_str() == code))
            {
                tell(&format!("{}: {}\n{found}", vector.id, vector.config));
            }
        }
    }
    tell(&format!("{linted} configs of recorded cases, {} with warnings: {counts:?}", rows.len()));
    assert!(linted > 0, "no config was looked at");
    let text: String =
        [HEAD.to_owned()].into_iter().chain(rows.iter().map(|row| format!("{row}\n"))).collect();
    if env::var_os("BLESS").is_some() {
        fs::write(&list, text).unwrap();
        return;
    }
    let listed = fs::read_to_string(&list).unwrap();
    let listed: BTreeSet<String> =
        listed.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let unlisted: Vec<&String> = rows.difference(&listed).collect();
    let silent: Vec<&String> = listed.difference(&rows).collect();
    assert!(unlisted.is_empty(), "these warn and are not listed: {unlisted:#?}");
    assert!(silent.is_empty(), "these are listed and do not warn: {silent:#?}");
}

fn warnings(config: &str, options: &Options) -> Diagnostics {
    let options = Options { ecs: ecs_of(config), ..options.clone() };
    let config = Config::parse(vec![Source::new("a.conf", config)], &ParseOptions::default())
        .unwrap_or_else(|errors| panic!("{errors}"));
    let resources = resources(&config);
    if let Err(errors) = Pipeline::compile(&config, &resources, &options) {
        // Logstash brings databases of addresses, this program none; dictionaries are elsewhere.
        let is_expected = |one: &Diagnostic| {
            matches!(one.code, Code::Unsupported | Code::MissingResource)
                || one.code == Code::MissingOption && one.message.starts_with("`geoip` has no")
        };
        assert!(errors.iter().all(is_expected), "{errors}");
    }
    lint(&config, &resources, &options)
}

/// The files of the project that a config names, and what the command line brings.
fn resources(config: &Config) -> Resources {
    let mut resources = Resources::new();
    let agents = fs::read(project().join("cli/data/uap-core/regexes.yaml")).unwrap();
    resources.set_user_agents(&agents).unwrap();
    for need in config.needs().paths {
        let path = project().join(&need.path);
        if let Ok(bytes) = fs::read(&path) {
            resources.add_file(need.path, bytes);
        } else if let Ok(entries) = fs::read_dir(&path) {
            let files = entries.map(|entry| entry.unwrap().path());
            let files = files.map(|file| {
                (file.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&file).unwrap())
            });
            resources.add_directory(need.path, files.collect());
        }
    }
    resources
}

/// A config may say in a comment that it is written for the names before ECS.
fn ecs_of(config: &str) -> Ecs {
    if config.contains("pipeline.ecs_compatibility: disabled") { Ecs::Disabled } else { Ecs::V8 }
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    folders.flat_map(|folder| files(&folder, "conf")).collect()
}

/// Says something that is worth reading when the tests pass, too.
#[expect(clippy::disallowed_methods, reason = "a test talks to whoever runs it")]
fn tell(text: &str) {
    io::stderr().write_all(format!("lints: {text}\n").as_bytes()).unwrap();
}
