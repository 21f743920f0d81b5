//! Decompression: bytes of a gzip, zstd, bzip2, xz or lz4 file to the bytes that were packed.
//!
//! ```
//! use sawlog::inflate::{Compression, InflateLimits, Inflater};
//!
//! let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x4b\xe4\x02\0\x07\xa1\xea\xdd\x02\0\0\0";
//! let kind = Compression::detect(packed).expect("gzip");
//! let mut inflater = Inflater::new(kind, InflateLimits::default());
//! let mut out = [0; 16];
//! let progress = inflater.handle(packed, &mut out)?;
//! assert_eq!(&out[..progress.written], b"a\n");
//! assert_eq!(inflater.finish(&mut out)?, 0);
//! # Ok::<(), sawlog::inflate::InflateError>(())
//! ```
//!
//! A file may hold several members one after another (`cat a.gz b.gz`, `bgzip`, `pzstd`, `pbzip2`), each of any
//! kind, with skippable frames between them and zero bytes after the last, as tapes leave them. Checksums are
//! verified. What stands before a damage is given out first, then the error, again and again.
//!
//! Without the feature `inflate` there is gzip and deflate only, and the others are [`InflateErrorKind::Unsupported`].
//!
//! Formats: RFC 1952 (gzip), RFC 8878 (zstd), the xz file format 1.2.1, the lz4 frame format 1.6.4; bzip2 has
//! none but its own source.

#[cfg(feature = "inflate")]
mod lz4;
#[cfg(feature = "inflate")]
mod zstd;

use core::fmt;

#[cfg(feature = "inflate")]
use bzip2::{Decompress as Bunzip, Status as BunzipStatus};
use flate2::{Decompress as Inflate, FlushDecompress, Status};
#[cfg(feature = "inflate")]
use lzma_rust2::{Action, Status as XzStatus, XzStream};

use crate::limits;

/// Bytes after which [`Compression::detect`] is sure.
pub const LONGEST_MAGIC: usize = 10;

#[cfg(feature = "inflate")]
/// Bytes that are asked of the xz decoder at a time: when it meets a damage, what it wrote in that call is lost.
const XZ_STEP_BYTES: usize = 16 * 1024;

/// The base-2 logarithm of deflate's window.
const DEFLATE_WINDOW_BITS: u8 = 15;

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compression {
    /// `.bz2`
    Bzip2,
    /// A raw deflate stream, as zip members have it: never detected, one member.
    Deflate,
    /// `.gz`
    Gzip,
    /// `.lz4`, also the older format of `lz4 -l`.
    Lz4,
    /// `.xz`
    Xz,
    /// `.zst`
    Zstd,
}

impl Compression {
    /// Tells by its first bytes how a file is compressed; [`LONGEST_MAGIC`] bytes suffice.
    ///
    /// `None` for anything else, and for a prefix that is too short to be sure ([`Compression::begun`]).
    pub fn detect(prefix: &[u8]) -> Option<Self> {
        MAGICS.iter().find(|magic| prefix.starts_with(magic.0)).map(|magic| magic.1).or_else(|| {
            let is_skippable = matches!(prefix, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
            let is_bzip2 = matches!(prefix, [b'B', b'Z', b'h', b'1'..=b'9', block @ ..]
                if BZIP2_BLOCKS.iter().any(|magic| block.starts_with(magic)));
            match (is_skippable, is_bzip2) {
                (true, _) => Some(Self::Zstd),
                (_, true) => Some(Self::Bzip2),
                _ => None,
            }
        })
    }

    /// Tells what a prefix too short for [`Compression::detect`] may become with more bytes.
    ///
    /// `None` for an empty prefix, and when no further byte can help.
    pub fn begun(prefix: &[u8]) -> Option<Self> {
        if prefix.is_empty() || Self::detect(prefix).is_some() {
            return None;
        }
        let head = &prefix[..prefix.len().min(LONGEST_MAGIC)];
        if let Some(magic) = MAGICS.iter().find(|magic| magic.0.starts_with(head)) {
            return Some(magic.1);
        }
        let skippable = [0x50..=0x5f, 0x2a..=0x2a, 0x4d..=0x4d, 0x18..=0x18];
        if head.len() <= skippable.len()
            && head.iter().zip(&skippable).all(|(byte, range)| range.contains(byte))
        {
            return Some(Self::Zstd);
        }
        let is_bzip2 = match head {
            [b'B'] | [b'B', b'Z'] | [b'B', b'Z', b'h'] => true,
            [b'B', b'Z', b'h', b'1'..=b'9', block @ ..] => {
                BZIP2_BLOCKS.iter().any(|magic| magic.starts_with(block))
            }
            _ => false,
        };
        is_bzip2.then_some(Self::Bzip2)
    }

    /// Returns the format's name, as in `corrupt gzip data`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bzip2 => "bzip2",
            Self::Deflate => "deflate",
            Self::Gzip => "gzip",
            Self::Lz4 => "lz4",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }
}

/// What a file of each format starts with; bzip2 and skippable frames have more than one beginning.
const MAGICS: [(&[u8], Compression); 5] = [
    (b"\x1f\x8b\x08", Compression::Gzip),
    (b"\x28\xb5\x2f\xfd", Compression::Zstd),
    (b"\xfd7zXZ\0", Compression::Xz),
    (b"\x04\x22\x4d\x18", Compression::Lz4),
    (b"\x02\x21\x4c\x18", Compression::Lz4),
];

/// What follows `BZh9`: the first block, or the end of an empty file.
const BZIP2_BLOCKS: [&[u8]; 2] = [b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"];

/// How much one compressed stream may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InflateLimits {
    /// Bytes that may come out: [`limits::INFLATED_BYTES`].
    pub max_bytes: u64,
    /// Bytes out for each byte in: [`limits::INFLATED_RATIO`].
    pub max_ratio: u64,
    /// Bytes out from which on the ratio counts: [`limits::INFLATED_RATIO_FROM_BYTES`].
    pub ratio_from_bytes: u64,
    /// Bytes of history that a decoder keeps: [`limits::INFLATE_WINDOW_BYTES`].
    pub max_window_bytes: u64,
}

impl Default for InflateLimits {
    fn default() -> Self {
        Self {
            max_bytes: limits::INFLATED_BYTES,
            max_ratio: limits::INFLATED_RATIO,
            ratio_from_bytes: limits::INFLATED_RATIO_FROM_BYTES,
            max_window_bytes: limits::INFLATE_WINDOW_BYTES,
        }
    }
}

/// What one call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the input that are done with: 0 <= `consumed` <= `input.len()`.
    pub consumed: usize,
    /// Bytes of the output that were written: 0 <= `written` <= `out.len()`.
    pub written: usize,
}

/// A compressed stream cannot be followed further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InflateError {
    /// The format of the member with the damage.
    pub compression: Compression,
    /// What is wrong.
    pub kind: InflateErrorKind,
    /// Bytes of the compressed stream that were taken before the damage was seen. Formats made of blocks are
    /// checked a block at a time: the damage lies in the block that ends here or begins here.
    pub offset: u64,
}

/// What is wrong with a compressed stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InflateErrorKind {
    /// The bytes contradict the format or their checksum.
    Corrupt,
    /// It gives more bytes out for each byte in than [`InflateLimits::max_ratio`].
    RatioTooHigh {
        /// The limit.
        max: u64,
    },
    /// It gives more than [`InflateLimits::max_bytes`].
    TooLarge {
        /// The limit.
        max: u64,
    },
    /// After the last member stands something that is none.
    TrailingBytes,
    /// The end came in the middle of a member.
    Truncated,
    /// It uses what the decoder does not know, a dictionary say.
    Unsupported,
    /// It needs a longer history than [`InflateLimits::max_window_bytes`].
    WindowTooLarge {
        /// The limit.
        max: u64,
    },
}

impl fmt::Display for InflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, offset) = (self.compression.name(), self.offset);
        match self.kind {
            InflateErrorKind::Corrupt => write!(f, "corrupt {name} data near byte {offset}"),
            InflateErrorKind::RatioTooHigh { max } => write!(
                f,
                "the {name} data up to byte {offset} grows more than {max} times: no log does"
            ),
            InflateErrorKind::TooLarge { max } => {
                write!(f, "the {name} data up to byte {offset} gives over {max} bytes")
            }
            InflateErrorKind::TrailingBytes => {
                write!(f, "the {name} data end at byte {offset}, what follows is something else")
            }
            InflateErrorKind::Truncated => {
                write!(f, "truncated {name} data: they stop in the middle, at byte {offset}")
            }
            InflateErrorKind::Unsupported => {
                write!(
                    f,
                    "the {name} data near byte {offset} need what is not built in, a dictionary perhaps"
                )
            }
            InflateErrorKind::WindowTooLarge { max } => write!(
                f,
                "the {name} data near byte {offset} need a window above {max} bytes: unpack them with `{name}`"
            ),
        }
    }
}

impl core::error::Error for InflateError {}

/// Unpacks one compressed stream, whatever the pieces in which it arrives.
pub struct Inflater {
    member: Member,
    /// The kind of the present member, or of the last.
    compression: Compression,
    limits: InflateLimits,
    /// Bytes taken before their meaning was clear: a magic number and what it opens. Read before the input.
    pending: Vec<u8>,
    /// Whether a member has ended: from then on zeros and the end are allowed.
    has_member: bool,
    total_in: u64,
    total_out: u64,
}

/// Where in the stream the inflater stands.
enum Member {
    /// Before a magic number.
    Between,
    #[cfg(feature = "inflate")]
    Bzip2(Bunzip),
    /// The raw deflate stream ended: nothing more is taken.
    Done,
    /// Gives this error from here on.
    Failed(InflateError),
    Inflate(Inflate),
    #[cfg(feature = "inflate")]
    Lz4(Box<lz4::Decoder>),
    /// Zeros after the last member.
    Padding,
    /// The length of a skippable frame, then the frame.
    Skippable {
        header: u8,
        length: u32,
    },
    #[cfg(feature = "inflate")]
    Xz(Box<XzStream>),
    #[cfg(feature = "inflate")]
    Zstd(Box<zstd::Decoder>),
}

/// What one go at the stream brought.
struct Advance {
    consumed: usize,
    written: usize,
    /// Whether nothing will happen without more input or more room.
    is_stuck: bool,
}

/// What a decoder made of a piece.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    consumed: usize,
    written: usize,
    /// Bytes that were consumed earlier and belong to the next member.
    given_back: [u8; 4],
    given_back_len: usize,
    event: StepEvent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum StepEvent {
    #[default]
    Going,
    Ended,
    Damaged(Damage),
}

/// What a decoder says of a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "inflate"), expect(dead_code, reason = "gzip has one kind of damage"))]
enum Damage {
    Corrupt,
    Unsupported,
    WindowTooLarge,
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("compression", &self.compression)
            .field("total_in", &self.total_in)
            .field("total_out", &self.total_out)
            .finish_non_exhaustive()
    }
}

impl Inflater {
    /// Makes an inflater for a stream that starts with a member of this kind.
    pub fn new(compression: Compression, limits: InflateLimits) -> Self {
        let member = match compression {
            Compression::Deflate => Member::Inflate(Inflate::new(false)),
            _ => Member::Between,
        };
        Self {
            member,
            compression,
            limits,
            pending: Vec::new(),
            has_member: false,
            total_in: 0,
            total_out: 0,
        }
    }

    /// Takes from `input` and writes to `out` until one of them is used up.
    ///
    /// When all input was consumed, more may be there to be written: call with an empty input until nothing
    /// comes. Nothing consumed and nothing written means: give more input, or room. After the end of a deflate
    /// stream ([`Inflater::is_done`]) nothing is consumed.
    ///
    /// # Errors
    ///
    /// When the stream cannot be followed, after everything before the damage was written; the same error from
    /// then on.
    pub fn handle(&mut self, input: &[u8], out: &mut [u8]) -> Result<Progress, InflateError> {
        let mut progress = Progress::default();
        loop {
            if let Member::Failed(error) = &self.member {
                let error = error.clone();
                return if progress.written > 0 { Ok(progress) } else { Err(error) };
            }
            let advance = self.advance(&input[progress.consumed..], &mut out[progress.written..]);
            progress.consumed += advance.consumed;
            progress.written += advance.written;
            if advance.is_stuck {
                return Ok(progress);
            }
        }
    }

    /// Ends the stream: gives what was held back, until it returns 0.
    ///
    /// # Errors
    ///
    /// When the stream ends in the middle of a member, after everything that could be read was written.
    pub fn finish(&mut self, out: &mut [u8]) -> Result<usize, InflateError> {
        let progress = self.handle(&[], out)?;
        if progress.written > 0 || out.is_empty() {
            return Ok(progress.written);
        }
        let is_whole = match &mut self.member {
            Member::Between => self.has_member && self.pending.is_empty(),
            Member::Done | Member::Padding => true,
            #[cfg(feature = "inflate")]
            Member::Lz4(decoder) => decoder.may_end(),
            #[cfg(feature = "inflate")]
            Member::Zstd(decoder) => {
                let written = decoder.salvage(out);
                if written > 0 {
                    self.total_out += written as u64;
                    return Ok(written);
                }
                false
            }
            _ => false,
        };
        if is_whole {
            return Ok(0);
        }
        let kind = match self.member {
            Member::Between if self.has_member => InflateErrorKind::TrailingBytes,
            _ => InflateErrorKind::Truncated,
        };
        Err(self.fail(kind))
    }

    /// Tells whether the one member of a deflate stream has ended: what is left of the input is not its.
    pub fn is_done(&self) -> bool {
        matches!(self.member, Member::Done)
    }

    /// Returns how the present member is compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Returns how many bytes were consumed.
    pub fn total_in(&self) -> u64 {
        self.total_in
    }

    /// Returns how many bytes were written.
    pub fn total_out(&self) -> u64 {
        self.total_out
    }

    /// Goes on as far as one decoder gets with what is pending, or else with the input.
    fn advance(&mut self, input: &[u8], out: &mut [u8]) -> Advance {
        if matches!(self.member, Member::Between) {
            return self.find_member(input);
        }
        let pending = core::mem::take(&mut self.pending);
        let source = if pending.is_empty() { input } else { &pending[..] };
        // One byte over the limit shows that there is more than is allowed.
        let mut probe = [0_u8];
        let room = self.limits.max_bytes.saturating_sub(self.total_out);
        let is_full = room == 0 && !out.is_empty();
        let out = if is_full {
            &mut probe[..]
        } else {
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(out.len());
            &mut out[..room]
        };
        let step = self.member.step(source, out);
        let is_stuck = step.consumed == 0 && step.written == 0 && step.event == StepEvent::Going;
        let consumed = if pending.is_empty() {
            self.total_in += step.consumed as u64;
            step.consumed
        } else {
            // It counted when it became pending.
            self.pending = pending;
            self.pending.drain(..step.consumed);
            0
        };
        let is_over = is_full && step.written > 0;
        let written = if is_over { 0 } else { step.written };
        self.total_out += written as u64;
        self.note(&step);
        if is_over {
            self.fail(InflateErrorKind::TooLarge { max: self.limits.max_bytes });
        }
        Advance { consumed, written, is_stuck }
    }

    /// Draws the conclusions of what a decoder did.
    fn note(&mut self, step: &Step) {
        match step.event {
            StepEvent::Going => {}
            StepEvent::Ended => {
                let given_back = &step.given_back[..step.given_back_len];
                self.pending.splice(..0, given_back.iter().copied());
                self.has_member = true;
                self.member = match self.compression {
                    Compression::Deflate => Member::Done,
                    _ => Member::Between,
                };
            }
            StepEvent::Damaged(damage) => {
                self.fail(match damage {
                    Damage::Corrupt => InflateErrorKind::Corrupt,
                    Damage::Unsupported => InflateErrorKind::Unsupported,
                    Damage::WindowTooLarge => {
                        InflateErrorKind::WindowTooLarge { max: self.limits.max_window_bytes }
                    }
                });
            }
        }
        let is_steep = self.total_out / self.total_in.max(1) > self.limits.max_ratio;
        if self.total_out > self.limits.ratio_from_bytes && is_steep {
            self.fail(InflateErrorKind::RatioTooHigh { max: self.limits.max_ratio });
        }
    }

    /// Reads a magic number and opens its member.
    fn find_member(&mut self, input: &[u8]) -> Advance {
        let mut consumed = 0;
        let is_stuck = loop {
            if let Some(found) = Compression::detect(&self.pending) {
                self.compression = found;
                self.member = self.open(found);
                break false;
            }
            if self.has_member && self.pending.first() == Some(&0) {
                self.member = Member::Padding;
                break false;
            }
            if !self.pending.is_empty() && Compression::begun(&self.pending).is_none() {
                self.total_in -= self.pending.len() as u64;
                self.fail(if self.has_member {
                    InflateErrorKind::TrailingBytes
                } else {
                    InflateErrorKind::Corrupt
                });
                break false;
            }
            let Some(&byte) = input.get(consumed) else { break true };
            self.pending.push(byte);
            consumed += 1;
            self.total_in += 1;
        };
        Advance { consumed, written: 0, is_stuck }
    }

    fn open(&mut self, found: Compression) -> Member {
        match found {
            #[cfg(feature = "inflate")]
            Compression::Bzip2 => Member::Bzip2(Bunzip::new(false)),
            Compression::Deflate => Member::Inflate(Inflate::new(false)),
            Compression::Gzip => Member::Inflate(Inflate::new_gzip(DEFLATE_WINDOW_BITS)),
            #[cfg(feature = "inflate")]
            Compression::Lz4 => Member::Lz4(Box::new(lz4::Decoder::new())),
            #[cfg(feature = "inflate")]
            Compression::Xz => {
                let kib = u32::try_from(self.limits.max_window_bytes / 1024).unwrap_or(u32::MAX);
                // The decoder counts its own tables too.
                let max_kib = kib.saturating_add(1024);
                Member::Xz(Box::new(XzStream::new_mem_limit(false, max_kib)))
            }
            Compression::Zstd if self.pending[0] != MAGICS[1].0[0] => {
                self.pending.drain(..4);
                Member::Skippable { header: 4, length: 0 }
            }
            #[cfg(feature = "inflate")]
            Compression::Zstd => {
                Member::Zstd(Box::new(zstd::Decoder::new(self.limits.max_window_bytes)))
            }
            #[cfg(not(feature = "inflate"))]
            Compression::Bzip2 | Compression::Lz4 | Compression::Xz | Compression::Zstd => {
                Member::Failed(self.fail(InflateErrorKind::Unsupported))
            }
        }
    }

    fn fail(&mut self, kind: InflateErrorKind) -> InflateError {
        let error = InflateError { compression: self.compression, kind, offset: self.total_in };
        self.member = Member::Failed(error.clone());
        error
    }
}

impl Member {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        match self {
            Self::Between | Self::Done | Self::Failed(_) => Step::default(),
            #[cfg(feature = "inflate")]
            Self::Bzip2(decoder) => bunzip(decoder, input, out),
            Self::Inflate(decoder) => inflate(decoder, input, out),
            #[cfg(feature = "inflate")]
            Self::Lz4(decoder) => decoder.step(input, out),
            Self::Padding => {
                let zeros = input.iter().take_while(|byte| **byte == 0).count();
                let event = if zeros < input.len() { StepEvent::Ended } else { StepEvent::Going };
                Step { consumed: zeros, event, ..Step::default() }
            }
            Self::Skippable { header, length } => skip(header, length, input),
            #[cfg(feature = "inflate")]
            Self::Xz(decoder) => unxz(decoder, input, out),
            #[cfg(feature = "inflate")]
            Self::Zstd(decoder) => decoder.step(input, out),
        }
    }
}

/// Narrows a difference of two totals, which a slice bounds.
fn length(from: u64, to: u64) -> usize {
    usize::try_from(to - from).unwrap_or(usize::MAX)
}

fn inflate(decoder: &mut Inflate, input: &[u8], out: &mut [u8]) -> Step {
    let (total_in, total_out) = (decoder.total_in(), decoder.total_out());
    let event = match decoder.decompress(input, out, FlushDecompress::None) {
        Ok(Status::StreamEnd) => StepEvent::Ended,
        Ok(Status::Ok | Status::BufError) => StepEvent::Going,
        Err(_) => StepEvent::Damaged(Damage::Corrupt),
    };
    let consumed = length(total_in, decoder.total_in());
    let written = length(total_out, decoder.total_out());
    Step { consumed, written, event, ..Step::default() }
}

#[cfg(feature = "inflate")]
fn bunzip(decoder: &mut Bunzip, input: &[u8], out: &mut [u8]) -> Step {
    let (total_in, total_out) = (decoder.total_in(), decoder.total_out());
    let event = match decoder.decompress(input, out) {
        Ok(BunzipStatus::StreamEnd) => StepEvent::Ended,
        Ok(BunzipStatus::MemNeeded) => StepEvent::Damaged(Damage::Unsupported),
        Ok(_) => StepEvent::Going,
        Err(_) => StepEvent::Damaged(Damage::Corrupt),
    };
    let consumed = length(total_in, decoder.total_in());
    let written = length(total_out, decoder.total_out());
    Step { consumed, written, event, ..Step::default() }
}

#[cfg(feature = "inflate")]
fn unxz(decoder: &mut XzStream, input: &[u8], out: &mut [u8]) -> Step {
    let room = out.len().min(XZ_STEP_BYTES);
    let (total_in, total_out) = (decoder.total_in(), decoder.total_out());
    match decoder.process(input, &mut out[..room], Action::Run) {
        Ok(result) => {
            let is_end = result.status == XzStatus::StreamEnd;
            let event = if is_end { StepEvent::Ended } else { StepEvent::Going };
            Step {
                consumed: result.bytes_consumed,
                written: result.bytes_produced,
                event,
                ..Step::default()
            }
        }
        Err(error) => {
            let damage = match error.kind() {
                std::io::ErrorKind::OutOfMemory => Damage::WindowTooLarge,
                std::io::ErrorKind::Unsupported => Damage::Unsupported,
                _ => Damage::Corrupt,
            };
            Step {
                consumed: length(total_in, decoder.total_in()).min(input.len()),
                written: length(total_out, decoder.total_out()).min(room),
                event: StepEvent::Damaged(damage),
                ..Step::default()
            }
        }
    }
}

/// Passes over a skippable frame: four bytes of length, then as many bytes.
fn skip(header: &mut u8, length: &mut u32, input: &[u8]) -> Step {
    let mut consumed = 0;
    while *header > 0 {
        let Some(&byte) = input.get(consumed) else {
            return Step { consumed, ..Step::default() };
        };
        *length |= u32::from(byte) << (8 * (4 - u32::from(*header)));
        *header -= 1;
        consumed += 1;
    }
    let rest = usize::try_from(*length).unwrap_or(usize::MAX).min(input.len() - consumed);
    *length -= u32::try_from(rest).unwrap_or(*length);
    let event = if *length == 0 { StepEvent::Ended } else { StepEvent::Going };
    Step { consumed: consumed + rest, event, ..Step::default() }
}

#[cfg(all(test, feature = "inflate"))]
mod tests;
