//! T3: a time, a level, a text.
//!
//! `2024-03-15 14:23:01,007 INFO User login successful`

#![expect(unsafe_code, reason = "writes with room made")]

use super::date;
use super::scan::{NOWHERE, Padded, span};
use super::write::{Json, Key, LINE_BYTES};

/// Writes an event for each line that is understood, and calls a function after every line. The
/// memory is taken and given back: what is a local variable here stays in registers.
#[target_feature(enable = "avx512bw,avx2,bmi1,bmi2")]
pub(super) fn events(
    input: &Padded,
    mut json: Json,
    mut after_line: impl FnMut(&mut Json),
) -> (u64, Json) {
    const TIMESTAMP: Key = Key::new("{\"timestamp\":\"");
    const LEVEL: Key = Key::new("\",\"level\":\"");
    const MSG: Key = Key::new("\",\"msg\":\"");
    const AT: Key = Key::new("\",\"@timestamp\":\"");
    const NOW: Key = Key::new(crate::output::NOW);
    const VERSION: Key = Key::new("\",\"@version\":\"1\"");
    const END: Key = Key::new(",\"app\":\"auth-service\"}\n");
    let mut lines = 0;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', input.bytes()) {
        let line = input.line(start, end);
        let text = line.bytes;
        if text.len() > 24 && text.len() <= LINE_BYTES {
            let date_end = if text[19] == b' ' { 19 } else { line.find([b' '], 19) };
            let level_end = line.find([b' '], date_end.saturating_add(1));
            if level_end != NOWHERE
                && let Some(at) = date::iso(&text[..date_end])
            {
                json.make_room();
                // SAFETY: room was made, each part of the line is written once, and the keys
                // together are shorter than what is kept for them.
                unsafe {
                    json.key(&TIMESTAMP);
                    json.timestamp(at);
                    json.key(&LEVEL);
                    json.escaped(line, span(date_end + 1, level_end));
                    json.key(&MSG);
                    json.escaped(line, span(level_end + 1, text.len()));
                    json.key(&AT);
                    json.key(&NOW);
                    json.key(&VERSION);
                    json.key(&END);
                }
                lines += 1;
            }
        }
        after_line(&mut json);
        start = end + 1;
    }
    (lines, json)
}
