//! Breaks valid configs, one token at a time, and asks whether the error stands where the break is.
//!
//! The configs are those of `tests/conformance`, laid out as people write them: a line for each
//! option, condition and brace.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

use std::{collections::BTreeSet, fs, path::Path};

use sawlog::{Config, Diagnostics, Options, ParseOptions, Pipeline, Resources, Severity, Source};

/// Valid configs that are broken.
const CONFIGS: usize = 200;
/// Of a hundred refused configs, those whose error must name the broken line or the next token's.
const NAMED_PERCENT: usize = 95;

#[test]
fn error_stands_in_the_broken_line_or_the_next_tokens() {
    let configs = valid_configs();
    assert_eq!(configs.len(), CONFIGS, "too few cases in tests/conformance");
    let (mut refused, mut named, mut report) = (0, 0, String::new());
    for (number, tokens) in configs.iter().enumerate() {
        // Every token has its turn over the configs, deletions and replacements alike.
        let at = number.wrapping_mul(7919) % tokens.len();
        for replacement in [None, Some("§")] {
            let mutated = Mutated::new(tokens, at, replacement);
            let Err(diagnostics) = compile(&mutated.text) else { continue };
            refused += 1;
            if mutated.is_named_by(&diagnostics) {
                named += 1;
            } else {
                report += &format!("{}\n{diagnostics}\n\n", mutated.text);
            }
        }
    }
    assert!(refused > CONFIGS, "only {refused} of the broken configs were refused");
    assert!(named * 100 >= refused * NAMED_PERCENT, "{named} of {refused} named:\n{report}");
}

fn compile(text: &str) -> Result<(), Diagnostics> {
    let config = Config::parse(vec![Source::new("a.conf", text)], &ParseOptions::default())?;
    Pipeline::compile(&config, &Resources::new(), &Options::default()).map(drop)
}

/// Returns the tokens of the first distinct configs that are valid and hold more than a skeleton.
fn valid_configs() -> Vec<Vec<String>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut files: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut seen = BTreeSet::new();
    let mut configs = Vec::new();
    for file in files {
        // From each file alike, so that no plugin rules the sample.
        let mut of_file = 0;
        for line in fs::read_to_string(file).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let config = case["config"].as_str().unwrap().to_owned();
            let tokens = tokens(&config);
            if of_file < CONFIGS / 4
                && configs.len() < CONFIGS
                && tokens.len() > 8
                && case
                    .get("settings")
                    .is_none_or(|settings| settings.get("config.support_escapes").is_none())
                && seen.insert(config)
                && compile(&Mutated::layout(&tokens, usize::MAX).text).is_ok()
            {
                of_file += 1;
                configs.push(tokens);
            }
        }
    }
    configs
}

struct Mutated {
    text: String,
    /// The line of the broken token, and that of the token after it.
    lines: [usize; 2],
}

impl Mutated {
    /// Deletes or replaces the token at `at`.
    fn new(tokens: &[String], at: usize, replacement: Option<&str>) -> Self {
        let mut tokens = tokens.to_vec();
        // A deleted token leaves its place empty, so that all others keep their lines.
        tokens[at] = replacement.unwrap_or_default().to_owned();
        Self::layout(&tokens, at)
    }

    fn layout(tokens: &[String], at: usize) -> Self {
        let (mut text, mut line, mut depth) = (String::new(), 1, 0_usize);
        let mut lines = [0; 2];
        for (index, token) in tokens.iter().enumerate() {
            let next = tokens.get(index + 1).map_or("", String::as_str);
            let is_option = next == "=>" && !in_hash(tokens, index);
            let starts_line = token == "}" || is_option || matches!(token.as_str(), "if" | "else");
            if token == "}" {
                depth = depth.saturating_sub(1);
            }
            if (starts_line
                || tokens[..index].last().is_some_and(|last| last == "{" || last == "}"))
                && index > 0
                && !(token == "if" && tokens[index - 1] == "else")
            {
                text.push('\n');
                text.push_str(&"  ".repeat(depth));
                line += 1;
            } else if index > 0 {
                text.push(' ');
            }
            if token == "{" {
                depth += 1;
            }
            if index == at {
                lines[0] = line;
            } else if index == at.wrapping_add(1) {
                lines[1] = line;
            }
            line += token.matches('\n').count();
            text.push_str(token);
        }
        text.push('\n');
        Self { text, lines }
    }

    fn is_named_by(&self, diagnostics: &Diagnostics) -> bool {
        let mut errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
        errors.any(|one| {
            let place = one.span.and_then(|span| diagnostics.position(span));
            place.is_some_and(|place| self.lines.contains(&place.line))
        })
    }
}

/// Tells whether a token stands in a hash, not directly in a plugin: the brace around it follows
/// `=>`, a comma or a bracket.
fn in_hash(tokens: &[String], at: usize) -> bool {
    let mut depth = 0;
    for index in (0..at).rev() {
        match tokens[index].as_str() {
            "}" => depth += 1,
            "{" if depth > 0 => depth -= 1,
            "{" => return index > 0 && matches!(tokens[index - 1].as_str(), "=>" | "," | "["),
            _ => {}
        }
    }
    false
}

/// Splits a valid config into tokens; comments are left out, a selector is one token.
fn tokens(config: &str) -> Vec<String> {
    let characters: Vec<char> = config.chars().collect();
    let mut tokens: Vec<String> = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let start = at;
        let until = |from: usize, end: &dyn Fn(usize) -> bool| {
            (from..characters.len()).find(|index| end(*index)).unwrap_or(characters.len())
        };
        match characters[at] {
            character if character.is_whitespace() => {
                at += 1;
                continue;
            }
            '#' => {
                at = until(at, &|index| characters[index] == '\n');
                continue;
            }
            quote @ ('"' | '\'') => {
                at = until(at + 1, &|i| characters[i] == quote && characters[i - 1] != '\\') + 1;
            }
            '/' => at = until(at + 1, &|i| characters[i] == '/' && characters[i - 1] != '\\') + 1,
            '[' if is_selector(&characters[at..]) => {
                while characters.get(at) == Some(&'[') {
                    at = until(at, &|index| characters[index] == ']') + 1;
                }
            }
            '=' | '!' | '<' | '>' if matches!(characters.get(at + 1), Some('=' | '~' | '>')) => {
                at += 2;
            }
            character if is_word(character) => {
                at = until(at, &|index| !is_word(characters[index]));
            }
            _ => at += 1,
        }
        let token: String = characters[start..at.min(characters.len())].iter().collect();
        // `not in` holds a blank that may not become a line end.
        if token == "in" && tokens.last().is_some_and(|last| last == "not") {
            tokens.pop();
            tokens.push("not in".to_owned());
        } else {
            tokens.push(token);
        }
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '@')
}

fn is_selector(rest: &[char]) -> bool {
    let end = rest.iter().position(|character| *character == ']').unwrap_or(0);
    end > 1
        && rest[1..end].iter().all(|character| is_word(*character) || *character == ' ')
        && !rest[1].is_ascii_digit()
}
