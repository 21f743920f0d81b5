//! strip and split, as Ruby's String methods do them.

use crate::arena::Arena;
use crate::event::{Event, Value};
use crate::filter::Cx;
use crate::filter::field::FieldName;
use crate::filter::mutate::Failed;

/// Strips a text or each text of a list; a list with anything else fails.
pub(super) fn strip<'b>(
    event: &mut Event<'b>,
    name: &'b FieldName,
    cx: &mut Cx<'_, 'b>,
) -> Result<(), Failed> {
    let path = name.resolve(event, cx)?;
    match event.get_mut(path) {
        Some(Value::Str(text)) => *text = stripped(text),
        Some(Value::Array(array)) => {
            if !array.as_slice().iter().all(|item| matches!(item, Value::Str(_))) {
                return Err(Failed);
            }
            for item in array.as_mut_slice() {
                if let Value::Str(text) = item {
                    *text = stripped(text);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Ruby's `strip`: ASCII white space and NUL at both ends.
pub(super) fn stripped(text: &str) -> &str {
    text.trim_matches(|character| {
        matches!(character, '\0' | ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r')
    })
}

/// Ruby's `split` with a text: trailing empty pieces are dropped, one blank means runs of white
/// space, the empty text means characters.
pub(super) fn split<'b>(
    text: &'b str,
    separator: &str,
    arena: &'b Arena,
) -> bumpalo::collections::Vec<'b, &'b str> {
    let mut pieces = arena.list();
    match separator {
        " " => {
            let blank = |c| matches!(c, '\0' | ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r');
            pieces.extend(text.split(blank).filter(|piece| !piece.is_empty()));
        }
        "" => {
            let starts = text.char_indices();
            pieces.extend(starts.map(|(at, character)| &text[at..at + character.len_utf8()]));
        }
        separator => pieces.extend(text.split(separator)),
    }
    while pieces.last().is_some_and(|piece| piece.is_empty()) {
        pieces.pop();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_drops_trailing_empty_pieces_only() {
        let arena = Arena::new();
        let split = |text, separator| split(text, separator, &arena).to_vec();
        assert_eq!(split("x,,y,,", ","), ["x", "", "y"]);
        assert_eq!(split("", ","), [""; 0]);
        assert_eq!(split("  a  b ", " "), ["a", "b"]);
        assert_eq!(split("aé", ""), ["a", "é"]);
    }
}
