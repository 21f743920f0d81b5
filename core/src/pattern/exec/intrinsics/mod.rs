//! Definitions that real logs use most, matched by routines written for them.
//!
//! A group whose text is that of a stock definition, every token expanded, has an [`Intrinsic`]:
//!
//! ```text
//! (?<IPORHOST:clientip>TEXT)    Intrinsic::lookup(TEXT) == Some(IpOrHost)
//! IpOrHost.run(level, b"10.0.0.7 - -", 0) == End(8)
//! ```
//!
//! A routine gives what a backtracking engine would try first: the end of the match by the first
//! alternatives and greediest repeats that fit, whatever follows. If what follows then fails, the
//! engine must try the definition's other matches by the general program. The texts are those of
//! [`texts`], compared byte by byte, so a changed definition is merely slow; a test tells that.
//!
//! The subject is valid UTF-8 and the flags are grok's (`.` matches line ends, case counts). `\b`,
//! `\w`, `\d` and `\S` follow Unicode: where they meet a byte above ASCII the answer is `Unsure`.

mod bytes;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod check;
mod host;
mod number;
#[cfg(test)]
mod tests;
mod texts;
mod time;
mod token;

use crate::scan::Level;

/// What a routine found at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The definition matches here, first up to this place.
    End(usize),
    /// The definition does not match here.
    Fail,
    /// The general program must say.
    Unsure,
}

/// A definition that has a routine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intrinsic {
    Base10Num,
    EmailAddressEcs,
    EmailAddressLegacy,
    Hostname,
    HttpDate,
    HttpdErrorDate,
    HttpdUserEcs,
    HttpdUserLegacy,
    Int,
    Ip,
    IpOrHost,
    Ipv4,
    Ipv6,
    JavaClass,
    LogLevel,
    Mac,
    Month,
    MonthDay,
    NonNegInt,
    NotSpace,
    Path,
    PosInt,
    Prog,
    QuotedString,
    SyslogTimestamp,
    Time,
    TimestampIso8601,
    UnixPath,
    UriParam,
    UriPath,
    UriPathParam,
    UriProto,
    Username,
    Uuid,
    Word,
    Year,
}

impl Intrinsic {
    /// Gives the routine for a definition by its text, every token expanded; there is none for most.
    ///
    /// Some texts have groups without a name, which capture in a regex that has no named group: the
    /// routine stands for the text only where they do not.
    pub(crate) fn lookup(text: &str) -> Option<Self> {
        // PERF: most nodes of a pattern are of no such length.
        if texts::LENGTHS[text.len() / 64 % texts::LENGTHS.len()] >> (text.len() % 64) & 1 == 0 {
            return None;
        }
        texts::TEXTS.iter().find(|(_, known, _)| *known == text).map(|&(_, _, found)| found)
    }

    /// Matches at a place; one beyond the subject fails.
    #[inline(always)]
    pub(crate) fn run<L: Level>(self, level: L, bytes: &[u8], at: usize) -> Answer {
        if at > bytes.len() {
            return Answer::Fail;
        }
        match self {
            Self::Base10Num => number::base10(bytes, at),
            Self::EmailAddressEcs => host::email_ecs(level, bytes, at),
            Self::EmailAddressLegacy => host::email_legacy(level, bytes, at),
            Self::Hostname => host::hostname(level, bytes, at),
            Self::HttpDate => time::http_date(level, bytes, at),
            Self::HttpdErrorDate => time::httpd_error_date(level, bytes, at),
            Self::HttpdUserEcs => host::user_ecs(level, bytes, at),
            Self::HttpdUserLegacy => host::user_legacy(level, bytes, at),
            Self::Int => number::int(bytes, at),
            Self::Ip => host::ip(level, bytes, at),
            Self::IpOrHost => host::ip_or_host(level, bytes, at),
            Self::Ipv4 => host::ipv4(level, bytes, at),
            Self::Ipv6 => host::ipv6(bytes, at),
            Self::JavaClass => token::java_class(level, bytes, at),
            Self::LogLevel => token::log_level(bytes, at),
            Self::Mac => token::mac(level, bytes, at),
            Self::Month => time::month(bytes, at),
            Self::MonthDay => time::month_day(bytes, at),
            Self::NonNegInt => number::bounded(bytes, at, b'0'),
            Self::NotSpace => token::not_space(level, bytes, at),
            Self::Path => token::path(level, bytes, at),
            Self::PosInt => number::bounded(bytes, at, b'1'),
            Self::Prog => token::run(level, &token::PROG, bytes, at),
            Self::QuotedString => token::quoted(level, bytes, at),
            Self::SyslogTimestamp => time::syslog(level, bytes, at),
            Self::Time => time::time(bytes, at),
            Self::TimestampIso8601 => time::iso8601(level, bytes, at),
            Self::UnixPath => token::unix_path(level, bytes, at),
            Self::UriParam => token::uri_param(level, bytes, at),
            Self::UriPath => token::uri_path(level, bytes, at),
            Self::UriPathParam => token::uri_path_param(level, bytes, at),
            Self::UriProto => token::uri_proto(level, bytes, at),
            Self::Username => token::run(level, &token::USERNAME, bytes, at),
            Self::Uuid => token::uuid(level, bytes, at),
            Self::Word => token::word(level, bytes, at),
            Self::Year => time::year(bytes, at),
        }
    }
}

impl Answer {
    /// `End` if there is an end, else `Fail`.
    #[inline(always)]
    fn definite(end: Option<usize>) -> Self {
        end.map_or(Self::Fail, Self::End)
    }
}
