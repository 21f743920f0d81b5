//! Zip: headers before each member, read in their order.
//!
//! The directory at the archive's end is not needed: an archive that comes through a pipe or was cut off is read as
//! far as it goes. APPNOTE.TXT 6.3, sections 4.3.7, 4.3.9 and 4.5.3.

use std::io::{self, BufRead};

use super::unpack::{Raw, read_full};

/// What an archive starts with: a member, or the directory of an empty one.
pub(super) const MAGICS: [&[u8]; 2] = [MEMBER, EMPTY];

const MEMBER: &[u8] = b"PK\x03\x04";
const EMPTY: &[u8] = b"PK\x05\x06";
const DIRECTORY: &[u8] = b"PK\x01\x02";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// Other records that may follow the last member: an archive's extra data, zip64's end.
const OTHERS: [&[u8]; 2] = [b"PK\x06\x08", b"PK\x06\x06"];

/// A member, its bytes to be read next.
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) method: Method,
    /// Compressed bytes, if they are known before.
    pub(super) length: Option<u64>,
    /// Where the checksum stands.
    pub(super) checksum: Checksum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    /// Behind the member, with its lengths: of 64 bits or 32.
    Behind {
        is_long: bool,
    },
    Known(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Deflate,
    Encrypted,
    /// A whole bzip2, zstd or xz stream.
    Other,
    Stored,
    Unknown(u16),
}

/// Reads on to the next member; `None` at the archive's directory.
///
/// # Errors
///
/// When the archive stops or something else than a header stands where one should.
pub(super) fn next_member(archive: &mut Raw) -> io::Result<Option<Member>> {
    for magic in [DIRECTORY, EMPTY, OTHERS[0], OTHERS[1]] {
        if archive.is_next(magic)? {
            return Ok(None);
        }
    }
    if !archive.is_next(MEMBER)? {
        let is_end = archive.fill_buf()?.is_empty();
        return Err(damage(if is_end {
            "the zip archive stops before its directory: it is truncated"
        } else {
            "no zip header where one should be: the archive is corrupt"
        }));
    }
    let mut header = [0; 30];
    read_exact(archive, &mut header)?;
    let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let word = |at: usize| {
        u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let mut name = vec![0; usize::from(short(26))];
    read_exact(archive, &mut name)?;
    let mut extra = vec![0; usize::from(short(28))];
    read_exact(archive, &mut extra)?;
    let flags = short(6);
    let zip64 = zip64(&extra);
    let has_descriptor = flags & 8 != 0;
    let length = match (word(18), zip64) {
        (u32::MAX, Some(length)) => length,
        (length, _) => u64::from(length),
    };
    let method = match short(8) {
        _ if flags & 1 != 0 => Method::Encrypted,
        0 => Method::Stored,
        8 => Method::Deflate,
        12 | 93 | 95 => Method::Other,
        other => Method::Unknown(other),
    };
    let is_directory = method == Method::Stored && name.ends_with(b"/");
    Ok(Some(Member {
        method,
        // What stands behind the member may stand here too; a directory has no bytes.
        length: (!has_descriptor || length > 0 || is_directory).then_some(length),
        checksum: if has_descriptor {
            Checksum::Behind { is_long: zip64.is_some() }
        } else {
            Checksum::Known(word(14))
        },
        name,
    }))
}

/// Returns the checksum of a member that was read to its end.
pub(super) fn read_checksum(archive: &mut Raw, checksum: Checksum) -> io::Result<u32> {
    let is_long = match checksum {
        Checksum::Behind { is_long } => is_long,
        Checksum::Known(checksum) => return Ok(checksum),
    };
    if archive.is_next(DESCRIPTOR)? {
        read_exact(archive, &mut [0; 4])?;
    }
    let mut checksum = [0; 4];
    read_exact(archive, &mut checksum)?;
    let lengths = if is_long { 16 } else { 8 };
    read_exact(archive, &mut [0; 16][..lengths])?;
    Ok(u32::from_le_bytes(checksum))
}

/// Finds the compressed length among the extra fields: the second number of the one with id 1.
fn zip64(mut extra: &[u8]) -> Option<u64> {
    while let [id0, id1, length0, length1, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*length0, *length1])).min(rest.len());
        if [*id0, *id1] == [1, 0] {
            let bytes = rest[..length].get(8..16).unwrap_or(&[0; 8]);
            return Some(u64::from_le_bytes(bytes.try_into().unwrap_or_default()));
        }
        extra = &rest[length..];
    }
    None
}

fn read_exact(archive: &mut impl BufRead, out: &mut [u8]) -> io::Result<()> {
    if read_full(archive, out)? == out.len() {
        Ok(())
    } else {
        Err(damage("the zip archive stops in the middle of a header: it is truncated"))
    }
}

fn damage(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
