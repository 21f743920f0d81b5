//! One zstd frame: cut into header, blocks and checksum here, decoded by `ruzstd`.
//!
//! The decoder reads from a source that may not run dry in the middle of a block, so a block (128 KiB at most) is
//! collected before it is handed over. RFC 8878, section 3.1.1.

use std::io::Read as _;

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Damage, Step, StepEvent};

/// Bytes of the largest block, RFC 8878, section 3.1.1.2.3.
const MAX_BLOCK_BYTES: usize = 128 * 1024;

/// Stands for the rest of a frame that is not there: an empty last block and a checksum. The decoder gives the
/// history it holds back only when it believes the frame to be whole.
const MADE_UP_END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// Decodes one frame.
pub(super) struct Decoder {
    inner: FrameDecoder,
    stage: Stage,
    /// The part that is being collected; `needed` says how long it must become.
    part: Vec<u8>,
    needed: usize,
    has_checksum: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Magic number and frame descriptor.
    Start,
    /// The frame header up to the first block.
    Header,
    /// The three bytes before a block.
    BlockHeader,
    Block,
    /// Of the whole frame, with what must still be said of it.
    Drain(StepEvent),
}

impl Decoder {
    pub(super) fn new(max_window_bytes: u64) -> Self {
        let mut inner = FrameDecoder::new();
        inner.set_max_window_size(max_window_bytes);
        Self { inner, stage: Stage::Start, part: Vec::new(), needed: 5, has_checksum: false }
    }

    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut consumed = 0;
        loop {
            let written = if self.inner.can_collect() > 0 { self.drain(out) } else { 0 };
            if written > 0 || (self.inner.can_collect() > 0 && out.is_empty()) {
                return Step { consumed, written, ..Step::default() };
            }
            if let Stage::Drain(event) = self.stage {
                return Step { consumed, event: self.verdict(event), ..Step::default() };
            }
            let missing = (self.needed - self.part.len()).min(input.len() - consumed);
            self.part.extend_from_slice(&input[consumed..consumed + missing]);
            consumed += missing;
            if self.part.len() < self.needed {
                return Step { consumed, ..Step::default() };
            }
            if let Err(damage) = self.advance() {
                self.give_up(StepEvent::Damaged(damage));
            }
        }
    }

    /// Gives what a frame that stops in the middle holds back, until it returns 0.
    pub(super) fn salvage(&mut self, out: &mut [u8]) -> usize {
        if !matches!(self.stage, Stage::Drain(_)) {
            self.give_up(StepEvent::Going);
        }
        self.drain(out)
    }

    /// Makes of a part that is complete what it stands for.
    fn advance(&mut self) -> Result<(), Damage> {
        match self.stage {
            Stage::Start => {
                let descriptor = self.part[4];
                let is_single_segment = descriptor & 0x20 != 0;
                let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
                let size = match descriptor >> 6 {
                    0 => usize::from(is_single_segment),
                    exponent => 1 << exponent,
                };
                self.has_checksum = descriptor & 4 != 0;
                self.needed += usize::from(!is_single_segment) + dictionary + size;
                self.stage = Stage::Header;
            }
            Stage::Header => {
                self.inner.init(&self.part[..]).map_err(|error| match error {
                    FrameDecoderError::WindowSizeTooBig { .. } => Damage::WindowTooLarge,
                    FrameDecoderError::DictNotProvided { .. } => Damage::Unsupported,
                    _ => Damage::Corrupt,
                })?;
                self.expect_block();
            }
            Stage::BlockHeader => {
                let header = u32::from_le_bytes([self.part[0], self.part[1], self.part[2], 0]);
                let length = usize::try_from(header >> 3).unwrap_or(usize::MAX);
                if length > MAX_BLOCK_BYTES {
                    return Err(Damage::Corrupt);
                }
                self.needed += match (header >> 1) & 3 {
                    0 | 2 => length,
                    1 => 1,
                    _ => return Err(Damage::Corrupt),
                };
                if header & 1 == 1 && self.has_checksum {
                    self.needed += 4;
                }
                self.stage = Stage::Block;
            }
            Stage::Block => {
                let strategy = BlockDecodingStrategy::UptoBlocks(1);
                let is_last = self
                    .inner
                    .decode_blocks(&self.part[..], strategy)
                    .map_err(|_| Damage::Corrupt)?;
                if is_last {
                    self.stage = Stage::Drain(StepEvent::Ended);
                } else {
                    self.expect_block();
                }
            }
            Stage::Drain(_) => {}
        }
        Ok(())
    }

    fn expect_block(&mut self) {
        self.part.clear();
        self.needed = 3;
        self.stage = Stage::BlockHeader;
    }

    fn give_up(&mut self, event: StepEvent) {
        // Whether the decoder takes it does not matter: it gives more then, or as much as before.
        if !matches!(self.stage, Stage::Start | Stage::Header) {
            let strategy = BlockDecodingStrategy::UptoBlocks(1);
            let _ = self.inner.decode_blocks(&MADE_UP_END[..], strategy);
        }
        self.stage = Stage::Drain(event);
    }

    fn drain(&mut self, out: &mut [u8]) -> usize {
        self.inner.read(out).unwrap_or(0)
    }

    /// Compares the checksum, which is known when all has been given out.
    fn verdict(&self, event: StepEvent) -> StepEvent {
        let is_wrong = self.has_checksum
            && self.inner.get_checksum_from_data() != self.inner.get_calculated_checksum();
        if event == StepEvent::Ended && is_wrong {
            return StepEvent::Damaged(Damage::Corrupt);
        }
        event
    }
}
