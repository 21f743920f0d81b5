//! Breaks one token of a valid config and asks where the first error is reported.
//!
//! Every token of every file in `tests/configs` is deleted once and replaced once. A person looks
//! for the mistake at the line of the first error: that must be the broken line, or the line of the
//! token after it. Changes after which the config still parses are not counted.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::{fs, path::Path};

use sawlog::{Config, Diagnostics, ParseOptions, Source};

/// Of a hundred errors, so many must be reported where the mistake is.
const LEAST_PERCENT: usize = 95;

/// What tokens are replaced by, in turn.
const STRANGERS: [&str; 16] = [
    "}", "=>", "{", "]", ",", "word", "[", "\"text\"", "(", "=", "and", ")", "7", "if", "else", ";",
];

#[test]
fn first_error_names_the_broken_line() {
    let mut counted = 0;
    let mut missed = Vec::new();
    for (name, text) in configs() {
        assert!(parse(&text).is_ok(), "{name} is valid");
        let tokens = tokens(&text);
        for (index, (start, end)) in tokens.iter().copied().enumerate() {
            let stranger = STRANGERS[(index * 7 + name.len()) % STRANGERS.len()];
            for replacement in ["", stranger] {
                let broken = format!("{}{replacement}{}", &text[..start], &text[end..]);
                let Err(errors) = parse(&broken) else { continue };
                counted += 1;
                let next =
                    tokens.get(index + 1).map_or_else(|| text.trim_end().len(), |next| next.0);
                let expected =
                    [line(&text, start), line(&text, next) - lines_in(&text[start..end])];
                let found = errors
                    .iter()
                    .next()
                    .and_then(|error| errors.position(error.span?))
                    .map_or(0, |position| position.line);
                if !expected.contains(&found) {
                    missed.push(format!(
                        "{name}:{}: {:?} -> {replacement:?}: {}",
                        expected[0],
                        &text[start..end],
                        errors.to_string().lines().next().unwrap_or_default()
                    ));
                }
            }
        }
    }
    assert!(counted >= 200, "only {counted} broken configs");
    let named = (counted - missed.len()) * 100;
    assert!(
        named >= LEAST_PERCENT * counted,
        "{} of {counted} errors are elsewhere:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

/// Breaking a config must never end in a long list of errors that follow from the first.
#[test]
fn one_mistake_gives_few_errors() {
    let mut counted = 0;
    let mut total = 0;
    for (_, text) in configs() {
        for (start, end) in tokens(&text) {
            let broken = format!("{}{}", &text[..start], &text[end..]);
            if let Err(errors) = parse(&broken) {
                counted += 1;
                total += errors.len();
            }
        }
    }
    assert!(total * 100 <= counted * 125, "{total} errors for {counted} mistakes");
}

fn parse(text: &str) -> Result<Config, Diagnostics> {
    Config::parse(vec![Source::new("test.conf", text)], &ParseOptions::default())
}

fn configs() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs");
    let mut paths: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.iter().map(|path| read(path)).collect()
}

/// Finds the tokens of a valid config: strings, regexes, words, operators, brackets.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            ' ' | '\t' | '\r' | '\n' => {
                at += 1;
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '"' | '\'' | '/' => quoted(rest, first),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => ["=>", "==", "!=", "<=", ">=", "=~", "!~"]
                .iter()
                .find(|operator| rest.starts_with(**operator))
                .map_or_else(|| first.len_utf8(), |operator| operator.len()),
        };
        tokens.push((at, at + length));
        at += length;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '.')
}

fn quoted(text: &str, quote: char) -> usize {
    let mut previous = ' ';
    for (index, c) in text.char_indices().skip(1) {
        if c == quote && previous != '\\' {
            return index + 1;
        }
        previous = c;
    }
    text.len()
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn lines_in(text: &str) -> usize {
    text.matches('\n').count()
}
