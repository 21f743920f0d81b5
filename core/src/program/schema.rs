//! What Logstash's plugins and their options are: from the table `options.tsv` to lookups.
//!
//! `lookup(Filter, "grok")` gives the options of grok with their types; `lookup(Filter, "gork")`
//! gives `Unknown` with the suggestion `grok`. The table covers plugins that this program does not
//! run, so that their options are checked all the same.

use memchr::{memchr, memchr_iter};

/// The table: kind, plugin, option, type, flags, default; its head explains the special names.
const TABLE: &str = include_str!("options.tsv");

/// Names the four kinds of plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginKind {
    /// Turns bytes into events and back; stands in the `codec` option.
    Codec,
    /// Stands in a `filter` section.
    Filter,
    /// Stands in an `input` section.
    Input,
    /// Stands in an `output` section.
    Output,
}

impl PluginKind {
    /// Lists all kinds.
    pub const ALL: [Self; 4] = [Self::Codec, Self::Filter, Self::Input, Self::Output];

    /// Returns the word used in configs and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Codec => "codec",
            Self::Filter => "filter",
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// Lists the types of options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionType {
    /// Anything.
    Any,
    /// A list; anything else becomes a list of one.
    Array,
    /// `true` or `false`.
    Boolean,
    /// A number of bytes: `1024`, `"10 MiB"`.
    Bytes,
    /// The name of a character set.
    Charset,
    /// A codec: a name or a plugin.
    Codec,
    /// A number of seconds or days, or a text such as `"5 minutes"`.
    Duration,
    /// One of the words between `|`.
    Enum(&'static str),
    /// A field reference.
    FieldReference,
    /// Pairs; a list of even length is taken as pairs.
    Hash,
    /// A number, or a string that reads exactly like one.
    Number,
    /// A secret; a string.
    Password,
    /// A file or directory that must exist.
    Path,
    /// A text; a list of one is taken as its element.
    Text,
    /// A URI.
    Uri,
    /// A URI or an empty string.
    UriOrEmpty,
}

impl OptionType {
    fn from_table(text: &'static str) -> Option<Self> {
        Some(match text {
            "any" => Self::Any,
            "array" => Self::Array,
            "boolean" => Self::Boolean,
            "bytes" => Self::Bytes,
            "charset" => Self::Charset,
            "codec" => Self::Codec,
            "duration" => Self::Duration,
            "field_reference" => Self::FieldReference,
            "hash" => Self::Hash,
            "number" => Self::Number,
            "password" => Self::Password,
            "path" => Self::Path,
            "string" => Self::Text,
            "uri" => Self::Uri,
            "uri_or_empty" => Self::UriOrEmpty,
            _ => Self::Enum(text.strip_prefix("enum:")?),
        })
    }

    /// Names the type in a message.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Array => "a list",
            Self::Boolean => "`true` or `false`",
            Self::Bytes => "a number of bytes",
            Self::Charset | Self::Password | Self::Path | Self::Text => "a string",
            Self::Codec => "a codec",
            Self::Duration => "a duration",
            Self::Enum(_) => "one of a few words",
            Self::FieldReference => "a field reference",
            Self::Hash => "a hash",
            Self::Number => "a number",
            Self::Uri | Self::UriOrEmpty => "a URI",
        }
    }
}

/// Tells how an option stands in the plugin's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionStatus {
    /// In use.
    Current,
    /// Works, to be replaced.
    Deprecated,
    /// Removed: setting it is an error.
    Obsolete,
}

/// Describes one option of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// Its type; of each element, when `is_list`.
    pub kind: OptionType,
    /// Whether the plugin does not start without it.
    pub is_required: bool,
    /// Whether it takes several values of its type.
    pub is_list: bool,
    /// Whether it is ours: Logstash refuses it.
    pub is_ours: bool,
    /// Whether it is in use.
    pub status: OptionStatus,
    /// The default as the plugin's source writes it; empty when there is none or no constant.
    pub default: &'static str,
}

/// Answers what is known of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// The plugin exists and these are its own options.
    Options(&'a [OptionSpec]),
    /// The plugin exists; which options it takes is not known.
    NoOptions,
    /// Logstash has no such plugin.
    Unknown {
        /// A name that is close.
        suggestion: Option<&'static str>,
        /// The kinds of which a plugin of this name exists.
        other_kinds: Vec<PluginKind>,
    },
}

#[derive(Debug)]
enum Entry {
    Options(Vec<OptionSpec>),
    Opaque,
}

/// Holds the table, read.
#[derive(Debug)]
pub struct Schema {
    /// By kind, and sorted by name.
    plugins: [Vec<(&'static str, Entry)>; PluginKind::ALL.len()],
}

/// The name under which the options of all plugins of a kind stand.
const EVERY: &str = "*";

impl Default for Schema {
    fn default() -> Self {
        Self::new()
    }
}

impl Schema {
    /// Reads the table; a fraction of a millisecond, so once for each config.
    #[must_use]
    pub fn new() -> Self {
        let mut plugins = [const { Vec::new() }; PluginKind::ALL.len()];
        let mut start = 0;
        for end in memchr_iter(b'\n', TABLE.as_bytes()) {
            let line = &TABLE[start..end];
            start = end + 1;
            if line.starts_with('#') {
                continue;
            }
            let [kind, plugin, option, kind_text, flags, default] = cells(line);
            let Some(kind) = PluginKind::ALL.into_iter().find(|known| known.as_str() == kind)
            else {
                continue;
            };
            // The rows of a plugin stand together, and the plugins are sorted.
            let of_kind: &mut Vec<(&str, Entry)> = &mut plugins[kind as usize];
            if of_kind.last().is_none_or(|(last, _)| *last != plugin) {
                of_kind.push((plugin, Entry::Options(Vec::new())));
            }
            let Some((_, entry)) = of_kind.last_mut() else { continue };
            if option == "?" {
                *entry = Entry::Opaque;
            }
            let (Entry::Options(options), Some(kind)) = (entry, OptionType::from_table(kind_text))
            else {
                continue;
            };
            let has = |flag| !flags.is_empty() && flags.split(',').any(|other| other == flag);
            options.push(OptionSpec {
                name: option,
                kind,
                is_required: has("required"),
                is_list: has("list"),
                is_ours: has("ours"),
                status: if has("obsolete") {
                    OptionStatus::Obsolete
                } else if has("deprecated") {
                    OptionStatus::Deprecated
                } else {
                    OptionStatus::Current
                },
                default,
            });
        }
        Self { plugins }
    }

    /// Returns what is known of the plugin `name`.
    #[must_use]
    pub fn lookup(&self, kind: PluginKind, name: &str) -> Known<'_> {
        let found = (name != EVERY).then(|| self.entry(kind, name)).flatten();
        match found {
            Some(Entry::Options(options)) => Known::Options(options),
            Some(Entry::Opaque) => Known::NoOptions,
            None => Known::Unknown {
                suggestion: suggest(name, self.names(kind)),
                other_kinds: PluginKind::ALL
                    .into_iter()
                    .filter(|other| name != EVERY && self.entry(*other, name).is_some())
                    .collect(),
            },
        }
    }

    /// Returns an option of a plugin, its own or one that all plugins of its kind have.
    #[must_use]
    pub fn option(&self, kind: PluginKind, plugin: &str, name: &str) -> Option<&OptionSpec> {
        [plugin, EVERY].into_iter().find_map(|plugin| match self.entry(kind, plugin) {
            Some(Entry::Options(options)) => options.iter().find(|spec| spec.name == name),
            _ => None,
        })
    }

    /// Returns the options that all plugins of a kind have.
    #[must_use]
    pub fn common(&self, kind: PluginKind) -> &[OptionSpec] {
        match self.entry(kind, EVERY) {
            Some(Entry::Options(options)) => options,
            _ => &[],
        }
    }

    /// Returns the names of all plugins of a kind, sorted.
    pub fn names(&self, kind: PluginKind) -> impl Iterator<Item = &'static str> {
        self.plugins[kind as usize].iter().map(|(name, _)| *name).filter(|name| *name != EVERY)
    }

    fn entry(&self, kind: PluginKind, name: &str) -> Option<&Entry> {
        let of_kind = &self.plugins[kind as usize];
        let place = of_kind.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        Some(&of_kind[place].1)
    }
}

/// The cells of a row.
fn cells(line: &'static str) -> [&'static str; 6] {
    let mut rest = line;
    [(); 6].map(|()| {
        let end = memchr(b'\t', rest.as_bytes()).unwrap_or(rest.len());
        let cell = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        cell
    })
}

/// Returns the candidate that `word` was probably meant to be.
///
/// That is the nearest by edits (insert, delete, replace, swap), at most a third of the word's
/// length; ties go to the first. When none is near, a candidate with the same first half is.
pub fn suggest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Words longer than this are compared by their start only; stops a quadratic comparison.
    const LONGEST: usize = 64;
    let lower: Vec<char> = word.to_ascii_lowercase().chars().take(LONGEST).collect();
    let limit = (lower.len() / 3).clamp(1, 4);
    let mut best = None;
    let mut alike = None;
    for candidate in candidates {
        let common = lower.iter().zip(candidate.chars()).take_while(|(a, b)| **a == *b).count();
        if common >= 5
            && common * 2 >= lower.len()
            && alike.is_none_or(|(longest, _)| common > longest)
        {
            alike = Some((common, candidate));
        }
        let distance = edits(&lower, &candidate.chars().collect::<Vec<_>>());
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.or(alike).map(|(_, candidate)| candidate)
}

/// Counts the edits between two words, swaps of neighbours included.
pub(crate) fn edits(left: &[char], right: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let replace = last[column] + usize::from(a != b);
            let mut least = replace.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b {
                least = least.min(before_last[column - 1] + 1);
            }
            current.push(least);
        }
        before_last = last;
        last = current;
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter(|line| !matches!(line.split('\t').nth(2), Some("?" | "-")));
        let schema = Schema::new();
        let read: usize = schema
            .plugins
            .iter()
            .flatten()
            .map(|(_, entry)| match entry {
                Entry::Options(options) => options.len(),
                Entry::Opaque => 0,
            })
            .sum();
        assert_eq!(rows.count(), read);
        assert!(read > 1000);
    }

    #[test]
    fn the_table_is_sorted_and_without_repetition() {
        let kinds: Vec<_> = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').take(3).collect::<Vec<_>>())
            .collect();
        assert!(kinds.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn plugins_are_known_with_their_options() {
        let schema = Schema::new();
        assert!(matches!(schema.lookup(PluginKind::Filter, "grok"), Known::Options(options)
            if options.iter().any(|spec| spec.name == "match" && spec.kind == OptionType::Hash)));
        assert_eq!(schema.lookup(PluginKind::Filter, "wurfl"), Known::NoOptions);
        assert_eq!(schema.lookup(PluginKind::Codec, "dots"), Known::Options(&[]));
    }

    #[test]
    fn unknown_plugins_get_a_suggestion() {
        let schema = Schema::new();
        let known = schema.lookup(PluginKind::Filter, "gork");
        assert_eq!(known, Known::Unknown { suggestion: Some("grok"), other_kinds: vec![] });
        let known = schema.lookup(PluginKind::Filter, "rubydebug");
        assert_eq!(
            known,
            Known::Unknown { suggestion: None, other_kinds: vec![PluginKind::Codec] }
        );
        assert!(matches!(schema.lookup(PluginKind::Filter, "*"), Known::Unknown { .. }));
    }

    #[test]
    fn mixins_are_merged_into_their_plugins() {
        let schema = Schema::new();
        for (kind, plugin, option) in [
            (PluginKind::Output, "elasticsearch", "resurrect_delay"),
            (PluginKind::Output, "elasticsearch", "data_stream"),
            (PluginKind::Input, "kafka", "schema_registry_url"),
            (PluginKind::Output, "s3", "region"),
            (PluginKind::Filter, "http", "socket_timeout"),
        ] {
            assert!(schema.option(kind, plugin, option).is_some(), "{plugin} {option}");
        }
    }

    #[test]
    fn swapped_letters_are_one_edit() {
        assert_eq!(suggest("mtach", ["match", "patch"].into_iter()), Some("match"));
        assert_eq!(suggest("x", ["match"].into_iter()), None);
        assert_eq!(
            suggest("resurrect_after", ["resurrect_delay"].into_iter()),
            Some("resurrect_delay")
        );
    }
}
