//! Whether the engine and a peer gave the same events.

use std::fmt;

use serde_json::{Map, Value};

/// Of a thousand lines, the ones that may differ.
const PER_MILLE: usize = 1;

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
        let (ours, theirs) = (objects(ours)?, objects(theirs)?);
        if ours.len() != theirs.len() {
            return Err(format!("{} events against {}", ours.len(), theirs.len()));
        }
        let mut verdict = Self { lines: ours.len(), differing: 0, first: None };
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            if ours != theirs {
                verdict.differing += 1;
                let texts = || (Value::Object(ours).to_string(), Value::Object(theirs).to_string());
                verdict.first.get_or_insert_with(texts);
            }
        }
        Ok(verdict)
    }

    /// Whether so few lines differ that both did the same work.
    pub fn is_same_work(&self) -> bool {
        self.differing * 1000 <= self.lines * PER_MILLE
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} lines differ", self.differing, self.lines)?;
        if let Some((ours, theirs)) = &self.first {
            write!(f, ", the first:\n  sawlog {ours}\n  peer   {theirs}")?;
        }
        Ok(())
    }
}

/// The number of JSON lines in an output.
pub fn lines(output: &[u8]) -> usize {
    output.split_inclusive(|byte| *byte == b'\n').count()
}

fn objects(lines: &[u8]) -> Result<Vec<Map<String, Value>>, String> {
    lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(|error| error.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn another_order_of_fields_is_the_same() {
        let verdict = Verdict::of(b"{\"a\":1,\"b\":2}\n", b"{\"b\":2,\"a\":1}\n");
        assert!(verdict.expect("two objects").is_same_work());
    }

    #[test]
    fn another_value_differs() {
        let verdict = Verdict::of(b"{\"a\":1}\n", b"{\"a\":\"1\"}\n").expect("two objects");
        assert!(!verdict.is_same_work());
        assert!(verdict.to_string().starts_with("1 of 1 lines differ"), "{verdict}");
    }

    #[test]
    fn another_number_of_events_is_an_error() {
        assert!(Verdict::of(b"{}\n{}\n", b"{}\n").is_err());
    }
}
