//! Bytes to the places of a delimiter, and to a text where they are ASCII.
//!
//! `a\nbc\n` gives the places 1 and 4, and itself as a text.

#![expect(unsafe_code, reason = "a text of bytes that were looked at one and all")]

use super::{BLOCK_BYTES, Kernel, Level, Simd};

/// Finds all places of a byte, replacing what the list held, and gives the bytes as a text if they are
/// ASCII throughout.
// PERF: half the instructions of a search for each line and a validation of the whole, at 200 bytes a
// line.
pub(crate) fn delimited<'a>(
    simd: Simd,
    bytes: &'a [u8],
    delimiter: u8,
    places: &mut Vec<usize>,
) -> Option<&'a str> {
    places.clear();
    let is_ascii = simd.dispatch(Places { bytes, delimiter, found: places });
    // SAFETY: the kernel has seen every byte of the slice, none of them at or above 0x80, and such bytes
    // are UTF-8 one by one.
    is_ascii.then(|| unsafe { str::from_utf8_unchecked(bytes) })
}

struct Places<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    found: &'a mut Vec<usize>,
}

impl Kernel for Places<'_> {
    /// Whether all bytes are ASCII.
    type Output = bool;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> bool {
        let Self { bytes, delimiter, found } = self;
        let (blocks, rest) = bytes.as_chunks::<BLOCK_BYTES>();
        let mut beyond = 0;
        let mut start = 0;
        for block in blocks {
            let vector = level.load(block);
            beyond |= level.non_ascii(vector);
            push_places(level.eq(vector, delimiter), start, found);
            start += BLOCK_BYTES;
        }
        let mut padded = [0; BLOCK_BYTES];
        padded[..rest.len()].copy_from_slice(rest);
        let vector = level.load(&padded);
        beyond |= level.non_ascii(vector);
        let present = (1 << rest.len()) - 1;
        push_places(level.eq(vector, delimiter) & present, start, found);
        beyond == 0
    }
}

#[inline(always)]
fn push_places(mut mask: u32, start: usize, found: &mut Vec<usize>) {
    while mask != 0 {
        found.push(start + mask.trailing_zeros() as usize);
        mask &= mask - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_text_are_those_of_a_plain_loop() {
        let mut places = Vec::new();
        let mut bytes = Vec::new();
        for simd in Simd::all() {
            for len in 0..130 {
                for step in [1, 2, 7, 31, 32, 33, 200] {
                    bytes.clear();
                    bytes.extend((0..len).map(|at| if at % step == step - 1 { b'\n' } else { 0 }));
                    let expected: Vec<usize> =
                        (0..).zip(&bytes).filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect();
                    let text = delimited(simd, &bytes, b'\n', &mut places);
                    assert_eq!(text.map(str::as_bytes), Some(&*bytes));
                    assert_eq!(places, expected, "{simd:?} {len} {step}");
                }
                for at in 0..len {
                    bytes.clear();
                    bytes.resize(len, b'a');
                    bytes[at] = 0x80;
                    assert_eq!(delimited(simd, &bytes, b'\n', &mut places), None, "{len} {at}");
                    assert!(places.is_empty());
                    let text = delimited(simd, &bytes, 0x80, &mut places);
                    assert_eq!((text, places.len()), (None, 1));
                }
            }
        }
    }
}
