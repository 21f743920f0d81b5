//! `sawlog grok`: one pattern on lines, to write it and to find out why it does not match.
//!
//! ```text
//! {"clientip":"127.0.0.1","response":"200"}
//! line 2: no match
//!   127.0.0.1 - x
//!   ------------^ stopped here, after 12 characters
//!   expected %{NUMBER:response} (a digit or `.`)
//! ```

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write as _},
};

use sawlog::{
    Config, EscapeStyle, Event, FieldPath, InputOptions, Options, ParseOptions, Pipeline, Refusal,
    Resources, Sink, Source, Tick, Timestamp, Value, Worker,
    pattern::{
        Budget, Explanation, Flags, Regex, Scratch, Suggester, Suggestion, expand::expand,
        library::Dictionary, suggest::SuggestionKind,
    },
};
use serde_json::json;

use crate::{
    EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE,
    args::{GrokArguments, TextOrJson},
    block::{self, Item},
    dictionary::{self, Compiled},
    input::{self, Excluded},
    pipeline::Failure,
    render, sources,
};

/// Reasons that are counted one by one; the rest is counted together.
const MAX_REASONS: usize = 10_000;
/// Reasons that `--count` shows, those of most lines first.
const SHOWN_REASONS: usize = 20;

/// Suggested patterns that are tried on later lines.
const MAX_SUGGESTED: usize = 50;

/// Runs the command: all that is said about lines goes to standard output.
pub fn run(arguments: &GrokArguments) -> u8 {
    match grok(arguments) {
        Ok(status) => status,
        Err(Failure::Argument(message)) => {
            say(&message);
            EXIT_USAGE
        }
        Err(Failure::Config(diagnostics)) => {
            let mut stderr = io::stderr();
            let text = render::text(&diagnostics, render::Style::of(&stderr));
            let _ = stderr.write_all(text.as_bytes());
            EXIT_USAGE
        }
    }
}

fn grok(arguments: &GrokArguments) -> Result<u8, Failure> {
    let definitions = dictionary::read(&arguments.dictionary).map_err(Failure::Argument)?;
    let compiled = dictionary::compile("PATTERN", &arguments.pattern, &definitions.dictionary)
        .map_err(Failure::Config)?;
    let pipeline = pipeline(&compiled)?;
    let options = InputOptions { keep_original: false, ..InputOptions::default() };
    let mut worker =
        Worker::new(&pipeline, &options).map_err(|error| Failure::Argument(error.to_string()))?;
    let line_field = FieldPath::parse(LINE, EscapeStyle::None)
        .map_err(|error| Failure::Argument(error.to_string()))?;
    let found = input::discover(&arguments.inputs, &Excluded::default());
    let mut trial = Trial {
        arguments,
        compiled,
        line_field,
        scratch: Scratch::new(),
        suggester: Suggester::new(&definitions.dictionary),
        dictionary: &definitions.dictionary,
        suggested: Vec::new(),
        out: io::BufWriter::new(io::stdout()),
        name: String::new(),
        is_one_input: found.inputs.len() + found.unreadable.len() == 1,
        is_closed: false,
        matched: 0,
        failed: 0,
        reasons: BTreeMap::new(),
    };
    let mut status = EXIT_DONE;
    for unreadable in &found.unreadable {
        say(&format!("cannot read `{}`: {}", unreadable.path.display(), unreadable.error));
        status = EXIT_INCOMPLETE;
    }
    for (index, input) in found.inputs.iter().enumerate() {
        trial.name = input.name();
        if !trial.read(input.source(index, worker.delimiter()), &mut worker) {
            status = EXIT_INCOMPLETE;
        }
    }
    if arguments.count {
        trial.show_counts();
    }
    let _ = trial.out.flush();
    Ok(if trial.failed > 0 { EXIT_INCOMPLETE } else { status })
}

/// The field that the pattern is matched against: one that no capture meets.
const LINE: &str = "[@metadata][line]";

/// The pipeline whose events hold what the pattern captured, and nothing else.
fn pipeline(compiled: &Compiled) -> Result<Pipeline, Failure> {
    let text = format!(
        "filter {{
  mutate {{ rename => {{ \"message\" => \"{LINE}\" }} remove_field => [\"@timestamp\", \"@version\"] }}
  grok {{ match => {{ \"{LINE}\" => {} }} }}
}}",
        sources::pattern_string(&compiled.expansion.regex)
    );
    let source = Source::new("PATTERN", text);
    let config = Config::parse(vec![source], &ParseOptions::default()).map_err(Failure::Config)?;
    Pipeline::compile(&config, &Resources::new(), &Options::default()).map_err(Failure::Config)
}

/// One pattern on many lines.
struct Trial<'a> {
    arguments: &'a GrokArguments,
    compiled: Compiled,
    line_field: FieldPath,
    scratch: Scratch,
    suggester: Suggester<'a>,
    dictionary: &'a Dictionary,
    suggested: Vec<Suggested>,
    out: io::BufWriter<io::Stdout>,
    /// The input being read, as shown to people.
    name: String,
    is_one_input: bool,
    /// Whether nobody reads any more.
    is_closed: bool,
    matched: u64,
    failed: u64,
    reasons: BTreeMap<String, Reason>,
}

/// Lines that failed for one reason.
struct Reason {
    count: u64,
    /// The first of them.
    place: String,
    /// What to change so that it matches.
    advice: Option<Advice>,
}

/// A pattern that was suggested for a line, and matches it.
struct Suggested {
    suggestion: Suggestion,
    regex: Regex,
    place: String,
    /// Why the line did not match.
    reason: String,
}

/// What to change so that a line matches.
struct Advice {
    suggestion: Suggestion,
    /// The line that it was first given for.
    first: Option<String>,
}

/// Why a line has no fields.
enum Why {
    /// The pattern does not match.
    NoMatch(Explanation),
    /// The pattern backtracks too long.
    GivenUp,
    /// It matches, but a field cannot be set.
    NotSet,
}

impl Trial<'_> {
    /// Reads all streams of one input; tells whether all of it could be read.
    fn read(&mut self, mut source: Box<dyn block::Source>, worker: &mut Worker) -> bool {
        let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
        let mut is_whole = true;
        while !self.is_closed
            && let Some(item) = source.next()
        {
            match item {
                Item::Block(block) => worker.push(&block.bytes, tick, self),
                Item::Error(error) => {
                    say(&format!("cannot read `{}`: {error}", self.name));
                    is_whole = false;
                }
                Item::Head(head) => {
                    worker.flush(tick, self);
                    self.name.clone_from(&head.info.name);
                    worker.start_stream(None);
                }
            }
            self.is_closed |= self.out.flush().is_err();
        }
        worker.flush(tick, self);
        is_whole
    }

    /// Where a line is, for people.
    fn place(&self, line: u64) -> String {
        if self.is_one_input { format!("line {line}") } else { format!("{}:{line}", self.name) }
    }

    fn why(&mut self, text: &str) -> Why {
        let regex = &self.compiled.regex;
        let mut budget = Budget::for_subject(text.len());
        if regex.search(text, 0, &mut self.scratch, &mut budget).is_err() {
            return Why::GivenUp;
        }
        let mut budget = Budget::for_explanation();
        let expansion = Some(&self.compiled.expansion);
        match regex.explain(text, expansion, &mut self.scratch, &mut budget) {
            Some(explanation) => Why::NoMatch(explanation),
            None => Why::NotSet,
        }
    }

    fn show_match(&mut self, event: &Event<'_>) {
        if self.arguments.only_failed || self.arguments.count {
            return;
        }
        let mut fields = Vec::new();
        event.write_json(&mut fields);
        if self.arguments.format == TextOrJson::Json {
            let mut head = json!({ "line": event.origin().line });
            if !self.is_one_input {
                head["file"] = self.name.as_str().into();
            }
            // The fields keep their order and their numbers: they go in as text.
            let head = head.to_string();
            let head = head.strip_suffix('}').unwrap_or(&head).as_bytes();
            fields = [head, b",\"fields\":", &fields, b"}"].concat();
        }
        fields.push(b'\n');
        self.is_closed |= self.out.write_all(&fields).is_err();
    }

    fn show_failure(&mut self, line: u64, text: &str) {
        let why = self.why(text);
        let reason = match &why {
            Why::NoMatch(explanation) => expectation(explanation),
            Why::GivenUp => GIVEN_UP.to_owned(),
            Why::NotSet => NOT_SET.to_owned(),
        };
        if self.arguments.count {
            let place = self.place(line);
            let is_full = self.reasons.len() >= MAX_REASONS;
            let key = if is_full && !self.reasons.contains_key(&reason) {
                "other reasons".to_owned()
            } else {
                reason
            };
            if let Some(known) = self.reasons.get_mut(&key) {
                known.count += 1;
            } else {
                let advice = self.advice(&place, text, &why, &key);
                self.reasons.insert(key, Reason { count: 1, place, advice });
            }
            return;
        }
        let place = self.place(line);
        let advice = self.advice(&place, text, &why, &reason);
        let shown = match self.arguments.format {
            TextOrJson::Json => self.failure_object(line, text, &why, &reason, advice.as_ref()),
            TextOrJson::Text => {
                let mut shown = drawing(&place, text, &why, &reason);
                if let Some(advice) = &advice {
                    shown.push_str(&advice.text(text, "  "));
                }
                shown
            }
        };
        self.is_closed |= self.out.write_all(shown.as_bytes()).is_err();
    }

    /// Finds what to change; what helped an earlier line that failed for the same reason comes first.
    fn advice(&mut self, place: &str, text: &str, why: &Why, reason: &str) -> Option<Advice> {
        if !self.arguments.explain || !matches!(why, Why::NoMatch(_)) {
            return None;
        }
        for known in self.suggested.iter().filter(|known| known.reason == reason) {
            let mut budget = Budget::for_subject(text.len());
            if known.regex.search(text, 0, &mut self.scratch, &mut budget) == Ok(true) {
                let (suggestion, first) = (known.suggestion.clone(), Some(known.place.clone()));
                return Some(Advice { suggestion, first });
            }
        }
        let suggestion = self.suggester.suggest(&self.arguments.pattern, text)?;
        if suggestion.is_match
            && self.suggested.len() < MAX_SUGGESTED
            && let Ok(expansion) = expand(&suggestion.pattern, self.dictionary, true)
            && let Ok(regex) =
                Regex::new(&expansion.regex, Flags { dot_all: true, ..Flags::default() })
        {
            let (place, reason) = (place.to_owned(), reason.to_owned());
            self.suggested.push(Suggested { suggestion: suggestion.clone(), regex, place, reason });
        }
        Some(Advice { suggestion, first: None })
    }

    fn failure_object(
        &self,
        line: u64,
        text: &str,
        why: &Why,
        reason: &str,
        advice: Option<&Advice>,
    ) -> String {
        let mut object = json!({ "line": line, "text": text, "message": reason });
        if !self.is_one_input {
            object["file"] = self.name.as_str().into();
        }
        if let Why::NoMatch(explanation) = why {
            object["explanation"] = json!({
                "start": explanation.start,
                "at": explanation.at,
                "expected": explanation.expected,
                "has_more": explanation.has_more,
                "chain": explanation.chain,
                "pattern_start": explanation.span.start,
                "pattern_end": explanation.span.end,
                "is_complete": explanation.is_complete,
            });
        }
        if let Some(advice) = advice {
            object["suggestion"] = advice.json();
        }
        format!("{object}\n")
    }

    fn show_counts(&mut self) {
        let (matched, failed) = (self.matched, self.failed);
        let mut reasons: Vec<(&String, &Reason)> = self.reasons.iter().collect();
        reasons.sort_by_key(|(text, reason)| (std::cmp::Reverse(reason.count), *text));
        let text = match self.arguments.format {
            TextOrJson::Json => {
                let reasons: Vec<_> = reasons
                    .iter()
                    .map(|(text, reason)| {
                        let mut object = json!({
                            "lines": reason.count,
                            "message": text,
                            "first": reason.place,
                        });
                        if let Some(advice) = &reason.advice {
                            object["suggestion"] = advice.json();
                        }
                        object
                    })
                    .collect();
                let all = json!({
                    "lines": matched + failed,
                    "matched": matched,
                    "failed": failed,
                    "reasons": reasons,
                });
                format!("{all}\n")
            }
            TextOrJson::Text => {
                let mut text = format!("{matched} of {} lines matched\n", matched + failed);
                for (message, reason) in reasons.iter().take(SHOWN_REASONS) {
                    let _ = writeln!(
                        text,
                        "{:>6}  {} (first: {})",
                        reason.count,
                        render::printable(message),
                        render::printable(&reason.place)
                    );
                    if let Some(advice) = &reason.advice {
                        text.push_str(&advice.text("", "        "));
                    }
                }
                if let Some(rest) = reasons.get(SHOWN_REASONS..).filter(|rest| !rest.is_empty()) {
                    let count: u64 = rest.iter().map(|(_, reason)| reason.count).sum();
                    let _ = writeln!(text, "{count:>6}  {} more reasons", rest.len());
                }
                text
            }
        };
        let _ = self.out.write_all(text.as_bytes());
    }
}

impl Sink for Trial<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if event.failures().is_empty() {
            self.matched += 1;
            self.show_match(event);
            return;
        }
        self.failed += 1;
        let origin = event.origin();
        let text = match event.get(self.line_field.as_ref()) {
            Some(Value::Str(text)) => text,
            _ => origin.text,
        };
        self.show_failure(origin.line, text);
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.failed += 1;
        say(&format!("{}: line {}: {}", self.name, refusal.origin.line, refusal.kind));
    }
}

impl Advice {
    /// Says it in a line for each change and one for the pattern; `line` is the text that failed.
    fn text(&self, line: &str, indent: &str) -> String {
        let Suggestion { pattern, changes, is_match, at, kind, .. } = &self.suggestion;
        let mut out = String::new();
        if let Some(first) = &self.first {
            let _ = writeln!(out, "{indent}matches with the pattern suggested for {first}");
            return out;
        }
        for (index, change) in changes.iter().enumerate() {
            let label = if index == 0 { "change:" } else { "  and: " };
            let _ = writeln!(out, "{indent}{label} {}", render::printable(change));
        }
        if *kind == SuggestionKind::Json {
            return out;
        }
        let then = match kind {
            _ if !is_match => {
                let reached = line.get(..*at).map_or(*at, |text| text.chars().count());
                format!("gets to character {reached} with:")
            }
            SuggestionKind::Prefix => "matches with, as a second pattern:".to_owned(),
            _ => "matches with:".to_owned(),
        };
        let _ = writeln!(out, "{indent}{then} {}", render::printable(pattern));
        out
    }

    fn json(&self) -> serde_json::Value {
        let Suggestion { pattern, changes, is_match, at, kind, .. } = &self.suggestion;
        let kind = match kind {
            SuggestionKind::Json => "json",
            SuggestionKind::Prefix => "prefix",
            SuggestionKind::Stock => "stock",
            SuggestionKind::Sketch => "sketch",
            _ => "changed",
        };
        json!({ "pattern": pattern, "changes": changes, "is_match": is_match, "at": at, "kind": kind })
    }
}

const GIVEN_UP: &str = "given up: the pattern backtracks too long on this line";
const NOT_SET: &str = "the pattern matches, but a field that it captures cannot be set";

/// What was expected, and in which named patterns.
fn expectation(explanation: &Explanation) -> String {
    let expected = explanation.expected_text();
    match explanation.chain_text() {
        Some(chain) => format!("in {chain}, expected {expected}"),
        None => format!("expected {expected}"),
    }
}

/// Draws a line that does not match, with the place where the pattern stopped.
fn drawing(place: &str, text: &str, why: &Why, reason: &str) -> String {
    let place = render::printable(place);
    let reason = render::printable(reason);
    if text.is_empty() {
        return format!("{place}: no match\n  the line is empty\n  {reason}\n");
    }
    let Why::NoMatch(explanation) = why else {
        let (shown, _) = render::part_around(text, 0, 0);
        return format!("{place}: no match\n  {shown}\n  {reason}\n");
    };
    let count = |end: usize| text.get(..end).map_or(0, |text| text.chars().count());
    let (start, at) = (count(explanation.start), count(explanation.at));
    let (shown, columns) = render::part_around(text, start, at);
    let mark = format!(
        "{}{}^",
        " ".repeat(columns.start),
        "-".repeat(columns.end.saturating_sub(columns.start))
    );
    let characters = |count: usize| {
        if count == 1 { "1 character".into() } else { format!("{count} characters") }
    };
    let stopped = match (start, at) {
        (0, 0) => "nothing matched".to_owned(),
        (0, at) => format!("stopped here, after {}", characters(at)),
        (start, at) => format!(
            "stopped here, after {} from character {} on",
            characters(at - start),
            start + 1
        ),
    };
    let more = if explanation.is_complete {
        ""
    } else {
        "\n  (given up: another try may have come further)"
    };
    format!("{place}: no match\n  {shown}\n  {mark} {stopped}\n  {reason}{more}\n")
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "sawlog: {text}");
}
