//! Framing: a stream of bytes, in pieces of any size, to the pieces that a codec decodes.

use crate::codec::framing::line::{Frame, LineFramer};
use crate::codec::framing::msgpack::MsgpackFramer;
use crate::codec::plugin::Framing;

#[cfg(feature = "gzip")]
pub(crate) mod gzip;
pub(crate) mod line;
pub(crate) mod msgpack;

/// Cuts a stream into frames.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "lines are what nearly all streams have")]
pub(crate) enum Framer {
    #[cfg(feature = "gzip")]
    Gzip(Box<gzip::GzipFramer>),
    Lines(LineFramer),
    Msgpack(Box<MsgpackFramer>),
}

impl Framer {
    /// Makes a framer at the start of a stream.
    pub(crate) fn new(framing: &Framing, max_frame_bytes: usize) -> Self {
        match framing {
            #[cfg(feature = "gzip")]
            Framing::Gzip => Self::Gzip(Box::new(gzip::GzipFramer::new(max_frame_bytes))),
            Framing::Lines(delimiter) => Self::Lines(LineFramer::new(delimiter, max_frame_bytes)),
            Framing::Msgpack => Self::Msgpack(Box::new(MsgpackFramer::new(max_frame_bytes))),
        }
    }

    /// Takes a piece of the stream and gives every frame that ends in it.
    #[inline]
    pub(crate) fn handle(&mut self, bytes: &[u8], emit: impl FnMut(Frame<'_>)) {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(framer) => framer.handle(bytes, emit),
            Self::Lines(framer) => framer.handle(bytes, emit),
            Self::Msgpack(framer) => framer.handle(bytes, emit),
        }
    }

    /// Takes one line without its delimiter, whatever stands inside of it; of a stream that has no lines, a piece.
    #[inline]
    pub(crate) fn handle_line(&mut self, bytes: &[u8], emit: impl FnMut(Frame<'_>)) {
        match self {
            Self::Lines(framer) => framer.handle_line(bytes, emit),
            _ => self.handle(bytes, emit),
        }
    }

    /// Ends the stream: gives the frame that is not complete, if there is one.
    pub(crate) fn finish_stream(&mut self, emit: impl FnMut(Frame<'_>)) {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(framer) => framer.finish_stream(emit),
            Self::Lines(framer) => framer.finish_stream(emit),
            Self::Msgpack(framer) => framer.finish_stream(emit),
        }
    }

    /// The number of the frame that has not ended.
    pub(crate) fn line(&self) -> u64 {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(framer) => framer.line(),
            Self::Lines(framer) => framer.line(),
            Self::Msgpack(framer) => framer.line(),
        }
    }

    /// Goes on at a place where a frame begins; an unfinished frame is forgotten.
    pub(crate) fn restart(&mut self, line: u64, offset: u64) {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip(framer) => framer.restart(line, offset),
            Self::Lines(framer) => framer.restart(line, offset),
            Self::Msgpack(framer) => framer.restart(line, offset),
        }
    }
}
