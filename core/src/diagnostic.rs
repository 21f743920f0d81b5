//! What is wrong with a config, as data: code, severity, message, span, labels, help.
//!
//! A `Source` is one config text with its name; a `Span` is a byte range in one source. Nothing is
//! rendered here beyond the one-line form of `Display`
//! (`pipeline.conf:3:5: error[unknown-option]: ..`); excerpts and colours are the front end's.

use std::{error::Error, fmt, sync::Arc};

/// Holds one config text and the name it is reported by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name shown in messages: a file path or something like `<command line>`.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// Makes a source from its name and its text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// Marks a range of bytes in one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The index of the source.
    pub source: u32,
    /// The first byte; on a character boundary.
    pub start: u32,
    /// The byte after the last; `start <= end`.
    pub end: u32,
}

impl Span {
    /// Makes a span of bytes `start..end` in source number `source`.
    #[must_use]
    pub const fn new(source: u32, start: u32, end: u32) -> Self {
        Self { source, start, end }
    }

    /// Returns the span from the start of this one to the end of `last`.
    ///
    /// When `last` lies in another source (a config that goes on in the next file), this span is
    /// returned as it is.
    #[must_use]
    pub const fn to(self, last: Self) -> Self {
        if self.source == last.source && last.end >= self.start {
            Self { source: self.source, start: self.start, end: last.end }
        } else {
            self
        }
    }

    /// Tells whether this span lies inside `other`.
    #[must_use]
    pub const fn is_in(self, other: Self) -> bool {
        self.source == other.source && other.start <= self.start && self.end <= other.end
    }

    /// Returns the part of this span that starts `from` bytes and ends `to` bytes after its start.
    ///
    /// Clipped to this span: for pointing inside a string when the offsets are known.
    #[must_use]
    pub fn part(self, from: usize, to: usize) -> Self {
        let at = |offset: usize| {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            self.start.saturating_add(offset).min(self.end)
        };
        Self { source: self.source, start: at(from), end: at(to.max(from)) }
    }
}

/// Joins a value with the place it was written at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Makes a spanned value.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Ranks a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The config is refused.
    Error,
    /// The config is accepted and probably wrong.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// Returns the word shown to users.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// Names the kind of a problem; the text form is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Lists every code, alphabetically.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the stable kebab-case name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

codes! {
    /// Lint: two unbounded wildcards of a grok pattern stand side by side.
    AdjacentWildcards = "adjacent-wildcards",
    /// A condition that parses and cannot be compiled.
    BadCondition = "bad-condition",
    /// A pattern of the `date` filter or of a `%{+..}` that cannot be compiled.
    BadDateFormat = "bad-date-format",
    /// A field reference that cannot be read.
    BadFieldReference = "bad-field-reference",
    /// A grok or dissect pattern that cannot be compiled.
    BadPattern = "bad-pattern",
    /// A regular expression that cannot be compiled.
    BadRegex = "bad-regex",
    /// A resource (file, database, pattern file) whose content cannot be used.
    BadResource = "bad-resource",
    /// A time zone or locale that does not exist.
    BadTimeZone = "bad-time-zone",
    /// A value of the right type that the option does not accept.
    BadValue = "bad-value",
    /// Lint: a field that was converted to a boolean is compared with a text.
    BooleanComparedWithText = "boolean-compared-with-text",
    /// Lint: a call such as `not([a])` in a condition, which means `[a]`.
    CallWithoutEffect = "call-without-effect",
    /// Lint: a condition whose answer no event can change.
    ConstantCondition = "constant-condition",
    /// A shape of pattern that backtracks without need.
    CostlyPattern = "costly-pattern",
    /// Lint: `match` is written twice in one `date`.
    DateMatchRepeated = "date-match-repeated",
    /// Lint: `%{YYYY.MM.dd}`, which is a field of that name.
    DatePatternWithoutPlus = "date-pattern-without-plus",
    /// Two plugins with one id.
    DuplicateId = "duplicate-id",
    /// One key twice in a hash.
    DuplicateKey = "duplicate-key",
    /// Lint: one typed capture twice in a grok pattern, of which only the first is converted.
    DuplicateTypedCapture = "duplicate-typed-capture",
    /// Lint: a field is read that nothing before sets.
    FieldNeverSet = "field-never-set",
    /// Lint: a field is read after it was removed.
    FieldRemoved = "field-removed",
    /// Lint: the type of a grok capture is none that grok knows.
    IgnoredCaptureType = "ignored-capture-type",
    /// Something that parses and has no effect or not the effect it seems to have.
    Ineffective = "ineffective",
    /// A limit of this program was reached.
    LimitExceeded = "limit-exceeded",
    /// A required option is not set.
    MissingOption = "missing-option",
    /// A file, directory or database that the config asks for was not given.
    MissingResource = "missing-resource",
    /// Lint: the fixed order of the operations of one `mutate` defeats one of them.
    MutateOrder = "mutate-order",
    /// Lint: a repeat in a repeat of a grok pattern divides the same text in many ways.
    NestedRepeats = "nested-repeats",
    /// Lint: a number is compared with a text.
    NumberComparedWithText = "number-compared-with-text",
    /// An option that Logstash has removed.
    ObsoleteOption = "obsolete-option",
    /// Lint: a list of one element in a condition, which is a field reference.
    OneElementList = "one-element-list",
    /// Lint: repeats side by side in a grok pattern can take the same characters.
    OverlappingRepeats = "overlapping-repeats",
    /// The text does not follow the grammar.
    Syntax = "syntax",
    /// Lint: a grok pattern starts with a wildcard and is not anchored.
    UnanchoredWildcard = "unanchored-wildcard",
    /// A `${NAME}` without a value and without a default.
    UndefinedVariable = "undefined-variable",
    /// An option that the plugin does not have.
    UnknownOption = "unknown-option",
    /// A `%{NAME}` that no pattern set defines.
    UnknownPattern = "unknown-pattern",
    /// A plugin that Logstash does not have.
    UnknownPlugin = "unknown-plugin",
    /// Lint: an arm of an `if` that an arm before it leaves nothing for.
    UnreachableBranch = "unreachable-branch",
    /// Lint: a statement after a `drop` of every event.
    UnreachableFilter = "unreachable-filter",
    /// A plugin or an option that Logstash has and this program does not.
    Unsupported = "unsupported",
    /// A value of a type that the option does not take.
    WrongType = "wrong-type",
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Points at a second place that explains a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there.
    pub message: String,
}

/// Describes one problem of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of problem.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What was found and what is accepted; lower-case start, no full stop.
    pub message: String,
    /// The place; `None` only for what concerns no single place.
    pub span: Option<Span>,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Makes an error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Some(span), message)
    }

    /// Makes a warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Some(span), message)
    }

    /// Makes a diagnostic from its parts, without labels and help.
    pub fn new(
        code: Code,
        severity: Severity,
        span: Option<Span>,
        message: impl Into<String>,
    ) -> Self {
        Self { code, severity, message: message.into(), span, labels: Vec::new(), help: None }
    }

    /// Adds a second place.
    #[must_use]
    pub fn with_label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Sets the help text.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Tells where a span starts, in the terms of an editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position<'a> {
    /// The name of the source.
    pub name: &'a str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of the line without its end.
    pub line_text: &'a str,
}

/// Collects the problems of one config together with its sources.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    sources: Vec<Source>,
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Makes an empty collection over `sources`; spans index into them.
    #[must_use]
    pub const fn new(sources: Vec<Source>) -> Self {
        Self { sources, items: Vec::new() }
    }

    /// Adds one problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds many problems.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.items.extend(diagnostics);
    }

    /// Tells whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error)
    }

    /// Tells whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns how many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns the sources that the spans index into.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Returns the problems in the order of their places; those without a place come last.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        let mut items: Vec<&Diagnostic> = self.items.iter().collect();
        items.sort_by_key(|item| {
            let span = item.span.unwrap_or(Span::new(u32::MAX, u32::MAX, u32::MAX));
            (span.source, span.start)
        });
        items.into_iter()
    }

    /// Returns where a span starts; `None` when the span belongs to none of the sources.
    ///
    /// Lines end at `\n`; a `\r` before it does not belong to the line text. An offset beyond the
    /// text counts as its end, one inside a character as the character's start.
    #[must_use]
    pub fn position(&self, span: Span) -> Option<Position<'_>> {
        position(&self.sources, span)
    }
}

/// Returns where `span` starts in `sources`; see [`Diagnostics::position`].
#[must_use]
fn position(sources: &[Source], span: Span) -> Option<Position<'_>> {
    let source = sources.get(usize::try_from(span.source).ok()?)?;
    let text: &str = &source.text;
    let mut at = usize::try_from(span.start).unwrap_or(usize::MAX).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let (before, after) = text.split_at(at);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = after.find('\n').map_or(text.len(), |newline| at + newline);
    let line_text = &text[line_start..line_end];
    Some(Position {
        name: &source.name,
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        line_text: line_text.strip_suffix('\r').unwrap_or(line_text),
    })
}

impl fmt::Display for Diagnostics {
    /// Writes one line for each problem: `name:line:column: error[code]: message`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            if let Some(place) = item.span.and_then(|span| self.position(span)) {
                write!(formatter, "{}:{}:{}: ", place.name, place.line, place.column)?;
            }
            write!(formatter, "{}[{}]: {}", item.severity.as_str(), item.code, item.message)?;
        }
        Ok(())
    }
}

impl Error for Diagnostics {}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn sources() -> Vec<Source> {
        vec![Source::new("a.conf", "one\r\nzwölf x\n"), Source::new("b.conf", "")]
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let diagnostics = Diagnostics::new(sources());
        let place = diagnostics.position(Span::new(0, 12, 13)).unwrap();
        assert_eq!((place.name, place.line, place.column), ("a.conf", 2, 7));
        assert_eq!(place.line_text, "zwölf x");
    }

    #[test]
    fn line_text_has_no_carriage_return() {
        let diagnostics = Diagnostics::new(sources());
        assert_eq!(diagnostics.position(Span::new(0, 1, 2)).unwrap().line_text, "one");
    }

    #[test]
    fn offsets_beyond_the_text_are_its_end() {
        let diagnostics = Diagnostics::new(sources());
        let place = diagnostics.position(Span::new(1, 70, 71)).unwrap();
        assert_eq!((place.line, place.column, place.line_text), (1, 1, ""));
        assert_eq!(diagnostics.position(Span::new(2, 0, 0)), None);
    }

    #[test]
    fn offsets_inside_a_character_are_its_start() {
        let diagnostics = Diagnostics::new(sources());
        assert_eq!(diagnostics.position(Span::new(0, 8, 9)).unwrap().column, 3);
    }

    #[test]
    fn display_is_sorted_by_place() {
        let mut diagnostics = Diagnostics::new(sources());
        diagnostics.push(Diagnostic::new(Code::BadValue, Severity::Note, None, "last"));
        diagnostics.push(Diagnostic::warning(Code::Ineffective, Span::new(1, 0, 0), "second"));
        diagnostics.push(Diagnostic::error(Code::Syntax, Span::new(0, 5, 6), "first"));
        let text = "a.conf:2:1: error[syntax]: first\n\
                    b.conf:1:1: warning[ineffective]: second\n\
                    note[bad-value]: last";
        assert_eq!(diagnostics.to_string(), text);
        assert!(diagnostics.has_errors());
    }

    #[test]
    fn codes_are_kebab_case_unique_and_sorted() {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.is_sorted());
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(
            names
                .iter()
                .all(|name| { name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') })
        );
    }

    #[test]
    fn part_of_a_span_stays_inside_it() {
        let span = Span::new(0, 10, 20);
        assert_eq!(span.part(2, 5), Span::new(0, 12, 15));
        assert_eq!(span.part(8, 50), Span::new(0, 18, 20));
        assert_eq!(span.part(usize::MAX, 0), Span::new(0, 20, 20));
    }
}
