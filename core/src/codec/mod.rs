//! Codecs: bytes to events and events to bytes.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod framing;
#[cfg(feature = "inflate")]
pub mod inflate;
pub(crate) mod json;

pub use encode::Encoder;
