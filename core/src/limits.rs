//! Every limit of the engine: its default, its unit, and the accident or attack that it stops.

/// Levels of lists and maps in an event: 1,000, as many as Logstash's JSON reader takes. Stops
/// stack exhaustion by `[[[[…`.
pub const NESTING: usize = 1_000;

/// Names in one field reference: 250. Stops events of absurd depth built by a reference that an
/// input text fills in (`%{[user_controlled]}`).
pub const PATH_NAMES: usize = 250;

/// Keys up to which an object is searched by a scan: 32. Above it a hash index is built, so that a
/// line with 100,000 keys costs linear time.
pub const INDEX_KEYS: usize = 32;

/// Bytes of one line, without its delimiter: 10 MiB. Stops a file without line ends from filling
/// the memory; a longer line is refused and counted.
pub const LINE_BYTES: usize = 10 * 1024 * 1024;

/// Bytes of a refused line that are kept for the report: 1 KiB.
pub const REFUSED_EXCERPT_BYTES: usize = 1024;

/// An array index that a field reference may set: 100,000. Stops `[a][999999999]` from filling
/// the memory with nulls.
pub const ARRAY_INDEX: usize = 100_000;

/// Bytes that one sprintf template may produce: 64 MiB. Stops texts that double with every filter.
pub const TEMPLATE_BYTES: usize = 64 * 1024 * 1024;

/// Rounds of replacing `%{NAME}` in one grok pattern, the last of which finds none left: 10,000,
/// Logstash's own number. Stops definitions that contain themselves.
pub const GROK_EXPANSIONS: usize = 10_000;

/// Bytes of the regular expression that a grok pattern expands to: 4 MiB; the longest stock pattern
/// has 37 KiB. Stops definitions that double (`A` = `%{B}%{B}`, `B` = `%{C}%{C}`, …).
pub const GROK_EXPANDED_BYTES: usize = 4 * 1024 * 1024;

/// Bytes looked at to find the ends of the definitions written inline in one grok pattern
/// (`%{NAME=regex}`): 64 MiB. Stops long patterns full of braces that never close.
pub const GROK_DEFINITION_SCAN_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of all config texts of one pipeline together: 16 MiB. Stops a data file that was named as
/// a config by mistake; offsets of spans are 32 bits wide.
pub const CONFIG_BYTES: usize = 16 * 1024 * 1024;

/// Brackets that may be open at one place of a config (blocks, lists, hashes, parentheses): 100.
/// Stops stack exhaustion by `((((…` and by deep `if` chains that a generator wrote.
pub const CONFIG_DEPTH: usize = 100;

/// Syntax errors reported for one config: 50. Stops a file that is no config from filling the
/// screen.
pub const CONFIG_ERRORS: usize = 50;

/// Fields in one date format: 31; real ones have fewer than 10. Bounds the room that parsing one
/// text needs.
pub const DATE_FIELDS: usize = 31;
