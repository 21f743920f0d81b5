//! What is said of lines that do not match, on the real logs beside the project when they are there.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

use std::{fs, io::Write as _, path::Path};

use sawlog::pattern::{
    Budget, Flags, Regex, Scratch, Suggester,
    expand::{Expansion, expand},
    library::{Dictionary, PatternSet},
};

/// Lines of each file that are looked at.
const LINES: usize = 4;

fn compile(pattern: &str, dictionary: &Dictionary) -> (Regex, Expansion) {
    let expansion = expand(pattern, dictionary, true).unwrap();
    let flags = Flags { dot_all: true, ..Flags::default() };
    (Regex::new(&expansion.regex, flags).unwrap(), expansion)
}

#[test]
fn real_lines_that_fail_get_prefixes_and_patterns_that_match() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/real");
    let Ok(entries) = fs::read_dir(&folder) else {
        let text = format!("suggestions: skipped: {} is not there\n", folder.display());
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return;
    };
    let dictionary = Dictionary::new(PatternSet::EcsV1);
    let mut suggester = Suggester::new(&dictionary);
    let mut scratch = Scratch::new();
    let (mut failed, mut matching) = (0, 0);
    for entry in entries {
        let text = String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap()).into_owned();
        let count = text.lines().count();
        for line in text.lines().step_by((count / LINES).max(1)).take(LINES) {
            for pattern in ["%{COMBINEDAPACHELOG}", "^%{SYSLOGLINE}$"] {
                let (regex, expansion) = compile(pattern, &dictionary);
                let mut budget = Budget::for_explanation();
                let explain = |text: &str, scratch: &mut Scratch, budget: &mut Budget| {
                    regex.explain(text, Some(&expansion), scratch, budget)
                };
                let Some(found) = explain(line, &mut scratch, &mut budget) else { continue };
                failed += 1;
                // Of the text up to the place, all is read.
                let prefix = &line[..found.at];
                let mut budget = Budget::for_explanation();
                if let Some(short) = explain(prefix, &mut scratch, &mut budget) {
                    assert!(!short.is_complete || short.at == found.at, "{pattern} on {line}");
                }
                let Some(suggestion) = suggester.suggest(pattern, line) else { continue };
                if suggestion.is_match {
                    matching += 1;
                    let (regex, _) = compile(&suggestion.pattern, &dictionary);
                    let mut budget = Budget::for_subject(line.len());
                    let is_match = regex.search(line, 0, &mut scratch, &mut budget);
                    assert_eq!(is_match, Ok(true), "{} on {line}", suggestion.pattern);
                }
            }
        }
    }
    assert!(failed >= 10 && matching * 10 >= failed * 8, "{matching} of {failed}");
}
