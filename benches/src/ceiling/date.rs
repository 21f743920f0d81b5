//! Dates of the two formats, to milliseconds since 1970 and back.

/// Milliseconds of a day.
pub(super) const DAY: i64 = 86_400_000;

/// `17/May/2015:10:05:03 +0000`
#[inline(always)]
pub(super) fn http(text: &[u8]) -> Option<i64> {
    const DIGITS: [usize; 16] = [0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25];
    let text: &[u8; 26] = text.try_into().ok()?;
    let is_shaped = text[2] == b'/' && text[6] == b'/' && text[11] == b':' && text[20] == b' ';
    if !is_shaped || !all_digits(text, &DIGITS) {
        return None;
    }
    let month = match &text[3..6] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let days = days(pair(text, 7) * 100 + pair(text, 9), month, pair(text, 0));
    let seconds = (pair(text, 12) * 60 + pair(text, 15)) * 60 + pair(text, 18);
    let offset = (pair(text, 22) * 60 + pair(text, 24)) * 60;
    let offset = if text[21] == b'-' { -offset } else { offset };
    Some(days * DAY + (seconds - offset) * 1000)
}

/// `2024-03-15 14:23:01`, with `T` for the space, with milliseconds, with a zone.
#[inline(always)]
pub(super) fn iso(text: &[u8]) -> Option<i64> {
    const DIGITS: [usize; 14] = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
    let (head, rest) = text.split_first_chunk::<19>()?;
    let is_shaped = head[4] == b'-' && head[7] == b'-' && head[13] == b':' && head[16] == b':';
    if !is_shaped || !all_digits(head, &DIGITS) {
        return None;
    }
    let days = days(pair(head, 0) * 100 + pair(head, 2), pair(head, 5), pair(head, 8));
    let seconds = (pair(head, 11) * 60 + pair(head, 14)) * 60 + pair(head, 17);
    let (milliseconds, zone) = match rest {
        [b'.' | b',', fraction @ ..] => {
            let (fraction, zone) = fraction.split_first_chunk::<3>()?;
            if !all_digits(fraction, &[0, 1, 2]) {
                return None;
            }
            (pair(fraction, 0) * 10 + i64::from(fraction[2] - b'0'), zone)
        }
        _ => (0, rest),
    };
    let offset = match zone {
        [] | [b'Z'] => 0,
        [sign, a, b, b':', c, d] | [sign, a, b, c, d] => {
            let digits = [*a, *b, *c, *d];
            let offset = (pair(&digits, 0) * 60 + pair(&digits, 2)) * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    Some(days * DAY + (seconds - offset) * 1000 + milliseconds)
}

/// A day as it stands at the front of a time: `2024-03-15T`.
#[cold]
pub(super) fn day_text(day: i64) -> [u8; 11] {
    let (year, month, day) = civil(day);
    let text = format!("{year:04}-{month:02}-{day:02}T");
    text.as_bytes().try_into().unwrap_or(*b"0000-00-00T")
}

/// The rest of a time: `14:23:01.000Z`.
#[inline(always)]
pub(super) fn write_clock(milliseconds: i64, out: &mut [u8; 13]) {
    let milliseconds = u32::try_from(milliseconds).unwrap_or_default();
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
    *out = *b"00:00:00.000Z";
    out[0..2].copy_from_slice(&PAIRS[(seconds / 3600) as usize]);
    out[3..5].copy_from_slice(&PAIRS[(seconds / 60 % 60) as usize]);
    out[6..8].copy_from_slice(&PAIRS[(seconds % 60) as usize]);
    out[9] += (fraction / 100).to_le_bytes()[0];
    out[10..12].copy_from_slice(&PAIRS[(fraction % 100) as usize]);
}

/// `00` to `99`; a day has no more hours, minutes or seconds.
static PAIRS: [[u8; 2]; 100] = {
    const DIGITS: &[u8; 10] = b"0123456789";
    let mut pairs = [[b'0'; 2]; 100];
    let mut at = 0;
    while at < 100 {
        pairs[at] = [DIGITS[at / 10], DIGITS[at % 10]];
        at += 1;
    }
    pairs
};

#[inline(always)]
fn all_digits<const N: usize>(text: &[u8; N], places: &[usize]) -> bool {
    places.iter().fold(true, |all, place| all & text[*place].is_ascii_digit())
}

#[inline(always)]
fn pair<const N: usize>(text: &[u8; N], at: usize) -> i64 {
    i64::from(text[at] - b'0') * 10 + i64::from(text[at + 1] - b'0')
}

/// Days since 1970 of a day of the Gregorian calendar; the year begins in March, so that the day
/// that comes and goes is its last.
#[inline(always)]
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let month = (month + 9) % 12;
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The other way round: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::{DAY, civil, day_text, days, http, iso, write_clock};

    #[test]
    fn days_and_dates_are_inverse() {
        for day in [-719_468, -1, 0, 59, 60, 11_016, 19_797, 47_541] {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
    }

    #[test]
    fn the_formats_give_the_same_time() {
        let expected = Some(19_797 * DAY + 51_781_000);
        assert_eq!(http(b"15/Mar/2024:15:23:01 +0100"), expected);
        assert_eq!(iso(b"2024-03-15 14:23:01"), expected);
        assert_eq!(iso(b"2024-03-15T14:23:01.000Z"), expected);
        assert_eq!(iso(b"2024-03-15T15:23:01,000+01:00"), expected);
    }

    #[test]
    fn a_time_is_written_as_it_was_read() {
        let mut clock = [0; 13];
        write_clock(51_781_007, &mut clock);
        assert_eq!((&day_text(19_797), &clock), (b"2024-03-15T", b"14:23:01.007Z"));
    }
}
