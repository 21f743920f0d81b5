//! Joda-Time patterns: `dd/MMM/yyyy:HH:mm:ss Z` ⇄ instants.
//!
//! [`JodaPattern::compile`] turns the text of a pattern into a list of elements once; parsing and
//! printing walk the list. Source of behaviour: Joda-Time 2.12 `DateTimeFormat` and the `date`
//! filter's year guessing (reference section 5).

pub(super) mod fields;
mod format;
mod parse;
mod pattern;
mod text;

pub use pattern::{DateFormatError, JodaPattern};

pub(super) use parse::{Parsed, parse_fraction, parse_number, parse_zone_offset};
