//! Grok patterns: captures with the places they were written at, and the shapes that are mistakes.

use core::ops::Range;
use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::filter::{CompileCx, grok};
use crate::lint::backtrack::{self, Growth, Shape};
use crate::lint::{Cx, Findings, all_options};
use crate::pattern::expand::{self, CaptureKind};
use crate::pattern::hir::{Hir, HirKind};
use crate::pattern::library::{Dictionary, PatternSet};
use crate::pattern::syntax::{self, Assertion, RepeatMode};
use crate::pattern::{Flags, Regex};
use crate::program::options::Resolved;

/// The patterns of all groks of a config, by the place of the plugin's name.
pub(super) type Groks = BTreeMap<Span, Vec<Pattern>>;

/// One pattern of a grok.
pub(super) struct Pattern {
    /// The field that it is matched with.
    pub(super) field: String,
    pub(super) field_span: Span,
    pub(super) captures: Vec<Capture>,
    /// The fields that the pattern fills under the other set of stock patterns, in order.
    pub(super) other_names: Vec<String>,
    pub(super) is_ecs: bool,
    places: Vec<Place>,
}

/// One named group of a pattern, in order of the opening parenthesis.
pub(super) struct Capture {
    /// The field as written in the pattern.
    pub(super) field: String,
    pub(super) kind: CaptureKind,
    pub(super) span: Span,
    /// Whether the token itself stands in the config, and not in a definition.
    pub(super) is_own: bool,
}

/// A mistake in a pattern, seen while it was read.
struct Place {
    code: Code,
    span: Span,
    message: String,
    help: String,
}

/// Reads the patterns of all groks.
pub(super) fn read(resolved: &Resolved, cx: &CompileCx<'_>) -> Groks {
    let mut groks = Groks::new();
    for options in all_options(resolved) {
        if options.name != "grok" {
            continue;
        }
        let dictionary = grok::dictionary(options, cx);
        let set = grok::pattern_set(options, cx);
        let other = match set {
            PatternSet::EcsV1 => PatternSet::Legacy,
            PatternSet::Legacy => PatternSet::EcsV1,
        };
        let shared = Shared {
            dictionary,
            other: Dictionary::new(other),
            is_ecs: set == PatternSet::EcsV1,
            named_captures_only: options.flag("named_captures_only", true),
        };
        let mut patterns = Vec::new();
        for (field, value) in options.pairs("match") {
            for source in grok::sources(value) {
                let text = source.to_text();
                let read = shared.read(field.value, field.span, &text, source.span, cx);
                patterns.extend(read);
            }
        }
        groks.insert(options.name_span, patterns);
    }
    groks
}

/// What all patterns of one grok share.
struct Shared {
    dictionary: Dictionary,
    other: Dictionary,
    is_ecs: bool,
    named_captures_only: bool,
}

impl Shared {
    fn read(
        &self,
        field: &str,
        field_span: Span,
        text: &str,
        span: Span,
        cx: &CompileCx<'_>,
    ) -> Option<Pattern> {
        let expansion = expand::expand(text, &self.dictionary, self.named_captures_only).ok()?;
        let flags = Flags { dot_all: true, ..Flags::default() };
        let regex = Regex::new(&expansion.regex, flags).ok()?;
        let own_names: Vec<&str> = self.dictionary.own_names().collect();
        let mut reading =
            Reading { cx, text, span, expansion: &expansion, own_names, places: Vec::new() };
        let mut captures = Vec::new();
        let mut typed: BTreeMap<&str, Span> = BTreeMap::new();
        let mut from = 0;
        for (name, _) in regex.group_names() {
            let open = format!("(?<{name}>");
            let at = expansion.regex.get(from..).and_then(|rest| rest.find(&open));
            let at = from + at.unwrap_or(0);
            from = at + 1;
            let parsed = expand::parse_capture_name(name);
            let origin = expansion.origin(at);
            let is_own = origin.chain.len() <= 1;
            let place = reading.place(&origin.span);
            if is_own {
                self.capture_type(name, place, &mut reading);
                if parsed.kind != CaptureKind::Text
                    && let Some(first) = typed.insert(name, place)
                    && first != place
                {
                    reading.push(
                        Code::DuplicateTypedCapture,
                        place,
                        format!(
                            "`%{{{name}}}` stands here a second time: only the first one is converted, and \
                             this one is kept as text or lost"
                        ),
                        "give it another name, or capture without a type and convert with `mutate`",
                    );
                }
            }
            captures.push(Capture {
                field: parsed.field.to_owned(),
                kind: parsed.kind,
                span: place,
                is_own,
            });
        }
        reading.shape(&regex.hir().root);
        let places = reading.places;
        let other_names = self.other_names(text);
        Some(Pattern {
            field: field.to_owned(),
            field_span,
            captures,
            other_names,
            is_ecs: self.is_ecs,
            places,
        })
    }

    /// The fields that the pattern fills under the other set of stock patterns, in order.
    fn other_names(&self, text: &str) -> Vec<String> {
        let Ok(expansion) = expand::expand(text, &self.other, self.named_captures_only) else {
            return Vec::new();
        };
        let flags = Flags { dot_all: true, ..Flags::default() };
        let Ok(regex) = Regex::new(&expansion.regex, flags) else { return Vec::new() };
        let names = regex.group_names().iter();
        names.map(|(name, _)| expand::parse_capture_name(name).field.to_owned()).collect()
    }

    fn capture_type(&self, name: &str, place: Span, reading: &mut Reading<'_>) {
        let mut parts = name.trim_end_matches(':').split(':');
        let (syntax, field, kind) = (parts.next(), parts.next(), parts.next());
        let (Some(syntax), Some(field)) = (syntax, field) else { return };
        match kind {
            // `:string` asks for what is done anyway.
            Some("int" | "float" | "string") => {}
            Some(kind) => {
                let meant = meant_type(kind);
                reading.push(
                    Code::IgnoredCaptureType,
                    place,
                    format!("grok knows no type `{kind}`: `{field}` stays a text"),
                    match meant {
                        Some(meant) => format!("write %{{{syntax}:{field}:{meant}}}"),
                        None => "grok converts to `int` and `float`; other types need a `mutate` \
                                 with `convert`"
                            .to_owned(),
                    },
                );
            }
            None if self.dictionary.get(syntax).is_none() && meant_type(field).is_some() => {
                reading.push(
                    Code::IgnoredCaptureType,
                    place,
                    format!("`(?<{name}>..)` fills the field `{field}`, and none named `{syntax}`"),
                    format!(
                        "write (?<{syntax}>..) and convert with `mutate`, or %{{INT:{syntax}:int}}"
                    ),
                );
            }
            None => {}
        }
    }
}

fn meant_type(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "int" | "integer" | "long" | "short" | "bigint" | "int32" | "int64" => Some("int"),
        "float" | "double" | "decimal" | "number" | "numeric" => Some("float"),
        _ => None,
    }
}

struct Reading<'a> {
    cx: &'a CompileCx<'a>,
    text: &'a str,
    span: Span,
    expansion: &'a expand::Expansion,
    /// Patterns that the config defines.
    own_names: Vec<&'a str>,
    places: Vec<Place>,
}

impl Reading<'_> {
    fn push(&mut self, code: Code, span: Span, message: String, help: impl Into<String>) {
        self.places.push(Place { code, span, message, help: help.into() });
    }

    /// The place in the config of a part of the pattern.
    fn place(&self, part: &Range<usize>) -> Span {
        self.cx.inside(self.span, self.text, part)
    }

    /// The place of a node, when what it matches is written in the config itself.
    fn own_place(&self, node: &Hir) -> Option<Span> {
        let origin = self.expansion.origin(node.span.start as usize);
        let last = self.expansion.origin((node.span.end as usize).saturating_sub(1));
        let range = origin.span.start..last.span.end.max(origin.span.end);
        (origin.chain.len() <= 1).then(|| self.place(&range))
    }

    fn shape(&mut self, root: &Hir) {
        self.start(root);
        self.neighbours(root);
        for shape in backtrack::shapes(root) {
            self.backtracks(&shape, root);
        }
    }

    /// The place in the config of a part that the user wrote, or of the token that it came from, and
    /// whether it is the user's: the shapes of stock patterns are not the user's business.
    fn written(&self, span: syntax::Span) -> (Span, Range<usize>, bool) {
        let first = self.expansion.origin(span.start as usize);
        let last = self.expansion.origin((span.end as usize).saturating_sub(1));
        let range = first.span.start..last.span.end.max(first.span.end);
        let is_own = |name: &&str| self.own_names.iter().any(|own| own == name);
        let is_own = first.chain.last().is_none_or(is_own);
        (self.place(&range), range, is_own)
    }

    fn backtracks(&mut self, shape: &Shape, root: &Hir) {
        let (from, first, is_first_own) = self.written(shape.from);
        let (to, last, is_last_own) = self.written(shape.to);
        let c = shape.example;
        match shape.growth {
            Growth::Exponential => {
                if !is_first_own {
                    return;
                }
                self.push(
                    Code::NestedRepeats,
                    from.to(to),
                    format!(
                        "a repeat inside a repeat, and nothing that must stand between two rounds: \
                         Logstash divides a run of `{c}` among them in every way there is before it \
                         gives up, and its time doubles with every character (2^n); here the memo \
                         or the step budget ends it"
                    ),
                    "use one repeat, such as [\\w ]*, or begin or end each round with a sign that \
                     the inner repeat cannot take: (?:,\\w+)*",
                );
            }
            Growth::Power(count) => {
                // Inside one stock pattern.
                if first == last && !(is_first_own && is_last_own) {
                    return;
                }
                let power = count + usize::from(!starts_with_anchor(root));
                self.push(
                    Code::OverlappingRepeats,
                    from.to(to),
                    format!(
                        "{count} repeats side by side can all take `{c}`: on a text that does not \
                         match Logstash tries every way to divide it, and its time grows with \
                         n^{power} in the length of the text; here the memo keeps it below n^2"
                    ),
                    "put what separates the two between them, or leave out of the first what the \
                     second begins with, as in [^\\d]+\\d+",
                );
            }
        }
    }

    fn start(&mut self, root: &Hir) {
        let mut node = root;
        // What stands before the pattern's end can make it fail.
        let mut rest_bytes = 0_u64;
        loop {
            match &node.kind {
                HirKind::Capture { body, .. } if wildcard(node).is_none() => node = body,
                HirKind::Concat(parts) => {
                    let Some((first, rest)) = parts.split_first() else { return };
                    rest_bytes +=
                        rest.iter().map(|part| u64::from(part.facts.min_bytes)).sum::<u64>();
                    node = first;
                }
                _ => break,
            }
        }
        if wildcard(node).is_none() || rest_bytes == 0 {
            return;
        }
        let Some(place) = self.own_place(node) else { return };
        self.push(
            Code::UnanchoredWildcard,
            place,
            "the pattern starts with a wildcard and has no anchor: a line that does not match is \
             tried again from each of its characters"
                .to_owned(),
            format!("begin the pattern with ^, which changes no match: \"^{}..\"", head(self.text)),
        );
    }

    fn neighbours(&mut self, node: &Hir) {
        match &node.kind {
            HirKind::Concat(parts) => {
                for pair in parts.windows(2) {
                    let [left, right] = pair else { continue };
                    if let (Some(first), Some(second)) = (wildcard(left), wildcard(right)) {
                        self.pair(left, first, right, second);
                    }
                }
                for part in parts {
                    self.neighbours(part);
                }
            }
            HirKind::Alternate(parts) => parts.iter().for_each(|part| self.neighbours(part)),
            HirKind::Atomic(body)
            | HirKind::Capture { body, .. }
            | HirKind::LookAhead { body, .. }
            | HirKind::Repeat { body, .. } => self.neighbours(body),
            HirKind::If { yes, no, .. } => {
                self.neighbours(yes);
                self.neighbours(no);
            }
            _ => {}
        }
    }

    fn pair(&mut self, left: &Hir, first: Wildcard, right: &Hir, second: Wildcard) {
        let (Some(from), Some(to)) = (self.own_place(left), self.own_place(right)) else { return };
        if from == to {
            return;
        }
        let (which, least) = match first.mode {
            RepeatMode::Lazy => ("first", first.min),
            RepeatMode::Greedy | RepeatMode::Possessive => ("second", second.min),
        };
        let what = match least {
            0 => "nothing".to_owned(),
            1 => "one character".to_owned(),
            many => format!("{many} characters"),
        };
        self.push(
            Code::AdjacentWildcards,
            from.to(to),
            format!(
                "two wildcards side by side: the {which} always matches {what}; when something must \
                 follow and is missing, Logstash tries every pair of their ends (n^2)"
            ),
            "put what separates them between them, or leave one out",
        );
    }
}

/// The first token or characters of a pattern, for an example.
fn head(text: &str) -> &str {
    let end = match text.find('}') {
        Some(close) if text.starts_with("%{") => close + 1,
        _ => text.char_indices().nth(3).map_or(text.len(), |(at, _)| at),
    };
    text.get(..end).unwrap_or(text)
}

/// Tells whether a match can begin only where the text or a line does.
fn starts_with_anchor(root: &Hir) -> bool {
    let mut node = root;
    loop {
        match &node.kind {
            HirKind::Assert(Assertion::StartLine | Assertion::StartText) => return true,
            HirKind::Capture { body, .. } => node = body,
            HirKind::Concat(parts) => match parts.first() {
                Some(first) => node = first,
                None => return false,
            },
            _ => return false,
        }
    }
}

/// `.*` and its like.
#[derive(Clone, Copy)]
struct Wildcard {
    min: u32,
    mode: RepeatMode,
}

/// Tells whether a node, captured or not, is a repeat of any character without bound.
fn wildcard(node: &Hir) -> Option<Wildcard> {
    let mut node = node;
    while let HirKind::Capture { body, .. } = &node.kind {
        node = body;
    }
    let HirKind::Repeat { body, min, max: None, mode } = &node.kind else { return None };
    let HirKind::Class(class) = &body.kind else { return None };
    let is_any = class.all_wide && (0..128).all(|byte| class.bytes.contains(byte));
    is_any.then_some(Wildcard { min: *min, mode: *mode })
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Findings) {
    for place in cx.groks.values().flatten().flat_map(|pattern| &pattern.places) {
        found.push(
            Diagnostic::warning(place.code, place.span, place.message.clone())
                .with_help(place.help.clone()),
        );
    }
}
