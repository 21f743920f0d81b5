//! Plugins of Logstash that are not run here: why, and what to use instead.
//!
//! `refusal(Filter, "dns")` gives the reason and the alternative; a plugin that is built, or that Logstash does not
//! have, gives nothing.

use super::schema::PluginKind;

/// Why a plugin is not run, and what does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the plugin is or does that this engine has no place for.
    pub reason: &'static str,
    /// What to use instead.
    pub instead: &'static str,
}

/// Returns why a plugin is not run, when that is for good or until further notice.
pub fn refusal(kind: PluginKind, name: &str) -> Option<&'static Refusal> {
    let table = match kind {
        PluginKind::Codec => CODECS,
        PluginKind::Filter => FILTERS,
        PluginKind::Input | PluginKind::Output => &[],
    };
    table.iter().find(|(known, _)| *known == name).map(|(_, refusal)| refusal)
}

const fn because(reason: &'static str, instead: &'static str) -> Refusal {
    Refusal { reason, instead }
}

/// A plugin that asks another machine for each event.
const NO_NETWORK: &str = "it asks a server for each event, and filters do no IO here";
/// A plugin that is not part of Logstash's distribution.
const NOT_BUNDLED: &str = "it is not part of Logstash and has to be installed there, too";

const FILTERS: &[(&str, Refusal)] = &[
    (
        "age",
        because(NOT_BUNDLED, "a condition on a date that is compared where the events are stored"),
    ),
    (
        "aggregate",
        because(
            "its `code` is Ruby that runs over a map of several events",
            "`elapsed` for the time between two events, `multiline` for lines that belong together",
        ),
    ),
    (
        "cipher",
        because(
            "it keeps keys in the config",
            "`fingerprint` with a `key`, for values that only have to be equal",
        ),
    ),
    (
        "collate",
        because(
            "it holds events back to sort them",
            "a sort by `@timestamp` where the events are stored",
        ),
    ),
    ("dns", because(NO_NETWORK, "`translate` with a dictionary of addresses and names")),
    (
        "elastic_integration",
        because(
            "it runs pipelines that Elasticsearch holds",
            "those pipelines in Elasticsearch, with `pipeline` of its output",
        ),
    ),
    (
        "elasticsearch",
        because(
            NO_NETWORK,
            "`translate` with a dictionary, or an enrich processor in Elasticsearch",
        ),
    ),
    ("http", because(NO_NETWORK, "`translate` with a dictionary that a job brings up to date")),
    ("i18n", because(NOT_BUNDLED, "`mutate` with `gsub`")),
    ("java_uuid", because("it is `uuid` written in Java", "`uuid`")),
    ("jdbc_static", because(NO_NETWORK, "`translate` with a dictionary exported from the table")),
    (
        "jdbc_streaming",
        because(NO_NETWORK, "`translate` with a dictionary exported from the table"),
    ),
    ("language", because(NOT_BUNDLED, "`translate` with `regex`, for the words that matter")),
    (
        "math",
        because(NOT_BUNDLED, "`mutate` with `convert`, and the sum where the events are stored"),
    ),
    ("memcached", because(NO_NETWORK, "`translate` with a dictionary")),
    ("metaevent", because(NOT_BUNDLED, "`clone` with `add_field`")),
    ("metricize", because(NOT_BUNDLED, "`clone` with a name for each measure, and `mutate`")),
    ("mongodb", because(NOT_BUNDLED, "`translate` with a dictionary")),
    ("multiline", because("Logstash removed it", "the codec `multiline` of the input")),
    ("oui", because(NOT_BUNDLED, "`translate` with a dictionary of the first six digits")),
    (
        "punct",
        because(NOT_BUNDLED, "`mutate` with `copy`, and `gsub` that removes letters and digits"),
    ),
    (
        "ruby",
        because(
            "its `code` is Ruby",
            "`mutate` (rename, split, gsub, convert), `date` with `UNIX` or `UNIX_MS`, `split`, `dissect` or `kv`",
        ),
    ),
    (
        "unique",
        because(NOT_BUNDLED, "`mutate` with `merge`, which leaves out values that are there"),
    ),
    ("wurfl", because(NOT_BUNDLED, "`useragent`")),
    ("yaml", because(NOT_BUNDLED, "`json`, when the program can write it")),
    ("zeromq", because(NOT_BUNDLED, "an input and an output")),
];

/// A codec of a binary format that comes later.
const LATER: &str = "it is not built yet";

const CODECS: &[(&str, Refusal)] = &[
    ("avro", because(LATER, "`json`, when the writer can do it")),
    ("collectd", because(LATER, "collectd's plugin `write_http` with `json`")),
    ("compress_spooler", because(NOT_BUNDLED, "`msgpack`, or `json_lines` in compressed files")),
    ("edn", because(LATER, "`json`")),
    ("fluent", because(LATER, "Fluentd's output `http` or `file` with `json_lines`")),
    (
        "graphite",
        because(
            LATER,
            "`line`, and `dissect { mapping => { \"message\" => \"%{name} %{value} %{time}\" } }`",
        ),
    ),
    ("java_line", because("it is `line` written in Java", "`line`")),
    ("java_plain", because("it is `plain` written in Java", "`plain`")),
    ("jdots", because("it is `dots` written in Java", "`dots`")),
    ("netflow", because(LATER, "a collector that writes `json_lines`, such as nfdump or pmacct")),
    ("nmap", because(NOT_BUNDLED, "`xml`, the filter")),
    ("oldlogstashjson", because(NOT_BUNDLED, "`json`, and `mutate` that renames `@fields`")),
    ("protobuf", because(NOT_BUNDLED, "`json`, when the writer can do it")),
    ("s3_plain", because(NOT_BUNDLED, "`plain`")),
    ("s3plain", because(NOT_BUNDLED, "`plain`")),
    ("sflow", because(NOT_BUNDLED, "a collector that writes `json_lines`, such as sflowtool")),
    ("spool", because(NOT_BUNDLED, "`json_lines`")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::schema::{Known, Schema};

    #[test]
    fn refused_plugins_are_plugins_of_logstash_in_order() {
        let schema = Schema::new();
        for (kind, table) in [(PluginKind::Codec, CODECS), (PluginKind::Filter, FILTERS)] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0), "{kind:?}");
            for (name, _) in table {
                let known = schema.lookup(kind, name);
                assert!(!matches!(known, Known::Unknown { .. }), "{kind:?} {name}");
            }
        }
    }

    #[test]
    fn no_filter_that_is_built_is_refused() {
        for filter in crate::filter::all() {
            assert_eq!(refusal(PluginKind::Filter, filter.name), None);
        }
    }
}
