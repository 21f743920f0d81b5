//! What an invocation did, and how CloudWatch is told: the embedded metric format, one JSON line for all metrics and one
//! for each filter that failed.
//!
//! ```json
//! {"_aws":{"Timestamp":0,"CloudWatchMetrics":[{"Namespace":"sawlog","Dimensions":[["FunctionName"]],
//!  "Metrics":[{"Name":"EventsOut","Unit":"Count"}]}]},"FunctionName":"f","EventsOut":3}
//! ```
//! Source: the CloudWatch user guide, "Embedded metric format specification".

use core::fmt::Display;

use sawlog::{Stats, Timestamp};

use crate::collector::Tally;
use crate::firehose::push_text;

/// Failures whose reasons are kept for the log of one invocation.
const NOTES: usize = 10;

/// What one invocation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records, messages or objects that came in.
    pub payloads: usize,
    /// Of these, such as became no event: dropped by the config, or empty.
    pub payloads_dropped: usize,
    /// Of these, such as were handed back as failed.
    pub payloads_failed: usize,
    /// Events on which a filter or the codec failed.
    pub events_failed: usize,
    /// Why payloads failed: the first ten, with the ids of their sources.
    pub notes: Vec<String>,
    /// What the engine counted.
    pub stats: Stats,
}

/// What became of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayloadOutcome {
    Dropped,
    Failed,
    Kept,
}

impl Report {
    pub(crate) fn count_payload(&mut self, outcome: PayloadOutcome, tally: Tally) {
        self.payloads += 1;
        self.payloads_dropped += usize::from(outcome == PayloadOutcome::Dropped);
        self.payloads_failed += usize::from(outcome == PayloadOutcome::Failed);
        self.events_failed += tally.failed;
    }

    #[cold]
    pub(crate) fn note(&mut self, id: &str, reason: &dyn Display) {
        if self.notes.len() < NOTES {
            let id: String = id.chars().take(100).collect();
            self.notes.push(format!("`{id}`: {reason}"));
        }
    }
}

/// Appends the metrics of an invocation, each line ended: `duration_ms` is the host's.
pub fn write_metrics(
    report: &Report,
    function: &str,
    now: Timestamp,
    duration_ms: f64,
    out: &mut Vec<u8>,
) {
    let stats = &report.stats;
    let counts: [(&str, u64); 8] = [
        ("BytesIn", stats.bytes_in),
        ("EventsIn", stats.events_decoded),
        ("EventsOut", stats.events_out),
        ("EventsDropped", stats.events_dropped),
        ("EventsRejected", stats.events_refused + stats.lines_refused),
        ("EventsFailed", report.events_failed as u64),
        ("Payloads", report.payloads as u64),
        ("PayloadsFailed", report.payloads_failed as u64),
    ];
    let metrics =
        counts.iter().map(|(name, _)| (*name, if *name == "BytesIn" { "Bytes" } else { "Count" }));
    let metrics = metrics.chain([("Duration", "Milliseconds")]);
    push_head(now, &["FunctionName"], metrics, out);
    push_field("FunctionName", function, out);
    for (name, count) in counts {
        push_number(name, &count, out);
    }
    push_number("Duration", &duration_ms, out);
    out.extend_from_slice(b"}\n");
    for filter in stats.filters.iter().filter(|filter| filter.failed > 0) {
        push_head(now, &["FunctionName", "Filter"], [("FilterFailures", "Count")].into_iter(), out);
        push_field("FunctionName", function, out);
        let name = filter.id.as_deref().map_or_else(
            || format!("{} {}:{}", filter.name, filter.position.line, filter.position.column),
            str::to_owned,
        );
        push_field("Filter", &name, out);
        push_number("FilterFailures", &filter.failed, out);
        out.extend_from_slice(b"}\n");
    }
}

fn push_head<'a>(
    now: Timestamp,
    dimensions: &[&str],
    metrics: impl Iterator<Item = (&'a str, &'a str)>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"_aws\":{\"Timestamp\":");
    out.extend_from_slice(now.to_millis().to_string().as_bytes());
    out.extend_from_slice(b",\"CloudWatchMetrics\":[{\"Namespace\":\"sawlog\",\"Dimensions\":[[");
    for (at, name) in dimensions.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_text(name, out);
    }
    out.extend_from_slice(b"]],\"Metrics\":[");
    for (at, (name, unit)) in metrics.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"Name\":");
        push_text(name, out);
        out.extend_from_slice(b",\"Unit\":");
        push_text(unit, out);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}]}");
}

fn push_field(name: &str, value: &str, out: &mut Vec<u8>) {
    out.push(b',');
    push_text(name, out);
    out.push(b':');
    push_text(value, out);
}

fn push_number(name: &str, value: &dyn Display, out: &mut Vec<u8>) {
    out.push(b',');
    push_text(name, out);
    out.extend_from_slice(format!(":{value}").as_bytes());
}

#[cfg(test)]
mod tests {
    use sawlog::{ConfigPosition, FilterStats};

    use super::*;

    #[test]
    fn every_metric_that_is_named_has_a_value() {
        let filter = FilterStats {
            name: "grok",
            id: None,
            position: ConfigPosition { source: "a.conf".into(), line: 3, column: 5 },
            events_in: 4,
            matched: 2,
            failed: 2,
        };
        let stats = Stats { events_out: 3, filters: vec![filter], ..Stats::default() };
        let report = Report { stats, ..Report::default() };
        let mut out = Vec::new();
        write_metrics(&report, "a \"name\"", Timestamp::from_millis(1500), 1.5, &mut out);
        let text = String::from_utf8(out).expect("UTF-8");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 2);
        for line in &lines {
            let metrics = &line["_aws"]["CloudWatchMetrics"][0];
            for metric in metrics["Metrics"].as_array().expect("a list") {
                let name = metric["Name"].as_str().expect("a name");
                assert!(line[name].is_number(), "{name}");
            }
            for name in metrics["Dimensions"][0].as_array().expect("a list") {
                assert!(line[name.as_str().expect("a name")].is_string(), "{name}");
            }
            assert_eq!(line["_aws"]["Timestamp"], 1500);
        }
        assert_eq!(
            (&lines[0]["EventsOut"], &lines[0]["FunctionName"]),
            (&3.into(), &"a \"name\"".into())
        );
        assert_eq!(
            (&lines[1]["Filter"], &lines[1]["FilterFailures"]),
            (&"grok 3:5".into(), &2.into())
        );
    }
}
