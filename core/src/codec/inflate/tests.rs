#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;

use super::*;

const KINDS: [Compression; 6] = [
    Compression::Bzip2,
    Compression::Deflate,
    Compression::Gzip,
    Compression::Lz4,
    Compression::Xz,
    Compression::Zstd,
];

fn text(lines: u32) -> Vec<u8> {
    (0..lines)
        .flat_map(|n| format!("line {n} of {}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

fn pack(kind: Compression, bytes: &[u8]) -> Vec<u8> {
    match kind {
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Deflate => {
            let mut encoder =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Lz4 => {
            let mut info = lz4_flex::frame::FrameInfo::new();
            info.content_checksum = true;
            info.block_size = lz4_flex::frame::BlockSize::Max64KB;
            info.block_mode = lz4_flex::frame::BlockMode::Linked;
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        }
    }
}

/// Unpacks input in pieces of these lengths (the last repeats) into room of this length.
fn unpack(
    kind: Compression,
    bytes: &[u8],
    limits: InflateLimits,
    pieces: &[usize],
    room: usize,
) -> (Vec<u8>, Result<(), InflateError>) {
    let mut inflater = Inflater::new(kind, limits);
    let mut out = Vec::new();
    let mut buffer = vec![0; room];
    let mut rest = bytes;
    let mut pieces = pieces.iter().copied();
    let mut piece_bytes = usize::MAX;
    while !rest.is_empty() && !inflater.is_done() {
        piece_bytes = pieces.next().unwrap_or(piece_bytes);
        let (mut piece, later) = rest.split_at(piece_bytes.min(rest.len()));
        loop {
            match inflater.handle(piece, &mut buffer) {
                Err(error) => {
                    assert_eq!(inflater.handle(piece, &mut buffer), Err(error.clone()));
                    return (out, Err(error));
                }
                Ok(progress) => {
                    out.extend_from_slice(&buffer[..progress.written]);
                    piece = &piece[progress.consumed..];
                    if progress == Progress::default() {
                        assert!(piece.is_empty() || inflater.is_done(), "stuck");
                        break;
                    }
                }
            }
        }
        rest = later;
    }
    loop {
        match inflater.finish(&mut buffer) {
            Err(error) => return (out, Err(error)),
            Ok(0) => break,
            Ok(written) => out.extend_from_slice(&buffer[..written]),
        }
    }
    assert_eq!(inflater.total_out(), out.len() as u64);
    (out, Ok(()))
}

fn unpack_whole(kind: Compression, bytes: &[u8]) -> (Vec<u8>, Result<(), InflateError>) {
    unpack(kind, bytes, InflateLimits::default(), &[usize::MAX], 64 * 1024)
}

#[test]
fn every_format_is_found_by_content_and_unpacked() {
    for kind in KINDS {
        for bytes in [Vec::new(), b"a".to_vec(), text(30_000)] {
            let packed = pack(kind, &bytes);
            if kind != Compression::Deflate {
                assert_eq!(Compression::detect(&packed), Some(kind));
                for length in 1..packed.len().min(LONGEST_MAGIC) {
                    let found = Compression::detect(&packed[..length]);
                    let begun = Compression::begun(&packed[..length]);
                    assert_eq!(found.or(begun), Some(kind), "{length} bytes");
                }
            }
            assert_eq!(unpack_whole(kind, &packed), (bytes, Ok(())), "{}", kind.name());
        }
    }
}

#[test]
fn text_is_no_compression() {
    for text in ["", "\n", "BZhen is a name", "BZh9 is one too", "7z", "(\n", "P*", "\u{1f}"] {
        assert_eq!(Compression::detect(text.as_bytes()), None, "{text}");
    }
    assert_eq!(Compression::begun(b""), None);
    assert_eq!(Compression::begun(b"BZhen"), None);
    assert_eq!(Compression::begun(b"BZh9 "), None);
}

#[test]
fn the_pieces_do_not_matter() {
    let bytes = text(600);
    for kind in KINDS {
        let packed = pack(kind, &bytes);
        for (pieces, room) in [(&[1][..], 1), (&[1], 4096), (&[7, 1, 100, 3], 5), (&[1 << 20], 1)] {
            let (out, result) = unpack(kind, &packed, InflateLimits::default(), pieces, room);
            assert!(out == bytes, "{}", kind.name());
            assert_eq!(result, Ok(()));
        }
    }
}

#[test]
fn members_follow_each_other_with_zeros_at_the_end() {
    let mut packed = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    for kind in KINDS.iter().filter(|kind| **kind != Compression::Deflate).cycle().take(10) {
        packed.extend(pack(*kind, b"some line\n"));
        packed.extend(b"\x50\x2a\x4d\x18\x03\0\0\0abc");
        bytes.extend(b"some line\n");
    }
    packed.extend([0; 1000]);
    for pieces in [usize::MAX, 1] {
        let limits = InflateLimits::default();
        let (out, result) = unpack(Compression::Bzip2, &packed, limits, &[pieces], 100);
        assert_eq!(result, Ok(()));
        assert_eq!(out, bytes);
    }
}

#[test]
fn a_skippable_frame_may_come_first() {
    let packed = [&b"\x5f\x2a\x4d\x18\0\0\0\0"[..], &pack(Compression::Zstd, b"a\n")].concat();
    assert_eq!(Compression::detect(&packed), Some(Compression::Zstd));
    assert_eq!(unpack_whole(Compression::Zstd, &packed), (b"a\n".to_vec(), Ok(())));
}

#[test]
fn legacy_lz4_ends_with_the_stream_or_another_magic_number() {
    let block = b"\x03\0\0\0\x20ab";
    let frame = [&b"\x02\x21\x4c\x18"[..], block, block].concat();
    let two = [&frame[..], &frame, &pack(Compression::Lz4, b"cd")].concat();
    assert_eq!(unpack_whole(Compression::Lz4, &frame), (b"abab".to_vec(), Ok(())));
    assert_eq!(unpack_whole(Compression::Lz4, &two), (b"ababababcd".to_vec(), Ok(())));
    let (out, result) = unpack_whole(Compression::Lz4, &frame[..frame.len() - 1]);
    assert_eq!(out, b"ab");
    assert_eq!(result.unwrap_err().kind, InflateErrorKind::Truncated);
}

#[test]
fn trailing_bytes_are_named_after_everything_is_out() {
    for kind in KINDS.into_iter().filter(|kind| *kind != Compression::Deflate) {
        let packed = pack(kind, b"some line\n");
        for tail in [&b"garbage"[..], b"\0\0garbage", b"BZ"] {
            let (out, result) = unpack_whole(kind, &[&packed[..], tail].concat());
            assert_eq!(out, b"some line\n");
            let error = result.unwrap_err();
            assert_eq!(error.kind, InflateErrorKind::TrailingBytes);
            assert!(error.offset >= packed.len() as u64);
        }
    }
}

#[test]
fn what_follows_a_deflate_stream_is_left_alone() {
    let mut packed = pack(Compression::Deflate, b"abc");
    let length = packed.len();
    packed.extend(b"PK");
    let mut inflater = Inflater::new(Compression::Deflate, InflateLimits::default());
    let progress = inflater.handle(&packed, &mut [0; 10]).unwrap();
    assert_eq!(progress, Progress { consumed: length, written: 3 });
    assert!(inflater.is_done());
}

#[test]
fn a_cut_at_any_byte_is_truncation_and_loses_little() {
    let bytes = text(400);
    for kind in KINDS {
        let packed = pack(kind, &bytes);
        for cut in 1..packed.len() {
            let (out, result) = unpack_whole(kind, &packed[..cut]);
            let error = result.unwrap_err();
            assert_eq!(error.kind, InflateErrorKind::Truncated, "{} {cut}", kind.name());
            assert!(error.offset <= cut as u64);
            assert!(bytes.starts_with(&out), "{} {cut}", kind.name());
        }
    }
}

#[test]
fn what_stands_before_a_cut_is_given_out() {
    let bytes = text(60_000);
    for kind in KINDS {
        let packed = pack(kind, &bytes);
        let (out, result) = unpack_whole(kind, &packed[..packed.len() / 2]);
        assert_eq!(result.unwrap_err().kind, InflateErrorKind::Truncated);
        assert!(bytes.starts_with(&out));
        // The largest block is xz's: 64 KiB of compressed bytes.
        assert!(out.len() > bytes.len() / 3, "{}: {} bytes", kind.name(), out.len());
    }
}

#[test]
fn a_changed_byte_never_passes_unnoticed_in_the_checked_part() {
    let bytes = text(300);
    for kind in KINDS {
        let packed = pack(kind, &bytes);
        let mut noticed = 0;
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 1 << (at % 8);
            let (out, result) = unpack_whole(kind, &damaged);
            let is_checked = kind != Compression::Deflate;
            assert!(result.is_err() || out == bytes || !is_checked, "{} {at}", kind.name());
            noticed += usize::from(result.is_err());
        }
        if kind != Compression::Deflate {
            assert!(noticed > packed.len() * 9 / 10, "{}: {noticed}", kind.name());
        }
    }
}

#[test]
fn noise_behind_a_magic_number_is_an_error() {
    let mut state = 1_u32;
    for kind in KINDS {
        for round in 0..300 {
            let mut packed = pack(kind, b"some line\n");
            packed.truncate(packed.len().min(6 + round % 20));
            packed.extend((0..200).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_le_bytes()[3]
            }));
            let (out, _) = unpack_whole(kind, &packed);
            assert!(out.len() < 1 << 20, "{}", kind.name());
        }
    }
}

#[test]
fn limits_stop_bombs_after_what_is_allowed() {
    let zeros = vec![0; 300_000];
    for kind in KINDS {
        let packed = pack(kind, &zeros);
        let limits = InflateLimits { max_bytes: 100_000, ..InflateLimits::default() };
        let (out, result) = unpack(kind, &packed, limits, &[usize::MAX], 4096);
        assert_eq!(out.len(), 100_000);
        assert_eq!(result.unwrap_err().kind, InflateErrorKind::TooLarge { max: 100_000 });
        let limits = InflateLimits { max_bytes: 300_000, ..InflateLimits::default() };
        assert_eq!(unpack(kind, &packed, limits, &[usize::MAX], 4096).1, Ok(()));

        let limits =
            InflateLimits { max_ratio: 3, ratio_from_bytes: 200_000, ..InflateLimits::default() };
        let (out, result) = unpack(kind, &packed, limits, &[usize::MAX], 4096);
        assert!((200_000..300_000).contains(&out.len()), "{}: {}", kind.name(), out.len());
        assert_eq!(result.unwrap_err().kind, InflateErrorKind::RatioTooHigh { max: 3 });
    }
}

#[test]
fn a_window_above_the_limit_is_refused_before_it_is_made() {
    let limits = InflateLimits { max_window_bytes: 1024, ..InflateLimits::default() };
    let error = InflateErrorKind::WindowTooLarge { max: 1024 };
    // A frame of 2 GiB windows, as `zstd --long=31` writes it.
    let zstd = b"\x28\xb5\x2f\xfd\0\xa8\x01\0\0";
    assert_eq!(unpack(Compression::Zstd, zstd, limits, &[100], 10).1.unwrap_err().kind, error);
    let xz = pack(Compression::Xz, &text(1000));
    let limits = InflateLimits { max_window_bytes: 1024, ..limits };
    assert_eq!(unpack(Compression::Xz, &xz, limits, &[10_000], 10).1.unwrap_err().kind, error);
}
