//! What the text at a place could be: stock patterns tried there, the most particular first.

use std::collections::BTreeMap;

use super::super::expand::expand;
use super::super::library::Dictionary;
use super::super::{Budget, Flags, Regex, Scratch};

/// A pattern for one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock {
    /// `%{NAME}`, or a text of several.
    pub(super) pattern: &'static str,
    /// The field that a pattern made from a line gives it.
    pub(super) field: &'static str,
}

impl Stock {
    /// The pattern with a capture: `%{INT:n}`.
    pub(super) fn capturing(&self, field: &str) -> String {
        match self.name() {
            _ if field.is_empty() => self.pattern.to_owned(),
            Some(name) => format!("%{{{name}:{field}}}"),
            None => format!("(?<{}>{})", field.split(':').next().unwrap_or(field), self.pattern),
        }
    }

    /// The name, if it is one.
    pub(super) fn name(&self) -> Option<&'static str> {
        let name = self.pattern.strip_prefix("%{")?.strip_suffix('}')?;
        (!name.contains('}')).then_some(name)
    }
}

macro_rules! stock {
    ($($pattern:literal $field:literal)+) => {
        &[$(Stock { pattern: $pattern, field: $field },)+]
    };
}

/// Values, the most particular first: what an earlier one fits is not offered as a later one.
pub(super) const VALUES: &[Stock] = stock! {
    "%{TIMESTAMP_ISO8601}" "timestamp"
    "%{HTTPDATE}" "timestamp"
    "%{DATESTAMP_RFC2822}" "timestamp"
    "%{DATESTAMP_RFC822}" "timestamp"
    "%{DATESTAMP_OTHER}" "timestamp"
    "%{HTTPDERROR_DATE}" "timestamp"
    "%{SYSLOGTIMESTAMP}" "timestamp"
    "%{CATALINA_DATESTAMP}" "timestamp"
    "%{YEAR}[/.]%{MONTHNUM}[/.]%{MONTHDAY}[ -]%{TIME}" "timestamp"
    "%{DATESTAMP}" "timestamp"
    "%{MONTHNUM}[-./]%{MONTHDAY} %{TIME}" "timestamp"
    "%{DATE}" "date"
    "%{YEAR}[./-]%{MONTHNUM}[./-]%{MONTHDAY}" "date"
    "%{TIME}" "time"
    "%{UUID}" "id"
    "%{MAC}" "mac"
    "%{IP}" "ip"
    "%{EMAILADDRESS}" "email"
    "%{URI}" "url"
    "%{LOGLEVEL}" "level"
    "%{INT}" "number"
    "%{NUMBER}" "number"
    "%{BASE16NUM}" "hex"
    "%{MONTH}" "month"
    "%{DAY}" "day"
    "%{QUOTEDSTRING}" "text"
    "%{UNIXPATH}" "path"
    "%{WORD}" "word"
    "%{HOSTNAME}" "host"
    "%{USERNAME}" "name"
    "%{NOTSPACE}" "text"
};

/// Patterns that fit next to anything.
pub(super) const ANYTHING: &[&str] = &["%{NOTSPACE}", "%{WORD}", "%{USERNAME}", "%{HOSTNAME}"];

/// Patterns of whole lines, the most particular first, and what a line must also begin with.
pub(super) const LINES: &[(&str, &str)] = &[
    ("COMBINEDAPACHELOG", ""),
    ("COMMONAPACHELOG", ""),
    ("HTTPD_ERRORLOG", ""),
    ("HAPROXYHTTP", ""),
    ("HAPROXYTCP", ""),
    ("S3_ACCESS_LOG", ""),
    ("ELB_ACCESS_LOG", ""),
    ("CLOUDFRONT_ACCESS_LOG", ""),
    ("SYSLOG5424LINE", ""),
    (
        "SYSLOGLINE",
        r"(?:%{SYSLOGTIMESTAMP}|%{TIMESTAMP_ISO8601}) %{SYSLOGHOST} %{PROG}(?:\[%{POSINT}\])?: ",
    ),
    ("CATALINALOG", ""),
    ("TOMCATLOG", ""),
    ("RUBY_LOGGER", ""),
    ("REDISLOG", ""),
    ("MONGO3_LOG", ""),
    ("POSTGRESQL", ""),
    ("SQUID3", ""),
    ("NAGIOSLOGLINE", ""),
    ("BIND9", ""),
    ("BACULA_LOGLINE", ""),
];

/// Patterns compiled once.
#[derive(Debug, Default)]
pub(super) struct Cache {
    compiled: BTreeMap<String, Option<Regex>>,
}

impl Cache {
    /// Compiles a pattern; `None` if the dictionary has no such name.
    pub(super) fn get(&mut self, pattern: &str, dictionary: &Dictionary) -> Option<Regex> {
        if let Some(known) = self.compiled.get(pattern) {
            return known.clone();
        }
        let regex = compile(pattern, dictionary).map(|(regex, _)| regex);
        self.compiled.insert(pattern.to_owned(), regex.clone());
        regex
    }

    /// Where a match that begins at `from` ends, if it ends where a value may end.
    pub(super) fn end(
        &mut self,
        pattern: &str,
        subject: &str,
        from: usize,
        dictionary: &Dictionary,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let regex = self.get(pattern, dictionary)?;
        let mut budget = Budget::for_subject(subject.len());
        let found = regex.match_at(subject, from, scratch, &mut budget).unwrap_or(false);
        let (_, end) = scratch.group(0).filter(|_| found)?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let last = subject.get(from..end)?.chars().next_back()?;
        let next = subject.get(end..)?.chars().next();
        (!is_word(last) || !next.is_some_and(is_word)).then_some(end)
    }
}

/// Expands and compiles a pattern as grok does.
pub(super) fn compile(
    pattern: &str,
    dictionary: &Dictionary,
) -> Option<(Regex, super::super::expand::Expansion)> {
    let expansion = expand(pattern, dictionary, true).ok()?;
    let flags = Flags { dot_all: true, ..Flags::default() };
    let regex = Regex::new(&expansion.regex, flags).ok()?;
    Some((regex, expansion))
}

/// Writes a text so that a regex takes it for itself.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$%".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
