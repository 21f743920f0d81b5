//! Shows diagnostics: to people with an excerpt and a caret, to programs as JSON.
//!
//! ```text
//! error[unknown-option]: `patern` is no option of filter `grok`
//!   --> pipeline.conf:3:5
//!    |
//!  3 |     patern => "%{WORD:w}"
//!    |     ^^^^^^
//!    = help: did you mean `match`?
//! ```

use std::{fmt::Write as _, io::IsTerminal, ops::Range};

use sawlog::{Diagnostic, Diagnostics, Position, Severity, Span};
use serde_json::{Value, json};

use crate::host;

/// Columns of an excerpt; of a longer line the part around the caret is shown.
const EXCERPT_COLUMNS: usize = 120;
/// Columns before the caret in the excerpt of a long line.
const EXCERPT_LEAD: usize = 50;
/// Columns that a tab becomes.
const TAB: &str = "    ";

/// Whether text goes to a terminal that shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Escape sequences mark severity and places.
    Coloured,
    /// Text only.
    Plain,
}

impl Style {
    /// Returns the style for what is written to `stream`.
    pub fn of(stream: &impl IsTerminal) -> Self {
        if host::has_colours(stream) { Self::Coloured } else { Self::Plain }
    }
}

/// Renders all diagnostics, in the order of their places, for people.
pub fn text(diagnostics: &Diagnostics, style: Style) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.iter() {
        one(&mut out, diagnostic, diagnostics, style);
        out.push('\n');
    }
    out
}

/// Renders all diagnostics as one JSON object for programs.
///
/// `{"errors":1,"warnings":0,"diagnostics":[{"severity","code","message","file","line","column",
/// "end_line","end_column","help","labels":[…]}]}`; lines and columns start at 1, columns count
/// characters, the end is the place after the last character.
pub fn json(diagnostics: &Diagnostics) -> String {
    let of_severity =
        |severity| diagnostics.iter().filter(|one: &&Diagnostic| one.severity == severity).count();
    let items: Vec<Value> = diagnostics
        .iter()
        .map(|one| {
            let mut item = json!({
                "severity": one.severity.as_str(),
                "code": one.code.as_str(),
                "message": one.message,
            });
            if let Some(span) = one.span {
                add_place(&mut item, diagnostics, span);
            }
            if let Some(help) = &one.help {
                item["help"] = Value::from(help.as_str());
            }
            if !one.labels.is_empty() {
                let labels = one.labels.iter().map(|label| {
                    let mut item = json!({ "message": label.message });
                    add_place(&mut item, diagnostics, label.span);
                    item
                });
                item["labels"] = labels.collect();
            }
            item
        })
        .collect();
    let all = json!({
        "errors": of_severity(Severity::Error),
        "warnings": of_severity(Severity::Warning),
        "diagnostics": items,
    });
    format!("{all:#}\n")
}

/// Makes text of unknown origin safe to show: control characters become U+FFFD, tabs spaces.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => out.push_str(TAB),
            _ if is_unsafe(character) => out.push('\u{FFFD}'),
            _ => out.push(character),
        }
    }
    out
}

/// Makes the part of a line around a character safe to show.
///
/// Also gives the columns, in that part, of the characters `from` and `column`, counted from 0; the
/// part holds the second, and begins with the first if that was cut off.
pub fn part_around(line: &str, from: usize, column: usize) -> (String, Range<usize>) {
    let window = Window::new(line, column, 1);
    let is_cut = window.text.starts_with('…') && !line.starts_with('…');
    let lead: String = line.chars().take(from.min(column)).collect();
    let start = if is_cut { 0 } else { columns(&printable(&lead)) };
    (window.text, start.min(window.marks.start)..window.marks.start)
}

fn place(all: &Diagnostics, source: u32, offset: u32) -> Option<Position<'_>> {
    all.position(Span::new(source, offset, offset))
}

fn add_place(item: &mut Value, all: &Diagnostics, span: Span) {
    let (Some(start), Some(end)) =
        (place(all, span.source, span.start), place(all, span.source, span.end))
    else {
        return;
    };
    item["file"] = Value::from(start.name);
    item["line"] = start.line.into();
    item["column"] = start.column.into();
    item["end_line"] = end.line.into();
    item["end_column"] = end.column.into();
}

fn one(out: &mut String, diagnostic: &Diagnostic, all: &Diagnostics, style: Style) {
    let paint = Paint::new(style, diagnostic.severity);
    let _ = writeln!(
        out,
        "{}{}[{}]{}{}: {}{}",
        paint.severity,
        diagnostic.severity.as_str(),
        diagnostic.code,
        paint.end,
        paint.bold,
        printable(&diagnostic.message),
        paint.end
    );
    let mut width = 1;
    if let Some(span) = diagnostic.span {
        // The primary place first; labels follow in their order, each with its own excerpt unless
        // it stands in a line that was just shown.
        let mut places = vec![(span, "", '^')];
        places.extend(diagnostic.labels.iter().map(|label| (label.span, &*label.message, '-')));
        let lines = places.iter().filter_map(|(span, ..)| place(all, span.source, span.start));
        width = lines.map(|place| place.line.to_string().len()).max().unwrap_or(1);
        let mut shown: Option<(u32, usize)> = None;
        for (span, message, mark) in places {
            excerpt(out, all, span, message, mark, width, &mut shown, &paint);
        }
    }
    if let Some(help) = &diagnostic.help {
        let indent = " ".repeat(width + 2);
        for (index, line) in help.lines().enumerate() {
            let lead = if index == 0 { "= help: " } else { "        " };
            let _ = writeln!(out, "{indent}{}{lead}{}{}", paint.gutter, paint.end, printable(line));
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one place of one diagnostic, each part used once")]
fn excerpt(
    out: &mut String,
    all: &Diagnostics,
    span: Span,
    message: &str,
    mark: char,
    width: usize,
    shown: &mut Option<(u32, usize)>,
    paint: &Paint,
) {
    let Some(start) = place(all, span.source, span.start) else { return };
    let Paint { gutter, end, .. } = paint;
    let colour = if mark == '^' { paint.severity } else { gutter };
    if *shown != Some((span.source, start.line)) {
        let arrow = if shown.is_none() { "-->" } else { ":::" };
        let _ = writeln!(
            out,
            "{:width$} {gutter}{arrow}{end} {}:{}:{}",
            "",
            printable(start.name),
            start.line,
            start.column
        );
        let _ = writeln!(out, "{gutter}{:width$}  |{end}", "");
    }
    let marked = match place(all, span.source, span.end) {
        Some(last) if last.line == start.line => last.column.saturating_sub(start.column),
        _ => usize::MAX,
    };
    let window = Window::new(start.line_text, start.column - 1, marked);
    if *shown != Some((span.source, start.line)) {
        let _ = writeln!(out, "{gutter} {:>width$} |{end} {}", start.line, window.text);
        *shown = Some((span.source, start.line));
    }
    let marks = mark.to_string().repeat(window.marks.len().max(1));
    let lead = " ".repeat(window.marks.start);
    let space = if message.is_empty() { "" } else { " " };
    let _ = writeln!(
        out,
        "{gutter}{:width$}  |{end} {lead}{colour}{marks}{space}{}{end}",
        "",
        printable(message)
    );
}

/// The part of a line that is shown, and the columns to mark in it.
struct Window {
    text: String,
    marks: Range<usize>,
}

impl Window {
    /// `column` and `marked` count characters, from 0.
    fn new(line: &str, column: usize, marked: usize) -> Self {
        let characters: Vec<char> = line.chars().collect();
        let column = column.min(characters.len());
        let last = column.saturating_add(marked).min(characters.len());
        let (mut from, mut to) = (0, characters.len());
        if to > EXCERPT_COLUMNS {
            from = column.saturating_sub(EXCERPT_LEAD);
            to = (from + EXCERPT_COLUMNS).min(to);
        }
        let show = |range: Range<usize>| printable(&characters[range].iter().collect::<String>());
        let (head, tail) =
            (if from > 0 { "…" } else { "" }, if to < characters.len() { "…" } else { "" });
        let lead = head.chars().count() + columns(&show(from..column.max(from)));
        let end = lead + columns(&show(column..last.clamp(column, to.max(column))));
        Self { text: format!("{head}{}{tail}", show(from..to)), marks: lead..end }
    }
}

/// Counts the columns that a terminal gives to a text: two for the wide scripts, none for marks that
/// combine.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|character| match u32::from(character) {
            0x0300..=0x036F | 0x200B..=0x200D | 0xFE00..=0xFE0F => 0,
            0x1100..=0x115F
            | 0x2E80..=0xA4CF
            | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0xFFE0..=0xFFE6
            | 0x1_F300..=0x1_FAFF
            | 0x2_0000..=0x3_FFFD => 2,
            _ => 1,
        })
        .sum()
}

/// A terminal acts on control characters, and bidirectional overrides hide what stands there.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

struct Paint {
    severity: &'static str,
    bold: &'static str,
    gutter: &'static str,
    end: &'static str,
}

impl Paint {
    const fn new(style: Style, severity: Severity) -> Self {
        if matches!(style, Style::Plain) {
            return Self { severity: "", bold: "", gutter: "", end: "" };
        }
        let severity = match severity {
            Severity::Error => "\x1b[1;31m",
            Severity::Warning => "\x1b[1;33m",
            Severity::Note => "\x1b[1;36m",
        };
        Self { severity, bold: "\x1b[1m", gutter: "\x1b[1;34m", end: "\x1b[0m" }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use sawlog::{Code, Source};

    use super::*;

    fn rendered(text_of_source: &str, diagnostic: Diagnostic) -> String {
        let mut all = Diagnostics::new(vec![Source::new("a.conf", text_of_source)]);
        all.push(diagnostic);
        text(&all, Style::Plain)
    }

    #[test]
    fn caret_stands_under_the_span_after_tabs_and_wide_characters() {
        let source = "filter {\n\t漢 patern => 1\n}";
        let start = u32::try_from(source.find("patern").unwrap()).unwrap();
        let one = Diagnostic::error(Code::UnknownOption, Span::new(0, start, start + 6), "no")
            .with_help("did you mean `match`?");
        assert_eq!(
            rendered(source, one),
            "error[unknown-option]: no\n  --> a.conf:2:4\n   |\n 2 |     漢 patern => 1\n   \
             |        ^^^^^^\n   = help: did you mean `match`?\n\n"
        );
    }

    #[test]
    fn label_in_the_same_line_shares_the_excerpt() {
        let one = Diagnostic::error(Code::DuplicateKey, Span::new(0, 4, 5), "twice")
            .with_label(Span::new(0, 0, 1), "first here");
        assert_eq!(
            rendered("a   a", one),
            "error[duplicate-key]: twice\n  --> a.conf:1:5\n   |\n 1 | a   a\n   |     ^\n   | - \
             first here\n\n"
        );
    }

    #[test]
    fn escape_sequences_of_a_config_do_not_reach_the_terminal() {
        let one = Diagnostic::error(Code::Syntax, Span::new(0, 0, 3), "\x1b]0;x\x07");
        assert!(!rendered("\x1b[2J\u{202E}", one).contains(['\x1b', '\x07', '\u{202E}']));
    }

    #[test]
    fn long_line_shows_the_part_around_the_caret() {
        let source = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let text = rendered(&source, Diagnostic::error(Code::Syntax, Span::new(0, 500, 501), "x"));
        let line = text.lines().nth(3).unwrap();
        assert!(line.chars().count() < 140 && line.contains("aXb"), "{line}");
        let caret = text.lines().nth(4).unwrap();
        assert_eq!(line.chars().position(|c| c == 'X'), caret.chars().position(|c| c == '^'));
    }

    #[test]
    fn span_at_the_end_of_the_text_has_a_caret() {
        let text = rendered("filter {\n", Diagnostic::error(Code::Syntax, Span::new(0, 9, 9), "x"));
        assert!(text.contains("a.conf:2:1") && text.contains('^'));
    }

    #[test]
    fn json_form_has_start_and_end() {
        let mut all = Diagnostics::new(vec![Source::new("a.conf", "ä\nbc")]);
        all.push(Diagnostic::warning(Code::Ineffective, Span::new(0, 3, 5), "m"));
        let value: Value = serde_json::from_str(&json(&all)).unwrap();
        assert_eq!(
            value,
            json!({"errors":0,"warnings":1,"diagnostics":[{"severity":"warning","code":"ineffective",
                "message":"m","file":"a.conf","line":2,"column":1,"end_line":2,"end_column":3}]})
        );
    }
}
