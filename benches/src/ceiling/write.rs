//! Events as JSON lines into memory of a fixed length: keys and short values are stored 32 bytes at
//! a time, whatever their length.

#![expect(unsafe_code, reason = "stores beyond what was written; room is made for every line")]

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_subs_epu8,
};
use std::ptr;

use super::date;
use super::scan::{Line, Span};
use crate::tasks::OUTPUT_BYTES;

/// Bytes of the longest line that is written: escaped six times as long.
pub(super) const LINE_BYTES: usize = 1 << 16;

/// Bytes for the keys of one event, and for stores past its end.
const KEYS: usize = 1 << 10;

const CAPACITY: usize = OUTPUT_BYTES + 6 * LINE_BYTES + KEYS;

/// A text of at most 32 bytes that is stored as a whole.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Key {
    bytes: [u8; 32],
    len: usize,
}

impl Key {
    pub(super) const fn new(text: &str) -> Self {
        let mut bytes = [0; 32];
        let (head, _) = bytes.split_at_mut(text.len());
        head.copy_from_slice(text.as_bytes());
        Self { bytes, len: text.len() }
    }
}

/// The memory, and how far it is filled.
#[derive(Debug)]
pub(super) struct Json {
    bytes: Box<[u8]>,
    at: usize,
    /// Bytes that were overwritten.
    before: u64,
    /// The day that was written last, as text: `2024-03-15T`.
    day: (i64, [u8; 11]),
}

impl Default for Json {
    fn default() -> Self {
        let bytes = vec![0; CAPACITY].into_boxed_slice();
        Self { bytes, at: 0, before: 0, day: (i64::MIN, [0; 11]) }
    }
}

impl Json {
    /// Takes the memory; what is left must not be written to.
    pub(super) fn take(&mut self) -> Self {
        let empty = Self { bytes: Box::default(), at: 0, before: 0, day: (i64::MIN, [0; 11]) };
        std::mem::replace(self, empty)
    }

    pub(super) fn restart(&mut self) {
        self.at = 0;
        self.before = 0;
    }

    /// All bytes written since the restart.
    pub(super) fn written(&self) -> u64 {
        self.before + self.at as u64
    }

    /// The bytes that no later ones have overwritten.
    pub(super) fn kept(&self) -> &[u8] {
        &self.bytes[..self.at]
    }

    /// Makes room for the event of one line of at most [`LINE_BYTES`]: all of the line once, and
    /// [`KEYS`]. The functions below rely on it.
    #[inline(always)]
    pub(super) fn make_room(&mut self) {
        if self.at > OUTPUT_BYTES {
            self.before += self.at as u64;
            self.at = 0;
        }
    }

    /// # Safety
    /// Room was made for this event, and its keys are not longer together than [`KEYS`] allows.
    #[inline(always)]
    pub(super) unsafe fn key(&mut self, key: &Key) {
        // SAFETY: there is room for 32 bytes, as the caller says.
        unsafe {
            let block = _mm256_loadu_si256(key.bytes.as_ptr().cast::<__m256i>());
            _mm256_storeu_si256(self.bytes.as_mut_ptr().add(self.at).cast::<__m256i>(), block);
        }
        self.at += key.len;
    }

    /// Writes a part of a line that has nothing to escape.
    ///
    /// # Safety
    /// Room was made for the event of this line, and no part of the line is written twice.
    #[inline(always)]
    pub(super) unsafe fn plain(&mut self, line: Line<'_>, span: Span) {
        let part = line.part(span);
        // SAFETY: after the line there is padding to read, and the caller made room.
        unsafe {
            let to = self.bytes.as_mut_ptr().add(self.at);
            let block = _mm256_loadu_si256(part.as_ptr().cast::<__m256i>());
            _mm256_storeu_si256(to.cast::<__m256i>(), block);
            if part.len() > 32 {
                ptr::copy_nonoverlapping(part.as_ptr().add(32), to.add(32), part.len() - 32);
            }
        }
        self.at += part.len();
    }

    /// Writes a part of a line and escapes it.
    ///
    /// # Safety
    /// Room was made for the event of this line, and no part of the line is written twice.
    #[inline(always)]
    pub(super) unsafe fn escaped(&mut self, line: Line<'_>, span: Span) {
        let mut part = line.part(span);
        loop {
            // SAFETY: after the line there is padding to read, and the caller made room for six
            // times the line.
            let mask = unsafe {
                let block = _mm256_loadu_si256(part.as_ptr().cast::<__m256i>());
                _mm256_storeu_si256(self.bytes.as_mut_ptr().add(self.at).cast::<__m256i>(), block);
                let quotes = _mm256_cmpeq_epi8(block, _mm256_set1_epi8(b'"'.cast_signed()));
                let slashes = _mm256_cmpeq_epi8(block, _mm256_set1_epi8(b'\\'.cast_signed()));
                let over = _mm256_subs_epu8(block, _mm256_set1_epi8(0x1f));
                let controls = _mm256_cmpeq_epi8(over, _mm256_setzero_si256());
                let special = _mm256_or_si256(_mm256_or_si256(quotes, slashes), controls);
                _mm256_movemask_epi8(special).cast_unsigned()
            };
            let clean = mask.trailing_zeros() as usize;
            if clean >= part.len().min(32) {
                let copied = part.len().min(32);
                self.at += copied;
                part = &part[copied..];
            } else {
                self.at += clean;
                self.escape(part[clean]);
                part = &part[clean + 1..];
            }
            if part.is_empty() {
                return;
            }
        }
    }

    #[inline(always)]
    fn escape(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\t' => b't',
            b'\r' => b'r',
            0x08 => b'b',
            0x0c => b'f',
            _ => 0,
        };
        if short == 0 {
            let digit = |four: u8| DIGITS[usize::from(four)];
            let text = [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)];
            self.bytes[self.at..self.at + 6].copy_from_slice(&text);
            self.at += 6;
        } else {
            self.bytes[self.at..self.at + 2].copy_from_slice(&[b'\\', short]);
            self.at += 2;
        }
    }

    /// Writes a time: `2024-03-15T14:23:01.000Z`.
    #[inline(always)]
    pub(super) fn timestamp(&mut self, milliseconds: i64) {
        let (day, rest) = (milliseconds.div_euclid(date::DAY), milliseconds.rem_euclid(date::DAY));
        if self.day.0 != day {
            self.day = (day, date::day_text(day));
        }
        let out: &mut [u8; 24] =
            (&mut self.bytes[self.at..self.at + 24]).try_into().expect("24 bytes");
        out[..11].copy_from_slice(&self.day.1);
        date::write_clock(rest, (&mut out[11..]).try_into().expect("13 bytes"));
        self.at += 24;
    }
}
