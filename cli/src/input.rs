//! Opens an input and tells plain from gzip by its first bytes.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;

/// Bytes that are read at a time: what a worker makes of them still fits a processor's second cache.
pub const READ_BYTES: usize = 256 * 1024;

/// The two bytes that every gzip member starts with (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Opens a file, or standard input for `-`.
///
/// # Errors
///
/// Passes on what the file system says; a directory is refused.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if is_standard_input(path) {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok(Box::new(file))
}

/// Tells whether a path stands for standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads `source` to its end and gives each piece, decompressed, to `take` as soon as it is there.
///
/// `take` gets the piece and whether the source may make wait for the next; it returns whether to go
/// on. Of a damaged gzip stream it gets everything before the damage.
///
/// # Errors
///
/// Passes on what reading or decompressing says.
pub fn read_all(
    mut source: Box<dyn Read>,
    take: &mut dyn FnMut(&[u8], Wait) -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    let mut filled = 0;
    // One byte may be the first half of the magic number.
    while filled < GZIP_MAGIC.len() && buffer[..filled] == GZIP_MAGIC[..filled] {
        match read(&mut source, &mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    if filled >= GZIP_MAGIC.len() && buffer[..GZIP_MAGIC.len()] == GZIP_MAGIC {
        let head = Cursor::new(buffer[..filled].to_vec());
        let source = BufReader::with_capacity(READ_BYTES, head.chain(source));
        return pump(&mut MultiGzDecoder::new(source), &mut buffer, 0, take);
    }
    pump(&mut source, &mut buffer, filled, take)
}

/// Whether the next read may block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The source gave less than was asked for.
    Possible,
    /// The source filled the buffer, more is likely there.
    Unlikely,
}

fn pump(
    source: &mut dyn Read,
    buffer: &mut [u8],
    mut filled: usize,
    take: &mut dyn FnMut(&[u8], Wait) -> bool,
) -> io::Result<()> {
    loop {
        if filled > 0 {
            let wait = if filled < buffer.len() { Wait::Possible } else { Wait::Unlikely };
            if !take(&buffer[..filled], wait) {
                return Ok(());
            }
        }
        filled = read(source, buffer)?;
        if filled == 0 {
            return Ok(());
        }
    }
}

fn read(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// Gives one byte at a time, as a slow pipe does.
    struct Dripping(Cursor<Vec<u8>>);

    impl Read for Dripping {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn all(source: impl Read + 'static) -> (Vec<u8>, io::Result<()>) {
        let mut out = Vec::new();
        let result = read_all(Box::new(source), &mut |piece, _| {
            out.extend_from_slice(piece);
            true
        });
        (out, result)
    }

    #[test]
    fn gzip_is_found_by_content_however_it_arrives() {
        let mut bytes = gzip(b"one\n");
        bytes.extend(gzip(b"two\n"));
        assert_eq!(all(Cursor::new(bytes.clone())).0, b"one\ntwo\n");
        assert_eq!(all(Dripping(Cursor::new(bytes))).0, b"one\ntwo\n");
    }

    #[test]
    fn plain_bytes_pass_through_however_they_arrive() {
        for bytes in [&b""[..], b"\x1f", b"\x1fa", b"plain\n"] {
            assert_eq!(all(Cursor::new(bytes.to_vec())).0, bytes);
            assert_eq!(all(Dripping(Cursor::new(bytes.to_vec()))).0, bytes);
        }
    }

    #[test]
    fn truncated_gzip_gives_what_is_there_and_an_error() {
        let text: Vec<u8> =
            (0..20_000_u32).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
        let mut bytes = gzip(&text);
        bytes.truncate(bytes.len() / 2);
        let (out, result) = all(Cursor::new(bytes));
        assert!(result.is_err());
        assert!(!out.is_empty() && text.starts_with(&out));
    }

    #[test]
    fn reading_stops_when_nobody_takes() {
        let mut calls = 0;
        let source = Box::new(Dripping(Cursor::new(b"abc".to_vec())));
        read_all(source, &mut |_, wait| {
            calls += 1;
            assert_eq!(wait, Wait::Possible);
            false
        })
        .unwrap();
        assert_eq!(calls, 1);
    }
}
