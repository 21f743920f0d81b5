//! Compression of outputs: pieces of encoded events to members that stand alone.

use std::{
    io::{self, Write as _},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use lzma_rust2::{XzOptions, XzWriter};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::buffer::Buffer;

/// Bytes from which what a block gave becomes a member of its own, made by the worker thread.
const OWN_MEMBER_BYTES: usize = 64 * 1024;
/// The preset of xz, as of its command line; the window is never larger than the member.
const XZ_PRESET: u32 = 6;
/// The smallest window that xz takes.
const XZ_MIN_WINDOW_BYTES: usize = 4096;

/// How an output is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Packing {
    /// gzip.
    Gzip,
    /// Not at all.
    #[default]
    Plain,
    /// xz.
    Xz,
    /// zstd.
    Zstd,
}

/// Encoded events or rejects.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Whole members: compressed, or of a plain output.
    Packed(Buffer),
    /// Too little to be a member.
    Raw(Buffer),
}

impl Packing {
    /// Returns what a file's name asks for.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip,
            Some("xz") => Self::Xz,
            Some("zst") => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// Packs what a block gave, unless it is too little.
    pub fn piece(self, bytes: Buffer) -> Piece {
        match self {
            Self::Plain => Piece::Packed(bytes),
            _ if bytes.len() < OWN_MEMBER_BYTES => Piece::Raw(bytes),
            _ => Piece::Packed(self.member(&bytes).into()),
        }
    }

    /// Packs bytes as one member.
    pub fn member(self, bytes: &[u8]) -> Vec<u8> {
        let packed = match self {
            Self::Gzip => gzip(bytes),
            Self::Plain => Ok(bytes.to_vec()),
            Self::Xz => xz(bytes),
            Self::Zstd => Ok(compress_to_vec(bytes, CompressionLevel::Fastest)),
        };
        // Encoders fail when their writer does, and a vector takes everything.
        packed.unwrap_or_default()
    }
}

impl Piece {
    /// Bytes that the piece keeps in memory.
    pub fn capacity(&self) -> usize {
        match self {
            Self::Packed(bytes) | Self::Raw(bytes) => bytes.capacity(),
        }
    }
}

/// The header has neither name nor time: equal events give equal bytes.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn xz(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut options = XzOptions::with_preset(XZ_PRESET);
    // The encoder's tables grow with the window: that of the preset takes 94 MB for each thread.
    let window = bytes.len().max(XZ_MIN_WINDOW_BYTES);
    let window = u32::try_from(window).unwrap_or(u32::MAX);
    options.lzma_options.dict_size = options.lzma_options.dict_size.min(window);
    let mut encoder = XzWriter::new(Vec::with_capacity(bytes.len() / 4), options)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Read as _;

    use super::*;

    fn lines() -> Vec<u8> {
        (0..9000_u32).flat_map(|n| format!("{{\"message\":\"line {n}\"}}\n").into_bytes()).collect()
    }

    #[test]
    fn members_one_behind_the_other_are_one_file() {
        let text = lines();
        let (head, tail) = text.split_at(100_000);
        let joined = |packing: Packing| {
            let mut packed = packing.member(head);
            packed.extend(packing.member(tail));
            packed
        };
        let mut out = Vec::new();
        flate2::read::MultiGzDecoder::new(&joined(Packing::Gzip)[..])
            .read_to_end(&mut out)
            .unwrap();
        assert_eq!(out, text);
        out.clear();
        lzma_rust2::XzReader::new(&joined(Packing::Xz)[..], true).read_to_end(&mut out).unwrap();
        assert_eq!(out, text);
        out.clear();
        let frames = joined(Packing::Zstd);
        let mut rest = &frames[..];
        while !rest.is_empty() {
            ruzstd::decoding::StreamingDecoder::new(&mut rest)
                .unwrap()
                .read_to_end(&mut out)
                .unwrap();
        }
        assert_eq!(out, text);
    }

    #[test]
    fn little_waits_to_be_packed_with_more() {
        assert_eq!(Packing::Gzip.piece(b"x".to_vec().into()), Piece::Raw(b"x".to_vec().into()));
        assert_eq!(Packing::Plain.piece(b"x".to_vec().into()), Piece::Packed(b"x".to_vec().into()));
        assert!(matches!(Packing::Gzip.piece(lines().into()), Piece::Packed(_)));
    }

    #[test]
    fn name_tells_the_packing() {
        let packing = |name: &str| Packing::of(Path::new(name));
        assert_eq!(packing("a.ndjson.gz"), Packing::Gzip);
        assert_eq!(packing("a.zst"), Packing::Zstd);
        assert_eq!(packing("a.xz"), Packing::Xz);
        assert_eq!(packing("a.gz/b"), Packing::Plain);
        assert_eq!(packing("-"), Packing::Plain);
    }
}
