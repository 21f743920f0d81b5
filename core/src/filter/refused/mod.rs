//! Filters that Logstash has and this program does not run: why, and what to use instead.
//!
//! `ruby { code => "event.set('b', event.get('a').to_i)" }` is refused at its place, and the help says
//! `mutate { copy => { "a" => "b" } }` and `mutate { convert => { "b" => "integer" } }`.

use crate::program::options::PluginOptions;

mod ruby;

/// Why a filter is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) name: &'static str,
    /// Why, as the end of "the filter `x` is not run: ".
    pub(crate) reason: &'static str,
    /// What to use instead.
    pub(crate) instead: &'static str,
}

const ASKS: &str = "it asks a server about every event, and this program opens no connection";
const USE_DICTIONARY: &str = "export what it looks up to a YAML, JSON or CSV file, and use translate { dictionary_path => … }";

const REFUSED: [Refused; 8] = [
    Refused {
        name: "aggregate",
        reason: "its `code` is Ruby",
        instead: "join lines that belong together with the codec `multiline`, measure the time between two \
                  events with `elapsed`, or group the events where they are stored",
    },
    Refused {
        name: "dns",
        reason: "it asks a server about every event, and this program opens no connection",
        instead: "write names and addresses to a YAML, JSON or CSV file, and use translate { dictionary_path => … }",
    },
    Refused { name: "elasticsearch", reason: ASKS, instead: USE_DICTIONARY },
    Refused { name: "http", reason: ASKS, instead: USE_DICTIONARY },
    Refused { name: "jdbc_static", reason: ASKS, instead: USE_DICTIONARY },
    Refused { name: "jdbc_streaming", reason: ASKS, instead: USE_DICTIONARY },
    Refused { name: "memcached", reason: ASKS, instead: USE_DICTIONARY },
    Refused {
        name: "ruby",
        reason: "its `code` is Ruby",
        instead: "most of what it is used for has a filter: mutate renames, copies, splits and converts fields, \
                  date { match => [\"field\", \"UNIX\"] } reads seconds since 1970, json { source => … } reads JSON",
    },
];

/// The filters that are refused, in alphabetical order.
pub(crate) fn all() -> impl Iterator<Item = &'static Refused> {
    REFUSED.iter()
}

/// Why this filter is refused, and what to write instead of what stands in the config; nothing for
/// filters that are only not built.
pub(crate) fn refusal(options: &PluginOptions) -> Option<(&'static str, String)> {
    let refused = all().find(|refused| refused.name == options.name)?;
    let code = options.text("code").filter(|_| refused.name == "ruby");
    let suggested = code.and_then(|code| ruby::suggest(code.value));
    Some((refused.reason, suggested.unwrap_or_else(|| refused.instead.to_owned())))
}
