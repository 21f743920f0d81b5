//! Framing: a stream of bytes, in pieces of any size, to the pieces that a codec decodes.

pub(crate) mod line;
