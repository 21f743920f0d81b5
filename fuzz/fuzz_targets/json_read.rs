//! Any text: what the fast JSON reader takes, the exact one takes too, and both make the same of it;
//! after another text has been read, that this one may be like.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::fuzzing;

/// The first text ends at the first of these.
const SEPARATOR: char = '\0';

fuzz_target!(|text: &str| {
    let (before, text) = text.split_once(SEPARATOR).unwrap_or((text, text));
    fuzzing::json_readers(before, text);
});
