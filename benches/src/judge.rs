//! Whether the engine and another gave the same events.

use std::fmt;

use serde_json::{Map, Value};

use crate::Agreement;

/// Of a thousand lines, the ones that may differ.
const SAME_PER_MILLE: usize = 1;

/// The same for who does less on purpose.
const LOOSER_PER_MILLE: usize = 50;

/// How two outputs compare.
#[derive(Debug)]
pub struct Verdict {
    lines: usize,
    differing: usize,
    first: Option<(String, String)>,
}

impl Verdict {
    /// Compares two outputs of JSON lines: every line the same fields with the same values, in any
    /// order.
    ///
    /// # Errors
    /// When they have not equally many lines, or one is no object.
    pub fn of(ours: &[u8], theirs: &[u8]) -> Result<Self, String> {
        if lines(ours) != lines(theirs) {
            return Err(format!("{} events against {}", lines(ours), lines(theirs)));
        }
        let mut verdict = Self { lines: lines(ours), differing: 0, first: None };
        for (ours, theirs) in split(ours).zip(split(theirs)) {
            if ours != theirs && object(ours)? != object(theirs)? {
                verdict.differing += 1;
                let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
                verdict.first.get_or_insert_with(|| (text(ours), text(theirs)));
            }
        }
        Ok(verdict)
    }

    /// Whether so few lines differ that both did the same work.
    pub fn is_same_work(&self, agreement: Agreement) -> bool {
        let allowed = match agreement {
            Agreement::Same => SAME_PER_MILLE,
            Agreement::Looser => LOOSER_PER_MILLE,
        };
        self.differing * 1000 <= self.lines * allowed
    }

    /// The first line that differs: ours, theirs.
    pub fn first(&self) -> Option<(&str, &str)> {
        self.first.as_ref().map(|(ours, theirs)| (ours.as_str(), theirs.as_str()))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} lines differ", self.differing, self.lines)
    }
}

/// The number of JSON lines in an output.
pub fn lines(output: &[u8]) -> usize {
    split(output).count()
}

fn split(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn object(line: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(line).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::Verdict;
    use crate::Agreement;

    #[test]
    fn another_order_of_fields_is_the_same() {
        let verdict = Verdict::of(b"{\"a\":1,\"b\":2}\n", b"{\"b\":2,\"a\":1}\n");
        assert!(verdict.expect("two objects").is_same_work(Agreement::Same));
    }

    #[test]
    fn another_value_differs() {
        let verdict = Verdict::of(b"{\"a\":1}\n", b"{\"a\":\"1\"}\n").expect("two objects");
        assert!(!verdict.is_same_work(Agreement::Looser));
        assert_eq!(verdict.first(), Some(("{\"a\":1}", "{\"a\":\"1\"}")));
    }

    #[test]
    fn another_number_of_events_is_an_error() {
        assert!(Verdict::of(b"{}\n{}\n", b"{}\n").is_err());
    }
}
