//! Turns a grok pattern into a regular expression that remembers where each byte came from.
//!
//! `%{INT:n} done` becomes `(?<INT:n>(?:[+-]?(?:[0-9]+))) done`: a token with a semantic is a named
//! group around its definition, a token without one a plain group, and the definition's own
//! tokens are replaced in the same way. What does not look like a token stays regex text.
//! Source of behaviour: Logstash 9.x, jls-grok `Grok#compile`.
//!
//! ```text
//! token      = "%{" name [ ":" semantic ] [ "=" definition ] { any byte but "}" } "}"
//! name       = ( "A"…"z" | "0"…"9" )+          the ASCII range A…z, so [ \ ] ^ _ ` too
//! semantic   = ( name | "@" | ":" | "." | "-" )+
//! definition = text with balanced braces; after a backslash, everything up to the last "}"
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::ops::Range;

use crate::limits::{GROK_DEFINITION_SCAN_BYTES, GROK_EXPANDED_BYTES, GROK_EXPANSIONS};
pub use crate::pattern::library::Dictionary;

mod open;

pub(super) use open::Opened;

/// Holds the regular expression of a grok pattern and the origin of its bytes.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// The text to compile, with group names as `SYNTAX:field:type` ([`parse_capture_name`]).
    pub regex: String,
    runs: Vec<Run>,
    nodes: Vec<Node>,
}

impl Expansion {
    /// Maps a byte offset in `regex` to the place in the user's pattern that caused it.
    ///
    /// An offset at or past the end maps to the last byte's place.
    pub fn origin(&self, offset: usize) -> Origin<'_> {
        let offset = self.regex.floor_char_boundary(offset);
        let after = self.runs.partition_point(|run| run.start <= offset);
        let Some(run) = after.checked_sub(1).and_then(|index| self.runs.get(index)) else {
            return Origin { span: 0..0, chain: Vec::new() };
        };
        let node = &self.nodes[run.node];
        if run.node == ROOT {
            let start = run.source + (offset - run.start).min(run.len);
            let width = self.regex[offset..].chars().next().map_or(0, char::len_utf8);
            return Origin { span: start..start + width, chain: Vec::new() };
        }
        Origin { span: node.span.clone(), chain: chain(&self.nodes, run.node) }
    }

    /// Lists the tokens that were replaced, each before those of its definition: how many tokens are
    /// around it, and its text, `INT:bytes`.
    pub fn tokens(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut depths = vec![0; self.nodes.len()];
        (ROOT + 1..self.nodes.len()).map(move |at| {
            let node = &self.nodes[at];
            depths[at] = depths[node.parent] + 1;
            (depths[node.parent], &*node.token)
        })
    }

    /// Lists the tokens around a byte of `regex`, outermost first; empty in the user's own text.
    pub(super) fn tokens_around(&self, offset: usize) -> Vec<TokenId> {
        let after = self.runs.partition_point(|run| run.start <= offset);
        let run = after.checked_sub(1).and_then(|index| self.runs.get(index));
        let mut node = run.map_or(ROOT, |run| run.node);
        let mut tokens = Vec::new();
        while node != ROOT {
            tokens.push(TokenId(node));
            node = self.nodes[node].parent;
        }
        tokens.reverse();
        tokens
    }

    /// Gives a token's name and semantic as written: `INT:bytes`.
    pub(super) fn token_text(&self, token: TokenId) -> &str {
        &self.nodes[token.0].token
    }

    /// Gives a token's name alone.
    pub(super) fn token_name(&self, token: TokenId) -> &str {
        self.nodes[token.0].name()
    }

    /// Gives what a token was replaced by, with its group.
    pub(super) fn token_regex(&self, token: TokenId) -> &str {
        let mut own = self.runs.iter().filter(|run| run.node == token.0);
        let Some(first) = own.next() else { return "" };
        let last = own.next_back().unwrap_or(first);
        self.regex.get(first.start..last.start + last.len).unwrap_or_default()
    }

    /// Tells whether a token inside of this one captures a field.
    pub(super) fn has_captures_inside(&self, token: TokenId) -> bool {
        // A token comes before those of its definition.
        let mut inside = vec![false; self.nodes.len()];
        inside[token.0] = true;
        for at in token.0 + 1..self.nodes.len() {
            inside[at] = inside[self.nodes[at].parent];
            if inside[at] && self.nodes[at].token.contains(':') {
                return true;
            }
        }
        false
    }
}

/// Names one of the tokens that an expansion replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenId(usize);

impl TokenId {
    /// Its place in [`Expansion::tokens`], from 1.
    pub(super) fn number(self) -> usize {
        self.0
    }
}

/// Tells where a piece of an expanded pattern stands in the text the user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin<'e> {
    /// The bytes of the user's pattern: one character, or the outermost token.
    pub span: Range<usize>,
    /// The `%{NAMES}` entered to get there, outermost first; empty in the user's own text.
    pub chain: Vec<&'e str>,
}

/// Says why a pattern cannot be expanded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandError {
    /// What is wrong.
    pub kind: ExpandErrorKind,
    /// The outermost token concerned, in bytes of the user's pattern.
    pub span: Range<usize>,
    /// The `%{NAMES}` entered before the failing token, outermost first.
    pub chain: Vec<String>,
}

/// Lists what can be wrong with a pattern before it is a regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandErrorKind {
    /// More tokens than Logstash replaces, which takes a definition that contains itself.
    DeepRecursion {
        /// The token that was one too many.
        name: String,
    },
    /// The regular expression would exceed `GROK_EXPANDED_BYTES`, or its inline definitions
    /// took too long to delimit.
    TooLong {
        /// The token whose definition does not fit.
        name: String,
    },
    /// No definition of that name.
    UnknownPattern {
        /// The name as written.
        name: String,
        /// A known name that resembles it.
        suggestion: Option<String>,
    },
}

impl fmt::Display for ExpandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExpandErrorKind::DeepRecursion { name } => {
                write!(f, "grok pattern recurses without end, last into `%{{{name}}}`")?;
            }
            ExpandErrorKind::TooLong { name } => {
                write!(
                    f,
                    "grok pattern expands to more than {GROK_EXPANDED_BYTES} bytes, last with \
                     `%{{{name}}}`"
                )?;
            }
            ExpandErrorKind::UnknownPattern { name, suggestion } => {
                write!(f, "grok pattern `%{{{name}}}` is not defined")?;
                if let Some(suggestion) = suggestion {
                    write!(f, ", did you mean `{suggestion}`")?;
                }
            }
        }
        match self.chain.as_slice() {
            [] => Ok(()),
            [first, .., last] if self.chain.len() > MAX_PRINTED_NAMES => {
                write!(f, " (inside `{first} > … > {last}`)")
            }
            chain => write!(f, " (inside `{}`)", chain.join(" > ")),
        }
    }
}

impl Error for ExpandError {}

/// Tells which field a named group fills, and how its text is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureName<'n> {
    /// The definition captured; `None` for a hand-written `(?<field>…)`.
    pub syntax: Option<&'n str>,
    /// The field reference, as written; it need not be a valid one.
    pub field: &'n str,
    /// The conversion asked for.
    pub kind: CaptureKind,
}

/// Lists the conversions of a captured text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureKind {
    /// `:float`, Ruby's `to_f`.
    Float,
    /// `:int`, Ruby's `to_i`.
    Int,
    /// No conversion; also for every unknown type text.
    Text,
}

/// Splits a group name of the form `SYNTAX:field[:type]`.
///
/// A name without a colon is the field itself, so `(?<n:int>…)` names the field `int`. Text after
/// the type is ignored, and so are colons at the end.
pub fn parse_capture_name(group_name: &str) -> CaptureName<'_> {
    let mut parts = group_name.trim_end_matches(':').split(':');
    let first = parts.next().unwrap_or_default();
    let Some(field) = parts.next() else {
        return CaptureName { syntax: None, field: first, kind: CaptureKind::Text };
    };
    let kind = match parts.next() {
        Some("float") => CaptureKind::Float,
        Some("int") => CaptureKind::Int,
        _ => CaptureKind::Text,
    };
    CaptureName { syntax: Some(first), field, kind }
}

/// Replaces the tokens of a grok pattern until none is left.
///
/// With `named_captures_only` a token without a semantic is not captured; otherwise it is, under
/// its own name. A definition given inline (`%{NAME=regex}`) holds from its token on, in this
/// pattern alone, and replaces a dictionary entry of that name.
///
/// # Errors
/// An unknown name, endless recursion or an expansion beyond the limits.
pub fn expand(
    pattern: &str,
    dictionary: &Dictionary,
    named_captures_only: bool,
) -> Result<Expansion, ExpandError> {
    let mut nodes = vec![Node { token: Box::default(), parent: ROOT, span: 0..pattern.len() }];
    let mut inline: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
    let mut out = Output { text: Vec::with_capacity(pattern.len()), runs: Vec::new() };
    let mut rest = Pending::new(pattern);
    let mut scanned_bytes = 0;

    while let Some(token) = rest.advance_to_token(&mut out, &mut scanned_bytes) {
        let name = rest.text(token.syntax.clone());
        let group = rest.text(token.group);
        if let Some(definition) = token.definition {
            inline.insert(name.as_str().into(), rest.text(definition).into());
        }
        let (parent, place) = rest.skip(token.len);
        let span = if parent == ROOT { place } else { nodes[parent].span.clone() };
        let fail = |kind| {
            let chain = chain(&nodes, parent).into_iter().map(str::to_owned).collect();
            Err(ExpandError { kind, span: span.clone(), chain })
        };

        if nodes.len() >= GROK_EXPANSIONS {
            return fail(ExpandErrorKind::DeepRecursion { name });
        }
        let Some(text) =
            inline.get(name.as_str()).map(AsRef::as_ref).or_else(|| dictionary.get(&name))
        else {
            let suggestion = dictionary.suggest(&name);
            return fail(ExpandErrorKind::UnknownPattern { name, suggestion });
        };
        let room = GROK_EXPANDED_BYTES.saturating_sub(out.text.len() + rest.bytes.len());
        if text.len() + group.len() > room || scanned_bytes > GROK_DEFINITION_SCAN_BYTES {
            return fail(ExpandErrorKind::TooLong { name });
        }

        let node = nodes.len();
        nodes.push(Node { token: group.as_str().into(), parent, span });
        rest.push(node, b")");
        rest.push(node, text.as_bytes());
        if named_captures_only && !group.contains(':') {
            rest.push(node, b"(?:");
        } else {
            rest.push(node, b">");
            rest.push(node, group.as_bytes());
            rest.push(node, b"(?<");
        }
    }

    let regex = String::from_utf8(out.text).expect("cut at ASCII bytes of valid text only");
    Ok(Expansion { regex, runs: out.runs, nodes })
}

/// One token entered: the definition, and where the token stood.
#[derive(Clone, Debug)]
struct Node {
    /// Name and semantic.
    token: Box<str>,
    parent: usize,
    /// The outermost token leading here, in the user's pattern.
    span: Range<usize>,
}

impl Node {
    fn name(&self) -> &str {
        self.token.split(':').next().unwrap_or_default()
    }
}

/// The node of the user's own text.
const ROOT: usize = 0;

/// A stretch of text that belongs to one node.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Offset in the expanded text; meaningless while pending.
    start: usize,
    len: usize,
    node: usize,
    /// Offset in the user's pattern; meaningful for the root node only.
    source: usize,
}

struct Output {
    text: Vec<u8>,
    /// Ascending by `start`, without gaps.
    runs: Vec<Run>,
}

/// A token found at the front of the pending text; offsets count from there.
struct Token {
    syntax: Range<usize>,
    /// Name and semantic, which together name the group.
    group: Range<usize>,
    definition: Option<Range<usize>>,
    len: usize,
}

/// The text still to be searched for tokens.
///
/// Kept back to front, so that replacing a token at its front moves nothing else: the text is
/// read once, however deep the definitions nest. A token may begin in one definition and end in
/// the text after it, as in Logstash, where each replacement is an edit of the whole text.
struct Pending {
    bytes: Vec<u8>,
    /// Back to front like `bytes`; their lengths add up to its length.
    runs: Vec<Run>,
    closing_braces: usize,
}

impl Pending {
    fn new(pattern: &str) -> Self {
        let mut pending = Self { bytes: Vec::new(), runs: Vec::new(), closing_braces: 0 };
        pending.push(ROOT, pattern.as_bytes());
        pending
    }

    /// Puts text in front.
    fn push(&mut self, node: usize, text: &[u8]) {
        self.closing_braces += count_closing(text);
        self.bytes.extend(text.iter().rev());
        self.runs.push(Run { start: 0, len: text.len(), node, source: 0 });
    }

    /// Moves text to `out` until a token is in front; `None` when the text is used up.
    fn advance_to_token(&mut self, out: &mut Output, scanned_bytes: &mut usize) -> Option<Token> {
        loop {
            let literal = self.front().position(|byte| byte == b'%');
            self.emit(literal.unwrap_or(self.bytes.len()), out);
            literal?;
            let token = self.token(scanned_bytes);
            if token.is_some() {
                return token;
            }
            self.emit(1, out);
        }
    }

    /// Parses the token in front, if there is one.
    fn token(&self, scanned_bytes: &mut usize) -> Option<Token> {
        if self.closing_braces == 0 || self.peek(1) != Some(b'{') {
            return None;
        }
        let syntax = 2..self.end_of(2, is_name_byte);
        if syntax.is_empty() {
            return None;
        }
        let mut end = syntax.end;
        if self.peek(end) == Some(b':') {
            let semantic =
                self.end_of(end + 1, |byte| is_name_byte(byte) || b"@:.-".contains(&byte));
            if semantic > end + 1 {
                end = semantic;
            }
        }
        let group = syntax.start..end;
        if self.peek(end) == Some(b'=')
            && let Some((definition, len)) = self.definition(end + 1, scanned_bytes)
        {
            return Some(Token { syntax, group, definition: Some(definition), len });
        }
        let len = self.find(b'}', end)? + 1;
        Some(Token { syntax, group, definition: None, len })
    }

    /// Delimits an inline definition from `start`; also returns the end of its token.
    ///
    /// Does what jls-grok's greedy expression does. Take all there is of plain text, balanced
    /// braces, and backslashes with the rest of their line; if no `}` is left to end the token,
    /// give back what was taken last.
    fn definition(&self, start: usize, scanned_bytes: &mut usize) -> Option<(Range<usize>, usize)> {
        let mut taken = Vec::new();
        let mut end = start;
        while let Some(byte) = self.peek(end) {
            let next = match byte {
                b'}' => break,
                b'{' => {
                    let (scanned, close) = self.balanced(end);
                    *scanned_bytes += scanned;
                    close
                }
                b'\\' => {
                    let line = self.find(b'\n', end).unwrap_or(self.bytes.len());
                    (line > end + 1).then_some(line)
                }
                _ => Some(self.end_of(end, |byte| !b"{}\\".contains(&byte))),
            };
            let Some(next) = next else { break };
            taken.push((byte, end, next));
            end = next;
        }
        *scanned_bytes += end - start;

        let mut close = self.find(b'}', end);
        while close.is_none() {
            let (byte, from, to) = taken.pop()?;
            end = from;
            if byte == b'\\' {
                // The line behind the backslash shrinks to the last brace that can end the token.
                if let Some(last) = (from + 2..to).rev().find(|&at| self.peek(at) == Some(b'}')) {
                    end = last;
                }
            }
            close = (end..to).find(|&at| self.peek(at) == Some(b'}'));
        }
        (end > start).then_some(())?;
        Some((start..end, close? + 1))
    }

    /// Finds the end of the balanced braces at `start`; also returns the bytes looked at.
    fn balanced(&self, start: usize) -> (usize, Option<usize>) {
        let mut depth = 0_usize;
        for (count, byte) in self.front().skip(start).enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return (count, Some(start + count + 1));
            }
        }
        (self.bytes.len(), None)
    }

    fn front(&self) -> impl Iterator<Item = u8> + '_ {
        self.bytes.iter().rev().copied()
    }

    fn peek(&self, at: usize) -> Option<u8> {
        let index = self.bytes.len().checked_sub(at + 1)?;
        self.bytes.get(index).copied()
    }

    fn find(&self, wanted: u8, from: usize) -> Option<usize> {
        self.front().skip(from).position(|byte| byte == wanted).map(|count| from + count)
    }

    fn end_of(&self, from: usize, accepts: impl Fn(u8) -> bool) -> usize {
        from + self.front().skip(from).take_while(|&byte| accepts(byte)).count()
    }

    fn text(&self, range: Range<usize>) -> String {
        let bytes = self.front().skip(range.start).take(range.len()).collect();
        String::from_utf8(bytes).expect("cut at ASCII bytes of valid text only")
    }

    /// Moves text from the front to the output.
    fn emit(&mut self, count: usize, out: &mut Output) {
        let keep = self.bytes.len() - count;
        self.take_runs(count, |run| {
            let start = out.runs.last().map_or(0, |last| last.start + last.len);
            match out.runs.last_mut() {
                Some(last)
                    if last.node == run.node
                        && (run.node != ROOT || last.source + last.len == run.source) =>
                {
                    last.len += run.len;
                }
                _ => out.runs.push(Run { start, ..run }),
            }
        });
        let moved = self.bytes.drain(keep..).rev();
        let from = out.text.len();
        out.text.extend(moved);
        self.closing_braces -= count_closing(&out.text[from..]);
    }

    /// Drops text from the front; returns its node and place in the user's pattern.
    ///
    /// Both are those of the first byte: what the user wrote as the start of the token.
    fn skip(&mut self, count: usize) -> (usize, Range<usize>) {
        let keep = self.bytes.len() - count;
        let mut first = None;
        self.take_runs(count, |run| {
            first.get_or_insert((run.node, run.source..run.source + run.len));
        });
        let closing = self.bytes.drain(keep..).filter(|&byte| byte == b'}').count();
        self.closing_braces -= closing;
        first.unwrap_or((ROOT, 0..0))
    }

    fn take_runs(&mut self, mut count: usize, mut each: impl FnMut(Run)) {
        while count > 0
            && let Some(run) = self.runs.last_mut()
        {
            let len = run.len.min(count);
            if len > 0 {
                each(Run { len, ..*run });
            }
            count -= len;
            run.len -= len;
            run.source += len;
            if run.len == 0 {
                self.runs.pop();
            }
        }
    }
}

/// Names the tokens entered down to `node`, outermost first.
fn chain(nodes: &[Node], mut node: usize) -> Vec<&str> {
    let mut names = Vec::new();
    while node != ROOT {
        names.push(nodes[node].name());
        node = nodes[node].parent;
    }
    names.reverse();
    names
}

fn count_closing(text: &[u8]) -> usize {
    text.iter().map(|&byte| usize::from(byte == b'}')).sum()
}

fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b'A'..=b'z' | b'0'..=b'9')
}

/// A longer chain is printed as its first and last name.
const MAX_PRINTED_NAMES: usize = 8;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::pattern::library::PatternSet;

    fn legacy() -> Dictionary {
        Dictionary::new(PatternSet::Legacy)
    }

    fn with(definitions: &[(&str, &str)]) -> Dictionary {
        let mut dictionary = legacy();
        for (name, text) in definitions {
            dictionary.define(name, text);
        }
        dictionary
    }

    fn regex(pattern: &str, dictionary: &Dictionary) -> String {
        expand(pattern, dictionary, true).unwrap().regex
    }

    #[test]
    fn token_with_semantic_becomes_named_group() {
        let dictionary = with(&[("A", "a+")]);
        assert_eq!(regex("x%{A:n}y", &dictionary), "x(?<A:n>a+)y");
        assert_eq!(regex("%{A:[a][b]:int}", &dictionary), "(?<A:[a][b]:int>a+)");
        assert_eq!(regex("%{A:@t.x-y_z}", &dictionary), "(?<A:@t.x-y_z>a+)");
        assert_eq!(regex("%{A:9a}", &dictionary), "(?<A:9a>a+)");
    }

    #[test]
    fn token_without_semantic_is_captured_on_request_only() {
        let dictionary = with(&[("A", "a")]);
        assert_eq!(regex("%{A}", &dictionary), "(?:a)");
        assert_eq!(expand("%{A}%{A:n}", &dictionary, false).unwrap().regex, "(?<A>a)(?<A:n>a)");
    }

    #[test]
    fn text_up_to_the_brace_is_ignored() {
        let dictionary = with(&[("A", "a")]);
        assert_eq!(regex("%{A:x b}", &dictionary), "(?<A:x>a)");
        assert_eq!(regex("%{A:a%b}", &dictionary), "(?<A:a>a)");
        assert_eq!(regex("%{A:[c]?}", &dictionary), "(?<A:[c]>a)");
        for unnamed in ["%{A: a}", "%{A :a}", "%{A:}", "%{A %{B}"] {
            assert_eq!(regex(unnamed, &dictionary), "(?:a)", "{unnamed}");
        }
    }

    #[test]
    fn what_is_no_token_stays_literal() {
        let dictionary = with(&[("A", "a")]);
        for literal in ["%{}", "%{ A:a}", "%{A", "%A}", "% {A}", "%{-A}", "", "%", "%{"] {
            assert_eq!(regex(literal, &dictionary), literal);
        }
        assert_eq!(regex("%{%{A}}", &dictionary), "%{(?:a)}");
        assert_eq!(regex("\\%{A}", &dictionary), "\\(?:a)");
        assert_eq!(regex("%%{A}", &dictionary), "%(?:a)");
    }

    #[test]
    fn odd_ascii_is_part_of_a_name() {
        assert_eq!(regex("%{[^`\\_}", &with(&[("[^`\\_", "a")])), "(?:a)");
    }

    #[test]
    fn definitions_nest() {
        let dictionary = with(&[("A", "%{B:b}|%{C}"), ("B", "%{C}b"), ("C", "c")]);
        assert_eq!(regex("%{A:a} %{C}", &dictionary), "(?<A:a>(?<B:b>(?:c)b)|(?:c)) (?:c)");
    }

    #[test]
    fn token_may_end_behind_its_definition() {
        let dictionary = with(&[("A", "%{B"), ("B", "b")]);
        assert_eq!(regex("%{A}-} é", &dictionary), "(?:(?:b) é");
    }

    #[test]
    fn inline_definition_holds_from_its_token_on() {
        let dictionary = with(&[("A", "a")]);
        let pattern = "%{A}%{A:n=[0-9]{2}}%{A}";
        assert_eq!(regex(pattern, &dictionary), "(?:a)(?<A:n>[0-9]{2})(?:[0-9]{2})");
        assert_eq!(dictionary.get("A"), Some("a"));
        assert_eq!(regex("%{N:n:int=x{1,2}{}y}", &dictionary), "(?<N:n:int>x{1,2}{}y)");
        assert_eq!(regex("%{N=é}", &dictionary), "(?:é)");
    }

    #[test]
    fn backslash_extends_inline_definition_to_the_last_brace() {
        let dictionary = with(&[("K", "k")]);
        assert_eq!(regex("%{N:n=\\d+} %{K:k}", &dictionary), "(?<N:n>\\d+} %{K:k)");
        assert_eq!(regex("%{N=\\d+} x", &dictionary), "(?:\\d+) x");
        assert_eq!(regex("%{N=a\\}", &dictionary), "(?:a)");
        assert_eq!(regex("%{N=\\d}}\nb} %{K}", &dictionary), "(?:\\d}}\nb) (?:k)");
        assert_eq!(regex("%{N=\\d}\n%{K}", &dictionary), "(?:\\d}\n%)");
    }

    #[test]
    fn brace_that_never_closes_ends_inline_definition() {
        let dictionary = with(&[("N", "n")]);
        assert_eq!(regex("%{N=a{b}", &dictionary), "(?:a)");
        assert_eq!(regex("%{N=a{1}b{", &dictionary), "(?:a)b{");
        assert_eq!(regex("%{N={}", &dictionary), "(?:n)");
        assert_eq!(regex("%{N=}", &dictionary), "(?:n)");
    }

    #[test]
    fn unknown_name_is_an_error_with_place_and_chain() {
        let dictionary = with(&[("A", "%{B}"), ("B", "x%{NUMBR:n}")]);
        let error = expand("é %{A} %{INT}", &dictionary, true).unwrap_err();
        assert_eq!(error.span, 3..7);
        assert_eq!(error.chain, ["A", "B"]);
        let suggestion = Some("NUMBER".to_owned());
        assert_eq!(
            error.kind,
            ExpandErrorKind::UnknownPattern { name: "NUMBR".into(), suggestion }
        );
        assert_eq!(
            error.to_string(),
            "grok pattern `%{NUMBR}` is not defined, did you mean `NUMBER` (inside `A > B`)"
        );
        for unknown in ["%{f}", "%{A-B}", "%{int}"] {
            let error = expand(unknown, &legacy(), true).unwrap_err();
            assert_eq!(error.span, 0..unknown.len(), "{unknown}");
        }
    }

    #[test]
    fn recursion_is_an_error() {
        let dictionary = with(&[("A", "a%{B}"), ("B", "%{A}?")]);
        let error = expand("x %{A} y", &dictionary, true).unwrap_err();
        assert!(matches!(error.kind, ExpandErrorKind::DeepRecursion { .. }), "{error}");
        assert_eq!(error.span, 2..6);
        assert_eq!(
            error.to_string(),
            "grok pattern recurses without end, last into `%{B}` (inside `A > … > A`)"
        );
    }

    #[test]
    fn one_token_less_than_the_limit_expands() {
        let dictionary = with(&[("A", "a")]);
        let tokens = |count| expand(&"%{A}".repeat(count), &dictionary, true);
        assert_eq!(tokens(GROK_EXPANSIONS - 1).unwrap().regex.len(), (GROK_EXPANSIONS - 1) * 5);
        assert!(tokens(GROK_EXPANSIONS).is_err());
    }

    #[test]
    fn definitions_that_double_are_too_long() {
        let mut dictionary = legacy();
        dictionary.define("A0", &"x".repeat(1000));
        for level in 1..30 {
            let below = format!("%{{A{}}}", level - 1);
            dictionary.define(&format!("A{level}"), &(below.clone() + &below));
        }
        let error = expand("%{A29}", &dictionary, true).unwrap_err();
        assert!(matches!(error.kind, ExpandErrorKind::TooLong { .. }), "{error}");
    }

    #[test]
    fn braces_that_never_close_are_too_long_in_the_end() {
        let dictionary = with(&[("N", "n")]);
        let pattern = "%{N={{}".repeat(9_000) + &" ".repeat(1 << 20);
        let error = expand(&pattern, &dictionary, true).unwrap_err();
        assert!(matches!(error.kind, ExpandErrorKind::TooLong { .. }), "{error}");
    }

    #[test]
    fn every_byte_has_its_origin() {
        let dictionary = with(&[("A", "a%{B}"), ("B", "bé")]);
        let pattern = "é%{A:n}+x";
        let expansion = expand(pattern, &dictionary, true).unwrap();
        assert_eq!(expansion.regex, "é(?<A:n>a(?:bé))+x");
        let origin = |text: &str| expansion.origin(expansion.regex.find(text).unwrap());
        assert_eq!(origin("é"), Origin { span: 0..2, chain: vec![] });
        assert_eq!(origin("(?<"), Origin { span: 2..8, chain: vec!["A"] });
        assert_eq!(origin("bé"), Origin { span: 2..8, chain: vec!["A", "B"] });
        assert_eq!(origin(")+"), Origin { span: 2..8, chain: vec!["A"] });
        assert_eq!(origin("+"), Origin { span: 8..9, chain: vec![] });
        assert_eq!(origin("x"), Origin { span: 9..10, chain: vec![] });
        let end = Origin { span: pattern.len()..pattern.len(), chain: vec![] };
        assert_eq!(expansion.origin(expansion.regex.len()), end);
        assert_eq!(expansion.origin(usize::MAX), end);
        assert_eq!(expansion.origin(1).span, 0..2);
        assert_eq!(expand("", &dictionary, true).unwrap().origin(0).span, 0..0);
    }

    #[test]
    fn group_name_tells_field_and_type() {
        let parse = |name| {
            let CaptureName { syntax, field, kind } = parse_capture_name(name);
            (syntax, field, kind)
        };
        assert_eq!(parse("user"), (None, "user", CaptureKind::Text));
        assert_eq!(parse("[a][b]"), (None, "[a][b]", CaptureKind::Text));
        assert_eq!(parse("INT:[a][b]:int"), (Some("INT"), "[a][b]", CaptureKind::Int));
        assert_eq!(parse("X:n:float:z"), (Some("X"), "n", CaptureKind::Float));
        assert_eq!(parse("INT:n:INT"), (Some("INT"), "n", CaptureKind::Text));
        assert_eq!(parse("n:int"), (Some("n"), "int", CaptureKind::Text));
        assert_eq!(parse("n:"), (None, "n", CaptureKind::Text));
        assert_eq!(parse("n::int"), (Some("n"), "", CaptureKind::Int));
    }
}
