//! T1 and T2: lines of the combined log format.
//!
//! `1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/7.81.0"`

#![expect(unsafe_code, reason = "writes with room made")]

use super::date;
use super::scan::{Line, Masks, Padded, Span, span};
use super::write::{Json, Key, LINE_BYTES};
use crate::output::{Captured, Form};

/// The fields of a line, as bytes from its start; [`ABSENT`] for one that took no part.
#[derive(Clone, Copy, Debug)]
struct Fields {
    clientip: Span,
    ident: Span,
    auth: Span,
    timestamp: Span,
    verb: Span,
    request: Span,
    httpversion: Span,
    rawrequest: Span,
    response: Span,
    bytes: Span,
    referrer: Span,
    agent: Span,
}

impl Default for Fields {
    #[inline(always)]
    fn default() -> Self {
        Self {
            clientip: ABSENT,
            ident: ABSENT,
            auth: ABSENT,
            timestamp: ABSENT,
            verb: ABSENT,
            request: ABSENT,
            httpversion: ABSENT,
            rawrequest: ABSENT,
            response: ABSENT,
            bytes: ABSENT,
            referrer: ABSENT,
            agent: ABSENT,
        }
    }
}

const ABSENT: Span = (u32::MAX, u32::MAX);

/// Counts the lines that are understood.
#[target_feature(enable = "avx512bw,avx2,bmi1,bmi2")]
pub(super) fn captures(input: &Padded) -> u64 {
    let mut fields = Fields::default();
    let mut lines = 0;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', input.bytes()) {
        if read(input.line(start, end), &mut fields) {
            std::hint::black_box(&fields);
            lines += 1;
        }
        start = end + 1;
    }
    lines
}

/// Writes an event for each line that is understood, and calls a function after every line. The
/// memory is taken and given back: what is a local variable here stays in registers.
#[target_feature(enable = "avx512bw,avx2,bmi1,bmi2")]
pub(super) fn events(
    input: &Padded,
    mut json: Json,
    mut after_line: impl FnMut(&mut Json),
) -> (u64, Json) {
    let mut fields = Fields::default();
    let mut lines = 0;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', input.bytes()) {
        let line = input.line(start, end);
        if line.bytes.len() <= LINE_BYTES
            && read(line, &mut fields)
            && let Some(at) = date::http(line.part(fields.timestamp))
        {
            event(line, &fields, at, &mut json);
            lines += 1;
        }
        after_line(&mut json);
        start = end + 1;
    }
    (lines, json)
}

#[inline(always)]
fn event(line: Line<'_>, fields: &Fields, at: i64, json: &mut Json) {
    const CLIENTIP: Key = Key::new("{\"clientip\":\"");
    const IDENT: Key = Key::new("\",\"ident\":\"");
    const AUTH: Key = Key::new("\",\"auth\":\"");
    const TIMESTAMP: Key = Key::new("\",\"timestamp\":\"");
    const VERB: Key = Key::new("\",\"verb\":\"");
    const REQUEST: Key = Key::new("\",\"request\":\"");
    const HTTPVERSION: Key = Key::new("\",\"httpversion\":\"");
    const RAWREQUEST: Key = Key::new("\",\"rawrequest\":\"");
    const CLOSE: Key = Key::new("\"");
    const RESPONSE: Key = Key::new(",\"response\":");
    const BYTES: Key = Key::new(",\"bytes\":");
    const REFERRER: Key = Key::new(",\"referrer\":\"");
    const AGENT: Key = Key::new("\",\"agent\":\"");
    const AT: Key = Key::new("\",\"@timestamp\":\"");
    const END: Key = Key::new("\",\"@version\":\"1\",\"env\":\"prod\"}\n");
    json.make_room();
    // SAFETY: room was made, each part of the line is written once, and the keys together are
    // shorter than what is kept for them.
    unsafe {
        json.key(&CLIENTIP);
        json.plain(line, fields.clientip);
        json.key(&IDENT);
        json.plain(line, fields.ident);
        json.key(&AUTH);
        json.plain(line, fields.auth);
        json.key(&TIMESTAMP);
        json.plain(line, fields.timestamp);
        if fields.verb != ABSENT {
            json.key(&VERB);
            json.plain(line, fields.verb);
            json.key(&REQUEST);
            json.escaped(line, fields.request);
        }
        if fields.httpversion != ABSENT {
            json.key(&HTTPVERSION);
            json.plain(line, fields.httpversion);
        }
        if fields.rawrequest != ABSENT {
            json.key(&RAWREQUEST);
            json.escaped(line, fields.rawrequest);
        }
        json.key(&CLOSE);
        if fields.response != ABSENT {
            json.key(&RESPONSE);
            json.plain(line, fields.response);
        }
        if fields.bytes != ABSENT {
            json.key(&BYTES);
            json.plain(line, fields.bytes);
        }
        json.key(&REFERRER);
        json.escaped(line, fields.referrer);
        json.key(&AGENT);
        json.escaped(line, fields.agent);
        json.key(&AT);
        json.timestamp(at);
        json.key(&END);
    }
}

/// Finds the fields of a line; what they hold after `false` means nothing.
#[inline(always)]
fn read(line: Line<'_>, fields: &mut Fields) -> bool {
    let read = if let Some(masks) = Masks::new(line) {
        parse(line.bytes, fields, |from| masks.space(from), |from| masks.quote(from))
    } else {
        let space = |from| line.find([b' '], from);
        parse(line.bytes, fields, space, |from| line.find_closing_quote(from))
    };
    read.is_some()
}

/// Reads a line with two searches: the next space, and the next quote that ends something.
#[inline(always)]
fn parse(
    line: &[u8],
    fields: &mut Fields,
    space: impl Fn(usize) -> usize,
    quote: impl Fn(usize) -> usize,
) -> Option<()> {
    let len = line.len();
    let first = space(0);
    let second = space(first.saturating_add(1));
    if second >= len {
        return None;
    }
    let third = space(second + 1);
    if third.saturating_add(31) > len
        || line[third + 1] != b'['
        || line[third + 28] != b']'
        || line[third + 30] != b'"'
    {
        return None;
    }
    *fields = Fields {
        clientip: span(0, first),
        ident: span(first + 1, second),
        auth: span(second + 1, third),
        timestamp: span(third + 2, third + 28),
        ..Fields::default()
    };

    let quoted = third + 31;
    let end = quote(quoted);
    if end >= len {
        return None;
    }
    let verb_end = space(quoted);
    if verb_end < end {
        fields.verb = span(quoted, verb_end);
        let request_end = space(verb_end + 1);
        if request_end > end {
            fields.request = span(verb_end + 1, end);
        } else {
            fields.request = span(verb_end + 1, request_end);
            if !line[request_end..end].starts_with(b" HTTP/") {
                return None;
            }
            fields.httpversion = span(request_end + 6, end);
        }
    } else {
        fields.rawrequest = span(quoted, end);
    }

    let response = end + 2;
    let response_end = space(response);
    let bytes_end = space(response_end.saturating_add(1));
    if bytes_end.saturating_add(2) >= len || line[bytes_end + 1] != b'"' {
        return None;
    }
    if line[response] != b'-' {
        fields.response = span(response, response_end);
    }
    if line[response_end + 1] != b'-' {
        fields.bytes = span(response_end + 1, bytes_end);
    }
    let referrer_end = quote(bytes_end + 2);
    if referrer_end.saturating_add(3) >= len || line[referrer_end + 2] != b'"' {
        return None;
    }
    fields.referrer = span(bytes_end + 1, referrer_end + 1);
    let agent_end = quote(referrer_end + 3);
    if agent_end >= len {
        return None;
    }
    fields.agent = span(referrer_end + 2, agent_end + 1);
    Some(())
}

/// Writes what T1 finds, as its events are compared.
#[target_feature(enable = "avx512bw,avx2,bmi1,bmi2")]
pub(super) fn write_captures(input: &Padded, out: &mut Vec<u8>) {
    let mut fields = Fields::default();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', input.bytes()) {
        let line = input.line(start, end);
        let text = str::from_utf8(line.bytes).unwrap_or_default();
        let is_read = read(line, &mut fields);
        let found = is_read.then_some(Found { line: text, fields });
        Form::Captures.write(text, found.as_ref(), out);
        start = end + 1;
    }
}

struct Found<'l> {
    line: &'l str,
    fields: Fields,
}

impl Captured for Found<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields().find_map(|(field, text)| (field == name).then_some(text))
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = &self.fields;
        let all = [
            ("clientip", fields.clientip),
            ("ident", fields.ident),
            ("auth", fields.auth),
            ("timestamp", fields.timestamp),
            ("verb", fields.verb),
            ("request", fields.request),
            ("httpversion", fields.httpversion),
            ("rawrequest", fields.rawrequest),
            ("response", fields.response),
            ("bytes", fields.bytes),
            ("referrer", fields.referrer),
            ("agent", fields.agent),
        ];
        all.into_iter().filter_map(|(name, (start, end))| {
            Some((name, self.line.get(start as usize..end as usize)?))
        })
    }
}
