//! Digests of texts for `fingerprint` and `anonymize`: plain, keyed (HMAC) and `MurmurHash3`, and addresses
//! cut to their network.

use core::fmt;
use core::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha384, Sha512};

use crate::arena::Arena;

/// A digest with its key, if it has one.
#[derive(Clone)]
pub(crate) enum Digest {
    Md5(Option<Hmac<Md5>>),
    Sha1(Option<Hmac<Sha1>>),
    Sha256(Option<Hmac<Sha256>>),
    Sha384(Option<Hmac<Sha384>>),
    Sha512(Option<Hmac<Sha512>>),
}

impl fmt::Debug for Digest {
    // The key is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5(_) => "MD5",
            Self::Sha1(_) => "SHA1",
            Self::Sha256(_) => "SHA256",
            Self::Sha384(_) => "SHA384",
            Self::Sha512(_) => "SHA512",
        })
    }
}

/// How the bytes of a digest are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Base64,
    Hex,
}

impl Digest {
    /// The digest that an option names; none for other methods.
    pub(crate) fn new(name: &str, key: Option<&str>) -> Option<Self> {
        fn keyed<M: KeyInit>(key: Option<&str>) -> Option<M> {
            M::new_from_slice(key?.as_bytes()).ok()
        }
        Some(match name {
            "MD5" => Self::Md5(keyed(key)),
            "SHA1" => Self::Sha1(keyed(key)),
            "SHA256" => Self::Sha256(keyed(key)),
            "SHA384" => Self::Sha384(keyed(key)),
            "SHA512" => Self::Sha512(keyed(key)),
            _ => return None,
        })
    }

    /// The digest of a text.
    pub(crate) fn of<'b>(&self, text: &str, form: Form, arena: &'b Arena) -> &'b str {
        macro_rules! digest {
            ($keyed:expr, $plain:ty) => {
                match $keyed {
                    Some(mac) => {
                        let mut mac = mac.clone();
                        mac.update(text.as_bytes());
                        written(&mac.finalize().into_bytes(), form, arena)
                    }
                    None => written(&<$plain>::digest(text), form, arena),
                }
            };
        }
        match self {
            Self::Md5(keyed) => digest!(keyed, Md5),
            Self::Sha1(keyed) => digest!(keyed, Sha1),
            Self::Sha256(keyed) => digest!(keyed, Sha256),
            Self::Sha384(keyed) => digest!(keyed, Sha384),
            Self::Sha512(keyed) => digest!(keyed, Sha512),
        }
    }
}

/// Bytes as text.
pub(crate) fn written<'b>(bytes: &[u8], form: Form, arena: &'b Arena) -> &'b str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    arena.build(|out| match form {
        Form::Base64 => base64_simd::STANDARD.encode_append(bytes, out),
        Form::Hex => {
            for byte in bytes {
                out.push(char::from(DIGITS[usize::from(byte >> 4)]));
                out.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    })
}

/// `MurmurHash3` of 32 bits.
pub(crate) fn murmur3(bytes: &[u8]) -> u32 {
    // Reading bytes in memory does not fail.
    murmur3::murmur3_32(&mut &*bytes, 0).unwrap_or(0)
}

/// `MurmurHash3` of 128 bits, as its bytes in memory, with the seed that Ruby's library has.
pub(crate) fn murmur3_128(bytes: &[u8]) -> [u8; 16] {
    murmur3::murmur3_x64_128(&mut &*bytes, 2).unwrap_or(0).to_le_bytes()
}

/// An address, cut to the first bits; nothing for what is no address and for more bits than it has.
pub(crate) fn network<'b>(text: &str, bits: u32, arena: &'b Arena) -> Option<&'b str> {
    let masked: IpAddr = match text.parse().ok()? {
        IpAddr::V4(address) => {
            let rest = 32_u32.checked_sub(bits)?;
            let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let rest = 128_u32.checked_sub(bits)?;
            let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    };
    Some(arena.build(|out| {
        use core::fmt::Write;
        let _ = write!(out, "{masked}");
    }))
}

/// Ruby's `to_i`: the number at the start of a text; 0 without one.
pub(crate) fn leading_number(text: &str) -> u32 {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().unwrap_or(if end == 0 { 0 } else { u32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_cut_at_the_bit() {
        let arena = Arena::new();
        for (text, bits, expected) in [
            ("192.168.1.77", 24, Some("192.168.1.0")),
            ("192.168.1.77", 0, Some("0.0.0.0")),
            ("192.168.1.77", 32, Some("192.168.1.77")),
            ("192.168.1.77", 33, None),
            ("2001:db8::1", 16, Some("2001::")),
            ("::1", 128, Some("::1")),
            ("::1", 129, None),
            ("x", 8, None),
        ] {
            assert_eq!(network(text, bits, &arena), expected, "{text}/{bits}");
        }
    }

    #[test]
    fn prefix_lengths_are_read_as_ruby_reads_numbers() {
        for (text, number) in
            [("24", 24), (" 16x", 16), ("x", 0), ("", 0), ("99999999999", u32::MAX)]
        {
            assert_eq!(leading_number(text), number, "{text}");
        }
    }
}
