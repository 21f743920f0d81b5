//! The texts of the definitions that have a routine, every token expanded.
//!
//! They are what the routines were written for, not what the sets hold: the test that expands both
//! sets tells when they part. A name whose text differs between the sets is there twice.

use super::Intrinsic;

/// The IPv4 address inside of IPV6.
macro_rules! embedded_ipv4 {
    () => {
        r"((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3})"
    };
}

/// IPV6
macro_rules! ipv6 {
    () => {
        concat!(
            r"((([0-9A-Fa-f]{1,4}:){7}([0-9A-Fa-f]{1,4}|:))|(([0-9A-Fa-f]{1,4}:){6}(:[0-9A-Fa-f]{1",
            r",4}|",
            embedded_ipv4!(),
            r"|:))|(([0-9A-Fa-f]{1,4}:){5}(((:[0-9A-Fa-f]{1,4}){1,2})|:",
            embedded_ipv4!(),
            r"|:))|(([0-9A-Fa-f]{1,4}:){4}(((:[0-9A-Fa-f]{1,4}){1,3})|((:[0-9A-Fa-f]{1,4})?:",
            embedded_ipv4!(),
            r")|:))|(([0-9A-Fa-f]{1,4}:){3}(((:[0-9A-Fa-f]{1,4}){1,4})|((:[0-9A-Fa-f]{1,4}){0,2}:",
            embedded_ipv4!(),
            r")|:))|(([0-9A-Fa-f]{1,4}:){2}(((:[0-9A-Fa-f]{1,4}){1,5})|((:[0-9A-Fa-f]{1,4}){0,3}:",
            embedded_ipv4!(),
            r")|:))|(([0-9A-Fa-f]{1,4}:){1}(((:[0-9A-Fa-f]{1,4}){1,6})|((:[0-9A-Fa-f]{1,4}){0,4}:",
            embedded_ipv4!(),
            r")|:))|(:(((:[0-9A-Fa-f]{1,4}){1,7})|((:[0-9A-Fa-f]{1,4}){0,5}:",
            embedded_ipv4!(),
            r")|:)))(%.+)?",
        )
    };
}

/// IPV4
macro_rules! ipv4 {
    () => {
        concat!(
            r"(?<![0-9])(?:(?:[0-1]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])[.](?:[0-1]?[0-9]{1,2}|2[0-4][0",
            r"-9]|25[0-5])[.](?:[0-1]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])[.](?:[0-1]?[0-9]{1,2}|2[0-4]",
            r"[0-9]|25[0-5]))(?![0-9])",
        )
    };
}

/// HOSTNAME
macro_rules! hostname {
    () => {
        r"\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*(\.?|\b)"
    };
}

/// MONTH
macro_rules! month {
    () => {
        concat!(
            r"\b(?:[Jj]an(?:uary|uar)?|[Ff]eb(?:ruary|ruar)?|[Mm](?:a|ä)?r(?:ch|z)?|[Aa]pr(?:il)?|",
            r"[Mm]a(?:y|i)?|[Jj]un(?:e|i)?|[Jj]ul(?:y|i)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo](?:",
            r"c|k)?t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e(?:c|z)(?:ember)?)\b",
        )
    };
}

/// MONTHDAY
macro_rules! month_day {
    () => {
        r"(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])"
    };
}

/// YEAR
macro_rules! year {
    () => {
        r"(?>\d\d){1,2}"
    };
}

/// HOUR
macro_rules! hour {
    () => {
        r"(?:2[0123]|[01]?[0-9])"
    };
}

/// MINUTE
macro_rules! minute {
    () => {
        r"(?:[0-5][0-9])"
    };
}

/// SECOND
macro_rules! second {
    () => {
        r"(?:(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?)"
    };
}

/// IP
macro_rules! ip {
    () => {
        concat!(r"(?:(?:", ipv6!(), r")|(?:", ipv4!(), r"))",)
    };
}

/// IPORHOST
macro_rules! ip_or_host {
    () => {
        concat!(r"(?:(?:", ip!(), r")|(?:", hostname!(), r"))",)
    };
}

/// TIME
macro_rules! time {
    () => {
        concat!(
            r"(?!<[0-9])(?:",
            hour!(),
            r"):(?:",
            minute!(),
            r")(?::(?:",
            second!(),
            r"))(?![0-9])",
        )
    };
}

/// The lengths of all texts, a bit each; lengths a multiple of 1024 apart share one.
pub(super) const LENGTHS: [u64; 16] = {
    let mut lengths = [0; 16];
    let mut at = 0;
    while at < TEXTS.len() {
        let len = TEXTS[at].1.len();
        lengths[len / 64 % 16] |= 1 << (len % 64);
        at += 1;
    }
    lengths
};

/// Name, text and routine, by name.
pub(super) static TEXTS: &[(&str, &str, Intrinsic)] = &[
    (
        "BASE10NUM",
        r"(?<![0-9.+-])(?>[+-]?(?:(?:[0-9]+(?:\.[0-9]+)?)|(?:\.[0-9]+)))",
        Intrinsic::Base10Num,
    ),
    (
        "EMAILADDRESS",
        concat!(
            r"(?:",
            r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,64}(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,62}){0,6",
            r"3})@(?:",
            hostname!(),
            r")"
        ),
        Intrinsic::EmailAddressEcs,
    ),
    (
        "EMAILADDRESS",
        concat!(r"(?:[a-zA-Z][a-zA-Z0-9_.+-=:]+)@(?:", hostname!(), r")"),
        Intrinsic::EmailAddressLegacy,
    ),
    ("HOSTNAME", hostname!(), Intrinsic::Hostname),
    (
        "HTTPDATE",
        concat!(
            r"(?:",
            month_day!(),
            r")/(?:",
            month!(),
            r")/(?:",
            year!(),
            r"):(?:",
            time!(),
            r") (?:(?:[+-]?(?:[0-9]+)))"
        ),
        Intrinsic::HttpDate,
    ),
    (
        "HTTPDERROR_DATE",
        concat!(
            r"(?:",
            r"(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|S",
            r"un(?:day)?)) (?:",
            month!(),
            r") (?:",
            month_day!(),
            r") (?:",
            time!(),
            r") (?:",
            year!(),
            r")"
        ),
        Intrinsic::HttpdErrorDate,
    ),
    (
        "HTTPDUSER",
        concat!(
            r"(?:(?:",
            r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,64}(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,62}){0,6",
            r"3})@(?:",
            hostname!(),
            r"))|(?:(?:[a-zA-Z0-9._-]+))"
        ),
        Intrinsic::HttpdUserEcs,
    ),
    (
        "HTTPDUSER",
        concat!(
            r"(?:(?:[a-zA-Z][a-zA-Z0-9_.+-=:]+)@(?:",
            hostname!(),
            r"))|(?:(?:[a-zA-Z0-9._-]+))"
        ),
        Intrinsic::HttpdUserLegacy,
    ),
    ("INT", r"(?:[+-]?(?:[0-9]+))", Intrinsic::Int),
    ("IP", ip!(), Intrinsic::Ip),
    ("IPORHOST", ip_or_host!(), Intrinsic::IpOrHost),
    ("IPV4", ipv4!(), Intrinsic::Ipv4),
    ("IPV6", ipv6!(), Intrinsic::Ipv6),
    ("JAVACLASS", r"(?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*", Intrinsic::JavaClass),
    (
        "LOGLEVEL",
        concat!(
            r"([Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo?(?:rmation)?|",
            r"INFO?(?:RMATION)?|[Ww]arn?(?:ing)?|WARN?(?:ING)?|[Ee]rr?(?:or)?|ERR?(?:OR)?|[Cc]rit?",
            r"(?:ical)?|CRIT?(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:e",
            r"ncy)?)"
        ),
        Intrinsic::LogLevel,
    ),
    (
        "MAC",
        concat!(
            r"(?:(?:(?:(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}))|(?:",
            r"(?:(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}))|(?:",
            r"(?:(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2})))"
        ),
        Intrinsic::Mac,
    ),
    ("MONTH", month!(), Intrinsic::Month),
    ("MONTHDAY", month_day!(), Intrinsic::MonthDay),
    ("NONNEGINT", r"\b(?:[0-9]+)\b", Intrinsic::NonNegInt),
    ("NOTSPACE", r"\S+", Intrinsic::NotSpace),
    (
        "NUMBER",
        r"(?:(?:(?<![0-9.+-])(?>[+-]?(?:(?:[0-9]+(?:\.[0-9]+)?)|(?:\.[0-9]+)))))",
        Intrinsic::Base10Num,
    ),
    (
        "PATH",
        r"(?:(?:(/[[[:alnum:]]_%!$@:.,+~-]*)+)|(?:(?>[A-Za-z]+:|\\)(?:\\[^\\?*]*)+))",
        Intrinsic::Path,
    ),
    ("POSINT", r"\b(?:[1-9][0-9]*)\b", Intrinsic::PosInt),
    ("PROG", r"[\x21-\x5a\x5c\x5e-\x7e]+", Intrinsic::Prog),
    (
        "QS",
        concat!(
            r"(?:",
            r#"(?>(?<!\\)(?>"(?>\\.|[^\\"]+)+"|""|(?>'(?>\\.|[^\\']+)+')|''|(?>`(?>\\.|[^\\`]+)+`)|"#,
            r"``)))"
        ),
        Intrinsic::QuotedString,
    ),
    (
        "QUOTEDSTRING",
        concat!(
            r#"(?>(?<!\\)(?>"(?>\\.|[^\\"]+)+"|""|(?>'(?>\\.|[^\\']+)+')|''|(?>`(?>\\.|[^\\`]+)+`)|"#,
            r"``))"
        ),
        Intrinsic::QuotedString,
    ),
    ("SYSLOGHOST", concat!(r"(?:", ip_or_host!(), r")"), Intrinsic::IpOrHost),
    (
        "SYSLOGTIMESTAMP",
        concat!(r"(?:", month!(), r") +(?:", month_day!(), r") (?:", time!(), r")"),
        Intrinsic::SyslogTimestamp,
    ),
    ("TIME", time!(), Intrinsic::Time),
    (
        "TIMESTAMP_ISO8601",
        concat!(
            r"(?:",
            year!(),
            r")-(?:(?:0?[1-9]|1[0-2]))-(?:",
            month_day!(),
            r")[T ](?:",
            hour!(),
            r"):?(?:",
            minute!(),
            r")(?::?(?:",
            second!(),
            r"))?(?:(?:Z|[+-](?:",
            hour!(),
            r")(?::?(?:",
            minute!(),
            r"))))?"
        ),
        Intrinsic::TimestampIso8601,
    ),
    ("UNIXPATH", r"(/[[[:alnum:]]_%!$@:.,+~-]*)+", Intrinsic::UnixPath),
    ("URIPARAM", r"\?(?:[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*)", Intrinsic::UriParam),
    ("URIPARAM", r"\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*", Intrinsic::UriParam),
    ("URIPATH", r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+", Intrinsic::UriPath),
    (
        "URIPATHPARAM",
        concat!(
            r"(?:(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+)(?:(?:",
            r"\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*))?"
        ),
        Intrinsic::UriPathParam,
    ),
    (
        "URIPATHPARAM",
        concat!(
            r"(?:(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+)(?:\?(?:",
            r"[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*))?"
        ),
        Intrinsic::UriPathParam,
    ),
    ("URIPROTO", r"[A-Za-z]([A-Za-z0-9+\-.]+)+", Intrinsic::UriProto),
    ("USER", r"(?:[a-zA-Z0-9._-]+)", Intrinsic::Username),
    ("USERNAME", r"[a-zA-Z0-9._-]+", Intrinsic::Username),
    ("UUID", r"[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}", Intrinsic::Uuid),
    ("WORD", r"\b\w+\b", Intrinsic::Word),
    ("YEAR", year!(), Intrinsic::Year),
];
