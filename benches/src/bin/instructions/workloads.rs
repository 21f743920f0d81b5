//! Four configs and lines for them, made up here: the same bytes on every machine.

use sawlog_benches::lines;
use sawlog_benches::tasks::Output;

/// Lines of each workload.
const LINES: u64 = 2000;

/// A config and how its lines are made.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) config: &'static str,
    pub(crate) output: Output,
    line: lines::Line,
}

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "grok-access",
        config: r#"filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } }"#,
        output: Output::Counted,
        line: lines::access,
    },
    Workload {
        name: "pipeline-access",
        config: r#"filter {
            grok { match => { "message" => "%{COMBINEDAPACHELOG}" } remove_field => ["message"] }
            date { match => ["timestamp", "dd/MMM/yyyy:HH:mm:ss Z"] }
            mutate {
                convert => { "response" => "integer" "bytes" => "integer" }
                add_field => { "env" => "prod" }
            }
        }"#,
        output: Output::JsonLines,
        line: lines::access,
    },
    Workload {
        name: "grok-list",
        config: r#"filter { grok { match => { "message" => [
            "%{COMBINEDAPACHELOG}",
            "%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} %{GREEDYDATA:msg}",
            "^%{UUID:id} %{GREEDYDATA:msg}",
            "%{IP:src}:%{INT:sport} -> %{IP:dst}:%{INT:dport} %{WORD:proto}",
            "action=%{WORD:action} user=%{USER:user} result=%{WORD:result}",
            "%{SYSLOGLINE}"
        ] } overwrite => ["message"] } }"#,
        output: Output::Counted,
        line: lines::system,
    },
    Workload {
        name: "json",
        config: r#"input { stdin { codec => json } }
            filter { mutate { add_field => { "service_id" => "auth-7" "version" => "1.4.2" } } }"#,
        output: Output::JsonLines,
        line: lines::json,
    },
];

impl Workload {
    pub(crate) fn input(&self) -> String {
        lines::text(LINES, self.line)
    }
}
