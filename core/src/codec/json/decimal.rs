//! JSON numbers: where they end, what they are, and how the writer spells them.
//!
//! `1.50` is `1.5`, `12345678.5` is `1.23456785E7` (Java's spelling), and a decimal that a double does not
//! hold, digit by digit, keeps its text. Nearly always this is seen from the digits alone.

use core::fmt::Write;

use crate::arena::Arena;
use crate::codec::json::fast::Unusual;
use crate::codec::json::{NegativeZero, exact};
use crate::event::Value;

/// A number of the grammar of RFC 8259.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number<'b> {
    text: &'b str,
    is_negative: bool,
    is_decimal: bool,
    has_exponent: bool,
    /// The digits without the dot and the zeros in front; wrapped if there are more than
    /// [`MOST_DIGITS`].
    digits: u64,
    /// How many digits that are.
    count: u32,
    /// The number is `digits` divided by ten to the power of this.
    scale: i32,
}

/// What the writer puts for a number.
pub(super) enum Spelling<'b> {
    /// What it puts for this value; the text has more digits than are usual.
    Long(Value<'b>),
    /// This.
    Other(Spelled),
    /// The text itself.
    Same,
}

/// Digits that always fit in a `u64`.
const MOST_DIGITS: u32 = 19;

/// Digits up to this number are the shortest ones that read back as their double: decimals of so few
/// digits lie further apart than doubles do, whose distance is at most 1/2^52 of them.
const ALWAYS_SHORTEST: u64 = 4_500_000_000_000_000;

/// Exponents of ten below which a double is surely neither infinite nor subnormal.
const SAFE_EXPONENT: i32 = 250;

/// Powers of ten that a double holds.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Integers up to which a double holds every one.
const EXACT_INTEGERS: u64 = 1 << 53;

impl<'b> Number<'b> {
    /// Reads the number that starts at `at`, and tells where it ends.
    #[inline]
    pub(super) fn read(text: &'b str, at: usize) -> Result<(Self, usize), Unusual> {
        let bytes = text.as_bytes();
        let is_negative = bytes.get(at) == Some(&b'-');
        let mut end = at + usize::from(is_negative);
        let mut number = Self {
            text: "",
            is_negative,
            is_decimal: false,
            has_exponent: false,
            digits: 0,
            count: 0,
            scale: 0,
        };
        if bytes.get(end) == Some(&b'0') {
            end += 1;
        } else {
            end = number.take_digits(bytes, end)?;
        }
        if bytes.get(end) == Some(&b'.') {
            let fraction = end + 1;
            end = number.take_digits(bytes, fraction)?;
            number.scale = i32::try_from(end - fraction).map_err(|_| Unusual)?;
            number.is_decimal = true;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let sign = bytes.get(end + 1);
            let first = end + 1 + usize::from(matches!(sign, Some(b'+' | b'-')));
            let mut exponent = 0_i32;
            end = first;
            while let Some(digit @ b'0'..=b'9') = bytes.get(end) {
                exponent = exponent.saturating_mul(10).saturating_add(i32::from(digit - b'0'));
                end += 1;
            }
            if end == first {
                return Err(Unusual);
            }
            let exponent = if sign == Some(&b'-') { -exponent } else { exponent };
            number.scale = number.scale.saturating_sub(exponent);
            number.is_decimal = true;
            number.has_exponent = true;
        }
        number.text = text.get(at..end).ok_or(Unusual)?;
        Ok((number, end))
    }

    #[inline]
    fn take_digits(&mut self, bytes: &[u8], from: usize) -> Result<usize, Unusual> {
        let mut end = from;
        while let Some(digit @ b'0'..=b'9') = bytes.get(end) {
            self.digits = self.digits.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.count += u32::from(self.digits != 0 || self.count != 0);
            end += 1;
        }
        if end == from { Err(Unusual) } else { Ok(end) }
    }

    /// The number as a field's value.
    pub(super) fn value(&self, zero: NegativeZero, arena: &'b Arena) -> Value<'b> {
        if !self.is_decimal {
            return match i64::try_from(self.digits) {
                Ok(value) if self.count < MOST_DIGITS => {
                    Value::Int(if self.is_negative { -value } else { value })
                }
                _ => exact::number(self.text, arena),
            };
        }
        if self.count > MOST_DIGITS {
            return exact::number(self.text, arena);
        }
        let sign = if self.is_negative { -1.0 } else { 1.0 };
        if self.digits == 0 {
            let keeps = zero == NegativeZero::Kept;
            return Value::Float(if keeps { 0.0 * sign } else { 0.0 });
        }
        if self.digits < ALWAYS_SHORTEST
            && let Some(power) = POWERS.get(self.scale.unsigned_abs() as usize)
        {
            const { assert!(ALWAYS_SHORTEST <= EXACT_INTEGERS) };
            // Both are exact, so the result is rounded once, which is what reading the text means.
            #[expect(clippy::cast_precision_loss, reason = "it is below 2^53")]
            let digits = self.digits as f64 * sign;
            return Value::Float(if self.scale < 0 { digits * power } else { digits / power });
        }
        let (digits, scale) = self.significant();
        match self.text.parse() {
            Ok(value) if is_shortest(value, digits, scale) => Value::Float(value),
            _ => Value::Number(self.text),
        }
    }

    /// What the writer puts for [`Number::value`].
    #[inline]
    pub(super) fn spelling(&self, zero: NegativeZero, arena: &'b Arena) -> Spelling<'b> {
        const PLAIN: [u64; 17] = {
            let mut table = [1; 17];
            let mut at = 1;
            while at < table.len() {
                table[at] = table[at - 1] * 10;
                at += 1;
            }
            table
        };
        if !self.is_decimal {
            return if self.digits == 0 && self.count == 0 && self.is_negative {
                Spelling::Other(Spelled::of_text(b"0"))
            } else {
                Spelling::Same
            };
        }
        // Java writes 0.001 to 9999999.9… without an exponent, and no zero at the end but `.0`.
        if let Ok(scale @ 1..10) = usize::try_from(self.scale)
            && !self.has_exponent
            && self.count <= MOST_DIGITS
            && self.digits < ALWAYS_SHORTEST
            && self.digits >= PLAIN[scale.saturating_sub(3)]
            && self.digits < PLAIN[scale + 7]
            && (!self.text.ends_with('0') || scale == 1)
        {
            return Spelling::Same;
        }
        self.other_spelling(zero, arena)
    }

    fn other_spelling(&self, zero: NegativeZero, arena: &'b Arena) -> Spelling<'b> {
        if self.count > MOST_DIGITS {
            return Spelling::Long(exact::number(self.text, arena));
        }
        if self.digits == 0 {
            let keeps = self.is_negative && zero == NegativeZero::Kept;
            return Spelling::Other(Spelled::of_text(if keeps { b"-0.0" } else { b"0.0" }));
        }
        let (digits, scale) = self.significant();
        let surely = digits < ALWAYS_SHORTEST && scale.abs() < SAFE_EXPONENT;
        if !surely {
            let value = self.text.parse().unwrap_or(f64::NAN);
            if !is_shortest(value, digits, scale) {
                return Spelling::Same;
            }
        }
        Spelling::Other(Spelled::of_decimal(self.is_negative, digits, scale))
    }

    /// Digits and scale without the zeros at the end.
    fn significant(&self) -> (u64, i32) {
        let (mut digits, mut scale) = (self.digits, self.scale);
        while digits != 0 && digits % 10 == 0 {
            digits /= 10;
            scale = scale.saturating_sub(1);
        }
        (digits, scale)
    }
}

/// Whether these are the shortest digits that read back as this double.
fn is_shortest(value: f64, digits: u64, scale: i32) -> bool {
    let mut shortest = Spelled::default();
    if !value.is_finite() || write!(shortest, "{:e}", value.abs()).is_err() {
        return false;
    }
    let mut found = 0_u64;
    let mut found_scale = 0;
    let mut is_fraction = false;
    let bytes = shortest.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'.' => is_fraction = true,
            b'e' => {
                let exponent = bytes.get(at + 1..).and_then(|text| str::from_utf8(text).ok());
                let exponent: i32 = exponent.and_then(|text| text.parse().ok()).unwrap_or(0);
                return found == digits && found_scale - exponent == scale;
            }
            digit => {
                found = found * 10 + u64::from(digit.wrapping_sub(b'0'));
                found_scale += i32::from(is_fraction);
            }
        }
    }
    false
}

/// A number's text.
pub(super) struct Spelled {
    /// Room for the sign, 19 digits, six zeros, `.0`; or for an exponent.
    bytes: [u8; 40],
    len: usize,
}

impl Default for Spelled {
    fn default() -> Self {
        Self { bytes: [0; 40], len: 0 }
    }
}

impl Spelled {
    fn of_text(text: &[u8]) -> Self {
        let mut spelled = Self::default();
        spelled.push(text);
        spelled
    }

    /// Java's text of a double with these shortest digits.
    fn of_decimal(is_negative: bool, digits: u64, scale: i32) -> Self {
        let mut spelled = Self::default();
        if is_negative {
            spelled.push(b"-");
        }
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(digits).as_bytes();
        let count = i32::try_from(digits.len()).unwrap_or(0);
        let exponent = (count - 1).saturating_sub(scale);
        let split = |at: usize| digits.split_at(at.min(digits.len()));
        match usize::try_from(exponent) {
            Ok(whole @ 0..7) => {
                let (whole_digits, rest) = split(whole + 1);
                spelled.push(whole_digits);
                spelled.push(&b"000000"[..whole + 1 - whole_digits.len()]);
                spelled.push(b".");
                spelled.push(if rest.is_empty() { b"0" } else { rest });
            }
            Err(_) if exponent >= -3 => {
                spelled.push(&b"0.00"[..=exponent.unsigned_abs() as usize]);
                spelled.push(digits);
            }
            _ => {
                let (first, rest) = split(1);
                spelled.push(first);
                spelled.push(b".");
                spelled.push(if rest.is_empty() { b"0" } else { rest });
                spelled.push(b"E");
                spelled.push(itoa::Buffer::new().format(exponent).as_bytes());
            }
        }
        spelled
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// What does not fit is left out; nothing is so long.
    fn push(&mut self, text: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.len..self.len + text.len()) {
            place.copy_from_slice(text);
            self.len += text.len();
        }
    }
}

impl Write for Spelled {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}
