//! Every length, place and level against the model, on allocations without room behind the bytes.

#![expect(clippy::cast_possible_truncation, reason = "numbers below a bound")]

use super::check::{self, Question};
use super::{Simd, SimdLevel};
use crate::pattern::unicode::ByteSet;

/// Numbers that look random; the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 16) as usize % bound
    }
}

fn set(bytes: impl IntoIterator<Item = u8>) -> ByteSet {
    let mut set = ByteSet::default();
    bytes.into_iter().for_each(|byte| set.insert(byte));
    set
}

fn complement(of: ByteSet) -> ByteSet {
    set((0..=u8::MAX).filter(|byte| !of.contains(*byte)))
}

/// Sets of each method, and what they leave out.
fn sets() -> Vec<ByteSet> {
    let mut numbers = Numbers(3);
    let mut sets = vec![
        ByteSet::default(),
        set(*b"\""),
        set(*b" \n"),
        set([b' ', 0, 0xff]),
        set(b'0'..=b'9'),
        set((b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9').chain(*b"_")),
        set((b'a'..=b'z').chain(0xc3..=0xf4)),
        set(0x80..=0xff),
        set((0..=0x7f).filter(|byte| byte % 3 == 0)),
    ];
    sets.extend((0..6).map(|_| set((0..=u8::MAX).filter(|_| numbers.below(2) == 0))));
    let complements: Vec<_> = sets.iter().map(|set| complement(*set)).collect();
    sets.extend(complements);
    sets
}

#[test]
fn every_level_agrees_with_the_model_at_every_length_and_place() {
    let mut numbers = Numbers(1);
    let sets = sets();
    for len in 0..=130 {
        for (index, class) in sets.iter().enumerate() {
            // Long runs of members, of others, and both mixed.
            let pick = |numbers: &mut Numbers| match (len + index) % 3 {
                0 => numbers.below(40) != 0,
                1 => numbers.below(40) == 0,
                _ => numbers.below(2) == 0,
            };
            let bytes: Box<[u8]> = (0..len)
                .map(|_| {
                    let is_member = pick(&mut numbers);
                    let bytes: Vec<u8> =
                        (0..=u8::MAX).filter(|byte| class.contains(*byte) == is_member).collect();
                    *bytes.get(numbers.below(bytes.len().max(1))).unwrap_or(&b'x')
                })
                .collect();
            let other = |numbers: &mut Numbers| {
                if len > 0 && numbers.below(4) > 0 {
                    bytes[numbers.below(len)]
                } else {
                    numbers.below(256) as u8
                }
            };
            let needles = [other(&mut numbers), other(&mut numbers), other(&mut numbers)];
            let question = Question { class: *class, needles };
            check::places(&question, &bytes, (0..=len + 1).chain([len + 40, usize::MAX]));
        }
    }
}

#[test]
fn every_byte_value_is_told_apart_in_every_column() {
    for class in sets() {
        for rotation in 0..32 {
            let bytes: Box<[u8]> = (0..=u8::MAX).map(|byte| byte.wrapping_add(rotation)).collect();
            let question = Question { class, needles: [rotation, rotation * 7, 0x80 | rotation] };
            check::places(&question, &bytes, (0..256).step_by(32));
        }
    }
}

#[test]
fn escaped_text_is_that_of_a_loop_over_its_bytes() {
    let mut numbers = Numbers(2);
    let alphabet: Vec<char> = (0..0x20)
        .map(char::from)
        .chain("\"\\/ \u{7f}\u{e9}\u{20ac}\u{1f980}[]{}!#".chars())
        .collect();
    for len in 0..=130 {
        for rarity in [1, 2, 8, 30, 1000] {
            let mut text = String::new();
            while text.len() < len {
                text.push(match numbers.below(rarity) {
                    0 if rarity < 1000 => alphabet[numbers.below(alphabet.len())],
                    _ => char::from(b'a' + numbers.below(26) as u8),
                });
            }
            let text: Box<str> = text.into();
            let before = vec![b'x'; numbers.below(50)];
            check::escaping(&text, &before);
        }
    }
    for byte in 0..=0x7f {
        check::escaping(&char::from(byte).to_string(), b"");
        check::escaping(&format!("{}{}", "a".repeat(40), char::from(byte)), b"");
    }
}

#[test]
fn a_level_that_the_cpu_lacks_falls_back_to_the_best() {
    let best = Simd::new(SimdLevel::Auto).level();
    assert_ne!(best, SimdLevel::Auto);
    for level in [SimdLevel::Avx2, SimdLevel::Neon, SimdLevel::Portable, SimdLevel::Sse42] {
        let given = Simd::new(level).level();
        assert!(given == level || given == best, "{level:?} gave {given:?}");
    }
    assert_eq!(Simd::new(SimdLevel::Portable).level(), SimdLevel::Portable);
}

#[test]
fn equal_bytes_are_found_at_every_place() {
    let mut numbers = Numbers(9);
    for _ in 0..2000 {
        let bytes = core::array::from_fn(|_| 0x7f + (numbers.below(3) as u8));
        (0x7e..=0x82).for_each(|byte| check::equal_bytes(&bytes, byte));
    }
}
