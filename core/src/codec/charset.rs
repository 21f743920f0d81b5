//! Character sets: bytes of a text in the encoding that a codec's `charset` names, to UTF-8.
//!
//! `caf\xE9` with `charset => "ISO-8859-1"` is `café`. A byte that means nothing becomes U+FFFD; only with UTF-8, the
//! default, the whole text is shown escaped instead (`caf\xE9`). Names are those of Ruby's encodings. Source of
//! behaviour: Logstash 9.x util/charset.rb; the tables are those of the WHATWG (`encoding_rs`), whose places where
//! they say more than Ruby's are undone here.

use encoding_rs::Encoding;

use crate::arena::Arena;
use crate::codec::decode;
use crate::limits;

/// What is read, for people.
pub(crate) const CHARSETS: &str = "UTF-8, UTF-16, UTF-32, US-ASCII, ISO-8859-1 to 16, Windows-1250 to 1258, KOI8-R, \
     KOI8-U, Shift_JIS, EUC-JP, ISO-2022-JP, EUC-KR, GBK, GB18030, Big5, IBM866 and macRoman are";

/// A character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    /// Seven bits; all else means nothing.
    Ascii,
    /// None: bytes, of which the first are shown escaped.
    Bytes,
    /// The bytes 0x80 to 0x9F are the control characters of the same numbers, the others as in the table.
    Iso(&'static Encoding),
    /// As in the table.
    Table(&'static Encoding),
    /// Two bytes a unit; a byte order mark decides, else it is big-endian.
    Utf16,
    Utf32(ByteOrder),
    /// The default.
    Utf8,
    /// As in the table, but what it takes for control characters above ASCII means nothing.
    Windows(&'static Encoding),
}

/// The order of the bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Big,
    Little,
    /// By the mark at the start, else big-endian.
    Marked,
}

impl Charset {
    /// The character set of this name, in any case; nothing when there is none or it is not built.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        if let Some(number) =
            lower.strip_prefix("iso-8859-").or_else(|| lower.strip_prefix("iso8859-"))
        {
            return Self::iso(number);
        }
        if let Some(number) = lower.strip_prefix("windows-").or_else(|| lower.strip_prefix("cp"))
            && let Some(charset) = Self::windows(number)
        {
            return Some(charset);
        }
        Some(match lower.as_str() {
            "utf-8" | "cp65001" | "locale" | "external" | "filesystem" => Self::Utf8,
            "ascii-8bit" | "binary" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "646" => {
                Self::Ascii
            }
            "big5" | "big5-hkscs" | "big5-hkscs:2008" | "cp950" | "cp951" => {
                Self::Table(encoding_rs::BIG5)
            }
            "euc-cn" | "euccn" | "gb2312" | "gbk" | "cp936" => Self::Table(encoding_rs::GBK),
            "euc-jp" | "eucjp" | "eucjp-ms" | "euc-jp-ms" | "cp51932" => {
                Self::Table(encoding_rs::EUC_JP)
            }
            "euc-kr" | "euckr" | "cp949" => Self::Table(encoding_rs::EUC_KR),
            "gb18030" => Self::Table(encoding_rs::GB18030),
            "ibm866" | "cp866" => Self::Table(encoding_rs::IBM866),
            "iso-2022-jp" | "iso2022-jp" => Self::Table(encoding_rs::ISO_2022_JP),
            "koi8-r" | "cp878" => Self::Table(encoding_rs::KOI8_R),
            "koi8-u" => Self::Table(encoding_rs::KOI8_U),
            "maccyrillic" => Self::Table(encoding_rs::X_MAC_CYRILLIC),
            "macroman" => Self::Table(encoding_rs::MACINTOSH),
            "shift_jis" | "sjis" | "pck" | "windows-31j" | "cswindows31j" | "cp932" => {
                Self::Table(encoding_rs::SHIFT_JIS)
            }
            "utf-16" => Self::Utf16,
            "utf-16be" | "ucs-2be" => Self::Table(encoding_rs::UTF_16BE),
            "utf-16le" => Self::Table(encoding_rs::UTF_16LE),
            "utf-32" => Self::Utf32(ByteOrder::Marked),
            "utf-32be" | "ucs-4be" => Self::Utf32(ByteOrder::Big),
            "utf-32le" | "ucs-4le" => Self::Utf32(ByteOrder::Little),
            _ => return None,
        })
    }

    fn iso(number: &str) -> Option<Self> {
        let table = match number {
            "1" => encoding_rs::WINDOWS_1252,
            "2" => encoding_rs::ISO_8859_2,
            "3" => encoding_rs::ISO_8859_3,
            "4" => encoding_rs::ISO_8859_4,
            "5" => encoding_rs::ISO_8859_5,
            "6" => encoding_rs::ISO_8859_6,
            "7" => encoding_rs::ISO_8859_7,
            "8" => encoding_rs::ISO_8859_8,
            "9" => encoding_rs::WINDOWS_1254,
            "10" => encoding_rs::ISO_8859_10,
            "11" => encoding_rs::WINDOWS_874,
            "13" => encoding_rs::ISO_8859_13,
            "14" => encoding_rs::ISO_8859_14,
            "15" => encoding_rs::ISO_8859_15,
            "16" => encoding_rs::ISO_8859_16,
            _ => return None,
        };
        Some(Self::Iso(table))
    }

    fn windows(number: &str) -> Option<Self> {
        let table = match number {
            "874" => encoding_rs::WINDOWS_874,
            "1250" => encoding_rs::WINDOWS_1250,
            "1251" => encoding_rs::WINDOWS_1251,
            "1252" => encoding_rs::WINDOWS_1252,
            "1253" => encoding_rs::WINDOWS_1253,
            "1254" => encoding_rs::WINDOWS_1254,
            "1255" => encoding_rs::WINDOWS_1255,
            "1256" => encoding_rs::WINDOWS_1256,
            "1257" => encoding_rs::WINDOWS_1257,
            "1258" => encoding_rs::WINDOWS_1258,
            _ => return None,
        };
        Some(Self::Windows(table))
    }

    /// The text that the bytes are.
    pub(crate) fn text<'b>(self, bytes: &'b [u8], arena: &'b Arena) -> &'b str {
        let table = match self {
            Self::Utf8 => return decode::text_of(bytes, arena),
            Self::Bytes => {
                let shown = bytes.len().min(limits::REFUSED_EXCERPT_BYTES);
                return decode::text_of(&bytes[..shown], arena);
            }
            Self::Utf32(order) => return arena.build(|out| push_utf32(bytes, order, out)),
            Self::Utf16 => match bytes {
                [0xFF, 0xFE, rest @ ..] => return push_table(encoding_rs::UTF_16LE, rest, arena),
                [0xFE, 0xFF, rest @ ..] => return push_table(encoding_rs::UTF_16BE, rest, arena),
                _ => encoding_rs::UTF_16BE,
            },
            Self::Ascii => encoding_rs::WINDOWS_1252,
            Self::Iso(table) | Self::Table(table) | Self::Windows(table) => table,
        };
        if table.is_ascii_compatible() && bytes.is_ascii() {
            return str::from_utf8(bytes).unwrap_or_default();
        }
        match self {
            Self::Ascii => arena.build(|out| {
                out.extend(bytes.iter().map(|&byte| {
                    if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER }
                }));
            }),
            Self::Iso(table) => arena.build(|out| {
                let is_control = |byte: &u8| matches!(byte, 0x80..=0x9F);
                for part in bytes.chunk_by(|left, right| is_control(left) == is_control(right)) {
                    if part.first().is_some_and(is_control) {
                        out.extend(part.iter().map(|&byte| char::from(byte)));
                    } else {
                        push_decoded(table, part, out);
                    }
                }
            }),
            Self::Windows(table) => {
                let text = push_table(table, bytes, arena);
                if !text.contains(is_high_control) {
                    return text;
                }
                arena.build(|out| {
                    out.extend(text.chars().map(|character| {
                        if is_high_control(character) {
                            char::REPLACEMENT_CHARACTER
                        } else {
                            character
                        }
                    }));
                })
            }
            _ => push_table(table, bytes, arena),
        }
    }
}

fn is_high_control(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{9F}')
}

fn push_table<'b>(table: &'static Encoding, bytes: &[u8], arena: &'b Arena) -> &'b str {
    arena.build(|out| push_decoded(table, bytes, out))
}

fn push_decoded(table: &'static Encoding, bytes: &[u8], out: &mut String) {
    let mut decoder = table.new_decoder_without_bom_handling();
    // Nothing says nothing: the length would not fit the memory.
    out.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0));
    let _ = decoder.decode_to_string(bytes, out, true);
}

fn push_utf32(bytes: &[u8], order: ByteOrder, out: &mut String) {
    let (bytes, is_little) = match (order, bytes) {
        (ByteOrder::Marked, [0xFF, 0xFE, 0, 0, rest @ ..]) => (rest, true),
        (ByteOrder::Marked, [0, 0, 0xFE, 0xFF, rest @ ..]) => (rest, false),
        _ => (bytes, order == ByteOrder::Little),
    };
    let (units, rest) = bytes.as_chunks::<4>();
    for unit in units {
        let code = if is_little { u32::from_le_bytes(*unit) } else { u32::from_be_bytes(*unit) };
        out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if !rest.is_empty() {
        out.push(char::REPLACEMENT_CHARACTER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(charset: &str, bytes: &[u8]) -> String {
        let arena = Arena::new();
        Charset::named(charset).map_or_else(String::new, |set| set.text(bytes, &arena).to_owned())
    }

    #[test]
    fn names_and_bytes_are_those_of_ruby() {
        for (charset, bytes, expected) in [
            ("UTF-8", &b"caf\xE9"[..], "caf\\xE9"),
            ("iso-8859-1", b"caf\xE9 \x80\x9F\xA0", "café \u{80}\u{9F}\u{A0}"),
            ("ISO8859-9", b"\xD0\x80", "Ğ\u{80}"),
            ("ISO-8859-15", b"\xA4", "€"),
            ("CP1252", b"\x80\x81\x92", "€\u{FFFD}’"),
            ("Windows-1251", b"\xC0\x98", "А\u{FFFD}"),
            ("US-ASCII", b"a\xE9\xE9", "a\u{FFFD}\u{FFFD}"),
            ("BINARY", b"a\xE9", "a\u{FFFD}"),
            ("Shift_JIS", b"\x93\xFA\x96{", "日本"),
            ("Windows-31J", b"\x87\x40", "①"),
            ("EUC-JP", b"\xC6\xFC", "日"),
            ("GBK", b"\xC4\xE3", "你"),
            ("Big5", b"\xA7\x41", "你"),
            ("KOI8-R", b"\xC1", "а"),
            ("UTF-16LE", b"a\0\xE9\0\x3D\xD8\x00\xDE", "aé😀"),
            ("UTF-16", b"\xFF\xFEa\0", "a"),
            ("UTF-16", b"\0a\xD8", "a\u{FFFD}"),
            ("UTF-32BE", b"\0\0\0a\0\x01\xF6\0\0\x11", "a😀\u{FFFD}"),
            ("UTF-32", b"\xFF\xFE\0\0a\0\0\0", "a"),
        ] {
            assert_eq!(text(charset, bytes), expected, "{charset}");
        }
        for unknown in ["UTF-9", "CP437", "ISO-8859-12", ""] {
            assert_eq!(Charset::named(unknown), None, "{unknown}");
        }
    }
}
