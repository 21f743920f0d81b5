//! Four configs and lines for them, made up here: the same bytes on every machine.

use std::fmt::Write as _;

use sawlog_benches::tasks::Output;

/// Lines of each workload.
const LINES: u64 = 2000;

/// A config and how its lines are made.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) config: &'static str,
    pub(crate) output: Output,
    line: fn(&mut Numbers, &mut String),
}

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "grok-access",
        config: r#"filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } }"#,
        output: Output::Counted,
        line: access,
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
        line: access,
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
        line: system,
    },
    Workload {
        name: "json",
        config: r#"input { stdin { codec => json } }
            filter { mutate { add_field => { "service_id" => "auth-7" "version" => "1.4.2" } } }"#,
        output: Output::JsonLines,
        line: json,
    },
];

impl Workload {
    pub(crate) fn input(&self) -> String {
        let mut numbers = Numbers(1);
        let mut input = String::new();
        for _ in 0..LINES {
            (self.line)(&mut numbers, &mut input);
            input.push('\n');
        }
        input
    }
}

/// Knuth's MMIX generator, by its upper bits.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::try_from(self.below(texts.len() as u64)).unwrap_or_default()]
    }
}

fn access(numbers: &mut Numbers, line: &mut String) {
    let number = |numbers: &mut Numbers| numbers.below(255);
    let (a, b) = (number(numbers), number(numbers));
    let (minute, second) = (numbers.below(60), numbers.below(60));
    let verb = numbers.one_of(&["GET", "GET", "POST", "HEAD"]);
    let path =
        numbers.one_of(&["/", "/img/logo.png", "/api/items?page=2&sort=name", "/a/b/c.html"]);
    let status = numbers.one_of(&["200", "200", "304", "404"]);
    let bytes = numbers.below(90_000);
    let referrer = numbers.one_of(&["-", "https://shop.example/list?q=shoes"]);
    let agent = numbers.one_of(&[
        "curl/7.81.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
        "Mozilla/5.0 (compatible; a \\\"quoted\\\" bot)",
    ]);
    let user = numbers.one_of(&["-", "-", "frank"]);
    // One line in 64 is no request at all.
    if numbers.below(64) == 0 {
        write!(line, "connection {a} closed by peer after {bytes} bytes")
    } else {
        write!(
            line,
            "10.{a}.0.{b} - {user} [17/May/2015:10:{minute:02}:{second:02} +0000] \
             \"{verb} {path} HTTP/1.1\" {status} {bytes} \"{referrer}\" \"{agent}\""
        )
    }
    .expect("a string takes everything");
}

fn system(numbers: &mut Numbers, line: &mut String) {
    let program = numbers.one_of(&["sshd", "kernel", "cron", "systemd"]);
    let (pid, second) = (numbers.below(32_000), numbers.below(60));
    let port = numbers.below(65_536);
    match numbers.below(8) {
        0 => write!(line, "2024-03-15T14:23:{second:02}.001Z ERROR pool exhausted after {pid} ms"),
        1 => write!(line, "session {pid}: action=login user=u{port} result=denied"),
        2 => write!(line, "----- {pid} -----"),
        _ => write!(
            line,
            "Mar 15 14:23:{second:02} web-1 {program}[{pid}]: connection from 10.0.0.1 port {port}"
        ),
    }
    .expect("a string takes everything");
}

fn json(numbers: &mut Numbers, line: &mut String) {
    let level = numbers.one_of(&["INFO", "WARNING", "ERROR"]);
    let text =
        numbers.one_of(&["cache refreshed", "user \\\"q\\\" logged in", "caf\\u00e9 \u{2615}"]);
    let (pid, at) = (numbers.below(32_000), numbers.below(1_000_000));
    write!(
        line,
        "{{\"text\":\"{text}\\n\",\"record\":{{\"elapsed\":{{\"seconds\":0.{at:06}}},\
         \"exception\":null,\"extra\":{{\"ids\":[{pid},{at}],\"ok\":true}},\
         \"level\":{{\"name\":\"{level}\",\"no\":{pid}}},\"message\":\"{text}\",\
         \"time\":{{\"timestamp\":1710512581.{at:06}}}}}}}"
    )
    .expect("a string takes everything");
}
