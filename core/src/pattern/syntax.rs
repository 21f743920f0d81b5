//! Regex text to syntax tree: Ruby's dialect as Oniguruma 6.9 and joni read it.
//!
//! `a(?i)b|c` becomes `Concat[Char a, Alternate[Char b (folded), Char c (folded)]]`: flags are
//! applied while parsing and do not appear in the tree; every node has the span of its text.
//! Names stay names and classes stay lists of items; [`super::hir`] resolves both.
//!
//! The parser descends once per nesting level and refuses a tree deeper than
//! [`limits::PATTERN_MAX_DEPTH`], so that no later pass can recurse further than that.

use std::ops::Range;

use crate::limits;

use super::Flags;
use super::error::{SyntaxError, SyntaxErrorKind as Kind};

mod class;
mod escape;

/// Byte range of the regex text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Byte after the last one.
    pub end: u32,
}

impl Span {
    /// Gives the span as a range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One node of the syntax tree.
#[derive(Clone, Debug)]
pub struct Node {
    /// What the node is.
    pub kind: NodeKind,
    /// Where it stands in the text.
    pub span: Span,
    height: u32,
}

/// What a node of the syntax tree stands for.
#[expect(missing_docs, reason = "the comment of a variant speaks of its fields")]
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// Alternatives, first wins.
    Alternate(Vec<Node>),
    /// `.`; `newline` says whether it matches `\n`.
    Any { newline: bool },
    /// A place, not a character.
    Assert(Assertion),
    /// `\k<n>` or `\1`.
    Backref { target: GroupRef, fold: bool },
    /// `\g<n>`.
    Call(GroupRef),
    /// One character.
    Char { value: char, fold: bool },
    /// `[...]`, `\w`, `\p{L}`.
    Class { set: ClassSet, fold: bool },
    /// A sequence.
    Concat(Vec<Node>),
    /// `(?(n)yes|no)`.
    Conditional { group: GroupRef, yes: Box<Node>, no: Box<Node> },
    /// Nothing.
    Empty,
    /// `\X`.
    Grapheme,
    /// `(...)` of any kind.
    Group { kind: GroupKind, body: Box<Node> },
    /// `\K`.
    Keep,
    /// `\R`.
    LineBreak,
    /// A quantifier.
    Repeat { body: Box<Node>, min: u32, max: Option<u32>, mode: RepeatMode },
}

/// What a pair of parentheses does.
#[expect(missing_docs, reason = "the comment of a variant speaks of its fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// `(?~...)`.
    Absent,
    /// `(?>...)`.
    Atomic,
    /// `(...)`, `(?<n>...)`; groups are numbered from 1.
    Capture(u32),
    /// `(?=...)`, `(?!...)`, `(?<=...)`, `(?<!...)`.
    Look { behind: bool, negative: bool },
}

/// How a quantifier chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatMode {
    /// As many as possible first.
    Greedy,
    /// As few as possible first.
    Lazy,
    /// As many as possible, never fewer.
    Possessive,
}

/// A condition on the place between two characters.
#[expect(missing_docs, reason = "the comment of a variant speaks of its fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assertion {
    /// `$`: before `\n` or at the end.
    EndLine,
    /// `\z`.
    EndText,
    /// `\Z`: at the end or before a final `\n`.
    EndTextOrFinalNewline,
    /// `\B`; `ascii` after `(?a)`.
    NotWordBoundary { ascii: bool },
    /// `\G`: where the search began.
    SearchStart,
    /// `^`: at the start or after a `\n` that is not the last byte.
    StartLine,
    /// `\A`.
    StartText,
    /// `\b`; `ascii` after `(?a)`.
    WordBoundary { ascii: bool },
}

/// Which group a reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRef {
    /// All groups of this name.
    Name(Box<str>),
    /// A group by number; 0 is the whole pattern (calls only).
    Number(u32),
}

/// A bracket class: the intersection of its operands, each a union of items.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClassSet {
    /// `[^...]`.
    pub negated: bool,
    /// Operands between `&&`.
    pub operands: Vec<Vec<ClassItem>>,
}

/// One item of a class.
#[expect(missing_docs, reason = "the comment of a variant speaks of its fields")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClassItem {
    /// `[:alpha:]` or `\w`: a class with a fixed meaning.
    Named { name: NamedClass, negated: bool, ascii: bool },
    /// A class inside a class.
    Nested(ClassSet),
    /// `\p{Greek}`, with the span of the name.
    Property { name: Box<str>, negated: bool, span: Span },
    /// One character or a range of them, both ends included.
    Range(char, char),
}

/// Classes that have a name of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names of POSIX say it")]
pub enum NamedClass {
    Alnum,
    Alpha,
    Any,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Word,
    XDigit,
}

/// A parsed regex text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree.
    pub root: Node,
    /// Number of capture groups.
    pub group_count: u32,
    /// Named groups in order of their opening parenthesis.
    pub names: Vec<(Box<str>, u32)>,
    /// Whether `\1`-style references and calls are allowed.
    pub numbered: bool,
}

/// Parses a regex text.
///
/// # Errors
/// The first thing that Oniguruma would refuse, or a limit.
pub fn parse(source: &str, flags: Flags) -> Result<Parsed, SyntaxError> {
    if source.len() > limits::PATTERN_MAX_SOURCE_BYTES {
        let kind = Kind::SourceTooLong(limits::PATTERN_MAX_SOURCE_BYTES);
        return Err(SyntaxError::new(0..0, kind));
    }
    let mut parser = Parser::new(source, flags, true);
    let root = parser.parse_all()?;
    if parser.names.is_empty() || parser.names.len() == parser.group_count as usize {
        let numbered = parser.names.is_empty();
        return parser.finish(root, numbered);
    }
    // A named group switches plain groups off, also those before it: read again.
    let mut parser = Parser::new(source, flags, false);
    let root = parser.parse_all()?;
    parser.finish(root, false)
}

#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the language")]
#[derive(Clone, Copy)]
struct State {
    fold: bool,
    dot_all: bool,
    extended: bool,
    /// `\w \d \s \h` are limited to ASCII.
    ascii_types: bool,
    /// POSIX brackets and `\b` are limited to ASCII.
    ascii_posix: bool,
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    state: State,
    depth: usize,
    plain_captures: bool,
    group_count: u32,
    names: Vec<(Box<str>, u32)>,
    /// Numbered references, checked when all groups are known.
    numbered: Vec<(u32, Span)>,
}

/// What reading a part of the text gives.
type Parse<T> = Result<T, SyntaxError>;

impl<'s> Parser<'s> {
    fn new(source: &'s str, flags: Flags, plain_captures: bool) -> Self {
        let state = State {
            fold: flags.ignore_case,
            dot_all: flags.dot_all,
            extended: flags.extended,
            ascii_types: true,
            ascii_posix: false,
        };
        Self {
            source,
            at: 0,
            state,
            depth: 0,
            plain_captures,
            group_count: 0,
            names: Vec::new(),
            numbered: Vec::new(),
        }
    }

    fn parse_all(&mut self) -> Parse<Node> {
        let root = self.alternation()?;
        if self.at < self.source.len() {
            return Err(self.error_here(1, Kind::UnmatchedClose));
        }
        Ok(root)
    }

    fn finish(self, root: Node, numbered: bool) -> Parse<Parsed> {
        for (number, span) in &self.numbered {
            if !numbered {
                return Err(SyntaxError::new(span.range(), Kind::NumberedReference));
            }
            if *number > self.group_count {
                let kind = Kind::UndefinedGroup(number.to_string().into());
                return Err(SyntaxError::new(span.range(), kind));
            }
        }
        Ok(Parsed { root, group_count: self.group_count, names: self.names, numbered })
    }

    /// Reads alternatives up to `)` or the end; flags set inside end with it.
    fn alternation(&mut self) -> Parse<Node> {
        self.depth += 1;
        if self.depth > limits::PATTERN_MAX_DEPTH {
            return Err(self.error_here(0, Kind::NestingTooDeep(limits::PATTERN_MAX_DEPTH)));
        }
        let outer = self.state;
        let start = self.at;
        let mut branches = vec![self.sequence()?];
        while self.eat('|') {
            branches.push(self.sequence()?);
        }
        self.state = outer;
        self.depth -= 1;
        if branches.len() == 1
            && let Some(only) = branches.pop()
        {
            return Ok(only);
        }
        self.node(NodeKind::Alternate(branches), start)
    }

    fn sequence(&mut self) -> Parse<Node> {
        let start = self.at;
        let mut items = Vec::new();
        loop {
            self.skip_extended()?;
            match self.peek() {
                None | Some('|' | ')') => break,
                Some(_) => {}
            }
            let Some(atom) = self.atom()? else { continue };
            let atom = self.quantified(atom)?;
            items.push(atom);
        }
        match items.len() {
            0 => self.node(NodeKind::Empty, start),
            1 => Ok(items.remove(0)),
            _ => self.node(NodeKind::Concat(items), start),
        }
    }

    /// Reads one element; `None` for a comment.
    fn atom(&mut self) -> Parse<Option<Node>> {
        let start = self.at;
        let Some(c) = self.next() else {
            return Err(self.error_here(0, Kind::EndInGroup));
        };
        let kind = match c {
            '(' => return self.group(start),
            '[' => {
                let set = self.class(start)?;
                NodeKind::Class { set, fold: self.state.fold }
            }
            '.' => NodeKind::Any { newline: self.state.dot_all },
            '^' => NodeKind::Assert(Assertion::StartLine),
            '$' => NodeKind::Assert(Assertion::EndLine),
            '*' | '+' | '?' => {
                return Err(SyntaxError::new(start..self.at, Kind::TargetOfRepeat));
            }
            '{' => {
                self.at = start;
                if self.interval()?.is_some() {
                    return Err(SyntaxError::new(start..self.at, Kind::TargetOfRepeat));
                }
                self.at = start + 1;
                self.char('{')
            }
            '\\' => return self.escape(start).map(Some),
            c => self.char(c),
        };
        self.node(kind, start).map(Some)
    }

    /// Wraps an atom in the quantifiers that follow it.
    fn quantified(&mut self, mut atom: Node) -> Parse<Node> {
        let start = atom.span.start as usize;
        loop {
            self.skip_extended()?;
            let (min, max, fixed, interval) = match self.peek() {
                Some('*') => (0, None, false, false),
                Some('+') => (1, None, false, false),
                Some('?') => (0, Some(1), false, false),
                Some('{') => match self.interval()? {
                    Some((min, max, fixed)) => (min, max, fixed, true),
                    None => return Ok(atom),
                },
                _ => return Ok(atom),
            };
            if !interval {
                self.at += 1;
            }
            // Ruby: `{n}` knows no lazy form and no interval a possessive one; what follows
            // them is the next quantifier.
            let mode = if !fixed && self.eat('?') {
                RepeatMode::Lazy
            } else if !interval && self.eat('+') {
                RepeatMode::Possessive
            } else {
                RepeatMode::Greedy
            };
            let body = Box::new(atom);
            atom = self.node(NodeKind::Repeat { body, min, max, mode }, start)?;
        }
    }

    /// Reads `{n}`, `{n,}`, `{,m}`, `{n,m}`; anything else is literal and leaves the place.
    fn interval(&mut self) -> Parse<Option<(u32, Option<u32>, bool)>> {
        let start = self.at;
        self.at += 1;
        let low = self.decimal(limits::PATTERN_MAX_REPEAT)?;
        let mut fixed = false;
        let high = if self.eat(',') {
            self.decimal(limits::PATTERN_MAX_REPEAT)?
        } else {
            fixed = true;
            low
        };
        if (low.is_none() && (fixed || high.is_none())) || !self.eat('}') {
            self.at = start;
            return Ok(None);
        }
        let min = low.unwrap_or(0);
        if high.is_some_and(|high| high < min) {
            return Err(SyntaxError::new(start..self.at, Kind::UpperBelowLower));
        }
        Ok(Some((min, high, fixed)))
    }

    fn group(&mut self, start: usize) -> Parse<Option<Node>> {
        if !self.eat('?') {
            if !self.plain_captures {
                let body = self.body(start)?;
                return Ok(Some(self.respan(body, start)));
            }
            let index = self.new_group();
            return self.finish_group(start, GroupKind::Capture(index)).map(Some);
        }
        let Some(c) = self.next() else {
            return Err(SyntaxError::new(start..self.at, Kind::EndInGroup));
        };
        match c {
            ':' => {
                let body = self.body(start)?;
                Ok(Some(self.respan(body, start)))
            }
            '>' => self.finish_group(start, GroupKind::Atomic).map(Some),
            '=' => self.look(start, false, false).map(Some),
            '!' => self.look(start, false, true).map(Some),
            '<' if self.eat('=') => self.look(start, true, false).map(Some),
            '<' if self.eat('!') => self.look(start, true, true).map(Some),
            '<' => self.named(start, '>').map(Some),
            '\'' => self.named(start, '\'').map(Some),
            '#' => {
                self.comment(start)?;
                Ok(None)
            }
            '(' => self.conditional(start).map(Some),
            '~' => self.finish_group(start, GroupKind::Absent).map(Some),
            _ => {
                self.at -= c.len_utf8();
                self.options(start)
            }
        }
    }

    fn look(&mut self, start: usize, behind: bool, negative: bool) -> Parse<Node> {
        self.finish_group(start, GroupKind::Look { behind, negative })
    }

    fn named(&mut self, start: usize, close: char) -> Parse<Node> {
        let (name, span) = self.name(start, close)?;
        if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err(SyntaxError::new(span.range(), Kind::InvalidGroupName(name)));
        }
        let index = self.new_group();
        self.names.push((name, index));
        self.finish_group(start, GroupKind::Capture(index))
    }

    /// Reads a name up to its closing character.
    fn name(&mut self, start: usize, close: char) -> Parse<(Box<str>, Span)> {
        let rest = &self.source[self.at..];
        let Some(len) = rest.find([close, ')']) else {
            return Err(SyntaxError::new(start..self.source.len(), Kind::EndInGroup));
        };
        let span = span(self.at, self.at + len);
        let name: Box<str> = rest[..len].into();
        if !rest[len..].starts_with(close) {
            return Err(SyntaxError::new(span.range(), Kind::InvalidGroupName(name)));
        }
        self.at += len + close.len_utf8();
        if name.is_empty() {
            return Err(SyntaxError::new(start..self.at, Kind::EmptyGroupName));
        }
        Ok((name, span))
    }

    fn conditional(&mut self, start: usize) -> Parse<Node> {
        let close = match self.peek() {
            Some('<') => Some('>'),
            Some('\'') => Some('\''),
            _ => None,
        };
        let group = if let Some(close) = close {
            self.at += 1;
            let (name, span) = self.name(start, close)?;
            self.reference(name, span)?
        } else {
            let digits = self.at;
            let Some(number) = self.decimal(limits::PATTERN_MAX_GROUPS)? else {
                return Err(self.error_here(1, Kind::InvalidGroupName("".into())));
            };
            self.numbered.push((number, span(digits, self.at)));
            GroupRef::Number(number)
        };
        if !self.eat(')') {
            return Err(self.error_here(1, Kind::EndInGroup));
        }
        let body_start = self.at;
        let body = self.body(start)?;
        let (yes, no) = match body.kind {
            NodeKind::Alternate(mut branches) => {
                let (Some(no), Some(yes), true) =
                    (branches.pop(), branches.pop(), branches.is_empty())
                else {
                    let span = start..self.at;
                    return Err(SyntaxError::new(span, Kind::ConditionalBranches));
                };
                (yes, no)
            }
            _ => (body, self.node(NodeKind::Empty, body_start)?),
        };
        let kind = NodeKind::Conditional { group, yes: Box::new(yes), no: Box::new(no) };
        self.node(kind, start)
    }

    /// Turns the text between `<` and `>` of a reference into the group that it means.
    fn reference(&mut self, name: Box<str>, span: Span) -> Parse<GroupRef> {
        let first = name.as_bytes().first().copied().unwrap_or(b' ');
        if !first.is_ascii_digit() && first != b'-' {
            return Ok(GroupRef::Name(name));
        }
        let invalid = || SyntaxError::new(span.range(), Kind::InvalidGroupName(name.clone()));
        let number = match name.strip_prefix('-') {
            None => name.parse::<u32>().map_err(|_| invalid())?,
            Some(back) => {
                let back = back.parse::<u32>().map_err(|_| invalid())?;
                let undefined = Kind::UndefinedGroup(name.clone());
                (self.group_count + 1)
                    .checked_sub(back)
                    .filter(|number| *number > 0)
                    .ok_or_else(|| SyntaxError::new(span.range(), undefined))?
            }
        };
        if number > 0 {
            self.numbered.push((number, span));
        }
        Ok(GroupRef::Number(number))
    }

    fn comment(&mut self, start: usize) -> Parse<()> {
        while let Some(c) = self.next() {
            match c {
                ')' => return Ok(()),
                '\\' => drop(self.next()),
                _ => {}
            }
        }
        Err(SyntaxError::new(start..self.at, Kind::EndInGroup))
    }

    /// Reads `(?imx-imx)` or `(?imx-imx:...)`.
    fn options(&mut self, start: usize) -> Parse<Option<Node>> {
        let mut on = true;
        let outer = self.state;
        loop {
            let Some(c) = self.next() else {
                return Err(SyntaxError::new(start..self.at, Kind::EndInGroup));
            };
            match c {
                '-' => on = false,
                'i' => self.state.fold = on,
                'm' => self.state.dot_all = on,
                'x' => self.state.extended = on,
                'a' | 'd' | 'u' if on => {
                    self.state.ascii_types = c != 'u';
                    self.state.ascii_posix = c == 'a';
                }
                ':' => {
                    let body = self.body(start)?;
                    self.state = outer;
                    return self.enclosed(body, start).map(Some);
                }
                ')' if self.at > start + 3 => {
                    // Applies to everything up to the end of the enclosing group, `|` too.
                    let body = self.alternation()?;
                    return self.enclosed(body, start).map(Some);
                }
                _ => {
                    let kind = Kind::UndefinedGroupOption;
                    return Err(SyntaxError::new(start..self.at, kind));
                }
            }
        }
    }

    /// Keeps the alternatives of an option group apart from those of the group around it, where
    /// a look-behind or a conditional counts its own.
    fn enclosed(&self, body: Node, start: usize) -> Parse<Node> {
        match body.kind {
            NodeKind::Alternate(_) => self.node(NodeKind::Concat(vec![body]), start),
            _ => Ok(self.respan(body, start)),
        }
    }

    fn body(&mut self, start: usize) -> Parse<Node> {
        let body = self.alternation()?;
        if !self.eat(')') {
            return Err(SyntaxError::new(start..start + 1, Kind::UnclosedGroup));
        }
        Ok(body)
    }

    fn finish_group(&mut self, start: usize, kind: GroupKind) -> Parse<Node> {
        let body = Box::new(self.body(start)?);
        self.node(NodeKind::Group { kind, body }, start)
    }

    fn new_group(&mut self) -> u32 {
        self.group_count += 1;
        self.group_count
    }

    /// Gives a body that needs no node of its own the span of its parentheses.
    fn respan(&self, mut body: Node, start: usize) -> Node {
        body.span = span(start, self.at);
        body
    }

    fn node(&self, kind: NodeKind, start: usize) -> Parse<Node> {
        let below = match &kind {
            NodeKind::Alternate(nodes) | NodeKind::Concat(nodes) => {
                nodes.iter().map(|node| node.height).max().unwrap_or(0)
            }
            NodeKind::Conditional { yes, no, .. } => yes.height.max(no.height),
            NodeKind::Group { body, .. } | NodeKind::Repeat { body, .. } => body.height,
            _ => 0,
        };
        if below as usize >= 2 * limits::PATTERN_MAX_DEPTH {
            let kind = Kind::NestingTooDeep(limits::PATTERN_MAX_DEPTH);
            return Err(SyntaxError::new(start..self.at, kind));
        }
        Ok(Node { kind, span: span(start, self.at), height: below + 1 })
    }

    fn char(&self, value: char) -> NodeKind {
        NodeKind::Char { value, fold: self.state.fold }
    }

    /// Skips white space and comments where `(?x)` is on.
    fn skip_extended(&mut self) -> Parse<()> {
        if !self.state.extended {
            return Ok(());
        }
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' => self.at += 1,
                '#' => {
                    let rest = &self.source[self.at..];
                    self.at += rest.find('\n').map_or(rest.len(), |len| len + 1);
                }
                '(' if self.source[self.at..].starts_with("(?#") => {
                    let start = self.at;
                    self.at += 3;
                    self.comment(start)?;
                }
                _ => break,
            }
        }
        Ok(())
    }

    fn decimal(&mut self, max: u32) -> Parse<Option<u32>> {
        let start = self.at;
        let mut value: u64 = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            value = (value * 10 + u64::from(digit)).min(u64::from(u32::MAX));
            self.at += 1;
        }
        if start == self.at {
            return Ok(None);
        }
        match u32::try_from(value) {
            Ok(value) if value <= max => Ok(Some(value)),
            _ => Err(SyntaxError::new(start..self.at, Kind::TooBigNumber)),
        }
    }

    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// An error at the next `chars` characters.
    fn error_here(&self, chars: usize, kind: Kind) -> SyntaxError {
        let rest = &self.source[self.at..];
        let len = rest.chars().take(chars).map(char::len_utf8).sum::<usize>();
        SyntaxError::new(self.at..self.at + len, kind)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "PATTERN_MAX_SOURCE_BYTES is below 2^32")]
fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}
