//! Bracket classes: `[a-z&&[^b]]`, `[[:alpha:]_]`, `[]a]`.

use crate::limits;

use super::super::error::{SyntaxError, SyntaxErrorKind as Kind};
use super::escape::Escaped;
use super::{ClassItem, ClassSet, NamedClass, Parse, Parser};

impl Parser<'_> {
    /// Reads a class; the `[` at `start` has been read.
    pub(super) fn class(&mut self, start: usize) -> Parse<ClassSet> {
        self.depth += 1;
        if self.depth > limits::PATTERN_MAX_DEPTH {
            return Err(self.error_here(0, Kind::NestingTooDeep(limits::PATTERN_MAX_DEPTH)));
        }
        let negated = self.eat('^');
        let mut operands = Vec::new();
        let mut items = Vec::new();
        if self.peek() == Some(']') {
            // A `]` in first place is literal if another one closes the class.
            if !self.another_bracket() {
                return Err(SyntaxError::new(start..self.at + 1, Kind::EmptyClass));
            }
            self.at += 1;
            self.item(start, Escaped::Char(']'), &mut items)?;
        }
        loop {
            let at = self.at;
            let Some(c) = self.next() else {
                return Err(SyntaxError::new(start..start + 1, Kind::UnclosedClass));
            };
            let element = match c {
                ']' => break,
                '&' if self.eat('&') => {
                    operands.push(std::mem::take(&mut items));
                    continue;
                }
                '[' => match self.posix(at)? {
                    Some(item) => Escaped::Item(item),
                    None => Escaped::Item(ClassItem::Nested(self.class(at)?)),
                },
                _ => {
                    self.at = at;
                    self.element(start)?
                }
            };
            self.item(start, element, &mut items)?;
        }
        operands.push(items);
        self.depth -= 1;
        Ok(ClassSet { negated, operands })
    }

    /// Adds an element, and the rest of its range if a `-` makes it the start of one.
    fn item(&mut self, start: usize, element: Escaped, items: &mut Vec<ClassItem>) -> Parse<()> {
        let at = self.at;
        let ranged = self.peek() == Some('-')
            && !matches!(self.source.as_bytes().get(at + 1), None | Some(b']'));
        let low = match element {
            Escaped::Char(low) => low,
            Escaped::Item(item) => {
                // Only a nested class may be followed by a `-` that is not the last character.
                let is_type = matches!(item, ClassItem::Named { .. } | ClassItem::Property { .. });
                if ranged && is_type {
                    return Err(SyntaxError::new(at..at + 1, Kind::RangeWithClass));
                }
                items.push(item);
                return Ok(());
            }
        };
        let rest = &self.source[at..];
        if !ranged || rest.starts_with("-&&") {
            items.push(ClassItem::Range(low, low));
            return Ok(());
        }
        self.at += 1;
        if self.peek() == Some('[') {
            // `[a-[b]]`: the `-` is literal.
            self.at = at;
            items.push(ClassItem::Range(low, low));
            self.at += 1;
            items.push(ClassItem::Range('-', '-'));
            return Ok(());
        }
        match self.element(start)? {
            Escaped::Char(high) if low <= high => {
                items.push(ClassItem::Range(low, high));
                // A `-` right behind a range is literal.
                if self.eat('-') {
                    items.push(ClassItem::Range('-', '-'));
                }
                Ok(())
            }
            Escaped::Char(high) => {
                Err(SyntaxError::new(at - low.len_utf8()..self.at, Kind::EmptyRange(low, high)))
            }
            Escaped::Item(_) => Err(SyntaxError::new(at..self.at, Kind::RangeWithClass)),
        }
    }

    /// Reads one character or escape.
    fn element(&mut self, start: usize) -> Parse<Escaped> {
        let at = self.at;
        let Some(c) = self.next() else {
            return Err(SyntaxError::new(start..start + 1, Kind::UnclosedClass));
        };
        if c != '\\' {
            return Ok(Escaped::Char(c));
        }
        if self.eat('b') {
            return Ok(Escaped::Char('\x08'));
        }
        self.escaped(at)
    }

    fn another_bracket(&self) -> bool {
        let mut rest = self.source[self.at + 1..].chars();
        while let Some(c) = rest.next() {
            match c {
                '\\' => drop(rest.next()),
                ']' => return true,
                _ => {}
            }
        }
        false
    }

    /// Reads `[:name:]`; the `[` at `at` has been read.
    fn posix(&mut self, at: usize) -> Parse<Option<ClassItem>> {
        let rest = &self.source[self.at..];
        let Some(rest) = rest.strip_prefix(':') else { return Ok(None) };
        // It is a POSIX bracket if `:]` comes before any `]` of another kind.
        let Some(close) = rest.find(']') else { return Ok(None) };
        let Some(name) = rest[..close].strip_suffix(':') else { return Ok(None) };
        let (negated, bare) = match name.strip_prefix('^') {
            Some(bare) => (true, bare),
            None => (false, name),
        };
        let Some(name) = NamedClass::from_posix(bare) else {
            let kind = Kind::UnknownPosixClass(bare.into());
            return Err(SyntaxError::new(at..self.at + 1 + close + 1, kind));
        };
        self.at += 1 + close + 1;
        let ascii = self.state.ascii_posix;
        Ok(Some(ClassItem::Named { name, negated, ascii }))
    }
}

impl NamedClass {
    /// Finds the class of a POSIX bracket.
    pub fn from_posix(name: &str) -> Option<Self> {
        Some(match name {
            "alnum" => Self::Alnum,
            "alpha" => Self::Alpha,
            "ascii" => Self::Ascii,
            "blank" => Self::Blank,
            "cntrl" => Self::Cntrl,
            "digit" => Self::Digit,
            "graph" => Self::Graph,
            "lower" => Self::Lower,
            "print" => Self::Print,
            "punct" => Self::Punct,
            "space" => Self::Space,
            "upper" => Self::Upper,
            "word" => Self::Word,
            "xdigit" => Self::XDigit,
            _ => return None,
        })
    }
}
