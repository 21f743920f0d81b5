//! All levels of the CPU against a byte-by-byte model.

use super::json::{
    WrittenName, push_json_escaped, push_json_name, push_json_string, push_plain, push_written_name,
};
use super::{BLOCK_BYTES, ByteClass, Kernel, Level, Simd};
use crate::pattern::unicode::ByteSet;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) class: ByteSet,
    pub(crate) needles: [u8; 3],
}

/// The answers of every method at one place.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    places: [usize; 5],
    masks: [u32; 7],
}

struct Ask<'a> {
    class: &'a ByteClass,
    needles: [u8; 3],
    bytes: &'a [u8],
    at: usize,
}

impl Kernel for Ask<'_> {
    type Output = Answers;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Answers {
        let Self { class, needles, bytes, at } = self;
        let [a, b, _] = needles;
        let block = level.block(bytes, at);
        Answers {
            places: [
                level.run_end(class, bytes, at),
                level.find_in(class, bytes, at),
                level.find1(a, bytes, at),
                level.find2([a, b], bytes, at),
                level.find3(needles, bytes, at),
            ],
            masks: [
                block.eq(a),
                block.eq2([a, b]),
                block.eq3(needles),
                block.in_range(a, b),
                block.non_ascii(),
                block.in_class(class),
                block.present(),
            ],
        }
    }
}

/// The same by comparing each byte.
fn model(question: &Question, bytes: &[u8], at: usize) -> Answers {
    let Question { class, needles: needles @ [a, b, _] } = *question;
    let rest = bytes.get(at..).unwrap_or_default();
    let place = |test: &dyn Fn(u8) -> bool| {
        rest.iter().position(|byte| test(*byte)).map_or(bytes.len(), |found| at + found)
    };
    let mask = |test: &dyn Fn(u8) -> bool| {
        let block = rest.iter().take(BLOCK_BYTES).enumerate();
        block.fold(0, |mask, (bit, byte)| mask | u32::from(test(*byte)) << bit)
    };
    let any = |byte: u8, count: usize| needles[..count].contains(&byte);
    Answers {
        places: [
            place(&|byte| !class.contains(byte)),
            place(&|byte| class.contains(byte)),
            place(&|byte| any(byte, 1)),
            place(&|byte| any(byte, 2)),
            place(&|byte| any(byte, 3)),
        ],
        masks: [
            mask(&|byte| any(byte, 1)),
            mask(&|byte| any(byte, 2)),
            mask(&|byte| any(byte, 3)),
            mask(&|byte| a <= byte && byte <= b),
            mask(&|byte| !byte.is_ascii()),
            mask(&|byte| class.contains(byte)),
            mask(&|_| true),
        ],
    }
}

/// Compares all levels with the model at each of the places.
pub(crate) fn places(question: &Question, bytes: &[u8], places: impl Iterator<Item = usize>) {
    let class = ByteClass::new(&question.class);
    assert!((0..=u8::MAX).all(|byte| class.contains(byte) == question.class.contains(byte)));
    let levels = Simd::all();
    for at in places {
        let expected = model(question, bytes, at);
        for simd in &levels {
            let ask = Ask { class: &class, needles: question.needles, bytes, at };
            assert_eq!(simd.dispatch(ask), expected, "{simd:?} {question:?} {bytes:?} at {at}");
        }
    }
}

/// A text as the inside of a JSON string, as an event's name, and as a string.
struct Escape<'a>(&'a [u8], &'a mut [Vec<u8>; 3]);

impl Kernel for Escape<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        let Self(text, [inside, name, string]) = self;
        push_json_escaped(level, text, inside);
        push_json_name(level, text, name);
        push_json_string(level, text, string);
    }
}

/// Compares the places of a byte with those that a loop over the bytes finds.
#[cfg(test)]
pub(crate) fn equal_bytes(bytes: &[u8; BLOCK_BYTES], byte: u8) {
    let expected = (0..BLOCK_BYTES).fold(0, |mask, at| mask | u32::from(bytes[at] == byte) << at);
    assert_eq!(super::equal_bytes(bytes, byte), expected, "{byte} {bytes:?}");
    assert_eq!(super::portable::equal_bytes(bytes, byte), expected, "{byte} {bytes:?}");
}

/// Compares the escaping of all levels with that of a loop over the bytes, behind what a vector has.
pub(crate) fn escaping(text: &str, before: &[u8]) {
    let mut inside = Vec::new();
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => inside.extend_from_slice(&[b'\\', byte]),
            0x08 => inside.extend_from_slice(b"\\b"),
            b'\t' => inside.extend_from_slice(b"\\t"),
            b'\n' => inside.extend_from_slice(b"\\n"),
            0x0C => inside.extend_from_slice(b"\\f"),
            b'\r' => inside.extend_from_slice(b"\\r"),
            0..0x20 => inside.extend_from_slice(format!("\\u{byte:04X}").as_bytes()),
            plain => inside.push(plain),
        }
    }
    let expected = [
        [before, &inside].concat(),
        [before, b",\"", &inside, b"\":"].concat(),
        [before, b"\"", &inside, b"\""].concat(),
    ];
    for simd in Simd::all() {
        // Exactly sized: what is written beyond the end is not ours.
        let mut out = [before.to_vec(), before.to_vec(), before.to_vec()];
        out.iter_mut().for_each(Vec::shrink_to_fit);
        simd.dispatch_wide(Escape(text.as_bytes(), &mut out));
        assert_eq!(out, expected, "{simd:?} {text:?}");
    }
    let mut out = before.to_vec();
    push_plain(text.as_bytes(), &mut out);
    assert_eq!(out, [before, text.as_bytes()].concat());
    let mut out = before.to_vec();
    if let Some(name) = WrittenName::new(text) {
        push_written_name(&name, &mut out);
        assert_eq!(out, expected[1]);
    }
}
