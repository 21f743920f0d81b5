//! A subject that does not match to how far the pattern got and what it wanted there.
//!
//! `%{WORD:verb} %{INT:bytes}` on `GET x` gives: stopped at byte 4, expected `%{INT:bytes}`. The
//! place is the furthest that anything but `.*` reached, from the start that got furthest; what
//! failed there is named by the outermost `%{NAME}` that had not begun yet, else by its own text.

use std::fmt::Write as _;
use std::ops::Range;

use crate::limits;

use super::compile::{Inst, NONE, Pc, SpanSet};
use super::exec::plain::{Failure, Furthest, Trace, trace};
use super::exec::{Budget, Scratch};
use super::expand::{Expansion, TokenId};
use super::syntax::Assertion;
use super::unicode::Class;
use super::{Inner, Regex};

/// Says how far a pattern got on a subject that it does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// Byte offset in the subject where the best try began; 0 for an anchored pattern.
    pub start: usize,
    /// Byte offset in the subject up to which that try came, on a character boundary.
    pub at: usize,
    /// The bytes of the pattern, as the user wrote it, that wanted something else there.
    pub span: Range<usize>,
    /// The `%{NAMES}` around what was expected, outermost first.
    pub chain: Vec<String>,
    /// What could have stood there, in the pattern's order: at most [`limits::EXPLAIN_EXPECTED`].
    pub expected: Vec<String>,
    /// Whether more could have stood there than `expected` lists.
    pub has_more: bool,
    /// False when the search was given up: another try may have come further.
    pub is_complete: bool,
}

impl Explanation {
    /// Joins what was expected to one text: "`+`, `-` or a digit".
    pub fn expected_text(&self) -> String {
        let Some((last, others)) = self.expected.split_last() else {
            return "something else".into();
        };
        if self.has_more {
            return format!("{}, …", self.expected.join(", "));
        }
        match others {
            [] => last.clone(),
            _ => format!("{} or {last}", others.join(", ")),
        }
    }

    /// Gives the number of bytes that the best try matched.
    pub fn len(&self) -> usize {
        self.at.saturating_sub(self.start)
    }

    /// Tells whether nothing matched at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says all of it in one line; `subject` is the text that was explained.
    ///
    /// "stopped after 26 of 57 characters at ` 10:05]`: expected `:`, in %{HTTPDATE}".
    pub fn sentence(&self, subject: &str) -> String {
        let count = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
        let (start, at) = (count(subject.get(..self.start)), count(subject.get(..self.at)));
        let rest = subject.get(self.at..).unwrap_or_default();
        let place = if rest.is_empty() {
            "at the end of the text".into()
        } else {
            format!("at {}", quoted(rest, MAX_REST))
        };
        let mut out = match (subject.is_empty(), self.start, self.is_empty()) {
            (true, ..) => "the text is empty".to_owned(),
            (false, 0, true) => format!("nothing matched {place}"),
            (false, 0, false) => {
                format!("stopped after {at} of {} characters {place}", count(Some(subject)))
            }
            _ => format!(
                "matched from character {} and stopped after {at} of {} {place}",
                start + 1,
                count(Some(subject))
            ),
        };
        let _ = write!(out, ": expected {}", self.expected_text());
        if let Some(chain) = self.chain_text() {
            let _ = write!(out, ", in {chain}");
        }
        if !self.is_complete {
            out.push_str(" (given up: another try may have come further)");
        }
        out
    }

    /// Joins the chain to one text: `%{COMMONAPACHELOG} > %{HTTPDATE}`; `None` in the user's text.
    pub fn chain_text(&self) -> Option<String> {
        if self.chain.is_empty() {
            return None;
        }
        Some(format!("%{{{}}}", self.chain.join("} > %{")))
    }
}

impl Regex {
    /// Tells why the subject does not match; `None` if it does.
    ///
    /// With the expansion that the regex was compiled from, places are those of the grok pattern.
    /// Costs many times what a search costs; [`Budget::for_explanation`] is meant for it. When it is
    /// used up, the answer is what was found up to there.
    pub fn explain(
        &self,
        subject: &str,
        expansion: Option<&Expansion>,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> Option<Explanation> {
        self.explain_places(subject, expansion, scratch, budget).map(|(explanation, _)| explanation)
    }

    /// Explains, and tells of each failure where in the pattern and in the subject it was.
    pub(super) fn explain_places(
        &self,
        subject: &str,
        expansion: Option<&Expansion>,
        scratch: &mut Scratch,
        budget: &mut Budget,
    ) -> Option<(Explanation, Vec<Place>)> {
        let (found, trace) = trace(&self.0.program, subject, scratch, budget);
        if found == Ok(true) {
            return None;
        }
        let cx = Explaining { regex: &self.0, expansion };
        let Furthest { start, mut at, failures, .. } = cx.choose(trace);
        let places = failures.iter().map(|failure| cx.place(at, failure)).collect();
        let mut wants: Vec<Want> = Vec::new();
        if let Some((token, from)) = cx.common_choice(at, &failures) {
            at = from;
            wants.extend(cx.want(token, &failures));
        } else {
            for failure in cx.sifted(failures) {
                cx.add(&failure, &mut wants);
            }
        }
        let mut expected: Vec<String> = Vec::with_capacity(wants.len());
        for want in &wants {
            let text = want.text();
            if !expected.contains(&text) {
                expected.push(text);
            }
        }
        let has_more = expected.len() > limits::EXPLAIN_EXPECTED;
        expected.truncate(limits::EXPLAIN_EXPECTED);
        let explanation = Explanation {
            start,
            at,
            span: cx.span(&wants),
            chain: cx.chain(&wants),
            expected,
            has_more,
            is_complete: found.is_ok(),
        };
        Some((explanation, places))
    }
}

/// Where an instruction failed.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The place in the expanded regex of the first byte that was missing.
    pub(super) origin: usize,
    /// The place in the subject where it was missing.
    pub(super) at: usize,
    /// The place in the subject where the instruction began.
    pub(super) begin: usize,
    /// Whether it was looked for at every place from there on.
    pub(super) anywhere: bool,
    /// Whether tokens may have begun earlier than `around` says.
    pub(super) is_long: bool,
    /// The tokens around it, outermost first, and where each began; `None` for one that has
    /// consumed nothing.
    pub(super) around: Vec<(TokenId, Option<usize>)>,
}

/// One thing that could have stood at the place.
struct Want {
    /// The tokens around it.
    around: Vec<TokenId>,
    /// The token that is wanted as a whole.
    token: Option<(TokenId, String)>,
    /// What it could begin with.
    details: Vec<String>,
    anywhere: bool,
    /// In the expanded text.
    origin: Range<usize>,
}

impl Want {
    fn text(&self) -> String {
        let mut text = match &self.token {
            Some((_, token)) => format!("%{{{token}}}"),
            None => self.details.join(" or "),
        };
        if self.token.is_some() && (1..=MAX_DETAILS).contains(&self.details.len()) {
            let _ = write!(text, " ({})", self.details.join(" or "));
        }
        if self.anywhere {
            text.push_str(" somewhere after this");
        }
        text
    }
}

struct Explaining<'r> {
    regex: &'r Inner,
    expansion: Option<&'r Expansion>,
}

impl Explaining<'_> {
    /// The text of an instruction in the expanded regex.
    fn origin(&self, pc: Pc) -> Range<usize> {
        self.regex.program.origins.get(pc as usize).map_or(0..0, |span| span.range())
    }

    fn tokens(&self, offset: usize) -> Vec<TokenId> {
        self.expansion.map_or_else(Vec::new, |expansion| expansion.tokens_around(offset))
    }

    /// The tokens around the instruction that consumed last.
    fn last_tokens(&self, failure: &Failure) -> Vec<TokenId> {
        match failure.before[0] {
            (NONE, _) => Vec::new(),
            (pc, _) => self.tokens(self.origin(pc).end.saturating_sub(1)),
        }
    }

    fn place(&self, at: usize, failure: &Failure) -> Place {
        let mut origin = self.origin(failure.pc);
        let mut begin = at.saturating_sub(failure.matched);
        if let Some(Inst::Literal { .. }) = self.regex.program.insts.get(failure.pc as usize) {
            let source = self.regex.source.get(origin.clone()).unwrap_or_default();
            let first = self.tokens(origin.start);
            origin.start += written_len(source, failure.matched);
            // A literal may span several tokens: the failure belongs to the last.
            if self.tokens(origin.start) != first {
                begin = at;
            }
        }
        let last = |pc| self.tokens(self.origin(pc).end.saturating_sub(1));
        let begun = |token: TokenId| {
            let inside = |(pc, _): &&(Pc, usize)| *pc != NONE && last(*pc).contains(&token);
            failure.before.iter().take_while(inside).last().map(|(_, from)| *from)
        };
        let around = self.tokens(origin.start).into_iter().map(|token| (token, begun(token)));
        let around = around.collect();
        let is_long = failure.before.iter().all(|(pc, _)| *pc != NONE);
        Place { origin: origin.start, at, begin, anywhere: failure.anywhere, is_long, around }
    }

    /// Chooses the try to tell of: that of the first start, unless another one got further and
    /// through a good part of the pattern; a word in the middle of a line says little.
    fn choose(&self, trace: Trace) -> Furthest {
        let Trace { first, best, .. } = trace;
        let groups = self.regex.program.group_count as usize;
        let is_much = best.group_count * 3 >= groups && best.group_count >= first.group_count;
        if best.taken > first.taken && is_much { best } else { first }
    }

    /// Finds the outermost token that all failures are in, that is one choice of many, and of which
    /// next to nothing was there: `NO` may begin `NOTICE`, but what is missing is a log level.
    fn common_choice(&self, at: usize, failures: &[Failure]) -> Option<(TokenId, usize)> {
        let expansion = self.expansion?;
        let [first, others @ ..] = failures else { return None };
        let begun = |failure: &Failure, token: TokenId| {
            let inside = |pc| self.tokens(self.origin(pc).start).contains(&token);
            if failure.anywhere || !inside(failure.pc) {
                return None;
            }
            let run = failure.before.iter().take_while(|(pc, _)| *pc != NONE && inside(*pc));
            let from = run.last().map_or(at - failure.matched, |(_, from)| *from);
            (1..FEW_BYTES).contains(&(at - from)).then_some(from)
        };
        self.tokens(self.origin(first.pc).start).into_iter().find_map(|token| {
            let from = begun(first, token)?;
            let is_common = others.iter().all(|other| begun(other, token) == Some(from));
            let is_one =
                is_choice(expansion.token_regex(token)) && !expansion.has_captures_inside(token);
            (is_common && is_one).then_some((token, from))
        })
    }

    /// Makes one want of all failures inside a token.
    fn want(&self, token: TokenId, failures: &[Failure]) -> Option<Want> {
        let first = failures.first()?;
        let mut around = self.tokens(self.origin(first.pc).start);
        around.truncate(around.iter().position(|known| *known == token)?);
        let text = self.expansion?.token_text(token).to_owned();
        let origin = self.origin(first.pc);
        let token = Some((token, text));
        Some(Want { around, token, details: Vec::new(), anywhere: false, origin })
    }

    /// Leaves out how a token could have gone on, beside what must follow it, and sorts by place in
    /// the pattern: what was wanted here before what was wanted somewhere behind.
    fn sifted(&self, mut failures: Vec<Failure>) -> Vec<Failure> {
        let around: Vec<_> =
            failures.iter().map(|failure| self.tokens(self.origin(failure.pc).start)).collect();
        let last: Vec<_> = failures.iter().map(|failure| self.last_tokens(failure)).collect();
        let goes_on = |at: usize| {
            let begun = around[at]
                .iter()
                .filter(|token| failures[at].matched > 0 || last[at].contains(token));
            let is_left = |token: &TokenId| {
                (0..failures.len())
                    .any(|other| last[other].contains(token) && !around[other].contains(token))
            };
            begun.into_iter().any(is_left)
        };
        let kept: Vec<bool> = (0..failures.len()).map(|at| !goes_on(at)).collect();
        let mut kept = kept.into_iter();
        failures.retain(|_| kept.next().unwrap_or(true));
        failures.sort_by_key(|failure| (failure.anywhere, self.origin(failure.pc).start));
        failures
    }

    /// Turns a failure into what was wanted; failures inside one token that had not begun are one.
    fn add(&self, failure: &Failure, wants: &mut Vec<Want>) {
        let mut origin = self.origin(failure.pc);
        let detail = self.describe(failure, &origin);
        // A literal without escapes may span several tokens: the failure belongs to the last.
        if let Some(Inst::Literal { len, .. }) = self.regex.program.insts.get(failure.pc as usize)
            && *len as usize == origin.len()
        {
            origin.start += failure.matched;
        }
        let around = self.tokens(origin.start);
        let begun = if failure.matched > 0 {
            around.len()
        } else {
            let last = self.last_tokens(failure);
            around.iter().zip(&last).take_while(|(a, b)| a == b).count()
        };
        let fresh = around.get(begun..).unwrap_or_default();
        let text =
            |token: &TokenId| self.expansion.map_or("", |expansion| expansion.token_text(*token));
        let captured = fresh.iter().position(|token| text(token).contains(':'));
        let level = if fresh.is_empty() { None } else { Some(begun + captured.unwrap_or(0)) };
        let token = level.and_then(|level| around.get(level)).map(|id| (*id, text(id).to_owned()));
        let around = around.get(..level.unwrap_or(around.len())).unwrap_or_default().to_vec();
        let known = wants.iter_mut().find(|want| match (&want.token, &token) {
            (Some((known, _)), Some((token, _))) => {
                known == token && want.anywhere == failure.anywhere
            }
            _ => false,
        });
        // A place says nothing of what the token looks like.
        let is_place = matches!(
            self.regex.program.insts.get(failure.pc as usize),
            Some(
                Inst::Assert(_)
                    | Inst::Boundary { .. }
                    | Inst::LookStart { .. }
                    | Inst::NegativeStart { .. }
            )
        );
        let detail = (token.is_none() || !is_place).then_some(detail);
        match known {
            None => {
                let details = detail.into_iter().collect();
                wants.push(Want { around, token, details, anywhere: failure.anywhere, origin });
            }
            Some(want) => {
                want.origin.end = want.origin.end.max(origin.end);
                want.details.extend(detail.filter(|detail| !want.details.contains(detail)));
            }
        }
    }

    /// The tokens around everything that was wanted.
    fn chain(&self, wants: &[Want]) -> Vec<String> {
        let Some((first, others)) = wants.split_first() else { return Vec::new() };
        let mut common = first.around.len();
        for other in others {
            let same = first.around.iter().zip(&other.around).take_while(|(a, b)| a == b).count();
            common = common.min(same);
        }
        let Some(expansion) = self.expansion else { return Vec::new() };
        let names = first.around.iter().take(common);
        names.map(|token| expansion.token_name(*token).to_owned()).collect()
    }

    /// The part of the user's pattern that holds everything that was wanted.
    fn span(&self, wants: &[Want]) -> Range<usize> {
        let place = |want: &Want| match self.expansion {
            None => want.origin.clone(),
            Some(expansion) => {
                let first = expansion.origin(want.origin.start).span;
                let last = expansion.origin(want.origin.end.saturating_sub(1)).span;
                first.start..first.end.max(last.end)
            }
        };
        let places = wants.iter().map(place);
        places.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0)
    }

    /// Says in words what an instruction would have taken.
    fn describe(&self, failure: &Failure, origin: &Range<usize>) -> String {
        let program = &self.regex.program;
        let source = self.regex.source.get(origin.clone()).unwrap_or_default();
        let class = |index: u32| match program.classes.get(index as usize) {
            Some(class) => describe_class(class, source),
            None => source.to_owned(),
        };
        match program.insts.get(failure.pc as usize) {
            Some(Inst::Literal { start, len }) => {
                let bytes = program.literals.get(*start as usize..(*start + *len) as usize);
                let whole = String::from_utf8_lossy(bytes.unwrap_or_default());
                match whole.get(failure.matched..) {
                    Some(rest) if failure.matched > 0 && failure.matched < whole.len() => {
                        format!(
                            "{} to complete {}",
                            quoted(rest, MAX_QUOTED),
                            quoted(&whole, MAX_QUOTED)
                        )
                    }
                    _ => quoted(&whole, MAX_QUOTED),
                }
            }
            Some(Inst::Class { class: index }) => class(*index),
            Some(Inst::Span(span)) => match program.spans.get(*span as usize).map(|s| &s.set) {
                Some(SpanSet::Any) => "a character".into(),
                Some(SpanSet::NotNewline) => "a character other than a line feed".into(),
                Some(SpanSet::Class(index)) => class(*index),
                None => source.to_owned(),
            },
            Some(Inst::Assert(assertion)) => match assertion {
                Assertion::StartLine => "the start of the line",
                Assertion::EndLine => "the end of the line",
                Assertion::StartText => "the start of the text",
                Assertion::EndText | Assertion::EndTextOrFinalNewline => "the end of the text",
                Assertion::SearchStart => "the start of the search",
                Assertion::WordBoundary { .. } | Assertion::NotWordBoundary { .. } => "",
            }
            .into(),
            Some(Inst::Boundary { negated: false, .. }) => "a word boundary".into(),
            Some(Inst::Boundary { negated: true, .. }) => "no word boundary".into(),
            Some(Inst::Backref { .. }) => "the text of an earlier group again".into(),
            Some(Inst::LookStart { .. } | Inst::NegativeStart { .. }) => {
                format!("a place where {} holds", quoted(source, MAX_QUOTED))
            }
            _ => format!("what {} matches", quoted(source, MAX_QUOTED)),
        }
    }
}

/// Details of a token that are told; more would say less than its name.
const MAX_DETAILS: usize = 2;

/// Characters of what follows the place that a sentence shows.
const MAX_REST: usize = 24;

/// Bytes of a choice that do not decide for one of its branches.
const FEW_BYTES: usize = 4;

/// Characters of a text that are shown.
const MAX_QUOTED: usize = 40;

/// Members of a class, or characters outside of it, that are listed.
const MAX_MEMBERS: usize = 4;

/// Bytes of a literal as written that stand for its first `matched` bytes.
fn written_len(source: &str, matched: usize) -> usize {
    let (mut written, mut left) = (0, matched);
    let mut chars = source.chars();
    while left > 0
        && let Some(mut c) = chars.next()
    {
        written += c.len_utf8();
        if c == '\\' {
            let Some(escaped) = chars.next() else { break };
            c = escaped;
            written += c.len_utf8();
        }
        left = left.saturating_sub(c.len_utf8());
    }
    written
}

/// Tells whether a token's regex, with its group, is an alternation at its first or second level.
fn is_choice(regex: &str) -> bool {
    let mut depth = 0_u32;
    let mut classes = 0_u32;
    let mut bytes = regex.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'[' => classes += 1,
            b']' => classes = classes.saturating_sub(1),
            _ if classes > 0 => {}
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth <= 2 => return true,
            _ => {}
        }
    }
    false
}

/// Shows a text of the pattern between backticks, cut and without control characters.
pub(crate) fn quoted(text: &str, max_chars: usize) -> String {
    let mut out = String::from("`");
    for (count, c) in text.chars().enumerate() {
        if count == max_chars {
            out.push('…');
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.push('`');
    out
}

/// Names one character.
fn character(byte: u8) -> String {
    match byte {
        b' ' => "a space".into(),
        b'\t' => "a tab".into(),
        b'\n' => "a line feed".into(),
        b'`' => "a backtick".into(),
        _ => quoted(char::from(byte).encode_utf8(&mut [0; 4]), MAX_QUOTED),
    }
}

fn describe_class(class: &Class, source: &str) -> String {
    let members: Vec<u8> = (0..0x80).filter(|byte| class.bytes.contains(*byte)).collect();
    let others: Vec<u8> = (0..0x80).filter(|byte| !class.bytes.contains(*byte)).collect();
    let listed = |bytes: &[u8]| {
        let names: Vec<String> = bytes.iter().map(|byte| character(*byte)).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        }
    };
    let is =
        |accepts: &dyn Fn(u8) -> bool| (0..0x80).all(|b| class.bytes.contains(b) == accepts(b));
    let is_space = |byte| matches!(byte, b'\t'..=b'\r' | b' ');
    if class.all_wide {
        return match others.len() {
            0 => "a character".into(),
            _ if is(&|byte| !is_space(byte)) => "a character other than white space".into(),
            _ if is(&|byte| !byte.is_ascii_digit()) => "a character other than a digit".into(),
            1..=MAX_MEMBERS => format!("a character other than {}", listed(&others)),
            _ => format!("a character of {}", quoted(source, MAX_QUOTED)),
        };
    }
    let named: &[(&str, &dyn Fn(u8) -> bool)] = &[
        ("a digit", &|byte| byte.is_ascii_digit()),
        ("a hex digit", &|byte| byte.is_ascii_hexdigit()),
        ("a lower-case letter", &|byte| byte.is_ascii_lowercase()),
        ("an upper-case letter", &|byte| byte.is_ascii_uppercase()),
        ("a letter", &|byte| byte.is_ascii_alphabetic()),
        ("a letter or digit", &|byte| byte.is_ascii_alphanumeric()),
        ("a letter, digit or `_`", &|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        ("white space", &is_space),
    ];
    if let Some((name, _)) = named.iter().find(|(_, accepts)| is(accepts)) {
        return (*name).into();
    }
    if class.ranges.is_empty() && (1..=MAX_MEMBERS).contains(&members.len()) {
        return listed(&members);
    }
    if let [first, middle @ .., last] = &members[..]
        && class.ranges.is_empty()
        && middle.len() + 2 == usize::from(last - first) + 1
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
    {
        return format!("`{}` to `{}`", char::from(*first), char::from(*last));
    }
    format!("a character of {}", quoted(source, MAX_QUOTED))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::pattern::Flags;
    use crate::pattern::expand::expand;
    use crate::pattern::library::{Dictionary, PatternSet};

    /// Explains as `start..at|rest of the subject|chain|expected`.
    fn explained(pattern: &str, subject: &str) -> String {
        let expansion = expand(pattern, &Dictionary::new(PatternSet::Legacy), true).unwrap();
        let flags = Flags { dot_all: true, ..Flags::default() };
        let regex = Regex::new(&expansion.regex, flags).unwrap();
        let mut budget = Budget::for_explanation();
        match regex.explain(subject, Some(&expansion), &mut Scratch::new(), &mut budget) {
            None => "match".into(),
            Some(e) => {
                assert!(subject.is_char_boundary(e.at) && e.start <= e.at);
                assert!(pattern.get(e.span.clone()).is_some());
                let chain = e.chain_text().unwrap_or_default();
                let from = if e.start > 0 { format!("{}..", e.start) } else { String::new() };
                format!("{from}{}|{}|{chain}|{}", e.at, &pattern[e.span.clone()], e.expected_text())
            }
        }
    }

    #[track_caller]
    fn check(cases: &[(&str, &str, &str)]) {
        for (pattern, subject, expected) in cases {
            assert_eq!(explained(pattern, subject), *expected, "{pattern} on {subject:?}");
        }
    }

    #[test]
    fn match_has_no_explanation() {
        check(&[("%{WORD:verb}", "GET", "match"), ("", "", "match"), ("%{DATA}", "x", "match")]);
    }

    #[test]
    fn place_is_the_furthest_that_was_reached() {
        let line = |rest: &str| format!("127.0.0.1 - - [17/May/2015:10:05:01 +0200] {rest}");
        let (http, all) = ("%{COMMONAPACHELOG} > %{HTTPD_COMMONLOG}", "%{COMMONAPACHELOG}");
        let cases = [
            (
                r#"127.0.0.1 - - [17/May/2015 10:05] "GET / HTTP/1.1" 200 5"#.to_owned(),
                format!("26|{all}|{http} > %{{HTTPDATE}}|`:`"),
            ),
            (
                line(r#""GET / HTTP/1.1" x 5"#),
                format!("60|{all}|{http}|`-` or %{{NUMBER:response}} (a digit or `.`)"),
            ),
            (line(r#""GET / HTTP/1.1 200 5"#), format!("58|{all}|{http}|`\" `")),
            // The number could go on with a fraction; what must follow it is told.
            (line(r#""GET / HTTP/1.1" 200"#), format!("63|{all}|{http}|` `")),
            (String::new(), format!("0|{all}|{http}|%{{IPORHOST:clientip}}")),
        ];
        for (subject, expected) in cases {
            assert_eq!(explained("%{COMMONAPACHELOG}", &subject), expected, "{subject}");
        }
        check(&[
            (
                "%{SYSLOGLINE}",
                "2005 hello",
                "4|%{SYSLOGLINE}|%{SYSLOGLINE} > %{SYSLOGBASE2} > %{TIMESTAMP_ISO8601}|`-`",
            ),
            (
                "%{SYSLOGBASE}",
                "Jun 14 15:16:01 combo sshd no colon",
                "26|%{SYSLOGBASE}|%{SYSLOGBASE}|`:`",
            ),
        ]);
    }

    #[test]
    fn token_that_has_not_begun_is_expected_as_a_whole() {
        check(&[
            ("%{WORD:verb} %{INT:bytes}", "GET x", "4|%{INT:bytes}||%{INT:bytes} (a digit)"),
            ("%{WORD:verb} %{INT}", "GET x", "4|%{INT}||%{INT} (a digit)"),
            ("(?:%{IP:a}|%{WORD:b})!", "-", "0|%{IP:a}|%{WORD:b}||%{IP:a} or %{WORD:b}"),
        ]);
    }

    #[test]
    fn few_characters_of_a_choice_do_not_count() {
        check(&[
            ("%{LOGLEVEL:l} %{GREEDYDATA:m}", "NOTALEVEL foo", "0|%{LOGLEVEL:l}||%{LOGLEVEL:l}"),
            (r"\[%{HTTPDATE:t}\]", "[17/Foo/2015]", "4|%{HTTPDATE:t}|%{HTTPDATE}|%{MONTH}"),
            ("^%{IP:c} - %{WORD:w}", "face - bar", "4|%{IP:c}|%{IP} > %{IPV6}|`:`"),
            ("^%{IP:c} - %{WORD:w}", "foo - bar", "0|%{IP:c}||%{IP:c}"),
        ]);
    }

    #[test]
    fn what_any_text_took_does_not_count() {
        check(&[
            (
                "%{DATA:x} foo %{GREEDYDATA:y}",
                "hello world",
                "0| foo ||` foo ` somewhere after this",
            ),
            (
                "%{DATA:x} user=%{WORD:u} id=%{INT:id}",
                "hello user=bob id=zz",
                "18|%{INT:id}||%{INT:id} (a digit)",
            ),
            (r#"a (?:-|"%{DATA:x}")$"#, r#"a "open"#, r#"3|"||`"` somewhere after this"#),
        ]);
    }

    #[test]
    fn best_start_is_told_if_it_got_through_a_part_of_the_pattern() {
        check(&[
            ("%{WORD:verb} %{INT:bytes}", "!! GET x", "3..7|%{INT:bytes}||%{INT:bytes} (a digit)"),
            (
                "%{COMBINEDAPACHELOG}",
                "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok",
                "0|%{COMBINEDAPACHELOG}|%{COMBINEDAPACHELOG} > %{HTTPD_COMBINEDLOG} > \
                 %{HTTPD_COMMONLOG}|%{IPORHOST:clientip}",
            ),
            // No start but one.
            (r"\A%{WORD:verb} %{INT:bytes}", "!! GET x", "0|%{WORD:verb}||%{WORD:verb}"),
        ]);
    }

    #[test]
    fn constructs_are_told_in_words() {
        check(&[
            ("(?:ab|cd)e$", "abx", "2|e||`e`"),
            ("(?:ab|cd)e", "", "0|ab|cd||`ab` or `cd`"),
            ("^a(?=b)", "ac", "1|(?=b)||a place where `(?=b)` holds"),
            ("^a(?!b)", "ab", "1|(?!b)||a place where `(?!b)` holds"),
            ("^a(?<=b)", "ab", "1|(?<=b)||a place where `(?<=b)` holds"),
            ("x[+-]?[0-9]+", "x+y", "2|[0-9]+||a digit"),
            ("x[+-]?[0-9]+", "xy", "1|[0-9]+||a digit"),
            ("x[+-]", "xy", "1|[+-]||`+` or `-`"),
            ("x[a-f]", "xy", "1|[a-f]||`a` to `f`"),
            (r"x[\w.-]", "x:", r"1|[\w.-]||a character of `[\w.-]`"),
            (r"x\S", "x ", r"1|\S||a character other than white space"),
            (r"x[^\]]", "x]", r"1|[^\]]||a character other than `]`"),
            (r"x\h\s", "xf_", r"2|\s||white space"),
            (r"^\w{3}-%{INT:n}\z", "ab", r"2|\w{3}||a letter, digit or `_`"),
            ("a$", "ab", "1|$||the end of the line"),
            (r"a\z", "ab", r"1|\z||the end of the text"),
            (r"a\b", "ab", r"1|\b||a word boundary"),
            (r"a\nb", "a\nc", r"2|a\nb||`b` to complete `a\nb`"),
            ("(?<q>['\"])x\\k<q>", "'x\"", "2|\\k<q>||the text of an earlier group again"),
            ("(?:a|b|c|dd|ee|ff)x", "", "0|a|b|c|dd|ee|ff||`a`, `b`, `c`, `dd`, `ee`, …"),
        ]);
    }

    #[test]
    fn places_are_on_character_boundaries() {
        check(&[
            ("ä%{INT:n}ö", "ä1ü", "3|ö||`ö`"),
            ("xöä", "xöö", "3|ä||`ä` to complete `xöä`"),
            ("^日本$", "日本語", "6|$||the end of the line"),
            ("(?i)ÄÖ", "äü", "2|Ö||a character of `Ö`"),
        ]);
    }

    #[test]
    fn lines_of_one_text_are_told_apart_by_where_the_try_began() {
        check(&[("^%{WORD:k}=%{INT:v}$", "a\nbc=x\n", "2..5|%{INT:v}||%{INT:v} (a digit)")]);
    }

    #[test]
    fn explanation_ends_whatever_the_pattern() {
        let subject = "a".repeat(20_000) + "b";
        let regex = Regex::new("(?:(a|b|ab)*?\\1)*c", Flags::default()).unwrap();
        let mut budget = Budget::for_explanation();
        let e = regex.explain(&subject, None, &mut Scratch::new(), &mut budget).unwrap();
        assert!(e.at <= subject.len() && !e.expected.is_empty());
        let mut none = Budget { steps_left: 0 };
        let e = regex.explain(&subject, None, &mut Scratch::new(), &mut none).unwrap();
        assert!(!e.is_complete && e.expected_text() == "something else");
    }

    proptest::proptest! {
        // The same cases in every run; fuzz/ looks for others.
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            ..proptest::test_runner::Config::with_cases(2000)
        })]

        /// The pieces make patterns of every construct; most of them compile.
        #[test]
        fn explanation_is_there_exactly_without_a_match(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 1..10),
            subject in "[abä1 \n]{0,12}",
        ) {
            let Ok(regex) = Regex::new(&pieces.concat(), Flags::default()) else { return Ok(()) };
            let mut scratch = Scratch::new();
            let mut budget = Budget::for_subject(subject.len());
            let Ok(found) = regex.search(&subject, 0, &mut scratch, &mut budget) else {
                return Ok(());
            };
            let mut budget = Budget::for_explanation();
            match regex.explain(&subject, None, &mut scratch, &mut budget) {
                None => proptest::prop_assert!(found),
                Some(e) => {
                    proptest::prop_assert!(!found || !e.is_complete);
                    proptest::prop_assert!(subject.get(e.start..e.at).is_some());
                    proptest::prop_assert!(regex.source().get(e.span.clone()).is_some());
                    // An empty negative look-ahead fails whatever stands there.
                    let hopeless = regex.source().contains("(?!");
                    proptest::prop_assert!(!e.is_complete || hopeless || !e.expected.is_empty());
                    proptest::prop_assert!(!e.expected_text().is_empty());
                }
            }
        }
    }

    const PIECES: &[&str] = &[
        "a", "b", "ab", "ä", "[aä1]", "[^b]", ".", "\\d", "\\b", "^", "$", "*", "+", "?", "*?",
        "{2}", "{1,3}", "++", "(", "(", ")", ")", "(?:", "(?>", "(?=", "(?!", "(?<=a)", "(?<!b)",
        "|", "(?<n>", "\\k<n>", "\\g<n>", "(?i)", ".*", ".*?", "\\K", "\\R", "\\X", "\\A", "\\z",
    ];

    #[test]
    fn sentence_names_place_and_wish() {
        let say = |pattern: &str, subject: &str| {
            let regex = Regex::new(pattern, Flags::default()).unwrap();
            let mut budget = Budget::for_explanation();
            let found = regex.explain(subject, None, &mut Scratch::new(), &mut budget);
            found.unwrap().sentence(subject)
        };
        assert_eq!(say("ab", ""), "the text is empty: expected `ab`");
        assert_eq!(say("^ab", "cd"), "nothing matched at `cd`: expected `ab`");
        assert_eq!(
            say("äb", "äc"),
            "stopped after 1 of 2 characters at `c`: expected `b` to complete `äb`"
        );
        assert_eq!(
            say("b\\d", "äb"),
            "matched from character 2 and stopped after 2 of 2 at the end of the text: expected a digit"
        );
    }
}
