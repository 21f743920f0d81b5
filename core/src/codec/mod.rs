//! Codecs: bytes to events and events to bytes.

pub(crate) mod charset;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod framing;
#[cfg(feature = "gzip")]
pub mod inflate;
pub(crate) mod json;
pub(crate) mod plugin;

pub use encode::Encoder;
