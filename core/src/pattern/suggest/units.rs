//! A grok pattern to the pieces that a person would change: tokens, characters, groups.
//!
//! `(?:-|%{INT:n}) x` is a group of two branches, a space and an `x`. What is not understood is a
//! piece by itself; every change is run before it is shown, so that a wrong piece costs a try.

use std::ops::Range;

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) kind: Kind,
    /// Its text, with what repeats it.
    pub(super) range: Range<usize>,
    /// Where what repeats it begins.
    pub(super) atom_end: usize,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A place: `^`, `$`, `\b` and the like.
    Assert,
    /// A set of characters, `.` included.
    Class,
    /// A group that matches what is in it; the head ends where the first branch begins.
    Group { head_end: usize, branches: Vec<Vec<Unit>> },
    /// One character that stands for itself.
    Literal(char),
    /// Something else that is left alone.
    Other,
    /// `%{NAME:field}`
    Token,
}

impl Unit {
    /// The character, if the piece is one that is not repeated.
    pub(super) fn literal(&self) -> Option<char> {
        match self.kind {
            Kind::Literal(c) if self.atom_end == self.range.end => Some(c),
            _ => None,
        }
    }
}

/// Takes a pattern apart: its branches, each a sequence. `None` for one that is not balanced.
pub(super) fn parse(text: &str) -> Option<Vec<Vec<Unit>>> {
    let mut reader = Reader { text, at: 0 };
    let branches = reader.branches(0)?;
    (reader.at == text.len()).then_some(branches)
}

/// The way to the piece that a byte is in: the sequences from the outermost to the innermost, and
/// the number of the piece in each.
pub(super) fn path(branches: &[Vec<Unit>], offset: usize) -> Vec<(&[Unit], usize)> {
    let mut path = Vec::new();
    let mut branches = branches;
    loop {
        let holds = |unit: &Unit| unit.range.start <= offset && offset < unit.range.end;
        let found = branches.iter().find_map(|units| Some((units, units.iter().position(holds)?)));
        let Some((units, index)) = found else { return path };
        path.push((units.as_slice(), index));
        match &units[index].kind {
            Kind::Group { branches: inner, .. } => branches = inner,
            _ => return path,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads up to the parenthesis that closes the group, or the end.
    fn branches(&mut self, depth: usize) -> Option<Vec<Vec<Unit>>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut branches = vec![Vec::new()];
        while let Some(c) = self.peek() {
            match c {
                ')' if depth > 0 => break,
                ')' => return None,
                '|' => {
                    self.at += 1;
                    branches.push(Vec::new());
                }
                _ => {
                    let unit = self.unit(c, depth)?;
                    branches.last_mut()?.push(unit);
                }
            }
        }
        Some(branches)
    }

    fn unit(&mut self, c: char, depth: usize) -> Option<Unit> {
        let start = self.at;
        let kind = match c {
            '(' => self.group(depth)?,
            '[' => {
                self.at += class_len(self.rest())?;
                Kind::Class
            }
            '\\' => {
                let escaped = self.rest().chars().nth(1)?;
                self.at += 1 + escaped.len_utf8();
                match escaped {
                    'A' | 'b' | 'B' | 'G' | 'K' | 'Z' | 'z' => Kind::Assert,
                    'd' | 'D' | 'h' | 'H' | 'R' | 's' | 'S' | 'w' | 'W' | 'X' => Kind::Class,
                    't' => Kind::Literal('\t'),
                    escaped if escaped.is_ascii_alphanumeric() => {
                        if matches!(self.peek(), Some('{' | '<')) {
                            let close = if self.peek() == Some('{') { '}' } else { '>' };
                            self.at += self.rest().find(close)? + 1;
                        }
                        Kind::Other
                    }
                    escaped => Kind::Literal(escaped),
                }
            }
            '%' if self.rest().starts_with("%{") && self.rest().contains('}') => {
                self.at += self.rest().find('}')? + 1;
                Kind::Token
            }
            '^' | '$' => {
                self.at += 1;
                Kind::Assert
            }
            '.' => {
                self.at += 1;
                Kind::Class
            }
            c => {
                self.at += c.len_utf8();
                Kind::Literal(c)
            }
        };
        let atom_end = self.at;
        self.repeat();
        Some(Unit { kind, range: start..self.at, atom_end })
    }

    fn group(&mut self, depth: usize) -> Option<Kind> {
        let rest = self.rest();
        let named = || Some(rest.find('>')? + 1);
        let (len, is_plain) = if rest.starts_with("(?:") || rest.starts_with("(?>") {
            (3, true)
        } else if rest.starts_with("(?=") || rest.starts_with("(?!") {
            (3, false)
        } else if rest.starts_with("(?<=") || rest.starts_with("(?<!") {
            (4, false)
        } else if rest.starts_with("(?<") {
            (named()?, true)
        } else if rest.starts_with("(?") {
            let flags = rest.find([':', ')'])?;
            (flags + usize::from(rest.as_bytes().get(flags) == Some(&b':')), false)
        } else {
            (1, true)
        };
        self.at += len;
        let head_end = self.at;
        let branches = self.branches(depth + 1)?;
        (self.peek() == Some(')')).then_some(())?;
        self.at += 1;
        Some(if is_plain { Kind::Group { head_end, branches } } else { Kind::Other })
    }

    fn repeat(&mut self) {
        let rest = self.rest();
        let len = match rest.chars().next() {
            Some('?' | '*' | '+') => 1,
            Some('{') => match rest.find('}') {
                Some(close)
                    if close > 1
                        && rest[1..close].bytes().all(|b| b.is_ascii_digit() || b == b',') =>
                {
                    close + 1
                }
                _ => return,
            },
            _ => return,
        };
        self.at += len;
        if matches!(self.peek(), Some('?' | '+')) {
            self.at += 1;
        }
    }
}

/// Bytes of the class that a text begins with.
fn class_len(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Groups inside each other; a pattern that compiles has no more.
const MAX_DEPTH: usize = crate::limits::PATTERN_MAX_DEPTH;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn pieces_are_what_a_person_would_change() {
        let text = r"^%{WORD:a}? (?:-|\[x{2,3}[\]a]+)\b$";
        let units = parse(text).unwrap().remove(0);
        let texts: Vec<&str> = units.iter().map(|unit| &text[unit.range.clone()]).collect();
        assert_eq!(texts, ["^", "%{WORD:a}?", " ", r"(?:-|\[x{2,3}[\]a]+)", r"\b", "$"]);
        let branches = parse(text).unwrap();
        let path = path(&branches, text.find("x{").unwrap());
        let last = path.last().unwrap();
        assert_eq!((path.len(), &text[last.0[last.1].range.clone()]), (2, "x{2,3}"));
    }

    #[test]
    fn text_that_is_not_balanced_has_no_pieces() {
        for text in ["(a", "a)", "[a", "a\\", "(?<a"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
