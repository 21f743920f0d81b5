//! All levels of the CPU against a byte-by-byte model.

use super::json::{Padded, push_json_escaped, push_padded};
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

struct Escape<'a>(&'a [u8], &'a mut Vec<u8>);

impl Kernel for Escape<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        push_json_escaped(level, self.0, self.1);
    }
}

/// Compares the escaping of all levels with that of the event's writer, behind what a vector has.
pub(crate) fn escaping(text: &str, before: &[u8]) {
    let mut expected = before.to_vec();
    crate::event::json::write_text(text, &mut expected);
    expected.remove(before.len());
    expected.pop();
    for simd in Simd::all() {
        let mut out = before.to_vec();
        out.shrink_to_fit();
        simd.dispatch(Escape(text.as_bytes(), &mut out));
        assert_eq!(out, expected, "{simd:?} {text:?}");
    }
    let mut out = before.to_vec();
    push_padded(&Padded::new(text.as_bytes()), &mut out);
    assert_eq!(out, [before, text.as_bytes()].concat());
}
