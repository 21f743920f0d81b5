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

/// Bytes of the memory in which one worker puts texts together that are kept for the next event: 1 MiB.
/// Stops one huge text from being paid for until the end.
pub const DRAFT_BYTES: usize = 1024 * 1024;

/// Rounds of replacing `%{NAME}` in one grok pattern, the last of which finds none left: 10,000,
/// Logstash's own number. Stops definitions that contain themselves.
pub const GROK_EXPANSIONS: usize = 10_000;

/// Bytes of the regular expression that a grok pattern expands to: 4 MiB; the longest stock pattern
/// has 11 KiB. Stops definitions that double (`A` = `%{B}%{B}`, `B` = `%{C}%{C}`, …).
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

/// Problems with options, keys and conditions reported for one config: 1,000. Stops a generated
/// config from taking minutes to list the same mistake in each of its plugins.
pub const CONFIG_PROBLEMS: usize = 1_000;

/// Fields in one date format: 31; real ones have fewer than 10. Bounds the room that parsing one
/// text needs.
pub const DATE_FIELDS: usize = 31;

/// Regular expressions made at run time (by sprintf) that one worker keeps: 256. Stops events with
/// ever new texts from filling the memory.
pub const CACHED_REGEXES: usize = 256;

/// Bytes of one expanded regex: 1 MiB. Stops definitions that double with every expansion.
pub const PATTERN_MAX_SOURCE_BYTES: usize = 1024 * 1024;

/// Levels of groups and quantifiers inside each other in one regex: 250; stock grok patterns reach
/// about 20. Stops stack exhaustion by `((((…`.
pub const PATTERN_MAX_DEPTH: usize = 250;

/// Upper bound of a repeat count in a regex: 100,000, Oniguruma's own number. Stops `a{999999999}`.
pub const PATTERN_MAX_REPEAT: u32 = 100_000;

/// Greatest group number that a regex may refer to: 32,767, Oniguruma's own number.
pub const PATTERN_MAX_GROUPS: u32 = 32_767;

/// Instructions of one compiled regex: 500,000. Stops patterns whose repeats multiply.
pub const PATTERN_MAX_PROGRAM: usize = 500_000;

/// Instructions up to which a counted repeat is written out: 256. Above it a counter counts.
pub const PATTERN_UNROLL: usize = 256;

/// Nodes that the analyses of one regex may look at: 200,000; the largest stock pattern takes 20,000.
/// Stops nested repeats from making the start of a pipeline slow; beyond it the weakest answer stands.
pub const PATTERN_ANALYSIS_STEPS: u32 = 200_000;

/// Steps that one search may take whatever the length of its subject: 500,000, about 2 ms. Stops
/// patterns that backtrack without end; an ordinary line needs some hundred.
pub const PATTERN_BASE_STEPS: u64 = 500_000;

/// Steps that one search may take for each byte of its subject: 100. A line of 10 MiB that matches
/// needs fewer than 10.
pub const PATTERN_STEPS_PER_BYTE: u64 = 100;

/// Frames on the backtrack stack of one search: 2 million (48 MB). Stops a repeated group from
/// filling the memory on a long line.
pub const PATTERN_MAX_STACK: usize = 2_000_000;

/// Bytes of the memo of one search: 4 MiB. A larger one is not made; the budget then ends what it
/// would have shortened.
pub const PATTERN_MAX_MEMO_BYTES: usize = 4 * 1024 * 1024;

/// Groups that one regex may call with `\g`: 250. Stops the search for endless recursion from
/// taking time that grows with the square of the pattern.
pub const PATTERN_MAX_CALLED: usize = 250;

/// Bytes that one compressed stream may become: 1 TiB. Stops a zip bomb from being written out for
/// weeks.
pub const INFLATED_BYTES: u64 = 1 << 40;

/// Bytes out for each byte in, of one compressed stream as a whole: 2,000. Gzip reaches 1,032 at most,
/// logs reach 100; stops bombs of zstd, bzip2 and xz, where a kilobyte becomes gigabytes.
pub const INFLATED_RATIO: u64 = 2_000;

/// Bytes out up to which the ratio is not looked at: 1 GiB. A log full of the same line is no bomb.
pub const INFLATED_RATIO_FROM_BYTES: u64 = 1 << 30;

/// Bytes of history that a zstd or xz stream may ask a decoder to keep: 128 MiB, what `zstd -d` takes
/// without a flag; `xz -9` needs 64. Stops a header of a few bytes from taking gigabytes.
pub const INFLATE_WINDOW_BYTES: u64 = 128 << 20;

/// Steps that one explanation of a failed match may take: 2 million, about 20 ms. Stops patterns that
/// backtrack without end from making every reject dear; what was found up to there is told.
pub const EXPLAIN_STEPS: u64 = 2_000_000;

/// Things that may be expected at one place which an explanation lists: 5. Stops an alternation of a
/// hundred words from filling the screen.
pub const EXPLAIN_EXPECTED: usize = 5;

/// Steps that looking for one suggestion may take, all patterns tried together: 20 million, about
/// 200 ms. Stops patterns that backtrack without end from being run a hundred times over.
pub const SUGGEST_STEPS: u64 = 20_000_000;

/// Changes of a pattern that are tried for one line, at most three times: 400. Stops a long alternation from being
/// changed at every branch.
pub const SUGGEST_CHANGES: usize = 400;

/// Bytes of a line for which a suggestion is looked for: 8 KiB. Longer ones are no log lines that a
/// person reads.
pub const SUGGEST_SUBJECT_BYTES: usize = 8 * 1024;

/// Lines at the start of a stream of which each is profiled: 1,000. Beyond them one of
/// [`PROFILE_EVERY`] is, so that a profile of a long log costs little.
pub const PROFILE_LINES: u64 = 1_000;

/// Lines of which one is profiled: 16.
pub const PROFILE_EVERY: u64 = 16;

/// Nodes of one regex that are looked at to find out what its matches must contain: 20,000; the
/// longest stock pattern has 3,000. Stops a generated pattern from taking seconds to compile; what
/// was not looked at may match.
pub const PREFILTER_NODES: usize = 20_000;

/// Digits of an integer that dissect's `convert_datatype` makes: 1,000. Stops `1e999999999` from
/// becoming a gigabyte of zeros.
pub const DECIMAL_DIGITS: usize = 1_000;

/// Levels to which kv with `recursive` takes values apart: 100. Stops `a=b=c=…` from taking time that
/// grows with the square of the text; what is deeper stays a text.
pub const KV_LEVELS: usize = 100;

/// Columns for which csv has names ready when it generates them: 64. Names of further columns are made
/// for each event.
pub const CSV_READY_COLUMNS: usize = 64;

/// Values that split may copy for one line, all its events together: 5 million, about 250 MB. Stops chains of
/// splits, and copies of an event that keeps its whole list, from filling the memory.
pub const SPLIT_VALUES: usize = 5_000_000;
/// Bytes of one dictionary, or of the list of user agents: 128 MiB, Logstash's own bound for YAML. Stops a
/// log that was named as a dictionary by mistake.
pub const DICTIONARY_BYTES: usize = 128 * 1024 * 1024;

/// Values in one dictionary, aliases written out: 10 million. Stops a file from filling the memory, in
/// which a value takes ten times its bytes.
pub const DICTIONARY_VALUES: usize = 10_000_000;

/// Values that the aliases of one YAML file may stand for: 100,000. Stops aliases that multiply.
pub const DICTIONARY_ALIASED_VALUES: usize = 100_000;

/// Levels of lists and maps in one dictionary: 100. Stops stack exhaustion by `[[[[…`.
pub const DICTIONARY_DEPTH: usize = 100;

/// Entries of a dictionary whose keys are regular expressions: 10,000, which take some seconds to
/// compile. Stops a list of words from being compiled one by one.
pub const DICTIONARY_REGEXES: usize = 10_000;

/// Bytes of the texts whose look-ups one filter of a worker keeps: 64 MiB. Stops events with ever new
/// texts from filling the memory.
pub const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of the longest text whose look-up is kept: 4 KiB. Longer ones are no user agents and no addresses,
/// and hardly come twice.
pub const KEPT_TEXT_BYTES: usize = 4 * 1024;

/// Entries whose look-ups one filter of a worker keeps at most, whatever the config says: 1 million.
pub const KEPT_ENTRIES: usize = 1_000_000;

/// Bytes of a user agent that are looked at: 16 KiB. Stops a line of megabytes from being searched by
/// thousands of patterns.
pub const USER_AGENT_BYTES: usize = 16 * 1024;

/// Bytes of one address database: 2 GiB; the largest on sale has some hundred megabytes. Stops a disk image that was
/// named as a database from being read as one.
pub const DATABASE_BYTES: usize = 2 * 1024 * 1024 * 1024;

/// Characters of a Ruby code that are looked at to say what does the same: 64 Ki. Stops a program that was
/// pasted into a config from taking seconds.
pub const RUBY_CODE_CHARS: usize = 64 * 1024;

/// Statements of a Ruby code that are looked at: 200.
pub const RUBY_STATEMENTS: usize = 200;

/// Filters that are suggested instead of one Ruby code: 20. Stops a long code from filling the screen.
pub const RUBY_SUGGESTIONS: usize = 20;

/// Levels of elements in one XML text: 200. Stops stack exhaustion by `<a><a><a>…`.
pub const XML_DEPTH: usize = 200;

/// Nodes of one XML text: 1 million. Stops a text from becoming a tree that takes a hundred times its bytes.
pub const XML_NODES: u32 = 1_000_000;

/// Bytes that the entities of one XML text may become: 1 MiB. Stops entities that multiply.
pub const XML_ENTITY_BYTES: usize = 1024 * 1024;

/// Steps that all `XPath` expressions of one filter may take on one text: 2 million, about 50 ms. Stops
/// expressions such as `//*//*//*` from taking minutes.
pub const XPATH_STEPS: usize = 2_000_000;

/// Parentheses, predicates and operators of one level inside each other in one `XPath` expression: 50.
pub const XPATH_DEPTH: usize = 50;
/// Seconds between two flushes of filters that make events by themselves: 5, Logstash's own number.
pub const FLUSH_PERIOD_S: u64 = 5;

/// Start events that one `elapsed` filter waits for the end of: 250,000. Stops starts whose ends never
/// come from filling the memory where no clock lets them expire; the oldest is then forgotten.
pub const ELAPSED_STARTS: usize = 250_000;

/// Bytes of the ids of one `elapsed` filter's start events: 64 MiB. Stops ids of megabytes.
pub const ELAPSED_ID_BYTES: usize = 64 * 1024 * 1024;

/// Counters of one `throttle` filter, whatever its `max_counters`: 1 million. Stops keys that are
/// different in every event from filling the memory; the keys seen longest ago are then forgotten.
pub const THROTTLE_COUNTERS: usize = 1_000_000;

/// Bytes of the keys of one `throttle` filter: 128 MiB. Stops whole lines from being kept as keys.
pub const THROTTLE_KEY_BYTES: usize = 128 * 1024 * 1024;

/// Meters and timers of one `metrics` filter: 10,000. Stops names that an input fills in
/// (`%{user_controlled}`) from filling the memory; events with further names are tagged.
pub const METRIC_NAMES: usize = 10_000;

/// Values that one timer of `metrics` keeps for its percentiles: 1,028, Logstash's own number.
pub const METRIC_SAMPLES: usize = 1_028;

/// Bytes that a `Converter` takes in before it looks whether its output is full: 64 KiB. Stops a push of gigabytes
/// from becoming gigabytes of output.
pub const PUSH_BYTES: usize = 64 * 1024;

/// Bytes of output and rejects that wait in a `Converter` before it takes nothing more in: 1 MiB. Stops a host that
/// is slow to take from filling the memory.
pub const PENDING_BYTES: usize = 1024 * 1024;

/// Bytes of names and texts, and of nodes, in one event that is handed out as values: 1 GiB each. Places in it are 32
/// bits wide.
pub const SNAPSHOT_BYTES: usize = 1024 * 1024 * 1024;

/// Events of one Arrow batch: 16,384. The first batch decides the columns of all.
pub const BATCH_EVENTS: usize = 16_384;

/// Bytes of texts after which an Arrow batch ends before it has that many events: 32 MiB. Stops long lines from
/// filling the memory, and the offsets in a column of texts, which have 31 bits, from running over.
pub const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// The most that a caller may set instead of [`BATCH_BYTES`]: 1 GiB, half of what the offsets can count.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Columns of inferred Arrow batches, those inside maps included: 1,000. Stops names that come from the input from
/// becoming columns without end; what has no column is in the last one.
pub const BATCH_COLUMNS: usize = 1_000;

/// Levels of maps inside each other that become columns of Arrow batches: 16. What is deeper is JSON.
pub const BATCH_LEVELS: usize = 16;
/// Bytes of the answer of one invocation on AWS Lambda: 6,291,556, the service's own number. An answer above it fails
/// the whole invocation, which is then tried again with the same end.
pub const LAMBDA_RESPONSE_BYTES: usize = 6_291_556;

/// Bytes that the compressed payload of one record in a Lambda event may become: 32 MiB. Stops a record of a megabyte
/// from filling the memory of the function.
pub const LAMBDA_INFLATED_BYTES: u64 = 32 * 1024 * 1024;

/// Bytes of the names and texts by which one record for Firehose is partitioned: 4 KiB. Stops whole lines from being
/// used as a part of an object's name.
pub const LAMBDA_PARTITION_KEY_BYTES: usize = 4 * 1024;

/// Bytes of the events that one Lambda invocation keeps for its destination: 64 MiB. Stops a batch whose lines become
/// many events from filling the memory; items without room are handed back.
pub const LAMBDA_BATCH_BYTES: usize = 64 * 1024 * 1024;

/// Requests in a row that bring nothing on before a sender gives up: 6, some 10 seconds with the pauses between them.
/// What is left is handed back to its source.
pub const SEND_ATTEMPTS: u32 = 6;

/// Bytes of events in one bulk request to Elasticsearch: 8 MiB before compression. Amazon's `OpenSearch` refuses bodies over
/// 10 MiB on its smaller machines.
pub const BULK_BYTES: usize = 8 * 1024 * 1024;

/// Actions in one bulk request to Elasticsearch: 5,000. Bounds the answer, which tells of each action that was not taken.
pub const BULK_ACTIONS: usize = 5_000;

/// Bytes of the reason why Elasticsearch refused a document that are kept: 2 KiB. The server repeats the value at fault, which
/// may be as long as the document.
pub const BULK_REASON_BYTES: usize = 2 * 1024;

/// Distinct keys (names of objects, partition keys) that one Lambda invocation may give its events: 10,000. Stops a template that
/// is different for each event from filling the memory with names.
pub const LAMBDA_KEYS: usize = 10_000;
