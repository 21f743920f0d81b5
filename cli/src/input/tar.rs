//! Tar: headers of 512 bytes, each followed by its member's bytes, padded to whole blocks.
//!
//! POSIX ustar and pax, GNU's long names and numbers, and the old format before both.

use std::{
    io::{self, BufRead},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::unpack::{Limited, read_full};

/// Bytes of a header, and what members are padded to.
pub(super) const TAR_BLOCK_BYTES: usize = 512;

/// Bytes of a long name or a pax header: 1 MiB. Stops a header that claims gigabytes.
const MAX_EXTENSION_BYTES: u64 = 1 << 20;

/// One header.
pub(super) struct Header([u8; TAR_BLOCK_BYTES]);

/// A member, its bytes to be read next.
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) length: u64,
    pub(super) modified: Option<SystemTime>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file with its bytes.
    File,
    /// A directory, a link, a device: nothing to read.
    Other,
    /// A file with holes, in GNU's format.
    Sparse,
}

impl Header {
    /// Takes a block for a header if its checksum says so; a block of zeros has none.
    pub(super) fn parse(block: &[u8; TAR_BLOCK_BYTES]) -> Option<Self> {
        let stored = number(&block[148..156])?;
        // The checksum counts itself as spaces.
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
            .sum();
        (stored == sum && sum > 8 * 32).then_some(Self(*block))
    }

    fn name(&self) -> Vec<u8> {
        let name = text(&self.0[..100]);
        let prefix = text(&self.0[345..500]);
        let is_posix = self.0[257..263] == *b"ustar\0";
        if is_posix && !prefix.is_empty() { [prefix, name].join(&b'/') } else { name.to_vec() }
    }

    fn length(&self) -> Option<u64> {
        number(&self.0[124..136])
    }

    fn modified(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(number(&self.0[136..148])?))
    }
}

/// What the headers before a member say of it.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    length: Option<u64>,
    modified: Option<SystemTime>,
    is_sparse: bool,
}

/// Reads on to the next member; `None` at the end of the archive.
///
/// # Errors
///
/// When the archive stops in the middle or something else than a header stands where one should.
pub(super) fn next_member(archive: &mut dyn BufRead) -> io::Result<Option<Member>> {
    let mut extension = Extension::default();
    let mut zeros = 0;
    loop {
        let mut block = [0; TAR_BLOCK_BYTES];
        let length = read_full(archive, &mut block)?;
        if length < TAR_BLOCK_BYTES && zeros > 0 {
            return Ok(None);
        }
        if length < TAR_BLOCK_BYTES {
            return Err(damage("the tar archive stops before its end mark: it is truncated"));
        }
        // Behind the end mark another archive may follow, as `cat a.tar b.tar` leaves it.
        if block.iter().all(|byte| *byte == 0) {
            zeros += 1;
            continue;
        }
        let Some(header) = Header::parse(&block) else {
            if zeros > 1 {
                // Whatever stands there, it is behind the end. It is read, not used: a checksum may follow.
                while read_full(archive, &mut block)? > 0 {}
                return Ok(None);
            }
            return Err(damage("no tar header where one should be: the archive is corrupt"));
        };
        let no_length = || damage("a tar header has no length: the archive is corrupt");
        let length = header.length().ok_or_else(no_length)?;
        match header.0[156] {
            b'L' => extension.name = Some(text(&read_extension(archive, length)?).to_vec()),
            b'x' => read_pax(&read_extension(archive, length)?, &mut extension),
            b'K' | b'g' => {
                read_extension(archive, length)?;
            }
            flag => {
                let kind = match flag {
                    0 | b'0' | b'7' if extension.is_sparse => Kind::Sparse,
                    0 | b'0' | b'7' => Kind::File,
                    b'S' => Kind::Sparse,
                    _ => Kind::Other,
                };
                let name = extension.name.unwrap_or_else(|| header.name());
                // The old format has directories as files whose name ends with a slash.
                let kind = if name.ends_with(b"/") { Kind::Other } else { kind };
                let is_empty = matches!(flag, b'1'..=b'6');
                return Ok(Some(Member {
                    name,
                    length: if is_empty { 0 } else { extension.length.unwrap_or(length) },
                    modified: extension.modified.or_else(|| header.modified()),
                    kind,
                }));
            }
        }
    }
}

/// Returns how many bytes follow a member to fill its last block.
pub(super) fn padding(length: u64) -> u64 {
    length.wrapping_neg() % TAR_BLOCK_BYTES as u64
}

fn read_extension(archive: &mut dyn BufRead, length: u64) -> io::Result<Vec<u8>> {
    if length > MAX_EXTENSION_BYTES {
        return Err(damage("a tar header has a name of over a megabyte: the archive is corrupt"));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    if read_full(archive, &mut bytes)? < bytes.len() {
        return Err(damage("the tar archive stops in the middle of a header: it is truncated"));
    }
    Limited { inner: archive, left: padding(length) }.skip()?;
    Ok(bytes)
}

/// Reads `27 path=some/name\n` and the like.
fn read_pax(mut bytes: &[u8], extension: &mut Extension) {
    while let Some(at) = memchr::memchr(b' ', bytes) {
        let length = std::str::from_utf8(&bytes[..at]).ok().and_then(|text| text.parse().ok());
        let Some(length) = length.filter(|length| (at + 2..=bytes.len()).contains(length)) else {
            return;
        };
        let entry = &bytes[at + 1..length - 1];
        bytes = &bytes[length..];
        let Some(equals) = memchr::memchr(b'=', entry) else { continue };
        let (key, value) = (&entry[..equals], &entry[equals + 1..]);
        let text = std::str::from_utf8(value).unwrap_or_default();
        match key {
            b"path" => extension.name = Some(value.to_vec()),
            b"size" => extension.length = text.parse().ok(),
            b"mtime" => {
                let seconds = text.split('.').next().and_then(|text| text.parse().ok());
                extension.modified =
                    seconds.and_then(|n| UNIX_EPOCH.checked_add(Duration::from_secs(n)));
            }
            _ if key.starts_with(b"GNU.sparse.") => extension.is_sparse = true,
            _ => {}
        }
    }
}

/// Reads a number: octal digits, or GNU's binary form, whose first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let (high, low) = rest.split_at(rest.len().checked_sub(8)?);
        let is_small = *first == 0x80 && high.iter().all(|byte| *byte == 0);
        return is_small.then(|| u64::from_be_bytes(low.try_into().unwrap_or_default()));
    }
    let text = std::str::from_utf8(text(field)).ok()?.trim_matches(' ');
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

fn text(field: &[u8]) -> &[u8] {
    &field[..memchr::memchr(0, field).unwrap_or(field.len())]
}

fn damage(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn seal(block: &mut [u8; TAR_BLOCK_BYTES]) {
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0"), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(0x2_0000_0000));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02"), None);
        assert_eq!(number(b"no digit"), None);
    }

    #[test]
    fn a_text_is_no_header() {
        let mut text = [b'7'; TAR_BLOCK_BYTES];
        text[257..262].copy_from_slice(b"ustar");
        assert!(Header::parse(&text).is_none());
        assert!(Header::parse(&[0; TAR_BLOCK_BYTES]).is_none());
    }

    #[test]
    fn noise_with_a_right_checksum_is_a_member_or_an_error() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_le_bytes()[7]
        };
        let mut members = 0;
        for round in 0..20_000 {
            let mut archive = Vec::new();
            for flag in [b'x', b'L', b'0'] {
                let mut block = [0; TAR_BLOCK_BYTES];
                block.iter_mut().take(random().into()).for_each(|byte| *byte = random());
                block[124..136].copy_from_slice(b"00000000100\0");
                if round % 7 == 0 {
                    block[124 + usize::from(random() % 12)] = random();
                }
                block[156] = flag;
                seal(&mut block);
                archive.extend(block);
                let mut data = [0; TAR_BLOCK_BYTES];
                data[..64]
                    .iter_mut()
                    .for_each(|byte| *byte = b" =0123456789path\n"[usize::from(random() % 17)]);
                archive.extend(data);
            }
            members += usize::from(matches!(next_member(&mut &archive[..]), Ok(Some(_))));
        }
        assert!(members > 10_000, "{members}");
    }

    #[test]
    fn pax_records_give_name_and_length() {
        let mut extension = Extension::default();
        read_pax(b"99 size=123\n", &mut extension);
        assert_eq!(extension.length, None, "a record of a wrong length ends the header");
        read_pax(b"12 size=123\n17 path=a/bc.log\n16 mtime=1710.5\n", &mut extension);
        assert_eq!(extension.length, Some(123));
        assert_eq!(extension.name.unwrap(), b"a/bc.log");
        assert_eq!(extension.modified.unwrap(), UNIX_EPOCH + Duration::from_secs(1710));
    }
}
