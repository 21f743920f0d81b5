//! merge: lists are joined, maps are merged, a mixture is left alone.

use crate::event::{Event, Value};
use crate::filter::Cx;
use crate::filter::field::FieldName;
use crate::filter::mutate::Failed;

/// Merges sources into a field.
///
/// Several sources work only onto a list or map: for a plain value each source starts from that
/// value again, so that the last one wins, as in Logstash.
pub(super) fn apply<'b>(
    event: &mut Event<'b>,
    into: &'b FieldName,
    sources: &'b [FieldName],
    cx: &mut Cx<'_, 'b>,
) -> Result<(), Failed> {
    let path = into.resolve(event, cx)?;
    let mut base = event.get(path).map_or(Value::Null, |value| value.copy_in(cx.arena));
    for name in sources {
        let source = name.resolve(event, cx)?;
        let added = event.get(source).map_or(Value::Null, |value| value.copy_in(cx.arena));
        match (&mut base, added) {
            (Value::Object(base), Value::Object(added)) => {
                for (key, value) in added.entries() {
                    base.insert(key, value.copy_in(cx.arena), cx.arena);
                }
                let merged = Value::object(base.copy_in(cx.arena), cx.arena);
                event.set(path, merged, cx.arena)?;
            }
            (Value::Object(_), _) | (_, Value::Object(_)) => {}
            (base, added) => {
                let added = as_list(added);
                let merged = match base {
                    Value::Array(array) => {
                        array.extend(added);
                        base.copy_in(cx.arena)
                    }
                    base => {
                        let first = as_list(base.copy_in(cx.arena));
                        Value::array(first.into_iter().chain(added), cx.arena)
                    }
                };
                event.set(path, merged, cx.arena)?;
            }
        }
    }
    Ok(())
}

/// Ruby's `Array()`: null is no element, a list its elements.
fn as_list(value: Value<'_>) -> Vec<Value<'_>> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(array) => {
            array.as_mut_slice().iter_mut().map(|item| core::mem::replace(item, Value::Null)).collect()
        }
        value => vec![value],
    }
}
