//! What each filter is measured with.

use sawlog_benches::lines::{self, Line};

/// One measured use of a filter.
pub(crate) struct Case {
    /// The filter's name, or a name with a hint behind a blank.
    pub(crate) name: &'static str,
    pub(crate) lines: Line,
    pub(crate) codec: Codec,
    pub(crate) filter: &'static str,
    pub(crate) peer: Peer,
}

/// How the lines become events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Json,
    Line,
}

impl Codec {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Line => "line",
        }
    }
}

/// Who does the same, and how many times as fast we have to be.
pub(crate) enum Peer {
    None,
    /// Our own filter of another kind.
    Own {
        name: &'static str,
        filter: &'static str,
        times: f64,
    },
    /// A program in Vector's language.
    Vector {
        source: &'static str,
        times: f64,
    },
}

const fn of_fields(name: &'static str, filter: &'static str) -> Case {
    Case { name, lines: lines::fields, codec: Codec::Json, filter, peer: Peer::None }
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "dissect",
        lines: lines::words,
        codec: Codec::Line,
        filter: r#"dissect { mapping => { "message" => "%{ts} %{host} %{ip} %{user} %{verb} %{path} %{version} %{status} %{bytes} %{ms}" } }"#,
        peer: Peer::Own {
            name: "our grok",
            filter: r#"grok { match => { "message" => "^%{TIMESTAMP_ISO8601:ts} %{HOSTNAME:host} %{IP:ip} %{USER:user} %{WORD:verb} %{NOTSPACE:path} %{NOTSPACE:version} %{INT:status} %{INT:bytes} %{INT:ms}$" } }"#,
            times: 3.0,
        },
    },
    Case {
        name: "kv",
        lines: lines::pairs,
        codec: Codec::Line,
        filter: "kv { }",
        peer: Peer::Vector { source: ". |= parse_key_value!(.message)", times: 2.0 },
    },
    Case {
        name: "csv",
        lines: lines::columns,
        codec: Codec::Line,
        filter: r#"csv { columns => ["level", "time", "source", "id", "pid", "computer", "text", "log"] }"#,
        peer: Peer::Vector {
            source: "row = parse_csv!(.message)\n.level = row[0]\n.time = row[1]\n.source = row[2]\n\
                     .id = row[3]\n.pid = row[4]\n.computer = row[5]\n.text = row[6]\n.log = row[7]",
            times: 2.0,
        },
    },
    Case {
        name: "json",
        lines: lines::json,
        codec: Codec::Line,
        filter: r#"json { source => "message" }"#,
        peer: Peer::Vector { source: ". |= object!(parse_json!(.message))", times: 2.0 },
    },
    Case {
        name: "grok",
        lines: lines::access,
        codec: Codec::Line,
        filter: r#"grok { match => { "message" => "%{COMBINEDAPACHELOG}" } }"#,
        peer: Peer::None,
    },
    Case {
        name: "grok with the names of ECS",
        lines: lines::access,
        codec: Codec::Line,
        filter: r#"grok { ecs_compatibility => "v8" match => { "message" => "%{COMBINEDAPACHELOG}" } }"#,
        peer: Peer::None,
    },
    Case {
        name: "dissect of access lines",
        lines: lines::access,
        codec: Codec::Line,
        filter: r#"dissect { mapping => { "message" => '%{clientip} %{ident} %{auth} [%{timestamp}] "%{verb} %{request} HTTP/%{httpversion}" %{response} %{bytes} %{referrer} %{agent}' } tag_on_failure => ["_failure"] }"#,
        peer: Peer::Own {
            name: "our grok, COMBINEDAPACHELOG",
            filter: r#"grok { match => { "message" => "%{COMBINEDAPACHELOG}" } tag_on_failure => ["_failure"] }"#,
            times: 3.0,
        },
    },
    Case {
        name: "geoip",
        lines: lines::address,
        codec: Codec::Line,
        filter: r#"geoip { source => "message" database => "GeoLite2-City.mmdb" }"#,
        peer: Peer::None,
    },
    Case {
        name: "useragent",
        lines: lines::agent,
        codec: Codec::Line,
        filter: r#"useragent { source => "message" target => "agent" }"#,
        peer: Peer::None,
    },
    Case {
        name: "xml",
        lines: lines::element,
        codec: Codec::Line,
        filter: r#"xml { source => "message" target => "doc" }"#,
        peer: Peer::None,
    },
    Case {
        name: "date",
        lines: lines::words,
        codec: Codec::Line,
        filter: r#"dissect { mapping => { "message" => "%{ts} %{rest}" } } date { match => ["ts", "ISO8601"] }"#,
        peer: Peer::None,
    },
    Case {
        name: "extractnumbers",
        lines: lines::words,
        codec: Codec::Line,
        filter: r#"extractnumbers { source => "message" }"#,
        peer: Peer::None,
    },
    of_fields(
        "alter",
        r#"alter { condrewrite => ["verb", "GET", "get"] coalesce => ["x", "%{none}", "%{verb}"] }"#,
    ),
    of_fields("anonymize", r#"anonymize { fields => ["user"] algorithm => "SHA256" key => "k" }"#),
    of_fields("bytes", r#"bytes { source => "size" target => "size_bytes" }"#),
    of_fields(
        "cidr",
        r#"cidr { address => ["%{client}"] network => ["192.168.0.0/16", "10.0.0.0/8"] add_tag => ["internal"] }"#,
    ),
    of_fields("clone", r#"clone { clones => ["copy"] }"#),
    of_fields("de_dot", "de_dot { }"),
    of_fields("drop", "drop { percentage => 50 }"),
    of_fields(
        "elapsed",
        r#"elapsed { start_tag => "a" end_tag => "b" unique_id_field => "user" }"#,
    ),
    of_fields("environment", "environment { }"),
    of_fields(
        "fingerprint SHA256",
        r#"fingerprint { source => ["user", "client"] concatenate_sources => true method => "SHA256" }"#,
    ),
    of_fields("fingerprint MURMUR3", r#"fingerprint { source => "user" method => "MURMUR3" }"#),
    of_fields("json_encode", r#"json_encode { source => "map" target => "text" }"#),
    of_fields("metrics", r#"metrics { meter => ["events"] timer => { "took" => "%{took}" } }"#),
    of_fields(
        "mutate",
        r#"mutate { convert => { "status" => "integer" } rename => { "verb" => "[http][method]" } gsub => ["path", "/", "."] }"#,
    ),
    of_fields("prune", r#"prune { blacklist_names => ["^size$", "map"] }"#),
    of_fields("range", r#"range { ranges => ["took", 0, 100, "tag:quick"] }"#),
    of_fields("sleep", r#"sleep { time => "1" }"#),
    of_fields("split", r#"split { field => "words" }"#),
    of_fields("syslog_pri", "syslog_pri { }"),
    of_fields("throttle", r#"throttle { key => "%{user}" after_count => 2 add_tag => ["often"] }"#),
    of_fields("tld", r#"tld { source => "host.name" }"#),
    of_fields(
        "translate",
        r#"translate { source => "status" target => "reason" dictionary => { "200" => "OK" "404" => "Not Found" "500" => "Error" } }"#,
    ),
    of_fields("truncate", r#"truncate { fields => ["agent"] length_bytes => 20 }"#),
    of_fields("urldecode", r#"urldecode { field => "path" }"#),
    of_fields("uuid", r#"uuid { target => "id" }"#),
];
