//! One lz4 frame: cut into header, blocks and checksums here, decoded by `lz4_flex`.
//!
//! The decoder pulls from a source; here it finds a part of the frame only when the part is complete, so that it
//! never runs dry in the middle. A frame of the older format has no end of its own: it stops where the stream
//! stops or where another magic number stands.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

use super::{Compression, Damage, Step, StepEvent};

const LEGACY_MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// Bytes of the largest block of a frame, and what it may grow to when it cannot be compressed.
const MAX_BLOCK_BYTES: usize = 4 * 1024 * 1024;
const MAX_LEGACY_BLOCK_BYTES: usize = 8 * 1024 * 1024 + 8 * 1024 * 1024 / 255 + 16;

/// Decodes one frame.
pub(super) struct Decoder {
    inner: FrameDecoder<Part>,
    stage: Stage,
    /// How long the part that is being collected must become.
    needed: usize,
    is_legacy: bool,
    has_block_checksums: bool,
    has_content_checksum: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Magic number.
    Magic,
    /// Magic number and the two descriptor bytes.
    Descriptor,
    /// The frame header up to the first block.
    Header,
    /// The four bytes before a block.
    BlockHeader,
    Block {
        /// Whether it is the end mark.
        is_last: bool,
    },
    /// What the decoder has is to be read; then comes a block, or the end.
    Decode { is_last: bool },
}

/// The part of the frame that the decoder may read.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    /// 0 <= `read` <= `bytes.len()`
    read: usize,
    /// Whether the part is complete; before that there is nothing to read.
    is_open: bool,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_open {
            return Ok(0);
        }
        let length = buffer.len().min(self.bytes.len() - self.read);
        buffer[..length].copy_from_slice(&self.bytes[self.read..self.read + length]);
        self.read += length;
        Ok(length)
    }
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self {
            inner: FrameDecoder::new(Part::default()),
            stage: Stage::Magic,
            needed: 4,
            is_legacy: false,
            has_block_checksums: false,
            has_content_checksum: false,
        }
    }

    /// Tells whether a frame may stop here without an end mark.
    pub(super) fn may_end(&self) -> bool {
        self.is_legacy && self.stage == Stage::BlockHeader && self.inner.get_ref().bytes.is_empty()
    }

    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut step = Step::default();
        loop {
            if let Stage::Decode { is_last } = self.stage {
                if out.is_empty() {
                    return step;
                }
                match self.inner.read(out) {
                    Ok(0) if is_last => step.event = StepEvent::Ended,
                    Ok(0) => {
                        self.expect_block();
                        continue;
                    }
                    Ok(written) => step.written = written,
                    Err(error) => step.event = StepEvent::Damaged(damage(&error)),
                }
                return step;
            }
            let part = self.inner.get_mut();
            let missing = (self.needed - part.bytes.len()).min(input.len() - step.consumed);
            part.bytes.extend_from_slice(&input[step.consumed..step.consumed + missing]);
            step.consumed += missing;
            if part.bytes.len() < self.needed {
                return step;
            }
            match self.advance() {
                Advance::Next => {}
                Advance::Damaged => step.event = StepEvent::Damaged(Damage::Corrupt),
                Advance::NextMember(magic) => {
                    step.given_back = magic;
                    step.given_back_len = magic.len();
                    step.event = StepEvent::Ended;
                }
            }
            if step.event != StepEvent::Going {
                return step;
            }
        }
    }

    /// Makes of a part that is complete what it stands for.
    fn advance(&mut self) -> Advance {
        let part = self.inner.get_mut();
        match self.stage {
            Stage::Magic => {
                self.is_legacy = part.bytes == LEGACY_MAGIC;
                if self.is_legacy {
                    // The header is read together with the first block.
                    self.stage = Stage::BlockHeader;
                    self.needed += 4;
                } else {
                    self.stage = Stage::Descriptor;
                    self.needed += 2;
                }
            }
            Stage::Descriptor => {
                let flags = part.bytes[4];
                self.has_block_checksums = flags & 0x10 != 0;
                self.has_content_checksum = flags & 0x04 != 0;
                self.needed += 1;
                self.needed += if flags & 0x08 != 0 { 8 } else { 0 };
                self.needed += if flags & 0x01 != 0 { 4 } else { 0 };
                self.stage = Stage::Header;
            }
            Stage::Header => {
                self.stage = Stage::BlockHeader;
                self.needed += 4;
            }
            Stage::BlockHeader => {
                let at = self.needed - 4;
                let mut header = [0; 4];
                header.copy_from_slice(&part.bytes[at..]);
                if self.is_legacy && at == 0 && Compression::detect(&header).is_some() {
                    return Advance::NextMember(header);
                }
                let value = u32::from_le_bytes(header);
                let length = usize::try_from(value & 0x7fff_ffff).unwrap_or(usize::MAX);
                let (max, length) = if self.is_legacy {
                    (MAX_LEGACY_BLOCK_BYTES, usize::try_from(value).unwrap_or(usize::MAX))
                } else {
                    (MAX_BLOCK_BYTES, length)
                };
                if length > max {
                    return Advance::Damaged;
                }
                let is_last = value == 0 && !self.is_legacy;
                if is_last {
                    self.needed += if self.has_content_checksum { 4 } else { 0 };
                } else {
                    self.needed += length;
                    self.needed += if self.has_block_checksums { 4 } else { 0 };
                }
                self.stage = Stage::Block { is_last };
            }
            Stage::Block { is_last } => {
                part.is_open = true;
                self.stage = Stage::Decode { is_last };
            }
            Stage::Decode { .. } => {}
        }
        Advance::Next
    }

    fn expect_block(&mut self) {
        let part = self.inner.get_mut();
        part.bytes.clear();
        part.read = 0;
        part.is_open = false;
        self.needed = 4;
        self.stage = Stage::BlockHeader;
    }
}

enum Advance {
    Damaged,
    Next,
    NextMember([u8; 4]),
}

fn damage(error: &io::Error) -> Damage {
    use lz4_flex::frame::Error;

    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::DictionaryNotSupported | Error::UnsupportedVersion(_)) => Damage::Unsupported,
        _ => Damage::Corrupt,
    }
}
