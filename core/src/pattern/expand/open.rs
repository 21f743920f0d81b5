//! A grok pattern with some of its tokens written out: the text that a user would edit.
//!
//! `%{SYSLOGLINE}` opened once is `%{SYSLOGBASE2} %{GREEDYDATA:message}`. Where a byte of the
//! expanded regex stands in that text is known for the bytes that are shown.

use super::{Expansion, Node, ROOT, TokenId};

/// A pattern with some of its tokens written out.
#[derive(Clone, Debug)]
pub(in crate::pattern) struct Opened {
    /// The pattern.
    pub(in crate::pattern) text: String,
    /// Stretches of the expanded regex and where they stand in `text`: start, length, place, and
    /// whether the stretch is shown byte by byte. Ascending.
    pieces: Vec<(usize, usize, usize, bool)>,
}

impl Opened {
    /// Where a byte of the expanded regex is shown; of a token that is closed, its start.
    pub(in crate::pattern) fn place(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|(start, ..)| *start <= offset);
        match after.checked_sub(1).and_then(|at| self.pieces.get(at)) {
            Some((start, len, place, true)) => place + (offset - start).min(*len),
            Some((_, _, place, false)) => *place,
            None => 0,
        }
    }
}

impl Expansion {
    /// Gives the pattern as written; a name that it defines in itself without the definition.
    pub(crate) fn source(&self) -> String {
        self.opened(&[]).text
    }

    /// Writes the pattern with the definitions of these tokens in their place, outermost first.
    ///
    /// A capture becomes `(?<field>…)`, and loses its type.
    pub(in crate::pattern) fn opened(&self, open: &[TokenId]) -> Opened {
        let mut opened = Opened { text: String::new(), pieces: Vec::new() };
        let mut shown = None;
        for run in &self.runs {
            let closed = self.closed(run.node, open);
            let place = opened.text.len();
            if let Some(node) = closed {
                // A token has several runs, those of its definition's tokens among them.
                if shown != Some(node) {
                    opened.text.push_str("%{");
                    opened.text.push_str(&self.nodes[node].token);
                    opened.text.push('}');
                    shown = Some(node);
                    opened.pieces.push((run.start, run.len, place, false));
                }
                continue;
            }
            shown = None;
            let mut start = run.start;
            let mut end = run.start + run.len;
            if run.node != ROOT {
                let (head, keeps_group) = self.head(run.node);
                let (first, last) = self.extent(run.node);
                if start == first {
                    start = (start + head.len()).min(end);
                    if let Some(field) = self.nodes[run.node].field() {
                        opened.text.push_str("(?<");
                        opened.text.push_str(field);
                        opened.text.push('>');
                    } else if keeps_group {
                        opened.text.push_str("(?:");
                    }
                }
                if end == last && !keeps_group && end > start {
                    end -= 1;
                }
            }
            let place = opened.text.len();
            opened.text.push_str(self.regex.get(start..end).unwrap_or_default());
            opened.pieces.push((start, end - start, place, true));
        }
        opened
    }

    /// The outermost token around a node that is not to be opened; `None` in opened text.
    fn closed(&self, mut node: usize, open: &[TokenId]) -> Option<usize> {
        let mut closed = None;
        while node != ROOT {
            if !open.contains(&TokenId(node)) {
                closed = Some(node);
            }
            node = self.nodes[node].parent;
        }
        closed
    }

    /// First and last byte of a node's text, its group included.
    fn extent(&self, node: usize) -> (usize, usize) {
        let mut own = self.runs.iter().filter(|run| run.node == node);
        let Some(first) = own.next() else { return (0, 0) };
        let last = own.next_back().unwrap_or(first);
        (first.start, last.start + last.len)
    }

    /// What opens a node's group, and whether what is inside needs a group.
    fn head(&self, node: usize) -> (&str, bool) {
        let (start, end) = self.extent(node);
        let text = self.regex.get(start..end).unwrap_or_default();
        let len = if text.starts_with("(?:") { 3 } else { text.find('>').map_or(0, |at| at + 1) };
        let (head, rest) = text.split_at_checked(len).unwrap_or_default();
        let inner = rest.strip_suffix(')').unwrap_or(rest);
        let is_repeated = self.regex.as_bytes().get(end).is_some_and(|byte| b"?*+{".contains(byte));
        (head, is_repeated || choices(inner) || self.nodes[node].field().is_some())
    }
}

impl Node {
    /// The field that the token captures.
    fn field(&self) -> Option<&str> {
        self.token.split(':').nth(1).filter(|field| !field.is_empty())
    }
}

/// Tells whether a regex text is an alternation at its first level.
fn choices(regex: &str) -> bool {
    let (mut depth, mut classes) = (0_u32, 0_u32);
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
            b'|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}
