//! Texts to the inside of JSON strings, and fixed texts to few stores.
//!
//! ```text
//! a"b\n  ->  a\"b\n        \b \t \n \f \r \" \\ by name, other controls as \u001F
//! ```
//!
//! A block is stored to the output while it is tested; what follows an escaped byte is stored anew
//! behind the escape. Nothing but the escapes is looked at twice.

#![expect(unsafe_code, reason = "stores into the reserved part of a vector")]
#![expect(clippy::cast_possible_truncation, reason = "lengths within a block")]

use super::portable::json_escaped_bytes;
use super::{BLOCK_BYTES, Kernel, Level};

/// Room that is kept behind what is left to copy: a whole block, or an escape as eight bytes.
const SLACK: usize = BLOCK_BYTES + 8;

/// Four bytes that are not escaped.
const PLAIN_HALF: u64 = 0x2020_2020_0000_0000;

/// Appends a text as the inside of a JSON string, without its quotes.
///
/// Bytes below 0x20, `"` and `\` are escaped, all others copied; the bytes need not be UTF-8.
#[inline(always)]
pub(crate) fn push_json_escaped<L: Level>(level: L, text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + SLACK);
    let mut rest = text;
    while let Some(block) = rest.first_chunk::<BLOCK_BYTES>() {
        let vector = level.load(block);
        let mask = level.json_escaped(vector);
        let run = push_block(level.to_array(vector), mask, out);
        rest = if mask == 0 {
            &rest[BLOCK_BYTES..]
        } else {
            push_escape(block[run % BLOCK_BYTES], out);
            let rest = &rest[run + 1..];
            out.reserve(rest.len() + SLACK);
            rest
        };
    }
    if !push_short_plain(level, rest, out) {
        level.enter(Short { text: rest, out });
    }
}

/// Appends a text shorter than a block if nothing in it is escaped.
///
/// PERF: two overlapping loads and stores cover every length without a loop over bytes; most values
/// of fields end here.
#[inline(always)]
fn push_short_plain<L: Level>(level: L, text: &[u8], out: &mut Vec<u8>) -> bool {
    if let (Some(head), Some(tail)) = (text.first_chunk::<16>(), text.last_chunk::<16>()) {
        if level.json_escaped(level.load_halves(head, tail)) != 0 {
            return false;
        }
        push_overlapping(*head, *tail, text.len(), out);
    } else if let (Some(head), Some(tail)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        let escaped = json_escaped_bytes(u64::from_ne_bytes(*head))
            | json_escaped_bytes(u64::from_ne_bytes(*tail));
        if escaped != 0 {
            return false;
        }
        push_overlapping(*head, *tail, text.len(), out);
    } else if let (Some(head), Some(tail)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let both =
            u64::from(u32::from_ne_bytes(*head)) << 32 | u64::from(u32::from_ne_bytes(*tail));
        if json_escaped_bytes(both) != 0 {
            return false;
        }
        push_overlapping(*head, *tail, text.len(), out);
    } else if let (Some(&head), Some(&tail)) = (text.first(), text.last()) {
        let bytes = [head, text[text.len() / 2], tail, b' '];
        if json_escaped_bytes(u64::from(u32::from_ne_bytes(bytes)) | PLAIN_HALF) != 0 {
            return false;
        }
        push_store(bytes, text.len(), out);
    }
    true
}

/// Appends a text shorter than a block, escapes included.
struct Short<'a> {
    text: &'a [u8],
    out: &'a mut Vec<u8>,
}

impl Kernel for Short<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        let Self { text, out } = self;
        // The loop reads a whole block from every place of the text.
        let mut padded = [0; 2 * BLOCK_BYTES];
        let len = text.len().min(BLOCK_BYTES);
        padded[..len].copy_from_slice(&text[..len]);
        let mut at = 0;
        while at < len {
            out.reserve(SLACK);
            let Some(block) = padded[at..].first_chunk::<BLOCK_BYTES>() else { return };
            let vector = level.load(block);
            // The padding would be escaped: a bit at the end of the text stops before it.
            let mask = level.json_escaped(vector) | 1u32.unbounded_shl((len - at) as u32);
            at += push_block(level.to_array(vector), mask, out);
            if at < len {
                push_escape(padded[at], out);
                at += 1;
            }
        }
    }
}

/// Appends a block up to the first bit of a mask, and gives the length.
#[inline(always)]
fn push_block(block: [u8; BLOCK_BYTES], mask: u32, out: &mut Vec<u8>) -> usize {
    let run = mask.trailing_zeros() as usize;
    push_store(block, run, out);
    run
}

/// Each escape, then its length.
static ESCAPES: [[u8; 8]; 0x60] = {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut table = [[0; 8]; 0x60];
    let mut byte = 0;
    while byte < table.len() {
        let short = match byte as u8 {
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            other => other,
        };
        table[byte] = if short >= 0x20 {
            [b'\\', short, 0, 0, 0, 0, 0, 2]
        } else {
            [b'\\', b'u', b'0', b'0', HEX[byte >> 4], HEX[byte & 15], 0, 6]
        };
        byte += 1;
    }
    table
};

/// Appends the escape of a byte.
#[inline(always)]
fn push_escape(byte: u8, out: &mut Vec<u8>) {
    let escape = ESCAPES[usize::from(byte) % ESCAPES.len()];
    push_store(escape, usize::from(escape[7]), out);
}

/// A fixed text that is appended with whole stores, such as `,"clientip":"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Padded {
    first: [u8; BLOCK_BYTES],
    /// What does not fit into the first block.
    rest: Box<[u8]>,
    /// Bytes of the first block that count.
    len: u8,
}

impl Padded {
    /// Prepares a text of any length.
    pub(crate) fn new(text: &[u8]) -> Self {
        let len = text.len().min(BLOCK_BYTES);
        let mut first = [0; BLOCK_BYTES];
        first[..len].copy_from_slice(&text[..len]);
        Self { first, rest: text[len..].into(), len: len as u8 }
    }
}

/// Appends a fixed text.
#[inline(always)]
pub(crate) fn push_padded(text: &Padded, out: &mut Vec<u8>) {
    out.reserve(BLOCK_BYTES);
    push_store(text.first, usize::from(text.len), out);
    if !text.rest.is_empty() {
        out.extend_from_slice(&text.rest);
    }
}

/// Appends the first `len` bytes of an array by one store of the whole.
///
/// The vector has room for the whole; if it has not, that is made.
#[inline(always)]
fn push_store<const N: usize>(bytes: [u8; N], len: usize, out: &mut Vec<u8>) {
    debug_assert!(len <= N && out.capacity() - out.len() >= N);
    if out.capacity() - out.len() < N {
        out.reserve(N);
    }
    let len = len.min(N);
    // SAFETY: the comparison above leaves room for N bytes behind the vector's length, and the
    // first `len` of these, at most N, are written before they count.
    unsafe {
        out.as_mut_ptr().add(out.len()).cast::<[u8; N]>().write_unaligned(bytes);
        out.set_len(out.len() + len);
    }
}

/// Appends a text of `len` bytes by its first and its last `N`; `N <= len <= 2 * N`.
#[inline(always)]
fn push_overlapping<const N: usize>(head: [u8; N], tail: [u8; N], len: usize, out: &mut Vec<u8>) {
    debug_assert!(N <= len && len <= 2 * N && out.capacity() - out.len() >= 2 * N);
    let len = len.clamp(N, 2 * N);
    if out.capacity() - out.len() < 2 * N {
        out.reserve(2 * N);
    }
    // SAFETY: the comparison above leaves room for 2 * N bytes behind the vector's length; the
    // first N and those up to `len`, between N and 2 * N, are written before they count.
    unsafe {
        let end = out.as_mut_ptr().add(out.len());
        end.cast::<[u8; N]>().write_unaligned(head);
        end.add(len - N).cast::<[u8; N]>().write_unaligned(tail);
        out.set_len(out.len() + len);
    }
}
