#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::codec::json::{After, JsonReader, NegativeZero};

fn event<'b>(json: &str, arena: &'b Arena) -> Event<'b> {
    let mut reader = JsonReader::default();
    let (after, zero) = (After::Objects, NegativeZero::Kept);
    let value = reader.read(arena.text(json), after, zero, arena).unwrap();
    let Value::Object(object) = value else { panic!("no object: {json}") };
    let mut event = Event::bare(Origin::default(), 8, arena);
    for (key, value) in core::mem::replace(object, Object::new_in(arena)).into_entries() {
        event.data.insert(key, value, arena);
    }
    event
}

fn path<'b>(text: &'b str, arena: &'b Arena) -> PathRef<'b> {
    PathRef::parse_in(text, EscapeStyle::None, arena).unwrap()
}

fn json(event: &Event<'_>) -> String {
    let mut out = Vec::new();
    event.write_json(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_reference_goes_through_maps_and_lists() {
    let arena = Arena::new();
    let event = event(r#"{"a":{"b":[1,{"c":2}]},"s":"x"}"#, &arena);
    for (reference, expected) in [
        ("[a][b][0]", Some(Value::Int(1))),
        ("[a][b][-1][c]", Some(Value::Int(2))),
        ("[a][b][+1][c]", Some(Value::Int(2))),
        ("[a][b][2]", None),
        ("[a][b][x]", None),
        ("[s][x]", None),
        ("[@metadata][x]", None),
        ("@metadata", None),
    ] {
        assert_eq!(event.get(path(reference, &arena)), expected.as_ref(), "{reference}");
    }
}

#[test]
fn setting_makes_maps_pads_lists_and_respects_scalars() {
    let arena = Arena::new();
    for (before, reference, expected) in [
        ("{}", "[a][0]", Ok(r#"{"a":{"0":"v"}}"#)),
        (r#"{"a":["x"]}"#, "[a][2]", Ok(r#"{"a":["x",null,"v"]}"#)),
        (r#"{"a":["x"]}"#, "[a][-1]", Ok(r#"{"a":["v"]}"#)),
        (r#"{"a":["x"]}"#, "[a][-2]", Err(SetError::Index)),
        (r#"{"a":["x"]}"#, "[a][1][z]", Ok(r#"{"a":["x",{"z":"v"}]}"#)),
        (r#"{"a":["x"]}"#, "[a][no]", Ok(r#"{"a":["x"]}"#)),
        (r#"{"a":["x"]}"#, "[a][2000000000]", Err(SetError::Index)),
        (r#"{"a":"s"}"#, "[a][b]", Err(SetError::ScalarParent)),
        (r#"{"a":null}"#, "[a][b]", Err(SetError::ScalarParent)),
        ("{}", "@timestamp", Err(SetError::Timestamp)),
        ("{}", "@metadata", Err(SetError::Metadata)),
        ("{}", "tags", Ok(r#"{"tags":"v"}"#)),
        ("{}", "[tags][0]", Err(SetError::Tags)),
    ] {
        let mut event = event(before, &arena);
        let done = event.set(path(reference, &arena), Value::Str("v"), &arena);
        assert_eq!(
            done.map(|()| json(&event)),
            expected.map(str::to_owned),
            "{before} {reference}"
        );
    }
}

#[test]
fn removing_shifts_lists_and_ignores_what_is_not_there() {
    let arena = Arena::new();
    for (reference, expected) in [
        ("[a][0]", r#"{"a":[2]}"#),
        ("[a][-1]", r#"{"a":[1]}"#),
        ("[a][5]", r#"{"a":[1,2]}"#),
        ("[a][0][x]", r#"{"a":[1,2]}"#),
        ("a", "{}"),
    ] {
        let mut event = event(r#"{"a":[1,2]}"#, &arena);
        event.remove(path(reference, &arena));
        assert_eq!(json(&event), expected, "{reference}");
    }
}

#[test]
fn an_event_does_not_grow_deeper_than_the_limit() {
    let deep = "[a]".repeat(limits::PATH_NAMES);
    let arena = Arena::new();
    let mut event = event("{}", &arena);
    let mut value = Value::Int(1);
    for _ in 0..limits::NESTING / limits::PATH_NAMES - 1 {
        event.set(path(&deep, &arena), value, &arena).unwrap();
        value = event.remove(path("a", &arena)).unwrap();
    }
    let once_more = event.set(path(&deep, &arena), value, &arena);
    assert_eq!(once_more, Ok(()));
    let value = event.remove(path("a", &arena)).unwrap();
    assert_eq!(event.set(path(&deep, &arena), value, &arena), Err(SetError::Nesting));
}

#[test]
fn tags_are_unique_when_tagged_and_may_repeat_when_pushed() {
    let arena = Arena::new();
    let mut event = event(r#"{"tags":"a"}"#, &arena);
    event.tag("a", &arena);
    assert_eq!(json(&event), r#"{"tags":"a"}"#);
    event.tag("b", &arena);
    event.push_tag("b", &arena);
    assert_eq!(json(&event), r#"{"tags":["a","b","b"]}"#);
}
