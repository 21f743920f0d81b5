//! A CSV file to entries: the first two columns of every line.
//!
//! `200,"OK, fine"` gives `200` = `OK, fine`. Source of behaviour: logstash-filter-translate 3.5.0, which hands
//! each line to Ruby's CSV: a quoted field cannot go on in the next line, a field without quotes that
//! is empty is null, and quotes inside of a field without quotes are an error.

use crate::filter::stored::{Entries, FileError, Stored};

/// Reads all lines; blank ones, and those whose first column is empty, have no key.
pub(crate) fn read(text: &str) -> Result<Entries, FileError> {
    let mut entries = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let wrong = |message: &str| FileError::new(format!("has in line {} {message}", index + 1));
        let (key, rest) = field(line).map_err(wrong)?;
        let mut value = None;
        let mut rest = rest;
        let mut column = 1;
        while let Some(behind) = rest {
            let (next, behind) = field(behind).map_err(wrong)?;
            if column == 1 {
                value = next;
            }
            column += 1;
            rest = behind;
        }
        if let Some(key) = key {
            let value = value.map_or(Stored::Null, |text| Stored::Text(text.into()));
            entries.push((key.into(), value));
        }
    }
    Ok(entries)
}

/// A field's text, null when it is empty, and what stands behind the comma.
type Field<'t> = (Option<String>, Option<&'t str>);

fn field(text: &str) -> Result<Field<'_>, &'static str> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (field, rest) = match text.split_once(',') {
            Some((field, rest)) => (field, Some(rest)),
            None => (text, None),
        };
        if field.contains('"') {
            return Err("a quote inside of a field without quotes");
        }
        return Ok(((!field.is_empty()).then(|| field.to_owned()), rest));
    };
    let mut out = String::new();
    let mut rest = quoted;
    loop {
        let Some((inside, behind)) = rest.split_once('"') else {
            return Err("a quoted field without its closing quote");
        };
        out.push_str(inside);
        if let Some(behind) = behind.strip_prefix('"') {
            out.push('"');
            rest = behind;
        } else if behind.is_empty() {
            return Ok((Some(out), None));
        } else if let Some(behind) = behind.strip_prefix(',') {
            return Ok((Some(out), Some(behind)));
        } else {
            return Err("something between a closing quote and the comma");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, Option<String>)> {
        let pair = |(key, value): (Box<str>, Stored)| {
            let value = match value {
                Stored::Text(text) => Some(text.into()),
                _ => None,
            };
            (key.into(), value)
        };
        read(text).expect(text).into_iter().map(pair).collect()
    }

    #[test]
    fn two_columns_of_each_line_are_read() {
        let read = pairs("a,1\r\n\"b,\"\"q\"\"\",\"2, 3\",x\n\nc\nd,\n,e\nf,\"\"");
        let some = |text: &str| Some(text.to_owned());
        let expected = [
            ("a".to_owned(), some("1")),
            ("b,\"q\"".to_owned(), some("2, 3")),
            ("c".to_owned(), None),
            ("d".to_owned(), None),
            ("f".to_owned(), some("")),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn wrong_quotes_are_errors_with_their_line() {
        for (text, message) in [
            ("a,1\nb,\"2", "has in line 2 a quoted field without its closing quote"),
            ("b,2\"x\"", "has in line 1 a quote inside of a field without quotes"),
            ("\"a\"b,1", "has in line 1 something between a closing quote and the comma"),
        ] {
            assert_eq!(read(text).expect_err(text).message, message);
        }
    }
}
