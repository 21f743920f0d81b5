//! Any pattern, text, zone and locale: compiling and parsing end, an error points into the pattern,
//! and what was read in milliseconds prints and reads back to the same instant.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::time::{DateContext, DateFormat, JavaPattern, JodaPattern, Locale, Timestamp, Zone};

fuzz_target!(|input: (&str, &str, &str, &str, i64)| {
    let (pattern, text, zone, locale, millis) = input;
    let zone = Zone::parse(zone).unwrap_or_else(|_| Zone::utc());
    let locale = Locale::parse(locale);
    let now = Timestamp::from_millis(millis);
    let utc = Zone::utc();
    let cx = DateContext { zone: &zone, now, start: now, host_zone: &utc };
    match DateFormat::compile(pattern, &locale) {
        Ok(format) => {
            let parsed = format.parse_text(text, &cx);
            assert_eq!(parsed, format.parse_text(text, &cx));
        }
        Err(error) => {
            assert!(pattern.get(error.span()).is_some(), "{error:?}");
            assert!(!error.message().is_empty());
        }
    }
    let mut out = String::new();
    if let Ok(joda) = JodaPattern::compile(pattern, &locale) {
        joda.format(now, &zone, &mut out);
    }
    if let Ok(java) = JavaPattern::compile(pattern) {
        java.format(now, &mut out);
    }
    // Four-digit years are those that the text form writes without a sign.
    let printed = now.to_string();
    if (0..=253_402_300_799_999).contains(&millis) {
        assert_eq!(Timestamp::parse_lenient(&printed, &utc), Some(now), "{printed}");
        let full = JodaPattern::compile("yyyy-MM-dd'T'HH:mm:ss.SSSZ", &Locale::english());
        let full = full.expect("a pattern of the documentation");
        out.clear();
        full.format(now, &zone, &mut out);
        // Offsets with seconds, as of 1890, do not fit into `Z`.
        if zone.is_utc() {
            assert_eq!(full.parse(&out, &cx), Some(now), "{out}");
        }
    }
});
