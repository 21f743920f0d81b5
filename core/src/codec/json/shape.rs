//! What lists and maps looked like before: the text between their values, to be compared as a whole.
//!
//! ```text
//! {"line": 148, "level": {"name": "INFO"}}
//! {"line": | number | , "level": {"name": " | string | "}}
//! ```
//!
//! The lines of a log are made by few programs. A text that has the same bytes between its values as one that was
//! gone through before has the same names and the same brackets, so that only its values are left to be
//! looked at. This changes how fast a text is read, never what is read.

use crate::codec::json::fast::{Reader, Unusual};
use crate::scan::Level;

/// Bytes of a piece.
const PIECE: usize = 32;

/// Pieces of the longest shape that is kept: bounds the memory and what a wrong guess costs.
const PIECES: usize = 128;

/// Bytes of the longest text that is learned, its values included.
const LEARNED_BYTES: usize = 16 * 1024;

/// Shapes that are kept: programs that write to one log in turns.
const SHAPES: usize = 4;

/// Texts that may pass between two that are learned when none of them is like one before.
const MOST_PATIENCE: u32 = 1024;

/// The shapes of the last lists and maps.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    kept: [Shape; SHAPES],
    /// The one that was right last.
    latest: usize,
    /// The one that is replaced next.
    oldest: usize,
    /// Texts to let pass before one is learned.
    waiting: u32,
    patience: u32,
}

/// The text between the values of a list or map.
#[derive(Debug, Default)]
struct Shape {
    pieces: Vec<Piece>,
    levels: usize,
    /// Whether there are no blanks in it.
    is_compact: bool,
}

/// Up to [`PIECE`] bytes, and what comes behind them.
#[derive(Debug)]
struct Piece {
    text: [u8; PIECE],
    /// All bits of the bytes that count.
    mask: [u8; PIECE],
    len: usize,
    /// The text without blanks.
    written: [u8; PIECE],
    written_len: usize,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Number,
    /// More of the text, or its end.
    Piece,
    /// The inside of a string.
    String,
    /// `true`, `false` or `null`.
    Word,
}

impl Shapes {
    /// Remembers a text that was gone through and was not like those before.
    pub(super) fn learn(&mut self, text: &[u8], levels: usize) {
        if text.len() > LEARNED_BYTES {
            return;
        }
        if let Some(left) = self.waiting.checked_sub(1) {
            self.waiting = left;
            return;
        }
        self.patience = (self.patience * 2 + 1).min(MOST_PATIENCE);
        self.waiting = self.patience;
        let place = self.oldest % SHAPES;
        self.kept[place].learn(text, levels);
        self.oldest = place + 1;
        self.latest = place;
    }
}

impl Shape {
    #[inline(never)]
    fn learn(&mut self, text: &[u8], levels: usize) {
        self.pieces.clear();
        self.levels = levels;
        self.is_compact = true;
        let mut at = 0;
        let mut open = Piece::default();
        while let Some(&byte) = text.get(at) {
            if open.len == PIECE {
                self.pieces.push(core::mem::take(&mut open));
            }
            if self.pieces.len() > PIECES {
                self.pieces.clear();
                return;
            }
            let next = match byte {
                b'"' => {
                    let end = string_end(text, at + 1);
                    let rest = text.get(end + 1..).unwrap_or_default().trim_ascii_start();
                    if rest.first() == Some(&b':') {
                        for byte in text.get(at..=end).unwrap_or_default() {
                            if open.len == PIECE {
                                self.pieces.push(core::mem::take(&mut open));
                            }
                            open.push(*byte);
                        }
                        at = end + 1;
                        continue;
                    }
                    open.push(byte);
                    at = end;
                    Next::String
                }
                b'-' | b'0'..=b'9' => {
                    let rest = text.get(at..).unwrap_or_default();
                    let of_number = |byte: &u8| byte.is_ascii_digit() || b"-+.eE".contains(byte);
                    at += rest.iter().take_while(|byte| of_number(byte)).count();
                    Next::Number
                }
                b't' | b'n' => {
                    at += 4;
                    Next::Word
                }
                b'f' => {
                    at += 5;
                    Next::Word
                }
                b' ' | b'\t' | b'\n' | b'\r' => {
                    self.is_compact = false;
                    open.push_blank(byte);
                    at += 1;
                    continue;
                }
                byte => {
                    open.push(byte);
                    at += 1;
                    continue;
                }
            };
            open.next = next;
            self.pieces.push(core::mem::take(&mut open));
            if next == Next::String {
                open.push(b'"');
                at += 1;
            }
        }
        self.pieces.push(open);
    }
}

/// Where the string ends whose inside starts at `from`: at its quote.
fn string_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

impl Default for Piece {
    fn default() -> Self {
        Self {
            text: [0; PIECE],
            mask: [0; PIECE],
            len: 0,
            written: [0; PIECE],
            written_len: 0,
            next: Next::Piece,
        }
    }
}

impl Piece {
    /// Adds a byte that the writer writes too; there must be room.
    fn push(&mut self, byte: u8) {
        self.push_blank(byte);
        self.written[self.written_len] = byte;
        self.written_len += 1;
    }

    /// Adds a byte that the writer leaves out; there must be room.
    fn push_blank(&mut self, byte: u8) {
        self.text[self.len] = byte;
        self.mask[self.len] = 0xFF;
        self.len += 1;
    }

    /// Whether the bytes stand here.
    // PERF: four words compared under a mask take a third of the instructions of `memcmp`.
    #[inline(always)]
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let Some(found) = text.get(at..at + PIECE).and_then(|text| text.first_chunk::<PIECE>())
        else {
            return text.get(at..).is_some_and(|text| text.starts_with(&self.text[..self.len]));
        };
        let words = |bytes: &[u8; PIECE], word: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[word * 8..word * 8 + 8]);
            u64::from_ne_bytes(eight)
        };
        let mut unlike = 0;
        for word in 0..PIECE / 8 {
            unlike |= (words(found, word) ^ words(&self.text, word)) & words(&self.mask, word);
        }
        unlike == 0
    }
}

impl Reader<'_, '_> {
    /// Goes to the end of the list or map if it is like one before, and tells how many are inside each
    /// other.
    #[inline(always)]
    pub(super) fn follow<L: Level>(&mut self, level: L, shapes: &mut Shapes) -> Option<usize> {
        for turn in 0..SHAPES {
            let place = (shapes.latest + turn) % SHAPES;
            let shape = &shapes.kept[place];
            let Some(first) = shape.pieces.first() else { continue };
            if !first.is_at(self.text.as_bytes(), self.at) {
                continue;
            }
            let start = self.at;
            if let Ok(end) = self.follow_shape(level, shape) {
                self.at = end;
                shapes.latest = place;
                shapes.patience = 0;
                shapes.waiting = 0;
                return Some(shape.levels);
            }
            self.start_writing(start);
        }
        None
    }

    #[inline(always)]
    fn follow_shape<L: Level>(&mut self, level: L, shape: &Shape) -> Result<usize, Unusual> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        for piece in &shape.pieces {
            if !piece.is_at(bytes, at) {
                return Err(Unusual);
            }
            at += piece.len;
            if !shape.is_compact {
                self.write_start(&piece.written, piece.written_len)?;
                self.copied = at;
            }
            match piece.next {
                Next::Number => at = self.number_end(level, at)?,
                Next::Piece => continue,
                // At its quote, which the next piece begins with.
                Next::String => at = self.string_end(level, at)? - 1,
                Next::Word => at = self.word(at)?.0,
            }
            if !shape.is_compact {
                self.write_up_to(at)?;
            }
        }
        Ok(at)
    }
}
