//! What stands behind a backslash, outside and inside a class.

use crate::limits;

use super::super::error::{SyntaxError, SyntaxErrorKind as Kind};
use super::{
    Assertion, ClassItem, ClassSet, GroupRef, NamedClass, Node, NodeKind, Parse, Parser, span,
};

/// A character or a class: what an escape can be in both places.
pub(super) enum Escaped {
    Char(char),
    Item(ClassItem),
}

impl Parser<'_> {
    /// Reads an escape outside of a class; the backslash at `start` has been read.
    pub(super) fn escape(&mut self, start: usize) -> Parse<Node> {
        let Some(c) = self.peek() else {
            return Err(SyntaxError::new(start..self.at, Kind::EndAtEscape));
        };
        let ascii = self.state.ascii_posix;
        let simple = match c {
            'A' => Some(NodeKind::Assert(Assertion::StartText)),
            'z' => Some(NodeKind::Assert(Assertion::EndText)),
            'Z' => Some(NodeKind::Assert(Assertion::EndTextOrFinalNewline)),
            'G' => Some(NodeKind::Assert(Assertion::SearchStart)),
            'b' => Some(NodeKind::Assert(Assertion::WordBoundary { ascii })),
            'B' => Some(NodeKind::Assert(Assertion::NotWordBoundary { ascii })),
            'K' => Some(NodeKind::Keep),
            'R' => Some(NodeKind::LineBreak),
            'X' => Some(NodeKind::Grapheme),
            _ => None,
        };
        if let Some(kind) = simple {
            self.at += 1;
            return self.node(kind, start);
        }
        let kind = match c {
            'k' | 'g' if matches!(self.source.as_bytes().get(self.at + 1), Some(b'<' | b'\'')) => {
                self.at += 1;
                let close = if self.next() == Some('<') { '>' } else { '\'' };
                let (name, name_span) = self.name(start, close)?;
                let has_level = name.rfind(['+', '-']).is_some_and(|sign| {
                    let digits = &name[sign + 1..];
                    sign > 0 && !digits.is_empty() && digits.bytes().all(|d| d.is_ascii_digit())
                });
                if c == 'k' && has_level {
                    let kind = Kind::Unsupported("a back-reference with a level");
                    return Err(SyntaxError::new(name_span.range(), kind));
                }
                if c == 'g' {
                    NodeKind::Call(self.reference(name, name_span)?)
                } else {
                    let target = self.reference(name, name_span)?;
                    if target == GroupRef::Number(0) {
                        let kind = Kind::InvalidGroupName("0".into());
                        return Err(SyntaxError::new(name_span.range(), kind));
                    }
                    NodeKind::Backref { target, fold: self.state.fold }
                }
            }
            '1'..='9' => match self.numbered_backref(start) {
                Some(target) => NodeKind::Backref { target, fold: self.state.fold },
                None => self.shared_escape(start)?,
            },
            _ => self.shared_escape(start)?,
        };
        self.node(kind, start)
    }

    fn shared_escape(&mut self, start: usize) -> Parse<NodeKind> {
        let fold = self.state.fold;
        Ok(match self.escaped(start)? {
            Escaped::Char(value) => NodeKind::Char { value, fold },
            Escaped::Item(mut item) => {
                // The complement is taken of the folded set: `(?i)\p{^Lu}` does not match `a`.
                let negated = match &mut item {
                    ClassItem::Named { negated, .. } | ClassItem::Property { negated, .. } => {
                        std::mem::take(negated)
                    }
                    ClassItem::Nested(_) | ClassItem::Range(..) => false,
                };
                let set = ClassSet { negated, operands: vec![vec![item]] };
                NodeKind::Class { set, fold }
            }
        })
    }

    /// `\1` to `\9` always refer to a group, a longer number only if that group is open by then;
    /// else it is an octal escape.
    fn numbered_backref(&mut self, start: usize) -> Option<GroupRef> {
        let digits = self.at;
        let rest = &self.source[digits..];
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        if let Ok(number) = rest[..len].parse::<u32>()
            && number <= limits::PATTERN_MAX_GROUPS
            && (number <= 9 || number <= self.group_count)
        {
            self.at += len;
            self.numbered.push((number, span(start, self.at)));
            return Some(GroupRef::Number(number));
        }
        None
    }

    /// Reads an escape that means the same inside and outside of a class.
    pub(super) fn escaped(&mut self, start: usize) -> Parse<Escaped> {
        let Some(c) = self.next() else {
            return Err(SyntaxError::new(start..self.at, Kind::EndAtEscape));
        };
        let ascii = self.state.ascii_types;
        let named =
            |name, negated, ascii| Ok(Escaped::Item(ClassItem::Named { name, negated, ascii }));
        let value = match c {
            'w' | 'W' => return named(NamedClass::Word, c == 'W', ascii),
            'd' | 'D' => return named(NamedClass::Digit, c == 'D', ascii),
            's' | 'S' => return named(NamedClass::Space, c == 'S', ascii),
            'h' | 'H' => return named(NamedClass::XDigit, c == 'H', true),
            'p' if self.peek() == Some('{') => return self.property(start),
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\x0c',
            'v' => '\x0b',
            'a' => '\x07',
            'e' => '\x1b',
            'u' => self.unicode_escape(start)?,
            // Oniguruma takes both; JRuby, which reads a regex first, fails on them.
            'P' if self.peek() == Some('{') => {
                let kind = Kind::Unsupported("`\\P{...}`");
                let error = SyntaxError::new(start..self.at, kind);
                return Err(error.with_help("Logstash refuses it as well: write `\\p{^...}`"));
            }
            'x' if self.peek() == Some('{') => {
                let error = SyntaxError::new(start..self.at, Kind::InvalidEscape);
                return Err(error.with_help("write `\\u00e9` or the character itself"));
            }
            'x' | '0'..='7' | 'c' | 'C' | 'M' => {
                self.at = start + 1;
                let first = self.byte_escape(start)?;
                self.utf8_escape(start, first)?
            }
            c => c,
        };
        Ok(Escaped::Char(value))
    }

    fn unicode_escape(&mut self, start: usize) -> Parse<char> {
        if !self.eat('{') {
            let digits = self.at;
            let value = self.hex_char(start, 4)?;
            if self.at - digits != 4 {
                return Err(SyntaxError::new(start..self.at, Kind::InvalidEscape));
            }
            return Ok(value);
        }
        let value = self.hex_char(start, 6)?;
        if self.eat('}') {
            return Ok(value);
        }
        if self.peek() == Some(' ') {
            let kind = Kind::Unsupported("`\\u{...}` with several characters");
            return Err(SyntaxError::new(start..self.at, kind));
        }
        Err(SyntaxError::new(start..self.at, Kind::InvalidEscape))
    }

    fn hex_char(&mut self, start: usize, max_digits: usize) -> Parse<char> {
        let value = self.digits(16, max_digits);
        value
            .and_then(char::from_u32)
            .ok_or_else(|| SyntaxError::new(start..self.at, Kind::InvalidEscape))
    }

    /// Reads up to `max` digits of the radix; `None` without any.
    fn digits(&mut self, radix: u32, max: usize) -> Option<u32> {
        let start = self.at;
        let mut value = 0_u32;
        while self.at - start < max {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else { break };
            value = value.checked_mul(radix)?.checked_add(digit)?;
            self.at += 1;
        }
        (self.at > start).then_some(value)
    }

    /// Reads `xHH`, `ooo`, `cX`, `C-x` or `M-x` behind a backslash as one byte.
    fn byte_escape(&mut self, start: usize) -> Parse<u8> {
        let invalid = |parser: &Self, kind| Err(SyntaxError::new(start..parser.at, kind));
        let Some(c) = self.next() else { return invalid(self, Kind::EndAtEscape) };
        match c {
            'x' => match self.digits(16, 2).and_then(|value| u8::try_from(value).ok()) {
                Some(byte) => Ok(byte),
                None => invalid(self, Kind::InvalidEscape),
            },
            '0'..='7' => {
                self.at -= 1;
                match self.digits(8, 3).map(u8::try_from) {
                    Some(Ok(byte)) => Ok(byte),
                    _ => invalid(self, Kind::TooBigNumber),
                }
            }
            'c' | 'C' | 'M' => {
                if c != 'c' && !self.eat('-') {
                    return invalid(self, Kind::InvalidControl);
                }
                let byte = match self.next() {
                    Some('?') if c != 'M' => return Ok(0x7f),
                    // Nested only as deep as Ruby needs it: `\M-\C-a`.
                    Some('\\') if self.peek() != Some('\\') => {
                        if self.depth >= limits::PATTERN_MAX_DEPTH {
                            return invalid(self, Kind::InvalidControl);
                        }
                        self.depth += 1;
                        let byte = self.byte_escape(start)?;
                        self.depth -= 1;
                        byte
                    }
                    Some(target) if target.is_ascii() && target != '\\' => target as u8,
                    _ => return invalid(self, Kind::InvalidControl),
                };
                Ok(if c == 'M' { byte | 0x80 } else { byte & 0x9f })
            }
            _ => invalid(self, Kind::InvalidEscape),
        }
    }

    /// Joins the escapes of the bytes of one UTF-8 character.
    fn utf8_escape(&mut self, start: usize, first: u8) -> Parse<char> {
        let len = match first {
            0..0x80 => return Ok(char::from(first)),
            0xc2..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf5 => 4,
            _ => return Err(SyntaxError::new(start..self.at, Kind::InvalidUtf8Escape)),
        };
        let mut bytes = [first, 0, 0, 0];
        for byte in &mut bytes[1..len] {
            let escape = &self.source.as_bytes()[self.at..];
            if !matches!(escape, [b'\\', b'x' | b'0'..=b'7' | b'M', ..]) {
                return Err(SyntaxError::new(start..self.at, Kind::InvalidUtf8Escape));
            }
            self.at += 1;
            *byte = self.byte_escape(start)?;
        }
        std::str::from_utf8(&bytes[..len])
            .ok()
            .and_then(|text| text.chars().next())
            .ok_or_else(|| SyntaxError::new(start..self.at, Kind::InvalidUtf8Escape))
    }

    fn property(&mut self, start: usize) -> Parse<Escaped> {
        self.at += 1;
        let negated = self.eat('^');
        let rest = &self.source[self.at..];
        let Some(len) = rest.find('}') else {
            let kind = Kind::UnknownProperty(rest.into());
            return Err(SyntaxError::new(start..self.source.len(), kind));
        };
        let name = rest[..len].into();
        let name_span = span(self.at, self.at + len);
        self.at += len + 1;
        Ok(Escaped::Item(ClassItem::Property { name, negated, span: name_span }))
    }
}
