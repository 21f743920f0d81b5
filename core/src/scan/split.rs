//! A text cut at delimiters that follow each other: `a b,c` at ` ` and `,` is `a`, `b` and `c`.

#![expect(
    unsafe_code,
    reason = "pieces of a text between places where other texts were found in it"
)]

use memchr::memmem;

use super::load::Words;
use super::{BLOCK_BYTES, Kernel, Level, Simd};

/// Where a text is cut.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// What the text starts with.
    prefix: Box<str>,
    /// What stands behind each piece but the last.
    delimiters: Box<[Delimiter]>,
    /// Each delimiter has one of these bytes, by which it is found; nothing if one is empty, and never found.
    marks: Box<[u8]>,
    keeps_last: bool,
    kept: usize,
}

/// A piece as a [`Splitter`] is made of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'t> {
    /// The text in front of it.
    pub(crate) front: &'t str,
    /// Whether what stands behind it may be there several times.
    pub(crate) is_padded: bool,
    /// Whether it is asked for.
    pub(crate) is_kept: bool,
}

/// Why a text could not be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Miss {
    /// The delimiter that was not found; nothing for the text in front.
    pub(crate) delimiter: Option<usize>,
    /// Where it was looked for.
    pub(crate) from: usize,
}

#[derive(Debug)]
struct Delimiter {
    /// Its first bytes, and which bits of them count.
    word: u64,
    mask: u64,
    len: usize,
    /// Where the byte stands in it by which it is found.
    mark_at: u8,
    compare: Compare,
    /// Of the piece in front of it.
    is_padded: bool,
    is_kept: bool,
    text: Box<str>,
}

/// What there is to do at a place where the byte of a delimiter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    /// It is found.
    Nothing,
    /// Its word is compared.
    Word,
    /// Its text is compared, and more of them may be skipped.
    Text,
}

impl Splitter {
    /// The cuts for pieces with what stands in front of each.
    pub(crate) fn new(pieces: &[Piece<'_>]) -> Self {
        let behind = pieces.get(1..).unwrap_or_default();
        let marks = marks(behind);
        let delimiters = pieces.iter().zip(behind);
        let delimiters = delimiters.map(|(piece, next)| Delimiter::new(piece, next.front, &marks));
        Self {
            prefix: pieces.first().map_or("", |first| first.front).into(),
            delimiters: delimiters.collect(),
            marks,
            keeps_last: pieces.last().is_some_and(|last| last.is_kept),
            kept: pieces.iter().filter(|piece| piece.is_kept).count(),
        }
    }

    /// The number of pieces that are kept.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// The delimiter that was not found, or the text in front.
    pub(crate) fn missed(&self, miss: Miss) -> &str {
        match miss.delimiter {
            Some(index) => self.delimiters.get(index).map_or("", |delimiter| &*delimiter.text),
            None => &self.prefix,
        }
    }

    /// Gives the pieces that are kept to as many places. What the places hold after a miss has no meaning.
    ///
    /// # Errors
    /// When the text does not start as it should, or has no further delimiter where one is due.
    #[inline]
    pub(crate) fn split<'s>(
        &self,
        text: &'s str,
        simd: Simd,
        places: &mut [&'s str],
    ) -> Result<(), Miss> {
        // PERF: most have nothing in front, and that is not worth a call.
        if !self.prefix.is_empty() && !text.starts_with(&*self.prefix) {
            return Err(Miss { delimiter: None, from: 0 });
        }
        let Some(delimiter) = self.delimiters.first() else {
            self.keep_last(text, self.prefix.len(), places.first_mut());
            return Ok(());
        };
        let Some(words) = Words::new(text.as_bytes()).filter(|_| !self.marks.is_empty()) else {
            return self.split_plainly(text, places);
        };
        if self.prefix.is_empty() && words.at(0) & delimiter.mask == delimiter.word {
            return self.split_plainly(text, places);
        }
        self.split_at_marks(text, words, simd, places)
    }

    /// As [`Self::split`], when no delimiter stands at the start of the text.
    #[inline(always)]
    fn split_at_marks<'s>(
        &self,
        text: &'s str,
        words: Words<'_>,
        simd: Simd,
        places: &mut [&'s str],
    ) -> Result<(), Miss> {
        let mut start = self.prefix.len();
        let mut cut = Cut { text, words, left: start, delimiters: &self.delimiters, places };
        while start < text.len() {
            let mut masks = [0; MASKS];
            let bytes = text.as_bytes();
            simd.dispatch(Mark { bytes, start, marks: &self.marks, masks: &mut masks });
            if cut.at(&masks, start) {
                self.keep_last(text, cut.left, cut.places.first_mut());
                return Ok(());
            }
            start += MASKS * MASK_BYTES;
        }
        let delimiter = Some(self.delimiters.len() - cut.delimiters.len());
        Err(Miss { delimiter, from: cut.left })
    }

    /// As [`Self::split`], delimiter by delimiter.
    #[inline(never)]
    fn split_plainly<'s>(&self, text: &'s str, places: &mut [&'s str]) -> Result<(), Miss> {
        let bytes = text.as_bytes();
        let mut to = places.iter_mut();
        let mut left = self.prefix.len();
        for (index, delimiter) in self.delimiters.iter().enumerate() {
            let miss = Miss { delimiter: Some(index), from: left };
            let at = delimiter.find(bytes, left).ok_or(miss)?;
            if delimiter.is_kept
                && let Some(place) = to.next()
            {
                *place = text.get(left..at).unwrap_or("");
            }
            // Logstash does not go on behind a delimiter at the very start of the text.
            if at > 0 || delimiter.is_padded {
                left = delimiter.behind(bytes, at).unwrap_or(at);
            }
        }
        self.keep_last(text, left, to.next());
        Ok(())
    }

    #[inline(always)]
    fn keep_last<'s>(&self, text: &'s str, left: usize, place: Option<&mut &'s str>) {
        if self.keeps_last
            && let Some(place) = place
        {
            *place = text.get(left..).unwrap_or("");
        }
    }
}

/// Few bytes so that each delimiter has one of them, of these the rarest; nothing if a delimiter is empty.
// PERF: of a line of a web server, a byte that all have leaves a sixth of what the rarest ones of each do.
fn marks(pieces: &[Piece<'_>]) -> Box<[u8]> {
    let mut left: Vec<&[u8]> = pieces.iter().map(|piece| Delimiter::start(piece.front)).collect();
    if left.iter().any(|text| text.is_empty()) {
        return Box::default();
    }
    let mut marks = Vec::new();
    loop {
        let shared = |byte: u8| left.iter().filter(|text| text.contains(&byte)).count();
        let bytes = left.iter().copied().flatten().copied();
        let best = bytes.max_by_key(|&byte| (shared(byte), u8::MAX - frequency(byte)));
        let Some(best) = best else { return marks.into() };
        marks.push(best);
        left.retain(|text| !text.contains(&best));
    }
}

impl Delimiter {
    /// Bytes that are compared at once.
    const WORD_BYTES: usize = size_of::<u64>();

    /// What of it is compared at once.
    fn start(text: &str) -> &[u8] {
        text.as_bytes().get(..Self::WORD_BYTES).unwrap_or(text.as_bytes())
    }

    /// The one behind a piece.
    fn new(piece: &Piece<'_>, text: &str, marks: &[u8]) -> Self {
        let bytes = text.as_bytes();
        let start = Self::start(text);
        let mut word = [0; Self::WORD_BYTES];
        let mut mask = [0; Self::WORD_BYTES];
        for (at, byte) in start.iter().enumerate() {
            word[at] = *byte;
            mask[at] = u8::MAX;
        }
        let mark_at = start.iter().position(|byte| marks.contains(byte)).unwrap_or(0);
        let is_long = bytes.len() > Self::WORD_BYTES;
        // Zeros stand behind the end of a text, too.
        let is_word = !is_long && !piece.is_padded && !bytes.contains(&0);
        Self {
            word: u64::from_le_bytes(word),
            mask: u64::from_le_bytes(mask),
            len: bytes.len(),
            mark_at: u8::try_from(mark_at).unwrap_or(0),
            compare: match marks {
                [_] if is_word && bytes.len() == 1 => Compare::Nothing,
                _ if is_word => Compare::Word,
                _ => Compare::Text,
            },
            is_padded: piece.is_padded,
            is_kept: piece.is_kept,
            text: text.into(),
        }
    }

    /// The first place at or behind `from`.
    fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let rest = bytes.get(from..).filter(|_| self.len > 0)?;
        memmem::find(rest, self.text.as_bytes()).map(|at| from + at)
    }

    #[inline]
    fn stands(&self, bytes: &[u8], place: usize) -> bool {
        bytes.get(place..).is_some_and(|rest| rest.starts_with(self.text.as_bytes()))
    }

    /// The place behind it if it stands at `at`; behind all of them if it may be there several times.
    #[inline(never)]
    fn behind(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut left = at;
        while self.stands(bytes, left) && (left == at || self.is_padded) && self.len > 0 {
            left += self.len;
        }
        (left > at).then_some(left)
    }
}

/// How often a byte stands in logs, roughly: the rarer, the better to look for.
fn frequency(byte: u8) -> u8 {
    match byte {
        b' ' => 4,
        b'a'..=b'z' | b'0'..=b'9' => 3,
        b'A'..=b'Z' | b'.' | b'-' | b'/' | b':' => 2,
        b',' | b'=' | b'"' | b'_' => 1,
        _ => 0,
    }
}

/// A text that is being cut.
struct Cut<'a, 's> {
    text: &'s str,
    words: Words<'a>,
    /// The end of the last delimiter.
    left: usize,
    /// What is still to be found.
    delimiters: &'a [Delimiter],
    places: &'a mut [&'s str],
}

impl Cut<'_, '_> {
    /// Takes the places in the text that masks have bits for, from `start` on. Tells whether all delimiters were found.
    // PERF: a function of its own, for the registers: beside what makes the masks, it takes half as much again.
    #[inline(never)]
    fn at(&mut self, masks: &[u64; MASKS], mut start: usize) -> bool {
        let (text, words) = (self.text, self.words);
        let mut left = self.left;
        let mut delimiters = self.delimiters.iter();
        let mut places = core::mem::take(&mut self.places).iter_mut();
        let Some(mut delimiter) = delimiters.next() else { return true };
        let mut is_done = false;
        'masks: for &mask in masks {
            let mut mask = mask;
            while mask != 0 {
                let found = start + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let at = found.wrapping_sub(usize::from(delimiter.mark_at));
                if at < left || at > found {
                    continue;
                }
                let mut behind = at + delimiter.len;
                // PERF: most are one byte, and that is already found.
                if delimiter.compare != Compare::Nothing {
                    if words.at(at) & delimiter.mask != delimiter.word {
                        continue;
                    }
                    if delimiter.compare == Compare::Text {
                        match delimiter.behind(text.as_bytes(), at) {
                            Some(place) => behind = place,
                            None => continue,
                        }
                    }
                }
                if delimiter.is_kept
                    && let Some(place) = places.next()
                {
                    debug_assert!(text.get(left..at).is_some(), "{left} {at} {text}");
                    // SAFETY: `left <= at <= found < text.len()` by the comparisons above. `at` is the start of a
                    // whole text that stands in this one, and `left` the end of such a text or of `prefix`,
                    // with which it starts: places between characters, since all of these are UTF-8.
                    *place = unsafe { text.get_unchecked(left..at) };
                }
                left = behind;
                let Some(next) = delimiters.next() else {
                    is_done = true;
                    break 'masks;
                };
                delimiter = next;
            }
            start += MASK_BYTES;
        }
        self.left = left;
        self.places = places.into_slice();
        let left_over = delimiters.len() + usize::from(!is_done);
        self.delimiters = &self.delimiters[self.delimiters.len() - left_over..];
        is_done
    }
}

/// Bytes that a mask has bits for, and masks that are made at once.
const MASK_BYTES: usize = 2 * BLOCK_BYTES;
const MASKS: usize = 4;

/// Makes masks of where some bytes stand, from a place on.
struct Mark<'a> {
    bytes: &'a [u8],
    start: usize,
    marks: &'a [u8],
    masks: &'a mut [u64; MASKS],
}

impl Kernel for Mark<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        let Self { bytes, mut start, marks, masks } = self;
        for mask in masks {
            if start >= bytes.len() {
                break;
            }
            let (low, high) = (level.block(bytes, start), level.block(bytes, start + BLOCK_BYTES));
            for &mark in marks {
                *mask |= u64::from(low.eq(mark)) | u64::from(high.eq(mark)) << BLOCK_BYTES;
            }
            start += MASK_BYTES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(front: &str) -> Piece<'_> {
        Piece { front, is_padded: false, is_kept: true }
    }

    fn split<'s>(pieces: &[Piece<'_>], text: &'s str) -> Result<Vec<&'s str>, Miss> {
        let splitter = Splitter::new(pieces);
        let mut all = Simd::all().into_iter().map(|simd| {
            let mut places = vec![""; splitter.kept()];
            splitter.split(text, simd, &mut places).map(|()| places)
        });
        let first = all.next().expect("a level");
        assert!(all.all(|other| other == first), "{text}");
        first
    }

    #[test]
    fn delimiters_of_every_length_are_found_at_their_first_place() {
        let text = "aab aaab -=- -=-=- [x] <long delimiter> long delimiter";
        let delimiters =
            ["b", "ab", "aaab", "-=-=", "[x]", "long delimiter", "> long delimiter", "zz", "r"];
        for start in 0..text.len() {
            for delimiter in delimiters {
                let front = &text[..start];
                let expected = match text[start..].find(delimiter) {
                    // A delimiter at the very start is not gone past.
                    Some(at) if start + at == 0 => Ok(vec!["", text]),
                    Some(at) => {
                        let at = start + at;
                        Ok(vec![&text[start..at], &text[at + delimiter.len()..]])
                    }
                    None => Err(Miss { delimiter: Some(0), from: start }),
                };
                assert_eq!(
                    split(&[piece(front), piece(delimiter)], text),
                    expected,
                    "{start} {delimiter}"
                );
            }
        }
        assert_eq!(split(&[piece(""), piece("")], "x"), Err(Miss { delimiter: Some(0), from: 0 }));
        assert_eq!(split(&[piece("y")], "x"), Err(Miss { delimiter: None, from: 0 }));
    }

    #[test]
    fn long_texts_are_cut_as_by_a_plain_search() {
        let delimiters = [" ", ",", "é", "→ ", " ", ": ", "\u{ff5e}"];
        let mut number = 1_u64;
        for _ in 0..2_000 {
            let mut next = |end: u64| {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                usize::try_from((number >> 33) % end).unwrap_or(0)
            };
            let text: String = (0..next(60))
                .map(|_| ["a", "bc", " ", ",", "é", "→", ": ", "\u{ff5e}", "ü"][next(9)])
                .collect();
            let pieces: Vec<_> = (0..=next(6))
                .map(|at| Piece {
                    front: if at == 0 { "" } else { delimiters[next(7)] },
                    is_padded: next(3) == 0,
                    is_kept: next(4) > 0,
                })
                .collect();
            assert_eq!(split(&pieces, &text), plain(&pieces, &text), "{pieces:?} {text}");
        }
    }

    fn plain<'s>(pieces: &[Piece<'_>], text: &'s str) -> Result<Vec<&'s str>, Miss> {
        let mut kept = Vec::new();
        let mut left = 0;
        for (index, pair) in pieces.windows(2).enumerate() {
            let delimiter = pair[1].front;
            let miss = Miss { delimiter: Some(index), from: left };
            let at = left + text[left..].find(delimiter).ok_or(miss)?;
            if pair[0].is_kept {
                kept.push(&text[left..at]);
            }
            if at > 0 {
                left = at + delimiter.len();
            }
            while pair[0].is_padded && text[left..].starts_with(delimiter) {
                left += delimiter.len();
            }
        }
        kept.extend(pieces.last().filter(|last| last.is_kept).map(|_| &text[left..]));
        Ok(kept)
    }
}
