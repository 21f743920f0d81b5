//! The grammar of a config: from the joined text of all sources to the tree and its syntax errors.
//!
//! `filter { drop { } }` gives one section with one plugin. The parser follows Logstash 9.x's
//! `grammar.treetop` rule by rule; its ordered choices never need to go back further than one word,
//! so that the time is linear in the text. After an error it repairs what it recognises (a comma, a
//! `=` in place of `=>`), or skips to the next option, statement or section, so that one run finds
//! all errors; what cannot be trusted any more ends the run instead of raising false alarms.

mod condition;
mod mistakes;
mod recover;
mod value;

use crate::{
    config::{
        ast::{
            Arm, Ast, Attribute, Block, Branch, Comment, Name, Plugin, Quote, Section, SectionKind,
            Statement,
        },
        source_map::SourceMap,
        token,
    },
    diagnostic::{Code, Diagnostic, Span},
    limits,
};

use recover::{Lines, Misindented, OddText};

/// Parses the joined text of all sources.
///
/// The tree is complete when there are no errors; otherwise it holds what could be read.
pub(super) fn parse(map: &SourceMap, support_escapes: bool) -> (Ast, Vec<Diagnostic>) {
    let mut parser = Parser {
        text: map.text(),
        map,
        at: 0,
        support_escapes,
        errors: Vec::new(),
        comments: Vec::new(),
        brackets: Vec::new(),
        misindented: Vec::new(),
        overindented: Vec::new(),
        doubtful_close: None,
        odd_text: None,
        lines: Lines::new(map.text()),
        is_last: false,
        state: State::Running,
    };
    let sections = parser.config();
    (Ast { sections, comments: parser.comments }, parser.errors)
}

/// Says that an error has been reported and that the caller must find a place to go on from.
struct Stop;

type Parse<T> = Result<T, Stop>;

/// Tells whether the parser still believes what it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Everything is to be read and reported.
    Running,
    /// A new section begins inside an unclosed one: everything open is left.
    LeavingSection,
    /// Nothing more can be said about the rest of the text.
    Halted,
}

/// Describes an opening bracket that is not closed yet.
struct Bracket {
    at: usize,
    kind: char,
    line: usize,
    indent: usize,
    /// How many misindented places were known when it was opened.
    misindented: usize,
    /// Whether a place inside it was found misindented.
    is_doubtful: bool,
    /// The indentation of the first item inside it that starts a line.
    item_indent: Option<usize>,
    /// How many overindented places were known when it was opened.
    overindented: usize,
}

struct Parser<'a> {
    text: &'a str,
    map: &'a SourceMap,
    at: usize,
    support_escapes: bool,
    errors: Vec<Diagnostic>,
    comments: Vec<Comment>,
    brackets: Vec<Bracket>,
    misindented: Vec<Misindented>,
    /// Places that stand further right than the items before them.
    overindented: Vec<usize>,
    /// The last closing bracket that stands at the end of a line and belongs to another line.
    doubtful_close: Option<usize>,
    odd_text: Option<OddText>,
    lines: Lines,
    /// Whether the next error is the last one worth reporting.
    is_last: bool,
    state: State,
}

impl<'a> Parser<'a> {
    fn config(&mut self) -> Vec<Section> {
        let mut sections = Vec::new();
        let mut is_lost = false;
        loop {
            self.trivia();
            if self.state == State::Halted {
                return sections;
            }
            if self.rest().is_empty() {
                break;
            }
            if let Some(kind) = self.section_keyword() {
                is_lost = false;
                self.misindented.clear();
                self.overindented.clear();
                self.doubtful_close = None;
                let section = self.section(kind);
                self.brackets.clear();
                sections.extend(section);
                if self.state == State::LeavingSection {
                    self.state = State::Running;
                }
                continue;
            }
            if !is_lost {
                self.foreign_at_top();
                is_lost = true;
            }
            self.skip_token();
            self.brackets.clear();
        }
        if sections.is_empty() && self.errors.is_empty() && !self.map.is_empty() {
            self.report(
                Diagnostic::error(
                    Code::Syntax,
                    self.map.span(self.text.len(), self.text.len()),
                    "the config has no section; at least one of `input`, `filter` and `output` is needed",
                )
                .with_help("an empty file or one of comments alone is no config: write `filter { }`"),
            );
        }
        sections
    }

    fn section_keyword(&self) -> Option<SectionKind> {
        let rest = self.rest();
        [SectionKind::Input, SectionKind::Filter, SectionKind::Output].into_iter().find(|kind| {
            rest.strip_prefix(kind.as_str()).is_some_and(|after| !after.starts_with(token::is_name))
        })
    }

    fn section(&mut self, kind: SectionKind) -> Option<Section> {
        let start = self.at;
        self.at += kind.as_str().len();
        self.trivia();
        if self.rest().starts_with('{') {
            self.open('{').ok()?;
        } else {
            self.expected(&format!("`{{` after `{}`", kind.as_str()));
            if !self.is_plugin_at(self.at) && !self.at_branch() {
                return None;
            }
            self.open_missing('{');
        }
        let body = self.statements().ok()?;
        Some(Section { kind, body, span: self.span_from(start) })
    }

    /// Reads statements up to the closing brace and that brace.
    fn statements(&mut self) -> Parse<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            self.trivia();
            self.running()?;
            if self.rest().is_empty() {
                self.missing_brace();
                self.state = State::Halted;
                return Err(Stop);
            }
            if self.rest().starts_with('}') {
                self.close();
                return Ok(statements);
            }
            if self.at_section_start() {
                self.missing_brace();
                self.running()?;
                self.state = State::LeavingSection;
                return Err(Stop);
            }
            self.note_indent();
            if self.at_keyword("else") && self.has_misindented() && self.brackets.len() > 1 {
                self.missing_brace();
                self.brackets.pop();
                return Ok(statements);
            }
            let depth = self.brackets.len();
            if let Ok(statement) = self.statement() {
                statements.push(statement);
            } else {
                self.running()?;
                self.skip(depth, Self::looks_like_statement);
            }
        }
    }

    fn statement(&mut self) -> Parse<Statement> {
        if self.at_branch() {
            return self.branch().map(Statement::Branch);
        }
        if self.at_keyword("else") || self.wrong_else_if().is_some() {
            return self.stray_else();
        }
        let start = self.at;
        let Some(name) = self.name() else { return Err(self.not_a_statement()) };
        self.trivia();
        if self.block_ahead(start) {
            self.report_misplaced_block(&name);
            self.block()?;
            return Err(Stop);
        }
        if self.rest().starts_with('{') {
            self.open('{')?;
        } else {
            let stop = self.not_a_plugin(&name);
            if !self.is_option_at(self.at) {
                // Something else may stand in the place of the brace.
                let next = self.after_trivia(self.token_range(self.at).end);
                if self.rest().starts_with('}') || !self.is_option_at(next) {
                    return Err(stop);
                }
                self.at = next;
            }
            self.open_missing('{');
        }
        self.plugin(start, name).map(Statement::Plugin)
    }

    /// Reads the options of a plugin whose name and `{` have been read.
    fn plugin(&mut self, start: usize, name: Name) -> Parse<Plugin> {
        let depth = self.brackets.len();
        let mut attributes = Vec::new();
        let mut is_separated = true;
        loop {
            let before = self.at;
            self.trivia();
            self.running()?;
            let has_white = self.text[before..].starts_with(token::is_white);
            if self.rest().starts_with('}') {
                self.close();
                break;
            }
            if self.rest().is_empty() {
                self.missing_brace();
                self.state = State::Halted;
                return Err(Stop);
            }
            if self.nested_statement() {
                self.missing_brace();
                self.brackets.pop();
                break;
            }
            self.note_indent();
            if self.rest().starts_with(',') {
                self.comma_between_options();
                self.at += 1;
                is_separated = true;
                continue;
            }
            if !is_separated && !has_white {
                self.unseparated_options();
            }
            is_separated = false;
            if let Ok(attribute) = self.attribute() {
                attributes.push(attribute);
            } else {
                self.running()?;
                self.skip(depth, Self::looks_like_attribute);
                is_separated = true;
            }
        }
        Ok(Plugin { name, attributes, span: self.span_from(start) })
    }

    fn attribute(&mut self) -> Parse<Attribute> {
        let start = self.at;
        let Some(name) = self.name() else { return Err(self.not_an_option()) };
        self.trivia();
        self.arrow(&name)?;
        self.trivia();
        let value = self.value()?;
        Ok(Attribute { name, value, span: self.span_from(start) })
    }

    /// Reads the name of a plugin or of an option, quoted or not.
    fn name(&mut self) -> Option<Name> {
        let start = self.at;
        if let Ok((rest, text)) = token::name(self.rest()) {
            self.advance_to(rest);
            return Some(Name { text: text.to_owned(), quote: None, span: self.span_from(start) });
        }
        let quote = self.quote()?;
        let (rest, raw) = token::string(self.rest()).ok()?;
        self.advance_to(rest);
        self.note_text(start);
        Some(Name { text: raw.to_owned(), quote: Some(quote), span: self.span_from(start) })
    }

    fn branch(&mut self) -> Parse<Branch> {
        let start = self.at;
        let mut arms = vec![self.arm(start, "if".len())?];
        let mut otherwise = None;
        loop {
            let end = self.at;
            self.trivia();
            let arm_start = self.at;
            if let Some(length) = self.else_if_length() {
                arms.push(self.arm(arm_start, length)?);
            } else if let Some(word) = self.wrong_else_if() {
                self.report_wrong_else_if(word);
                arms.push(self.arm(arm_start, word.len())?);
            } else if self.at_keyword("else") {
                self.at += "else".len();
                self.trivia();
                if !self.rest().starts_with('{') {
                    return Err(self.not_an_else());
                }
                otherwise = Some(self.block()?);
                break;
            } else {
                self.at = end;
                break;
            }
        }
        Ok(Branch { arms, otherwise, span: self.span_from(start) })
    }

    /// Reads a condition and its block; the keyword has `keyword` bytes.
    fn arm(&mut self, start: usize, keyword: usize) -> Parse<Arm> {
        self.at = start + keyword;
        self.trivia();
        let depth = self.brackets.len();
        let condition = self.condition().and_then(|condition| {
            self.trivia();
            if self.rest().starts_with('{') {
                Ok(condition)
            } else {
                Err(self.not_a_block(&condition))
            }
        });
        if let Ok(condition) = condition {
            let block = self.block()?;
            return Ok(Arm { condition, block, span: self.span_from(start) });
        }
        self.running()?;
        if self.skip_to_block(depth) {
            self.block()?;
        } else if self.is_plugin_at(self.at) || self.at_branch() {
            self.open_missing('{');
            self.statements()?;
        }
        Err(Stop)
    }

    /// Reads `{ .. }`, whose `{` comes next.
    fn block(&mut self) -> Parse<Block> {
        let start = self.at;
        self.open('{')?;
        let body = self.statements()?;
        Ok(Block { body, span: self.span_from(start) })
    }

    /// Reports an `else` without `if`, reads what belongs to it and forgets that.
    fn stray_else(&mut self) -> Parse<Statement> {
        let start = self.at;
        if let Some(length) = self.else_if_length().or_else(|| self.wrong_else_if().map(str::len)) {
            self.report_stray_else("else if");
            self.arm(start, length)?;
        } else {
            self.report_stray_else("else");
            self.at += "else".len();
            self.trivia();
            if self.rest().starts_with('{') {
                self.block()?;
            }
        }
        Err(Stop)
    }

    /// Tells whether an `if` with its condition comes next, as opposed to a plugin named `if…`.
    fn at_branch(&self) -> bool {
        self.rest().strip_prefix("if").is_some_and(|after| self.continues_keyword(after))
    }

    /// Returns the length of `else if` when that comes next; the white space between is optional.
    fn else_if_length(&self) -> Option<usize> {
        let after = self.rest().strip_prefix("else")?;
        let at = self.text.len() - after.len();
        let inner = self.after_trivia(at);
        let after_if = self.text[inner..].strip_prefix("if")?;
        self.continues_keyword(after_if).then(|| inner + "if".len() - self.at)
    }

    /// Tells whether a keyword ends before `after`, which is the text behind it.
    ///
    /// `if5 == [a]` and `ifnot([a])` are conditions as well: the grammar wants no white space
    /// behind the keyword; `iffy { }` is a plugin.
    fn continues_keyword(&self, after: &str) -> bool {
        let Ok((behind, word)) = token::name(after) else { return true };
        let next = self.after_trivia(self.text.len() - behind.len());
        let next = self.text[next..].chars().next();
        match word.as_bytes()[0] {
            b'-' | b'0'..=b'9' => next != Some('{'),
            _ => next == Some('('),
        }
    }

    /// Tells whether `keyword` comes next as a whole word.
    fn at_keyword(&self, keyword: &str) -> bool {
        self.rest().strip_prefix(keyword).is_some_and(|after| !after.starts_with(token::is_name))
    }

    fn at_section_start(&self) -> bool {
        self.section_keyword().is_some_and(|kind| {
            let next = self.after_trivia(self.at + kind.as_str().len());
            self.text[next..].starts_with('{')
        })
    }

    /// Returns the text that is still to be read.
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Moves to where `rest`, an end of the text, begins.
    const fn advance_to(&mut self, rest: &str) {
        self.at = self.text.len() - rest.len();
    }

    fn quote(&self) -> Option<Quote> {
        match self.rest().chars().next() {
            Some('"') => Some(Quote::Double),
            Some('\'') => Some(Quote::Single),
            _ => None,
        }
    }

    /// Skips white space and comments, and keeps the comments.
    fn trivia(&mut self) {
        loop {
            if let Ok((rest, _)) = token::white(self.rest()) {
                self.advance_to(rest);
            }
            let start = self.at;
            let Ok((rest, text)) = token::comment(self.rest()) else { return };
            self.advance_to(rest);
            let is_seen =
                self.comments.last().is_some_and(|last| self.map.span(start, self.at) <= last.span);
            if !is_seen {
                let span = self.map.span(start, self.at);
                self.comments.push(Comment { text: text.to_owned(), span });
                if rest.starts_with('\r') && !rest.starts_with("\r\n") {
                    self.lone_carriage_return();
                }
            }
        }
    }

    /// Returns the offset of the first token at or after `at`.
    fn after_trivia(&self, mut at: usize) -> usize {
        loop {
            let rest = self.text[at..].trim_start_matches(token::is_white);
            at = self.text.len() - rest.len();
            let Ok((rest, _)) = token::comment(rest) else { return at };
            at = self.text.len() - rest.len();
        }
    }

    /// Reads an opening bracket.
    fn open(&mut self, kind: char) -> Parse<()> {
        if self.brackets.len() >= limits::CONFIG_DEPTH {
            let span = self.map.span(self.at, self.at + 1);
            self.report(Diagnostic::error(
                Code::LimitExceeded,
                span,
                format!(
                    "more than {} brackets are open here; deeper configs are not read",
                    limits::CONFIG_DEPTH
                ),
            ));
            self.state = State::Halted;
            return Err(Stop);
        }
        let line = self.lines.line(self.at);
        self.brackets.push(Bracket {
            at: self.at,
            kind,
            line,
            indent: self.lines.indent(line),
            misindented: self.misindented.len(),
            is_doubtful: false,
            item_indent: None,
            overindented: self.overindented.len(),
        });
        self.at += kind.len_utf8();
        Ok(())
    }

    fn running(&self) -> Parse<()> {
        if self.state == State::Running { Ok(()) } else { Err(Stop) }
    }

    fn span_from(&self, start: usize) -> Span {
        self.map.span(start, self.at)
    }
}
