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

use super::{BLOCK_BYTES, Level};

/// Room that is kept behind what is left to copy: a whole block, or an escape as eight bytes.
const SLACK: usize = BLOCK_BYTES + 8;

/// Appends `,"name":`, the name escaped.
#[inline(always)]
pub(crate) fn push_json_name<L: Level>(level: L, name: &[u8], out: &mut Vec<u8>) {
    level.push_quoted(*b",\"", name, *b"\":", out);
}

/// Appends a JSON string.
#[inline(always)]
pub(crate) fn push_json_string<L: Level>(level: L, text: &[u8], out: &mut Vec<u8>) {
    level.push_quoted(*b"\"", text, *b"\"", out);
}

/// Appends a text, escaped, between others.
#[inline(always)]
pub(super) fn push_quoted<L: Level, const B: usize, const N: usize>(
    level: L,
    before: [u8; B],
    text: &[u8],
    behind: [u8; N],
    out: &mut Vec<u8>,
) {
    if !push_short(level, before, text, behind, out) {
        out.extend_from_slice(&before);
        push_json_escaped(level, text, out);
        out.extend_from_slice(&behind);
    }
}

/// Appends a text between others, if it is up to a block long and nothing in it is escaped.
///
/// PERF: most names and values of fields end here: one comparison with the room, two overlapping loads
/// and stores for every length, one look for escapes; half the instructions of appending the parts.
#[inline(always)]
fn push_short<L: Level, const B: usize, const N: usize>(
    level: L,
    before: [u8; B],
    text: &[u8],
    behind: [u8; N],
    out: &mut Vec<u8>,
) -> bool {
    const { assert!(B <= 2 && N <= 2 && 2 + BLOCK_BYTES + 2 <= SLACK) };
    let len = text.len();
    if len > BLOCK_BYTES {
        return false;
    }
    if out.capacity() - out.len() < SLACK {
        out.reserve(SLACK);
    }
    // SAFETY: the comparison above leaves room for SLACK bytes behind the vector's length. What is
    // stored is inside it: B bytes, at most 2; behind them a text of at most BLOCK_BYTES, or four
    // bytes; N bytes, at most 2, behind it. If the length grows, all bytes up to it are written.
    unsafe {
        let start = out.as_mut_ptr().add(out.len());
        start.cast::<[u8; B]>().write_unaligned(before);
        let place = start.add(B);
        if let Some((head, tail)) = ends::<16>(text) {
            if level.json_escaped(level.load_halves(head, tail)) != 0 {
                return false;
            }
            store_ends(*head, *tail, place, len);
        } else if let Some((head, tail)) = ends::<8>(text) {
            if is_escaped(level, u64::from_ne_bytes(*head), u64::from_ne_bytes(*tail)) {
                return false;
            }
            store_ends(*head, *tail, place, len);
        } else if let Some((head, tail)) = ends::<4>(text) {
            let half = |bytes: &[u8; 4]| u64::from(u32::from_ne_bytes(*bytes));
            let both = half(head) << 32 | half(tail);
            if is_escaped(level, both, both) {
                return false;
            }
            store_ends(*head, *tail, place, len);
        } else if let (Some(&head), Some(&tail)) = (text.first(), text.last()) {
            let bytes = [head, text[len / 2], tail, b' '];
            let word = u64::from(u32::from_ne_bytes(bytes));
            let both = word << 32 | word;
            if is_escaped(level, both, both) {
                return false;
            }
            place.cast::<[u8; 4]>().write_unaligned(bytes);
        }
        place.add(len).cast::<[u8; N]>().write_unaligned(behind);
        out.set_len(out.len() + B + len + N);
    }
    true
}

/// The first and the last `N` bytes.
#[inline(always)]
fn ends<const N: usize>(text: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    Some((text.first_chunk()?, text.last_chunk()?))
}

/// Whether one of 16 bytes is escaped.
#[inline(always)]
fn is_escaped<L: Level>(level: L, low: u64, high: u64) -> bool {
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_ne_bytes();
    level.json_escaped(level.load_halves(&bytes, &bytes)) != 0
}

/// Stores a text of `len` bytes by its first and its last `N`.
///
/// # Safety
///
/// `N <= len <= 2 * N`, and `len` bytes from `place` on can be written to.
#[inline(always)]
unsafe fn store_ends<const N: usize>(head: [u8; N], tail: [u8; N], place: *mut u8, len: usize) {
    // SAFETY: the caller's: both stores are inside the `len` bytes, and cover them.
    unsafe {
        place.cast::<[u8; N]>().write_unaligned(head);
        place.add(len - N).cast::<[u8; N]>().write_unaligned(tail);
    }
}

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
    if !rest.is_empty() {
        push_end(level, text, rest.len(), out);
    }
}

/// Appends the last bytes of a text, fewer than a block, as the inside of a JSON string.
///
/// PERF: the block at the end of the text is read whole and moved; a third of the instructions of
/// copying what is left.
#[inline(always)]
fn push_end<L: Level>(level: L, text: &[u8], len: usize, out: &mut Vec<u8>) {
    let len = len.min(text.len()).min(BLOCK_BYTES);
    // The loop reads a whole block from every place of the text.
    let mut padded = [b' '; 2 * BLOCK_BYTES];
    let (mut at, end) = if let Some(last) = text.last_chunk::<BLOCK_BYTES>() {
        padded[..BLOCK_BYTES].copy_from_slice(last);
        (BLOCK_BYTES - len, BLOCK_BYTES)
    } else {
        padded[..len].copy_from_slice(&text[text.len() - len..]);
        (0, len)
    };
    while at < end {
        out.reserve(SLACK);
        let Some(block) = padded[at..].first_chunk::<BLOCK_BYTES>() else { return };
        let vector = level.load(block);
        let mask = level.json_escaped(vector) | 1u32.unbounded_shl((end - at) as u32);
        at += push_block(level.to_array(vector), mask, out);
        if at < end {
            push_escape(padded[at], out);
            at += 1;
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

/// The escape of a byte; nothing if the byte is copied.
pub(crate) fn escape_of(byte: u8) -> Option<&'static [u8]> {
    if byte >= 0x20 && !matches!(byte, b'"' | b'\\') {
        return None;
    }
    let escape = &ESCAPES[usize::from(byte) % ESCAPES.len()];
    escape.get(..usize::from(escape[7]))
}

/// Appends a text as it is.
///
/// PERF: a short one by two overlapping stores, which takes half the instructions of `memcpy`.
#[inline(always)]
pub(crate) fn push_plain(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + SLACK);
    if let (Some(head), Some(tail)) = (text.first_chunk::<8>(), text.last_chunk::<8>())
        && text.len() <= 16
    {
        push_overlapping(*head, *tail, text.len(), out);
    } else if let (Some(head), Some(tail)) = (text.first_chunk::<4>(), text.last_chunk::<4>())
        && text.len() <= 8
    {
        push_overlapping(*head, *tail, text.len(), out);
    } else if let (Some(&head), Some(&tail)) = (text.first(), text.last())
        && text.len() <= 3
    {
        push_store([head, text[text.len() / 2], tail, 0], text.len(), out);
    } else {
        out.extend_from_slice(text);
    }
}

/// Appends the escape of a byte.
#[inline(always)]
fn push_escape(byte: u8, out: &mut Vec<u8>) {
    let escape = ESCAPES[usize::from(byte) % ESCAPES.len()];
    push_store(escape, usize::from(escape[7]), out);
}

/// A name with what JSON puts around it, such as `,"clientip":`, in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrittenName {
    block: [u8; BLOCK_BYTES],
    /// Bytes of the block that count.
    len: u8,
}

impl WrittenName {
    /// Prepares a name; nothing if it is too long for a block or has to be escaped.
    pub(crate) const fn new(name: &str) -> Option<Self> {
        let name = name.as_bytes();
        if name.len() + 4 > BLOCK_BYTES {
            return None;
        }
        let mut block = [0; BLOCK_BYTES];
        block[0] = b',';
        block[1] = b'"';
        let mut at = 0;
        while at < name.len() {
            if name[at] < 0x20 || name[at] == b'"' || name[at] == b'\\' {
                return None;
            }
            block[at + 2] = name[at];
            at += 1;
        }
        block[at + 2] = b'"';
        block[at + 3] = b':';
        Some(Self { block, len: (name.len() + 4) as u8 })
    }
}

/// Appends a prepared name.
#[inline(always)]
pub(crate) fn push_written_name(name: &WrittenName, out: &mut Vec<u8>) {
    if out.capacity() - out.len() < BLOCK_BYTES {
        out.reserve(BLOCK_BYTES);
    }
    push_store(name.block, usize::from(name.len), out);
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
