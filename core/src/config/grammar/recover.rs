//! What the parser does when the text is not what it expects: where it goes on, and whom it blames.
//!
//! A missing `}` or quote is noticed far behind its place. Indentation tells more than the brackets
//! do: the first line that stands further left than the block it is read into is remembered, and
//! when the brackets do not come out even, that line is named. A string that runs over its line and
//! is followed by nonsense is blamed for the nonsense.

use std::ops::Range;

use crate::{
    config::token,
    diagnostic::{Code, Diagnostic},
    limits,
};

use super::{Bracket, Parser, State, Stop};

/// Finds the line of an offset and the indentation of a line.
pub(super) struct Lines {
    starts: Vec<usize>,
    indents: Vec<usize>,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let mut starts = Vec::new();
        let mut indents = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_start_matches([' ', '\t']);
            starts.push(start);
            indents.push(line.len() - content.len());
            start += line.len();
        }
        Self { starts, indents }
    }

    /// Returns the number of the line, from 0.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// Returns how many blanks the line starts with.
    pub(super) fn indent(&self, line: usize) -> usize {
        self.indents.get(line).copied().unwrap_or(0)
    }

    /// Tells whether nothing but blanks stands before `at` on its line.
    fn is_first(&self, at: usize) -> bool {
        let line = self.line(at);
        self.starts.get(line).is_some_and(|start| start + self.indent(line) == at)
    }
}

/// Marks a token that stands further left than the block it is read into.
pub(super) struct Misindented {
    at: usize,
    /// Where that block was opened.
    opened: usize,
}

/// Marks a string that may have swallowed its closing quote.
pub(super) struct OddText {
    start: usize,
    end: usize,
    has_escaped_end: bool,
}

impl Parser<'_> {
    /// Adds an error, up to the limit.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.state == State::Halted {
            return;
        }
        if self.errors.last().is_some_and(|last| last.span == diagnostic.span) {
            return;
        }
        self.errors.push(diagnostic);
        if self.is_last || self.errors.len() >= limits::CONFIG_ERRORS {
            self.state = State::Halted;
        }
    }

    /// Adds a syntax error; a string that went wrong just before is blamed instead.
    pub(super) fn syntax(&mut self, range: Range<usize>, message: String, help: Option<&str>) {
        let diagnostic = self.syntax_error(range, message, help);
        self.report(diagnostic);
    }

    /// Makes a syntax error for `report`.
    pub(super) fn syntax_error(
        &mut self,
        range: Range<usize>,
        message: String,
        help: Option<&str>,
    ) -> Diagnostic {
        let span = self.map.span(range.start, range.end);
        if let Some(odd) = self.odd_text.take()
            && odd.end <= range.start
            && self.lines.line(odd.end) == self.lines.line(range.start)
        {
            return self.blame_text(&odd, &message).with_label(span, "noticed here");
        }
        let diagnostic = Diagnostic::error(Code::Syntax, span, message);
        match help.or_else(|| self.help_for(range.start)) {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    }

    fn blame_text(&mut self, odd: &OddText, message: &str) -> Diagnostic {
        let span = self.map.span(odd.start, odd.start + 1);
        let (what, help) = if odd.has_escaped_end {
            (
                "contains a backslash before a quote",
                "a backslash before a quote continues the string, so that no string can end in a \
                 backslash: leave it out or put something behind it",
            )
        } else {
            ("runs on to a later line", "is its closing quote missing?")
        };
        self.is_last = true;
        Diagnostic::error(
            Code::Syntax,
            span,
            format!("this string {what}, and what follows it makes no sense: {message}"),
        )
        .with_help(help)
    }

    /// Reports that something else was expected at the next token.
    pub(super) fn expected(&mut self, what: &str) -> Stop {
        self.expected_with(what, None)
    }

    pub(super) fn expected_with(&mut self, what: &str, help: Option<&str>) -> Stop {
        let message = format!("expected {what}, found {}", self.found());
        let range = self.token_range(self.at);
        self.syntax(range, message, help);
        Stop
    }

    /// Names the next token in a message.
    pub(super) fn found(&self) -> String {
        let range = self.token_range(self.at);
        let text = &self.text[range];
        let Some(first) = text.chars().next() else {
            return "the end of the config".to_owned();
        };
        match first {
            '"' | '\'' => {
                let line = text.lines().next().unwrap_or(text);
                let short: String = line.chars().take(24).collect();
                let ellipsis = if short.len() < text.len() { "…" } else { "" };
                format!("the string {short}{ellipsis}")
            }
            '\u{feff}' => "a byte order mark".to_owned(),
            '\u{a0}' => "a no-break space (U+00A0)".to_owned(),
            c if c.is_control() || c.is_whitespace() => {
                format!("the character U+{:04X}", u32::from(c))
            }
            _ => {
                let short: String = text.chars().take(40).collect();
                let ellipsis = if short.len() < text.len() { "…" } else { "" };
                format!("`{short}{ellipsis}`")
            }
        }
    }

    /// Returns the range of the token at `at`, as a reader sees it; at the end, the last character.
    pub(super) fn token_range(&self, at: usize) -> Range<usize> {
        let rest = &self.text[at..];
        let Some(first) = rest.chars().next() else {
            let end = self.text.trim_end().len();
            return end..end;
        };
        let length = match first {
            c if token::is_white(c) => 0,
            '"' | '\'' => token::string(rest).map_or(1, |(behind, _)| rest.len() - behind.len()),
            c if token::is_name(c) => {
                token::name(rest).map_or(1, |(behind, _)| rest.len() - behind.len())
            }
            c => ["=>", "&&", "||", "===", "==", "!=", "<=", ">=", "=~", "!~", "<>", "//", "/*"]
                .into_iter()
                .find(|operator| rest.starts_with(operator))
                .map_or_else(|| c.len_utf8(), str::len),
        };
        at..at + length
    }

    /// Returns the advice for a token that is wrong wherever it stands.
    fn help_for(&self, at: usize) -> Option<&'static str> {
        let rest = &self.text[at..];
        Some(match rest.chars().next()? {
            '\u{feff}' => "save the file as UTF-8 without a byte order mark",
            '\u{a0}' => "replace the no-break space by a plain space",
            '“' | '”' | '„' | '‘' | '’' | '«' | '»' => {
                "strings are written between straight quotes: \"text\" or 'text'"
            }
            ';' => "nothing ends with a semicolon here: leave it out",
            '$' => "a variable stands inside a string: \"${NAME}\"",
            '/' if rest.starts_with("//") || rest.starts_with("/*") => "comments start with `#`",
            _ => return None,
        })
    }

    /// Remembers a string that spans lines or seems to hold its own end.
    pub(super) fn note_text(&mut self, start: usize) {
        let content = &self.text[start..self.at];
        let has_escaped_end = content.match_indices(['"', '\'']).any(|(at, _)| {
            content[..at].ends_with('\\')
                && content[at + 1..]
                    .trim_start_matches([' ', '\t'])
                    .starts_with(['}', ']', ',', '\n', '\r'])
        });
        if has_escaped_end || content.contains('\n') {
            self.odd_text = Some(OddText { start, end: self.at, has_escaped_end });
        }
    }

    /// Remembers the next token when it stands further left or right than its block allows.
    pub(super) fn note_indent(&mut self) {
        if !self.lines.is_first(self.at) {
            return;
        }
        let line = self.lines.line(self.at);
        let indent = self.lines.indent(line);
        let at = self.at;
        let Some(bracket) = self.brackets.last_mut() else { return };
        if *bracket.item_indent.get_or_insert(indent) < indent {
            self.overindented.push(at);
        }
        if !bracket.is_doubtful && line > bracket.line && indent <= bracket.indent {
            self.mark_misindented();
        }
    }

    /// Returns the first place that is indented as if a bracket had been opened before it.
    pub(super) fn overindented(&mut self) -> Option<usize> {
        let first = self.overindented.first().copied();
        self.overindented.clear();
        first
    }

    fn mark_misindented(&mut self) {
        if let Some(bracket) = self.brackets.last_mut() {
            bracket.is_doubtful = true;
            self.misindented.push(Misindented { at: self.at, opened: bracket.at });
        }
    }

    pub(super) const fn has_misindented(&self) -> bool {
        !self.misindented.is_empty()
    }

    /// Reads a closing bracket.
    pub(super) fn close(&mut self) {
        if let Some(bracket) = self.brackets.last() {
            let line = self.lines.line(self.at);
            let indent = self.lines.indent(line);
            let is_first = self.lines.is_first(self.at);
            if line == bracket.line || (is_first && indent == bracket.indent) {
                self.misindented.truncate(bracket.misindented);
                self.overindented.truncate(bracket.overindented);
            } else if is_first && indent < bracket.indent && !bracket.is_doubtful {
                self.mark_misindented();
            } else if is_first && indent > bracket.indent {
                let place = self.doubtful_close.take().unwrap_or(self.at);
                self.overindented.push(place);
            } else if !is_first {
                self.doubtful_close = Some(self.at);
            }
            self.brackets.pop();
        }
        self.at += 1;
    }

    /// Opens a bracket that is missing in the text.
    pub(super) fn open_missing(&mut self, kind: char) {
        let line = self.lines.line(self.at.saturating_sub(1));
        self.brackets.push(Bracket {
            at: self.at,
            kind,
            line,
            indent: self.lines.indent(line),
            misindented: self.misindented.len(),
            is_doubtful: true,
            item_indent: None,
            overindented: self.overindented.len(),
        });
    }

    /// Reports that a block is not closed, at the line whose indentation says so, else right here.
    pub(super) fn missing_brace(&mut self) {
        let (at, opened, help) = match self.misindented.first() {
            Some(place) => (
                place.at,
                Some(place.opened),
                "by the indentation, the missing bracket belongs before this line",
            ),
            None => (
                self.at,
                self.brackets.last().map(|bracket| bracket.at),
                "every opening bracket needs its closing one",
            ),
        };
        self.misindented.clear();
        let at = opened.map_or(at, |opened| self.end_of_line_of(opened, at));
        let here = self.at;
        self.at = self.after_trivia(at);
        let found = self.found();
        self.at = here;
        let kind = opened.and_then(|opened| self.text[opened..].chars().next());
        let closing = match kind {
            Some('[') => ']',
            Some('(') => ')',
            _ => '}',
        };
        let range = if self.text[at..].is_empty() { at..at } else { self.token_range(at) };
        let message = format!("missing `{closing}` before {found}");
        let mut diagnostic = self.syntax_error(range, message, Some(help));
        if let Some(opened) = opened {
            let span = self.map.span(opened, opened + 1);
            diagnostic = diagnostic.with_label(span, "this one is not closed");
        }
        self.report(diagnostic);
    }

    /// Returns where a bracket that was opened at `opened` should have been closed, if not at `at`.
    ///
    /// That is the end of its own line when nothing but that line stands before `at`; at the end of
    /// the config, the line after the last.
    pub(super) fn end_of_line_of(&self, opened: usize, at: usize) -> usize {
        let end = self.text[..at].trim_end().len();
        if self.lines.line(opened) == self.lines.line(end) {
            return end;
        }
        if self.text[at..].is_empty() { (end + 1).min(self.text.len()) } else { at }
    }

    /// Tells whether a statement stands where an option of a plugin is expected.
    ///
    /// That happens when the `}` of the plugin is missing.
    pub(super) fn nested_statement(&mut self) -> bool {
        let is_left = self.brackets.last().is_some_and(|bracket| {
            let line = self.lines.line(self.at);
            line > bracket.line
                && self.lines.is_first(self.at)
                && self.lines.indent(line) <= bracket.indent
        });
        let Ok((behind, _)) = token::name(self.rest()) else { return false };
        let next = self.after_trivia(self.text.len() - behind.len());
        let next_text = &self.text[next..];
        if next_text.starts_with("=>") {
            return false;
        }
        if self.at_branch() {
            return is_left || self.has_misindented();
        }
        if !next_text.starts_with('{') {
            return false;
        }
        is_left || self.has_misindented() || self.section_keyword().is_some() || {
            let inner = self.after_trivia(next + 1);
            self.is_plugin_at(inner)
        }
    }

    /// Tells whether a block of statements comes next, behind a word at `start` that follows a `}`.
    pub(super) fn block_ahead(&self, start: usize) -> bool {
        let Some(behind) = self.rest().strip_prefix('{') else { return false };
        let before = self.text[..start].trim_end_matches([' ', '\t']);
        let inner = self.after_trivia(self.text.len() - behind.len());
        before.ends_with('}')
            && self.is_plugin_at(inner)
            && token::name(&self.text[inner..]).is_ok_and(|(behind, _)| {
                let brace = self.after_trivia(self.text.len() - behind.len());
                !self.text[self.after_trivia(brace + 1)..].starts_with(['"', '\''])
            })
    }

    /// Tells whether `name {` stands at `at`.
    pub(super) fn is_plugin_at(&self, at: usize) -> bool {
        token::name(&self.text[at..]).is_ok_and(|(behind, _)| {
            let next = self.after_trivia(self.text.len() - behind.len());
            self.text[next..].starts_with('{')
        })
    }

    /// Tells whether `name =>` stands at `at`.
    pub(super) fn is_option_at(&self, at: usize) -> bool {
        token::name(&self.text[at..]).is_ok_and(|(behind, _)| {
            let next = self.after_trivia(self.text.len() - behind.len());
            self.text[next..].starts_with("=>")
        })
    }

    pub(super) fn looks_like_statement(&self) -> bool {
        self.lines.is_first(self.at)
            && (self.is_plugin_at(self.at)
                || (self.at_branch() && !self.is_option_at(self.at))
                || self.at_keyword("else"))
    }

    pub(super) fn looks_like_attribute(&self) -> bool {
        self.lines.is_first(self.at) && self.is_option_at(self.at)
    }

    /// Skips from an error to a place where reading can go on with `depth` brackets open.
    ///
    /// That is behind the bracket that ends what was begun, at the closing bracket of the block
    /// itself, or at the start of a line for which `is_start` holds.
    pub(super) fn skip(&mut self, depth: usize, is_start: fn(&Self) -> bool) {
        let mut is_first_token = true;
        loop {
            self.trivia();
            if self.rest().is_empty() || self.state != State::Running {
                self.state = State::Halted;
                return;
            }
            let only_lists = self.brackets[depth.min(self.brackets.len())..]
                .iter()
                .all(|bracket| bracket.kind != '{');
            if only_lists && is_start(self) {
                self.brackets.truncate(depth);
                return;
            }
            match self.rest().chars().next() {
                Some('}' | ']' | ')') => {
                    if self.close_skipped(depth) {
                        return;
                    }
                }
                _ if is_first_token && self.is_section_ahead() => return,
                _ => self.skip_token(),
            }
            is_first_token = false;
        }
    }

    fn is_section_ahead(&self) -> bool {
        self.lines.is_first(self.at) && self.at_section_start()
    }

    /// Skips a closing bracket; true when the skipping is to end there.
    fn close_skipped(&mut self, depth: usize) -> bool {
        let kind = match self.rest().as_bytes().first() {
            Some(b']') => '[',
            Some(b')') => '(',
            _ => '{',
        };
        let depth = depth.min(self.brackets.len());
        let partner = self.brackets[depth..].iter().rposition(|bracket| bracket.kind == kind);
        match partner {
            Some(index) => {
                self.brackets.truncate(depth + index + 1);
                self.close();
                self.brackets.len() == depth && kind == '{'
            }
            None if kind == '{' => {
                self.brackets.truncate(depth);
                true
            }
            None => {
                self.at += 1;
                false
            }
        }
    }

    /// Skips from an error in a condition to the `{` of its block; false when there is none.
    pub(super) fn skip_to_block(&mut self, depth: usize) -> bool {
        loop {
            self.trivia();
            if self.rest().is_empty() || self.state != State::Running {
                self.state = State::Halted;
                return false;
            }
            let next = self.rest().chars().next();
            if next == Some('{') && !self.is_hash_at(self.at) {
                self.brackets.truncate(depth);
                return true;
            }
            if next == Some('}') && self.brackets.len() > depth {
                self.close_skipped(depth);
                continue;
            }
            if next == Some('}') || self.looks_like_statement() || self.is_section_ahead() {
                self.brackets.truncate(depth);
                return false;
            }
            self.skip_token();
        }
    }

    /// Tells whether the `{` at `at` opens a hash or the options of a plugin, and not a block.
    fn is_hash_at(&self, at: usize) -> bool {
        let inner = self.after_trivia(at + 1);
        self.text[inner..].starts_with(['"', '\'']) || self.is_option_at(inner)
    }

    /// Skips one token, whatever it is; an opening bracket is remembered.
    pub(super) fn skip_token(&mut self) {
        let rest = self.rest();
        match rest.chars().next() {
            None => {}
            Some('{' | '[' | '(') => {
                let kind = rest.chars().next().unwrap_or('{');
                if self.brackets.len() < limits::CONFIG_DEPTH {
                    let _ = self.open(kind);
                } else {
                    self.state = State::Halted;
                }
            }
            Some('"' | '\'') => {
                if let Ok((behind, _)) = token::string(rest) {
                    self.advance_to(behind);
                } else {
                    self.state = State::Halted;
                }
            }
            Some(_) => self.at = self.token_range(self.at).end,
        }
    }
}
