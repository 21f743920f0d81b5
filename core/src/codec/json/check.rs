//! The fast reader against the exact one, in every way in which a value can be looked at.

use crate::arena::Arena;
use crate::codec::json::shape::Shapes;
use crate::codec::json::tape::TapeReader;
use crate::codec::json::{After, NegativeZero, exact, fast};
use crate::event::Value;
use crate::scan::Simd;

fn written(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    value.write_json(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Turns all text into lists and maps.
fn unpack(value: &mut Value<'_>) {
    match value {
        Value::Array(array) => array.as_mut_slice().iter_mut().for_each(unpack),
        Value::Object(object) => object.values_mut().for_each(unpack),
        _ => {}
    }
}

/// Holds the fast reader, on all levels of the CPU, to the exact one; tells whether it took the text.
pub(super) fn readers_agree_after(text: &str, shapes: &mut Shapes) -> bool {
    let mut taken = false;
    taped_text_agrees(text);
    let zeros = [NegativeZero::Kept, NegativeZero::Plain];
    for (zero, simd) in
        zeros.into_iter().flat_map(|zero| Simd::all().into_iter().map(move |simd| (zero, simd)))
    {
        let arena = Arena::new();
        let text = arena.text(text);
        let Ok(mut value) = fast::read(text, zero, &arena, simd, Some(&mut *shapes)) else {
            continue;
        };
        taken = true;
        let exact = exact::read(text, After::Objects, zero, &arena);
        let Ok(exact) = exact else { panic!("the exact reader refuses {text}") };
        assert_eq!(written(&value), written(&exact), "as it came: {text}");
        let copy = value.copy_in(&arena);
        for levels in 0..8 {
            let fits = value.fits_in_levels(levels);
            assert_eq!(fits, exact.fits_in_levels(levels), "{levels} levels: {text}");
        }
        assert_eq!(value, exact, "looked into: {text}");
        assert_eq!(format!("{value:?}"), format!("{exact:?}"), "shown: {text}");
        assert_eq!(written(&value), written(&exact), "looked into: {text}");
        unpack(&mut value);
        assert_eq!(written(&value), written(&exact), "taken apart: {text}");
        assert_eq!(written(&copy), written(&exact), "its copy: {text}");
    }
    taken
}

/// Holds the tape to the exact reader.
fn taped_text_agrees(text: &str) {
    let arena = Arena::new();
    let Some(value) = TapeReader::default().read(text, &arena) else { return };
    for zero in [NegativeZero::Kept, NegativeZero::Plain] {
        let Ok(exact) = exact::read(text, After::Objects, zero, &arena) else {
            panic!("the exact reader refuses {text}");
        };
        assert_eq!(format!("{value:?}"), format!("{exact:?}"), "by the tape: {text}");
        assert_eq!(written(&value), written(&exact), "by the tape: {text}");
    }
}

/// Holds the readers to each other on two texts, of which the second may be like the first.
#[cfg(feature = "fuzzing")]
pub(crate) fn readers_agree_on(before: &str, text: &str) {
    let mut shapes = Shapes::default();
    readers_agree_after(before, &mut shapes);
    readers_agree_after(text, &mut shapes);
}
