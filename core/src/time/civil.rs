//! Calendar arithmetic: days since 1970 ⇄ year, month and day of the proleptic Gregorian calendar.
//!
//! All functions take any year that an `i64` of seconds can reach, since neither Joda-Time's year
//! range (±292 million) nor a hostile text stops at four digits.

/// The seconds of a day; leap seconds do not exist here.
pub(super) const SECONDS_PER_DAY: i64 = 86_400;
/// The milliseconds of a day.
pub(super) const MILLIS_PER_DAY: i64 = 86_400_000;

/// Names a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    /// Astronomical: 0 is 1 BC.
    pub(super) year: i64,
    /// 1..=12.
    pub(super) month: u8,
    /// 1..=31.
    pub(super) day: u8,
}

/// Returns the day that lies `days` after 1970-01-01, for any day that an `i64` of seconds reaches.
///
/// Years are counted from March so that the leap day is the last of its year.
pub(super) fn date_from_days(days: i64) -> Date {
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date { year, month: u8::try_from(month).unwrap_or(1), day: u8::try_from(day).unwrap_or(1) }
}

/// The days of the years 0 to 9999, counted from 1970-01-01.
pub(super) const FOUR_DIGIT_YEARS: core::ops::Range<i64> = -719_528..2_932_897;

/// Returns year, month and day of a day of [`FOUR_DIGIT_YEARS`], given as its place among them.
///
/// As [`date_from_days`], whose comment says how, in 32 bits and without a sign.
// PERF: a third of the instructions.
pub(super) fn four_digit_date(place: u32) -> (u32, u32, u32) {
    // The first era begins on 1 March of year -400, 146,037 days before the range.
    let shifted = place + 146_037;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let is_next = march_month >= 10;
    let month = if is_next { march_month - 9 } else { march_month + 3 };
    (era * 400 + year_of_era + u32::from(is_next) - 400, month, day)
}

/// Returns the days from 1970-01-01 to a day; `month` is 1..=12, `day` may be any of its month.
pub(super) fn days_from_date(year: i64, month: u8, day: u8) -> i64 {
    let march_year = year - i64::from(month <= 2);
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let march_month = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Tells whether a year has a 29th of February.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns the length of a month in days.
pub(super) fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the length of a year in days.
pub(super) fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// Returns the day of the week: 1 is Monday, 7 is Sunday.
pub(super) fn day_of_week(days: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (days.rem_euclid(7) + 3) % 7 + 1
}

/// Returns the day of the year, from 1.
pub(super) fn day_of_year(days: i64) -> i64 {
    days - days_from_date(date_from_days(days).year, 1, 1) + 1
}

/// Returns the Monday on which a week year begins: that of the week of January 4 (ISO 8601).
pub(super) fn week_year_start(week_year: i64) -> i64 {
    let fourth = days_from_date(week_year, 1, 4);
    fourth - (day_of_week(fourth) - 1)
}

/// Returns the number of weeks of a week year, 52 or 53.
pub(super) fn weeks_in_week_year(week_year: i64) -> i64 {
    (week_year_start(week_year + 1) - week_year_start(week_year)) / 7
}

/// Returns the ISO 8601 week year and the week of it, from 1.
pub(super) fn iso_week(days: i64) -> (i64, i64) {
    // A week belongs to the year that holds its Thursday.
    let thursday = days - day_of_week(days) + 4;
    let week_year = date_from_days(thursday).year;
    (week_year, (days - week_year_start(week_year)) / 7 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse_over_two_eras() {
        let mut days = days_from_date(-401, 1, 1);
        for year in -401..=401 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    assert_eq!(date_from_days(days), Date { year, month, day });
                    assert_eq!(days_from_date(year, month, day), days);
                    days += 1;
                }
            }
        }
    }

    #[test]
    fn the_dates_of_four_digit_years_are_those_of_all_years() {
        let range = FOUR_DIGIT_YEARS;
        assert_eq!(range, days_from_date(0, 1, 1)..days_from_date(10_000, 1, 1));
        for (place, days) in (0..).zip(range) {
            let Date { year, month, day } = date_from_days(days);
            let (short_year, short_month, short_day) = four_digit_date(place);
            assert_eq!((i64::from(short_year), short_month), (year, u32::from(month)));
            assert_eq!(short_day, u32::from(day));
        }
    }

    #[test]
    fn iso_weeks_of_the_turn_of_years() {
        assert_eq!(iso_week(days_from_date(2027, 1, 2)), (2026, 53));
        assert_eq!(iso_week(days_from_date(2024, 12, 30)), (2025, 1));
        assert_eq!(iso_week(days_from_date(2024, 1, 1)), (2024, 1));
        assert_eq!(weeks_in_week_year(2026), 53);
        assert_eq!(weeks_in_week_year(2024), 52);
    }

    #[test]
    fn weekday_and_day_of_year_count_from_one() {
        assert_eq!(day_of_week(0), 4);
        assert_eq!(day_of_week(-4), 7);
        assert_eq!(day_of_year(days_from_date(2024, 12, 31)), 366);
        assert_eq!(day_of_year(0), 1);
    }
}
