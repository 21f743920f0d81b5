//! A JSON file to entries: `{"200": "OK"}`.

use crate::arena::Arena;
use crate::codec::json::{After, JsonReader, NegativeZero, first_error};
use crate::event::Value;
use crate::filter::stored::{Entries, FileError, Stored};

/// Reads an object; its keys are the entries.
pub(crate) fn read(text: &str) -> Result<Entries, FileError> {
    let arena = Arena::new();
    let mut reader = JsonReader::default();
    if let Some((at, message)) = first_error(text) {
        let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        return Err(FileError::new(format!("is not valid JSON in line {line}: {message}")));
    }
    match reader.read(text, After::Objects, NegativeZero::Plain, &arena) {
        Ok(Value::Object(object)) => Ok(object
            .iter()
            .map(|(name, value)| (name.into(), Stored::from_value(value)))
            .collect()),
        _ => Err(FileError::new("holds no JSON object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_values_their_kind() {
        let entries = read(r#"{"b":1,"a":[true,null],"c":{"d":1.5}}"#).expect("read");
        let names: Vec<&str> = entries.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["b", "a", "c"]);
        assert!(matches!(entries[0].1, Stored::Int(1)));
        assert!(matches!(&entries[1].1, Stored::List(items) if items.len() == 2));
        assert!(matches!(&entries[2].1, Stored::Map(entries) if entries.len() == 1));
    }

    #[test]
    fn what_is_no_object_is_an_error_with_its_line() {
        let error = read("[1]").expect_err("a list");
        assert_eq!(error.message, "holds no JSON object");
        let error = read("{\"a\":1,\n\"b\" 2}").expect_err("no colon");
        assert!(error.message.starts_with("is not valid JSON in line 2: "), "{}", error.message);
    }
}
