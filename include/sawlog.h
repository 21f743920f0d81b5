/* sawlog: Logstash's filter engine as a library. Bytes in, events out; no IO, no threads, no globals.
 *
 * Written by cbindgen from ffi/src; not to be edited. The guide is docs/c.md.
 *
 * Rules for all functions:
 * - What returns int32_t returns a status: SAWLOG_OK (0), a condition (1 to 99), or an error (100 and above). Numbers are never used
 *   again for something else. Results are written only with SAWLOG_OK, unless a function says otherwise.
 * - Handles (pointers to the incomplete types below) are made by ..._new, ..._parse, ..._compile and the like, and freed by ..._free, which
 *   takes the address of the variable, sets it to NULL and does nothing if it is NULL already.
 * - A struct begins with struct_size, to be set to its sizeof before a call, so that programs and libraries of different versions
 *   understand each other; zeros in the rest of a struct of options are the defaults.
 * - Texts are UTF-8 with a length, not ended by a zero. What the library gives belongs to it; each function says for how long.
 * - The library opens no file, reads no environment and no clock, starts no thread, and calls nobody back. Out of memory ends the process. A
 *   mistake of the library's own is the status SAWLOG_PANICKED; its words go to standard error.
 */

#ifndef SAWLOG_H
#define SAWLOG_H

#include <stddef.h>
#include <stdint.h>
/** The version of the header's library as a text. */
#define SAWLOG_VERSION "0.1.0"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

/** Arrow's C data interface, as every library that has it declares it: names and types. */
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

/** Arrow's C data interface: values. */
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif


/**
 * The version of the header's library: major.
 */
#define SAWLOG_VERSION_MAJOR 0

/**
 * The version of the header's library: minor.
 */
#define SAWLOG_VERSION_MINOR 1

/**
 * The version of the header's library: patch.
 */
#define SAWLOG_VERSION_PATCH 0

/**
 * The version of the binary interface, and the number in the SONAME. It grows when a function or a struct changes in
 * a way that compiled programs cannot take; new functions, and new members at the end of structs, leave it.
 */
#define SAWLOG_ABI_VERSION 1

/**
 * The call did what it says.
 */
#define SAWLOG_OK 0

/**
 * There is more than was taken: pending output or rejects are to be taken, then the call, or the rest of its input, is
 * to be given again.
 */
#define SAWLOG_OUTPUT_FULL 1

/**
 * There is nothing more: the iteration is at its end, there is no such field, no deadline, no reject.
 */
#define SAWLOG_END 2

/**
 * A pointer that must lead to something is NULL, or is not aligned.
 */
#define SAWLOG_BAD_POINTER 100

/**
 * The `struct_size` of a struct is smaller than the first version of the struct, or larger than 4,096, or what lies
 * behind the part that this library knows is not zero.
 */
#define SAWLOG_BAD_STRUCT_SIZE 101

/**
 * A length is larger than half of the address space, or an amount is larger than a limit of the library.
 */
#define SAWLOG_BAD_LENGTH 102

/**
 * A text is not UTF-8.
 */
#define SAWLOG_BAD_UTF8 103

/**
 * A value is none of those that the header lists, an index is out of range, or a text is no field reference.
 */
#define SAWLOG_BAD_VALUE 104

/**
 * The config, or what it was compiled with, is wrong: the diagnostics say where and why.
 */
#define SAWLOG_BAD_CONFIG 105

/**
 * The calls came in an order that makes no sense, such as compiling what was not parsed.
 */
#define SAWLOG_BAD_ORDER 106

/**
 * The pipeline was compiled from another config than the worker's.
 */
#define SAWLOG_OTHER_PIPELINE 107

/**
 * Another thread is inside a call with the same handle. Nothing was done.
 */
#define SAWLOG_BUSY 108

/**
 * An event is too large to be handed out as values; the line's events are lost.
 */
#define SAWLOG_EVENT_TOO_LARGE 109

/**
 * The library met a mistake of its own. The handle of the call, if it is a config, resources or a worker, can only be
 * freed from here on; others go on.
 */
#define SAWLOG_PANICKED 110

/**
 * The config is refused.
 */
#define SAWLOG_SEVERITY_ERROR 1

/**
 * The config is accepted and probably wrong.
 */
#define SAWLOG_SEVERITY_WARNING 2

/**
 * Worth knowing.
 */
#define SAWLOG_SEVERITY_NOTE 3

/**
 * A variable, `${NAME}`: `sawlog_resources_set_variable`.
 */
#define SAWLOG_NEED_VARIABLE 1

/**
 * A file: `sawlog_resources_add_file`.
 */
#define SAWLOG_NEED_FILE 2

/**
 * A directory of grok patterns: `sawlog_resources_add_directory` and `sawlog_resources_add_directory_file` for each of its files
 * that `glob` matches, in the order of their names; or one file, as above.
 */
#define SAWLOG_NEED_PATTERNS 3

/**
 * The list of user agents that a `useragent` filter takes which names no file: `sawlog_resources_set_user_agents`.
 */
#define SAWLOG_NEED_USER_AGENTS 4

/**
 * `pipeline.ecs_compatibility: disabled`.
 */
#define SAWLOG_ECS_DISABLED 1

/**
 * `pipeline.ecs_compatibility: v1`.
 */
#define SAWLOG_ECS_V1 2

/**
 * `pipeline.ecs_compatibility: v8`, Logstash's default and that of 0.
 */
#define SAWLOG_ECS_V8 3

/**
 * `config.field_reference.escape_style: none`, Logstash's default and that of 0.
 */
#define SAWLOG_ESCAPE_NONE 1

/**
 * `config.field_reference.escape_style: percent`.
 */
#define SAWLOG_ESCAPE_PERCENT 2

/**
 * `config.field_reference.escape_style: ampersand`.
 */
#define SAWLOG_ESCAPE_AMPERSAND 3

/**
 * One JSON object a line, without `@metadata`: the default.
 */
#define SAWLOG_FORMAT_NDJSON 0

/**
 * As `SAWLOG_FORMAT_NDJSON`, with `@metadata` as the last field unless it is empty.
 */
#define SAWLOG_FORMAT_NDJSON_METADATA 1

/**
 * JSON objects with nothing between them.
 */
#define SAWLOG_FORMAT_JSON 2

/**
 * CSV with a line of names first; `fields` are the columns.
 */
#define SAWLOG_FORMAT_CSV 3

/**
 * Logstash's indented form for people.
 */
#define SAWLOG_FORMAT_RUBYDEBUG 4

/**
 * A `MessagePack` map for each event, with nothing between them.
 */
#define SAWLOG_FORMAT_MSGPACK 5

/**
 * Record batches, which `sawlog_worker_pull_arrow` gives; there is no output in bytes.
 */
#define SAWLOG_FORMAT_ARROW 6

/**
 * No reject is kept; they are counted all the same.
 */
#define SAWLOG_REJECTS_NONE 0

/**
 * What was refused is kept until `sawlog_worker_next_reject` takes it.
 */
#define SAWLOG_REJECTS_REFUSED 1

/**
 * Events on which something failed, too; these are in the output as well, unless a filter dropped them.
 */
#define SAWLOG_REJECTS_FAILED 2

/**
 * A list.
 */
#define SAWLOG_KIND_ARRAY 1

/**
 * `true` or `false`.
 */
#define SAWLOG_KIND_BOOL 2

/**
 * A double.
 */
#define SAWLOG_KIND_FLOAT 3

/**
 * An integer of 64 bits.
 */
#define SAWLOG_KIND_INT 4

/**
 * JSON's null.
 */
#define SAWLOG_KIND_NULL 5

/**
 * A number that is exactly neither a 64-bit integer nor a double, as its text.
 */
#define SAWLOG_KIND_NUMBER 6

/**
 * A map.
 */
#define SAWLOG_KIND_OBJECT 7

/**
 * A text.
 */
#define SAWLOG_KIND_STRING 8

/**
 * An instant.
 */
#define SAWLOG_KIND_TIME 9

/**
 * The event is in the output too.
 */
#define SAWLOG_OUTCOME_KEPT 1

/**
 * A filter dropped the event.
 */
#define SAWLOG_OUTCOME_DROPPED 2

/**
 * It cannot become output.
 */
#define SAWLOG_OUTCOME_REFUSED 3

/**
 * A config: texts that are read as one, as Logstash reads the files of a directory.
 */
typedef struct sawlog_config sawlog_config;

/**
 * A list of what is wrong with a config, or worth knowing of it, in the order of the places. It never changes; any
 * number of threads may read it.
 */
typedef struct sawlog_diagnostics sawlog_diagnostics;

/**
 * An event as values: of `sawlog_worker_run_line`, `…_run_event`, `…_push_values` and the like. It belongs to the worker and lives until the worker's next
 * call that is not one of `sawlog_worker_event`, `…_stats` and `…_next_deadline`; until then any number of threads may read it.
 */
typedef struct sawlog_event sawlog_event;

/**
 * A list of what a config asks for. It never changes; any number of threads may read it.
 */
typedef struct sawlog_needs sawlog_needs;

/**
 * A compiled config. It never changes: any number of threads may use it, make workers of it, and free it; workers go on
 * without it.
 */
typedef struct sawlog_pipeline sawlog_pipeline;

/**
 * What a config can reach: variables, files, directories, the list of user agents.
 */
typedef struct sawlog_resources sawlog_resources;

/**
 * Runs one stream of bytes through a pipeline; one thread at a time. A second thread is turned away with `SAWLOG_BUSY`.
 */
typedef struct sawlog_worker sawlog_worker;

/**
 * A piece of text: UTF-8, not ended by a zero, which may stand inside. Where a text may be missing, `data` is then
 * NULL and `len` 0.
 *
 * As an argument (a member of a struct of options) it is only read during the call. As a result it belongs to the
 * library; the function that gives it says how long it lives.
 */
typedef struct sawlog_str {
    /**
     * The first byte.
     */
    const char *data;
    /**
     * The number of bytes.
     */
    size_t len;
} sawlog_str;

/**
 * One diagnostic. Its texts live as long as the list.
 */
typedef struct sawlog_diagnostic {
    /**
     * `sizeof(sawlog_diagnostic)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * `SAWLOG_SEVERITY_…`.
     */
    int32_t severity;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * The kind of problem, a stable word such as `unknown-option`.
     */
    struct sawlog_str code;
    /**
     * What was found and what is accepted.
     */
    struct sawlog_str message;
    /**
     * What to write instead; may be missing.
     */
    struct sawlog_str hint;
    /**
     * The name of the source; missing when the problem is at no place, and then the numbers are 0.
     */
    struct sawlog_str source;
    /**
     * The line, from 1.
     */
    size_t line;
    /**
     * The column in characters, from 1.
     */
    size_t column;
    /**
     * The first byte of what is meant, in its source.
     */
    size_t start;
    /**
     * The byte behind the last one.
     */
    size_t end;
    /**
     * The number of further places, for `sawlog_diagnostics_label`.
     */
    size_t labels;
} sawlog_diagnostic;

/**
 * How a config is read. Zeros are the defaults, Logstash's own.
 */
typedef struct sawlog_parse_settings {
    /**
     * `sizeof(sawlog_parse_settings)`.
     */
    size_t struct_size;
    /**
     * Not 0: `config.support_escapes`, by which `\n`, `\"` and others mean in quoted values what they stand for.
     */
    int32_t support_escapes;
    /**
     * 0.
     */
    int32_t reserved;
} sawlog_parse_settings;

/**
 * One thing that a config asks for. Its texts live as long as the list.
 */
typedef struct sawlog_need {
    /**
     * `sizeof(sawlog_need)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * `SAWLOG_NEED_…`.
     */
    int32_t kind;
    /**
     * 1 for a variable that may be missing, else 0.
     */
    int32_t has_default;
    /**
     * The variable's name, or the path as the config has it, with variables replaced; relative paths start at the
     * host's working directory, as in Logstash. Missing for user agents.
     */
    struct sawlog_str name;
    /**
     * `SAWLOG_NEED_PATTERNS`: which files of the directory are read. Else missing.
     */
    struct sawlog_str glob;
    /**
     * The plugin that asks; missing for variables and user agents.
     */
    struct sawlog_str plugin;
    /**
     * The option that has the path; missing for variables and user agents.
     */
    struct sawlog_str option;
    /**
     * The source that it stands in; missing for user agents, and then the numbers are 0.
     */
    struct sawlog_str source;
    /**
     * The line, from 1.
     */
    size_t line;
    /**
     * The column in characters, from 1.
     */
    size_t column;
    /**
     * The first byte of the value, in its source.
     */
    size_t start;
    /**
     * The byte behind the last one.
     */
    size_t end;
} sawlog_need;

/**
 * Settings of a pipeline that do not stand in its config. Zeros are the defaults.
 */
typedef struct sawlog_options {
    /**
     * `sizeof(sawlog_options)`.
     */
    size_t struct_size;
    /**
     * `SAWLOG_ECS_…`; 0 is `SAWLOG_ECS_V8`.
     */
    int32_t ecs;
    /**
     * `SAWLOG_ESCAPE_…`; 0 is `SAWLOG_ESCAPE_NONE`.
     */
    int32_t escape_style;
    /**
     * Not 0: plugins that Logstash has and this library does not are left out with a warning, instead of being refused.
     */
    int32_t skip_unsupported;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * The zone of dates that name none, such as `Europe/Berlin`; missing or empty is UTC.
     */
    struct sawlog_str timezone;
    /**
     * The machine's name, for filters that put it on the events they make; may be missing.
     */
    struct sawlog_str host_name;
    /**
     * The clock when the pipeline starts, in nanoseconds since 1970: the year of `Feb 29` in a date without a year.
     */
    int64_t start_ns;
} sawlog_options;

/**
 * What is to be known of a pipeline.
 */
typedef struct sawlog_pipeline_info {
    /**
     * `sizeof(sawlog_pipeline_info)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * 1 if one worker must see all events in order, because a filter remembers; else 0, and a stream may be shared among
     * workers. A worker's codec may ask for the same: `sawlog_worker_is_ordered`.
     */
    int32_t is_ordered;
    /**
     * 0.
     */
    int32_t reserved;
    /**
     * The number of filters.
     */
    size_t filters;
    /**
     * The number of inputs; the host reads them, and the library takes their codec and common options.
     */
    size_t inputs;
    /**
     * The number of outputs; the library runs none.
     */
    size_t outputs;
} sawlog_pipeline_info;

/**
 * One filter or input of a pipeline. Its texts live as long as the pipeline's handle.
 */
typedef struct sawlog_plugin {
    /**
     * `sizeof(sawlog_plugin)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * The plugin's name.
     */
    struct sawlog_str name;
    /**
     * Its id; missing when the config sets none.
     */
    struct sawlog_str id;
    /**
     * The source that it stands in; missing for an input, and then the numbers are 0.
     */
    struct sawlog_str source;
    /**
     * The line, from 1.
     */
    size_t line;
    /**
     * The column in characters, from 1.
     */
    size_t column;
} sawlog_plugin;

/**
 * A name and a text. The struct has no size at its head, as it stands in arrays.
 */
typedef struct sawlog_pair {
    /**
     * The name.
     */
    struct sawlog_str name;
    /**
     * The text.
     */
    struct sawlog_str value;
} sawlog_pair;

/**
 * How a worker reads and writes. Zeros are the defaults.
 */
typedef struct sawlog_worker_options {
    /**
     * `sizeof(sawlog_worker_options)`.
     */
    size_t struct_size;
    /**
     * `SAWLOG_FORMAT_…`: how events are written.
     */
    int32_t format;
    /**
     * `SAWLOG_REJECTS_…`: which rejects are kept.
     */
    int32_t rejects;
    /**
     * Not 0: codecs do not keep the text as `[event][original]`.
     */
    int32_t drop_original;
    /**
     * Not 0: filters that fail say why, in their rejects; takes time for each failure.
     */
    int32_t explain_failures;
    /**
     * Which of the pipeline's inputs gives codec, type, tags and fields, from 1; 0 for none, which gives lines.
     */
    size_t input;
    /**
     * A codec as in a config instead of the input's: `json`, `multiline { pattern => "^ " what => "previous" }`; may be missing.
     */
    struct sawlog_str codec;
    /**
     * The stream's name, which becomes `[log][file][path]`, or `path` without ECS; may be missing.
     */
    struct sawlog_str path;
    /**
     * A codec that writes, as in a config, instead of `format`; may be missing.
     */
    struct sawlog_str output_codec;
    /**
     * The fields that are written, as references separated by line ends, for NDJSON, JSON and CSV; missing for all.
     */
    struct sawlog_str fields;
    /**
     * Bytes of the longest line that is read; 0 is 10 MiB.
     */
    size_t max_line_bytes;
    /**
     * Bytes of output and rejects that may wait before `sawlog_worker_push` takes nothing more in; 0 is 1 MiB. What 64 KiB of
     * input give may lie above it.
     */
    size_t max_pending_bytes;
    /**
     * Fields that are set on every event, and their texts: field references as names. `set_count` of them; may be NULL.
     */
    const struct sawlog_pair *set;
    /**
     * The number of pairs in `set`.
     */
    size_t set_count;
    /**
     * `ARROW`: the columns, as a struct of formats `b`, `g`, `l`, `u`, `tss:UTC`, `tsm:UTC`, `tsu:UTC`, `tsn:UTC`, `+l` of one of
     * these, and `+s`; only read. NULL: the first batch decides, and has all fields of its events as columns.
     */
    const struct ArrowSchema *columns;
    /**
     * `ARROW`: events of a batch; 0 is 16,384.
     */
    size_t batch_events;
    /**
     * `ARROW`: bytes of texts after which a batch ends before it has as many events; 0 is 32 MiB, 1 GiB the most.
     */
    size_t batch_bytes;
    /**
     * `ARROW`: not 0: values that have no place in the columns are left out (`events_left_out` counts the events) instead of standing,
     * as a JSON object, in the last column, `_rest`.
     */
    int32_t drop_rest;
    /**
     * No meaning; 0.
     */
    int32_t reserved;
} sawlog_worker_options;

/**
 * One value among the nodes of an event. The struct has no size at its head: `sawlog_nodes` has it.
 */
typedef struct sawlog_node {
    /**
     * `SAWLOG_KIND_…`.
     */
    uint32_t kind;
    /**
     * The place behind this value and all inside of it.
     */
    uint32_t end;
    /**
     * Where the field's name starts in the event's text; 0 in a list.
     */
    uint32_t name_start;
    /**
     * The bytes of the name.
     */
    uint32_t name_len;
    /**
     * `STRING`, `NUMBER`: where the text starts in the event's text.
     */
    uint32_t text_start;
    /**
     * `STRING`, `NUMBER`: the bytes of the text.
     */
    uint32_t text_len;
    /**
     * As in `sawlog_value`.
     */
    int64_t integer;
    /**
     * As in `sawlog_value`.
     */
    double real;
    /**
     * As in `sawlog_value`.
     */
    uint32_t nanos;
    /**
     * No meaning.
     */
    uint32_t reserved;
} sawlog_node;

/**
 * An event as it lies in memory, for bindings that read it without a call for each value: all values in the order of the tree, first
 * the map of the event's fields with all inside of it, then the map of `@metadata`. The values inside of a list or map are the nodes
 * from behind it to its `end`; from one to the next leads the `end` of each.
 */
typedef struct sawlog_nodes {
    /**
     * `sizeof(sawlog_nodes)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * The nodes.
     */
    const struct sawlog_node *nodes;
    /**
     * Their number.
     */
    size_t count;
    /**
     * The place of the map of `@metadata`.
     */
    size_t metadata;
    /**
     * The names and texts, one behind the other: UTF-8.
     */
    struct sawlog_str text;
    /**
     * The line's number in its stream, from 1; 0 when the event came from no line.
     */
    uint64_t line;
    /**
     * The line's byte offset in its stream.
     */
    uint64_t offset;
} sawlog_nodes;

/**
 * One value of an event: a field of a map, or an entry of a list.
 */
typedef struct sawlog_value {
    /**
     * `sizeof(sawlog_value)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * `SAWLOG_KIND_…`.
     */
    uint32_t kind;
    /**
     * `TIME`: the nanoseconds past the second; else 0.
     */
    uint32_t nanos;
    /**
     * The field's name; of length 0 for an entry of a list, and for the whole event.
     */
    struct sawlog_str name;
    /**
     * `STRING`: the text. `NUMBER`: its digits. Else missing.
     */
    struct sawlog_str text;
    /**
     * `INT`: the value. `BOOL`: 0 or 1. `TIME`: whole seconds since 1970. `ARRAY`, `OBJECT`: the number of values in it. Else 0.
     */
    int64_t integer;
    /**
     * `FLOAT`: the value; else 0.
     */
    double real;
    /**
     * Where the value stands among the event's nodes; 0 is the whole event.
     */
    size_t node;
} sawlog_value;

/**
 * Where an event came from.
 */
typedef struct sawlog_origin {
    /**
     * `sizeof(sawlog_origin)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * The line's number in its stream, from 1; 0 when the event came from no line.
     */
    uint64_t line;
    /**
     * The line's byte offset in its stream.
     */
    uint64_t offset;
    /**
     * How many failures of filters and codecs the event has that were not made good.
     */
    size_t failures;
} sawlog_origin;

/**
 * One reject. Its texts live until the worker's next call.
 */
typedef struct sawlog_reject {
    /**
     * `sizeof(sawlog_reject)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * `SAWLOG_OUTCOME_…`: what became of it.
     */
    int32_t outcome;
    /**
     * 1 when `filter` is a place, else 0.
     */
    int32_t has_filter;
    /**
     * The first filter that failed, for `sawlog_pipeline_filter`.
     */
    size_t filter;
    /**
     * A stable word: `codec`, `filter`, `condition`, `damaged`, `line_too_long`, `no_event`, `not_bulk`.
     */
    struct sawlog_str kind;
    /**
     * Why, in words.
     */
    struct sawlog_str reason;
    /**
     * Why the filter failed; missing unless the worker was made with `explain_failures` and the filter knows.
     */
    struct sawlog_str explanation;
    /**
     * The stream's name; may be missing.
     */
    struct sawlog_str path;
    /**
     * The line, without its end; of an over-long one the first KiB.
     */
    struct sawlog_str text;
    /**
     * The line's number in its stream, from 1; 0 when the event came from no line.
     */
    uint64_t line;
    /**
     * The line's byte offset in its stream.
     */
    uint64_t offset;
    /**
     * The source of the config that the filter, or the condition that refused, stands in; may be missing.
     */
    struct sawlog_str source;
    /**
     * Its line there, from 1.
     */
    size_t source_line;
    /**
     * Its column there, in characters, from 1.
     */
    size_t source_column;
} sawlog_reject;

/**
 * What a worker has done since it was made. Nothing is lost without a count:
 *
 * `lines` = `events_decoded` + `lines_merged` + `lines_refused` + `lines_without_event` - `events_beyond_first`, and
 * `events_decoded` + `events_created` = `events_out` + `events_dropped` + `events_refused`.
 */
typedef struct sawlog_stats {
    /**
     * `sizeof(sawlog_stats)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * Bytes taken in.
     */
    uint64_t bytes_in;
    /**
     * Lines read, refused ones included.
     */
    uint64_t lines;
    /**
     * Lines refused because they are too long, and texts handed in that are no event.
     */
    uint64_t lines_refused;
    /**
     * Lines that became part of an event that another line began.
     */
    uint64_t lines_merged;
    /**
     * Lines that hold no event and are no error.
     */
    uint64_t lines_without_event;
    /**
     * Events beyond the first of the same line.
     */
    uint64_t events_beyond_first;
    /**
     * Events that codecs made, or that were handed in.
     */
    uint64_t events_decoded;
    /**
     * Events that filters made of others.
     */
    uint64_t events_created;
    /**
     * Events that left the last filter.
     */
    uint64_t events_out;
    /**
     * Events that a filter dropped.
     */
    uint64_t events_dropped;
    /**
     * Events that a condition refused.
     */
    uint64_t events_refused;
    /**
     * Dates without a year that got one from the clock.
     */
    uint64_t years_guessed;
    /**
     * Events with values that have no place in the columns, with `drop_rest`.
     */
    uint64_t events_left_out;
} sawlog_stats;

/**
 * What one filter of a worker has done. Its texts live until the worker's next call.
 */
typedef struct sawlog_filter_stats {
    /**
     * `sizeof(sawlog_filter_stats)`, to be set before the call.
     */
    size_t struct_size;
    /**
     * The plugin's name.
     */
    struct sawlog_str name;
    /**
     * Its id; missing when the config sets none.
     */
    struct sawlog_str id;
    /**
     * Events that came in.
     */
    uint64_t events_in;
    /**
     * Events to which the common options applied.
     */
    uint64_t matched;
    /**
     * Events on which the filter failed.
     */
    uint64_t failed;
} sawlog_filter_stats;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Gives the version of the library that runs, such as `0.1.0`.
 *
 * Effect: none. Ownership: the text is the library's and lives as long as it. Threads: any.
 */
struct sawlog_str sawlog_version(void);

/**
 * Gives `SAWLOG_ABI_VERSION` of the library that runs, to be compared with the header's.
 *
 * Effect: none. Threads: any.
 */
uint32_t sawlog_abi_version(void);

/**
 * Gives the meaning of a status in words.
 *
 * Effect: none. Ownership: the text is the library's and lives as long as it. Threads: any.
 * A number that is no status gives `unknown status`.
 */
struct sawlog_str sawlog_status_text(int32_t status);

/**
 * Counts the diagnostics of a list; 0 for NULL.
 *
 * Effect: none. Threads: any.
 */
size_t sawlog_diagnostics_count(const struct sawlog_diagnostics *diagnostics);

/**
 * Gives one diagnostic, from 0.
 *
 * Effect: `*diagnostic` is filled. Ownership: the texts belong to the list. Threads: any. Statuses: `SAWLOG_BAD_VALUE` for
 * an index that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
 */
int32_t sawlog_diagnostics_at(const struct sawlog_diagnostics *diagnostics,
                              size_t index,
                              struct sawlog_diagnostic *diagnostic);

/**
 * Gives a further place of a diagnostic, from 0: as `sawlog_diagnostics_at`, with the place, and with what is to be seen there
 * as the message.
 */
int32_t sawlog_diagnostics_label(const struct sawlog_diagnostics *diagnostics,
                                 size_t index,
                                 size_t label,
                                 struct sawlog_diagnostic *diagnostic);

/**
 * Gives the whole list as text: a line `source:line:column: severity[code]: message` for each, and a line `  hint: …` behind
 * it where there is one. Missing for NULL.
 *
 * Effect: none. Ownership: the text belongs to the list. Threads: any.
 */
struct sawlog_str sawlog_diagnostics_text(const struct sawlog_diagnostics *diagnostics);

/**
 * Frees a list and sets `*diagnostics` to NULL; nothing happens if one of them is NULL. Threads: any one.
 */
int32_t sawlog_diagnostics_free(struct sawlog_diagnostics **diagnostics);

/**
 * Makes resources that hold nothing.
 *
 * Effect: `*resources` is the new handle. Ownership: the caller's, to be freed with `sawlog_resources_free`; what is put in is
 * copied. Threads: any; the handle may be used by one thread at a time. Statuses: `SAWLOG_BAD_POINTER`.
 */
int32_t sawlog_resources_new(struct sawlog_resources **resources);

/**
 * Gives a variable its value; an empty one counts as set.
 *
 * Effect: copies both. Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`,
 * `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`.
 */
int32_t sawlog_resources_set_variable(struct sawlog_resources *resources,
                                      const char *name,
                                      size_t name_len,
                                      const char *value,
                                      size_t value_len);

/**
 * Gives the content of a file under the path that the need names.
 *
 * Effect: copies both. What is wrong with the content is for compiling to say. Threads: one at a time for each handle.
 * Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH` above 2 GiB, `SAWLOG_BAD_UTF8` for the path, `SAWLOG_BUSY`.
 */
int32_t sawlog_resources_add_file(struct sawlog_resources *resources,
                                  const char *path,
                                  size_t path_len,
                                  const void *content,
                                  size_t content_len);

/**
 * Gives a directory under the path that the need names; its files are added one by one. Without files it counts as empty, and
 * what it held before is forgotten.
 *
 * Effect: copies the path. Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`,
 * `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`.
 */
int32_t sawlog_resources_add_directory(struct sawlog_resources *resources,
                                       const char *path,
                                       size_t path_len);

/**
 * Adds a file to a directory, behind those added before; `name` is its path from there.
 *
 * Effect: copies all. Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`,
 * `SAWLOG_BAD_UTF8` for path and name, `SAWLOG_BUSY`.
 */
int32_t sawlog_resources_add_directory_file(struct sawlog_resources *resources,
                                            const char *path,
                                            size_t path_len,
                                            const char *name,
                                            size_t name_len,
                                            const void *content,
                                            size_t content_len);

/**
 * Gives what user agents are known by: uap-core's `regexes.yaml`, which `make install` puts into `share/sawlog`.
 *
 * Effect: the text is read, which takes some ten milliseconds, and not kept; all pipelines compiled with these resources share
 * what was read. `diagnostics` may be NULL; else `*diagnostics` is a new list when the text is no such list, and NULL if it is.
 * Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_CONFIG` when it is no such list, `SAWLOG_BAD_POINTER`,
 * `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`.
 */
int32_t sawlog_resources_set_user_agents(struct sawlog_resources *resources,
                                         const void *yaml,
                                         size_t yaml_len,
                                         struct sawlog_diagnostics **diagnostics);

/**
 * Frees resources and sets `*resources` to NULL.
 *
 * Effect: nothing if one of them is NULL. What was compiled with them goes on. Threads: any one. Statuses: `SAWLOG_BUSY` when a
 * thread is inside, and nothing is freed.
 */
int32_t sawlog_resources_free(struct sawlog_resources **resources);

/**
 * Makes a config without any text.
 *
 * Effect: `*config` is the new handle. Ownership: the caller's, to be freed with `sawlog_config_free`. Threads: any; the
 * handle may be used by one thread at a time. Statuses: `SAWLOG_BAD_POINTER`.
 */
int32_t sawlog_config_new(struct sawlog_config **config);

/**
 * Adds a text behind those added before.
 *
 * Effect: both texts are copied; whether the text is right, UTF-8 included, is for `sawlog_config_parse` to say. `name` is
 * what diagnostics call it: the path of a file, or anything else. Threads: one at a time for each config. Statuses:
 * `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_UTF8` for the name, `SAWLOG_BAD_LENGTH` for more than 16 MiB in all, `SAWLOG_BAD_ORDER`
 * after `sawlog_config_parse`, `SAWLOG_BUSY`.
 */
int32_t sawlog_config_add_source(struct sawlog_config *config,
                                 const char *name,
                                 size_t name_len,
                                 const char *source,
                                 size_t source_len);

/**
 * Reads the texts by Logstash's grammar.
 *
 * Effect: the config can be asked for its needs and be compiled. `settings` may be NULL. `diagnostics` may be NULL; else
 * `*diagnostics` is set to a new list of all that is wrong if something is, and to NULL if not. Ownership: the list is
 * the caller's, to be freed with `sawlog_diagnostics_free`. Threads: one at a time for each config. Statuses:
 * `SAWLOG_BAD_CONFIG` when something is wrong, `SAWLOG_BAD_ORDER` when it was parsed before, `SAWLOG_BAD_POINTER`,
 * `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BUSY`.
 */
int32_t sawlog_config_parse(struct sawlog_config *config,
                            const struct sawlog_parse_settings *settings,
                            struct sawlog_diagnostics **diagnostics);

/**
 * Frees a config and sets `*config` to NULL.
 *
 * Effect: nothing if `config` or `*config` is NULL, so that freeing twice through the same variable is harmless. What was
 * compiled from the config goes on. Threads: any one. Statuses: `SAWLOG_BUSY` when a thread is inside, and nothing is freed.
 */
int32_t sawlog_config_free(struct sawlog_config **config);

/**
 * Lists what a config asks for: variables in the order written, then files and directories.
 *
 * Effect: `*needs` is the new list. Paths may hold variables: ask once, set the variables in `resources`, and ask again with
 * these resources (NULL: no variable is set). A variable used twice stands there twice. Ownership: the caller's, to be freed
 * with `sawlog_needs_free`. Threads: one at a time for each config and each resources. Statuses: `SAWLOG_BAD_ORDER` before
 * `sawlog_config_parse`, `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`.
 */
int32_t sawlog_config_needs(const struct sawlog_config *config,
                            const struct sawlog_resources *resources,
                            struct sawlog_needs **needs);

/**
 * Counts the needs of a list; 0 for NULL.
 *
 * Effect: none. Threads: any.
 */
size_t sawlog_needs_count(const struct sawlog_needs *needs);

/**
 * Gives one need, from 0.
 *
 * Effect: `*need` is filled. Ownership: the texts belong to the list. Threads: any. Statuses: `SAWLOG_BAD_VALUE` for an index
 * that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
 */
int32_t sawlog_needs_at(const struct sawlog_needs *needs,
                        size_t index,
                        struct sawlog_need *need);

/**
 * Frees a list and sets `*needs` to NULL; nothing happens if one of them is NULL. Threads: any one.
 */
int32_t sawlog_needs_free(struct sawlog_needs **needs);

/**
 * Compiles a config.
 *
 * Effect: `*pipeline` is the new handle; nothing of `config`, `resources` (may be NULL) and `options` (may be NULL) is needed any
 * more. `diagnostics` may be NULL; else `*diagnostics` is set to a new list of all that is wrong or worth a warning, and to NULL
 * if there is nothing. Ownership: both are the caller's. Threads: one at a time for each config and each resources. Statuses:
 * `SAWLOG_BAD_CONFIG` when the config cannot be compiled or the time zone is unknown, `SAWLOG_BAD_ORDER` before
 * `sawlog_config_parse`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BAD_VALUE`, `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`.
 */
int32_t sawlog_pipeline_compile(const struct sawlog_config *config,
                                const struct sawlog_resources *resources,
                                const struct sawlog_options *options,
                                struct sawlog_pipeline **pipeline,
                                struct sawlog_diagnostics **diagnostics);

/**
 * Makes a pipeline with the files anew that its filters look things up in: dictionaries, address databases, user agents.
 *
 * Effect: `*changed` is a new handle; what `resources` does not hold stays as it was, and `pipeline` goes on unchanged.
 * `sawlog_worker_set_pipeline` changes a worker over. `diagnostics` as in `sawlog_pipeline_compile`. Ownership: the caller's.
 * Threads: any for the pipeline, one at a time for the resources. Statuses: `SAWLOG_BAD_CONFIG` when a file cannot be used,
 * `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`.
 */
int32_t sawlog_pipeline_with_resources(const struct sawlog_pipeline *pipeline,
                                       const struct sawlog_resources *resources,
                                       struct sawlog_pipeline **changed,
                                       struct sawlog_diagnostics **diagnostics);

/**
 * Makes another handle to the same pipeline, for a part of a program that frees its own. Costs next to nothing.
 *
 * Effect: `*copy` is the new handle. Ownership: the caller's. Threads: any. Statuses: `SAWLOG_BAD_POINTER`.
 */
int32_t sawlog_pipeline_clone(const struct sawlog_pipeline *pipeline,
                              struct sawlog_pipeline **copy);

/**
 * Tells what there is to know of a pipeline.
 *
 * Effect: `*info` is filled. Threads: any. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
 */
int32_t sawlog_pipeline_describe(const struct sawlog_pipeline *pipeline, struct sawlog_pipeline_info *info);

/**
 * Tells of one filter, from 0, in the config's order.
 *
 * Effect: `*filter` is filled. Ownership: the texts belong to the pipeline's handle. Threads: any. Statuses: `SAWLOG_BAD_VALUE`
 * for an index that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
 */
int32_t sawlog_pipeline_filter(const struct sawlog_pipeline *pipeline,
                               size_t index,
                               struct sawlog_plugin *filter);

/**
 * Tells of one input, from 0, in the config's order: as `sawlog_pipeline_filter`.
 */
int32_t sawlog_pipeline_input(const struct sawlog_pipeline *pipeline,
                              size_t index,
                              struct sawlog_plugin *input);

/**
 * Explains what goes wrong with some lines: runs them through a worker of their own, with line ends between them, and gives a
 * list of what was refused and of the filters that failed.
 *
 * Effect: `*diagnostics` is a new list, empty if nothing goes wrong. Of each entry the code is the kind of a reject, the message
 * what failed, the hint why (of a `grok`: how far the pattern got, and what it expected there), the place that of the filter or
 * condition. For people: it takes many times what running the lines takes. At most 1 MiB of explanations is given. Ownership:
 * the caller's. Threads: any. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`.
 */
int32_t sawlog_pipeline_explain(const struct sawlog_pipeline *pipeline,
                                const void *lines,
                                size_t lines_len,
                                int64_t now_ns,
                                uint64_t seed,
                                struct sawlog_diagnostics **diagnostics);

/**
 * Frees a pipeline and sets `*pipeline` to NULL; nothing happens if one of them is NULL. Workers go on. Threads: any one.
 */
int32_t sawlog_pipeline_free(struct sawlog_pipeline **pipeline);

/**
 * Makes a worker at the start of a stream.
 *
 * Effect: `*worker` is the new handle; nothing of `pipeline` and `options` (may be NULL) is needed any more. `diagnostics` may be
 * NULL; else `*diagnostics` is a new list when codec, input, format or fields cannot be used, and NULL if they can. Ownership: both
 * are the caller's. Threads: any number may make workers of one pipeline; each worker is used by one at a time. Statuses:
 * `SAWLOG_BAD_CONFIG`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BAD_VALUE`, `SAWLOG_BAD_UTF8`.
 */
int32_t sawlog_worker_new(const struct sawlog_pipeline *pipeline,
                          const struct sawlog_worker_options *options,
                          struct sawlog_worker **worker,
                          struct sawlog_diagnostics **diagnostics);

/**
 * Takes a piece of the stream, of any size: the events of every line that ends in it are written to the pending output.
 *
 * Effect: `*consumed` is how many bytes were taken. Fewer than `len` are taken when the pending output (with the rejects that are
 * kept) has reached its bound; the status is then `SAWLOG_OUTPUT_FULL`, and the rest is to be pushed again after
 * `sawlog_worker_pull`. So a push of any size needs little memory. A call that begins with nothing pending takes 64 KiB at least.
 * `data` is not needed after the call; a line that has not ended is kept. `now_ns` is the clock in nanoseconds since 1970, `seed` what
 * random draws derive from: equal calls give equal bytes. Threads: one at a time for each worker. Statuses: `SAWLOG_OUTPUT_FULL`,
 * `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_push(struct sawlog_worker *worker,
                           const void *data,
                           size_t len,
                           int64_t now_ns,
                           uint64_t seed,
                           size_t *consumed);

/**
 * Moves pending output into the caller's buffer, as much as fits; events may be cut anywhere.
 *
 * Effect: `*written` is the number of bytes. Statuses: `SAWLOG_OUTPUT_FULL` when more is pending, `SAWLOG_BAD_POINTER`,
 * `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`. Threads: one at a time for each worker.
 */
int32_t sawlog_worker_pull(struct sawlog_worker *worker,
                           void *buffer,
                           size_t capacity,
                           size_t *written);

/**
 * Pushes and pulls in one call, for hosts to which a call is dear.
 *
 * Effect: first pending output is moved into `buffer`, then as much of `data` is taken as in `sawlog_worker_push`, then output is moved
 * again. `*consumed` and `*written` tell how much. Statuses: `SAWLOG_OK` when all of `data` was taken and nothing is pending,
 * `SAWLOG_OUTPUT_FULL` when not: call again with the rest, which may be of length 0, and more room. Else as
 * `sawlog_worker_push`. Threads: one at a time for each worker.
 */
int32_t sawlog_worker_transform(struct sawlog_worker *worker,
                                const void *data,
                                size_t len,
                                int64_t now_ns,
                                uint64_t seed,
                                void *buffer,
                                size_t capacity,
                                size_t *consumed,
                                size_t *written);

/**
 * Shows the pending output without moving it.
 *
 * Effect: `*data` and `*len` are the bytes. Ownership: they belong to the worker and live until its next call;
 * `sawlog_worker_take_output` says that they were used. Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`,
 * `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_output(struct sawlog_worker *worker,
                             const void **data,
                             size_t *len);

/**
 * Removes bytes from the front of the pending output: at most as many as there are.
 *
 * Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_take_output(struct sawlog_worker *worker, size_t len);

/**
 * Takes one event, given as a JSON object, past codec and input; what comes of it is written to the pending output.
 *
 * Effect: `@timestamp` and `@version` are added if they are missing. A text that is no such object is refused: a reject, no error.
 * Threads: one at a time for each worker. Statuses: `SAWLOG_OUTPUT_FULL` when nothing is taken in until the pending output is
 * taken; `SAWLOG_BAD_UTF8`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_push_event(struct sawlog_worker *worker,
                                 const char *json,
                                 size_t len,
                                 int64_t now_ns,
                                 uint64_t seed);

/**
 * Takes one line, without its line end, and gives its events as values: for hosts that wait for each line.
 *
 * Effect: `*events` is how many came of it: mostly one; none when a filter dropped it or a codec keeps it; `sawlog_worker_event` gives
 * them. `first` may be NULL; else the values of the first one are put there, as by `sawlog_event_nodes`, or nothing if there is none. They are not in the pending output. A line end inside belongs to the line. What was pushed before without a line end stands
 * at its start. Threads: one at a time for each worker. Statuses: `SAWLOG_OUTPUT_FULL` when pending output or rejects have reached
 * their bound, and nothing was done; `SAWLOG_EVENT_TOO_LARGE`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`,
 * `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_run_line(struct sawlog_worker *worker,
                               const void *line,
                               size_t len,
                               int64_t now_ns,
                               uint64_t seed,
                               size_t *events,
                               struct sawlog_nodes *first);

/**
 * Takes one event, given as a JSON object, and gives what comes of it as values: as `sawlog_worker_run_line` and
 * `sawlog_worker_push_event`.
 */
int32_t sawlog_worker_run_event(struct sawlog_worker *worker,
                                const char *json,
                                size_t len,
                                int64_t now_ns,
                                uint64_t seed,
                                size_t *events,
                                struct sawlog_nodes *first);

/**
 * As `sawlog_worker_push`, with the events as values: takes a piece of the stream, of 64 KiB at most, and gives the events of the lines
 * that end in it.
 *
 * Effect: `*consumed` is how many bytes were taken, `*events` how many events came of them; `sawlog_worker_event` gives them. They are not
 * in the pending output. Statuses: `SAWLOG_OK` when all of `data` was taken, `SAWLOG_OUTPUT_FULL` when not: push the rest after
 * the events were read. Of `*consumed` 0, pending output or rejects are to be taken first. Else as `sawlog_worker_run_line`. Threads: one
 * at a time for each worker.
 */
int32_t sawlog_worker_push_values(struct sawlog_worker *worker,
                                  const void *data,
                                  size_t len,
                                  int64_t now_ns,
                                  uint64_t seed,
                                  size_t *consumed,
                                  size_t *events);

/**
 * As `sawlog_worker_flush`, with the events as values: `*events` is how many there are, `sawlog_worker_event` gives them. Statuses as of
 * `sawlog_worker_run_line`.
 */
int32_t sawlog_worker_flush_values(struct sawlog_worker *worker,
                                   int64_t now_ns,
                                   uint64_t seed,
                                   size_t *events);

/**
 * As `sawlog_worker_finish`, with the events as values: `*events` is how many there are, `sawlog_worker_event` gives them. Statuses as of
 * `sawlog_worker_run_line`.
 */
int32_t sawlog_worker_finish_values(struct sawlog_worker *worker,
                                    int64_t now_ns,
                                    uint64_t seed,
                                    size_t *events);

/**
 * As `sawlog_worker_handle_tick`, with the events as values: `*events` is how many there are, `sawlog_worker_event` gives them. Statuses as
 * of `sawlog_worker_run_line`.
 */
int32_t sawlog_worker_handle_tick_values(struct sawlog_worker *worker,
                                         int64_t now_ns,
                                         uint64_t seed,
                                         size_t *events);

/**
 * Goes on with another stream; the last one must have been flushed.
 *
 * Effect: lines count from `line` (0 counts as 1) and offsets from `offset`: 1 and 0 at the start of a stream, others for a host that
 * shares one stream among workers. `path` is its name, or NULL. Threads: one at a time for each worker. Statuses:
 * `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_start_stream(struct sawlog_worker *worker,
                                   const char *path,
                                   size_t path_len,
                                   uint64_t line,
                                   uint64_t offset);

/**
 * Ends the stream: the last line counts although no line end came, and what a codec kept comes out.
 *
 * Effect: the events are written to the pending output, whatever is pending. Threads: one at a time for each worker. Statuses:
 * `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_flush(struct sawlog_worker *worker,
                            int64_t now_ns,
                            uint64_t seed);

/**
 * Ends the run: `sawlog_worker_flush`, and what filters still hold comes out (`metrics`, `elapsed`).
 */
int32_t sawlog_worker_finish(struct sawlog_worker *worker, int64_t now_ns, uint64_t seed);

/**
 * Tells the time when no bytes come: events that filters and codecs make as time goes by are written to the pending output.
 *
 * To be called at the deadline of `sawlog_worker_next_deadline`; earlier does no harm. Threads: one at a time for each worker.
 * Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_handle_tick(struct sawlog_worker *worker,
                                  int64_t now_ns,
                                  uint64_t seed);

/**
 * Gives the time at which `sawlog_worker_handle_tick` has something to do if nothing is pushed before.
 *
 * Effect: `*deadline_ns` is in nanoseconds since 1970, on the clock of the calls. Threads: one at a time for each worker. Statuses:
 * `SAWLOG_END` when there is no such time, and nothing is written; `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_next_deadline(struct sawlog_worker *worker,
                                    int64_t *deadline_ns);

/**
 * Gives what ends a line of this worker's stream: `*data` and `*len`, for hosts that cut a stream for several workers.
 *
 * Ownership: the bytes belong to the worker and live as long as it keeps its pipeline. Threads: one at a time for each worker.
 * Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_delimiter(struct sawlog_worker *worker,
                                const void **data,
                                size_t *len);

/**
 * Tells whether this worker must see the whole of a stream, and all events of its pipeline, in order: `*is_ordered` is 1 or 0.
 *
 * Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_is_ordered(struct sawlog_worker *worker,
                                 int32_t *is_ordered);

/**
 * Goes on with a pipeline that `sawlog_pipeline_with_resources` made of this worker's, from the next line on.
 *
 * Threads: one at a time for each worker, any for the pipeline. Statuses: `SAWLOG_OTHER_PIPELINE` for any other pipeline, and the
 * worker keeps its own; `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_set_pipeline(struct sawlog_worker *worker,
                                   const struct sawlog_pipeline *pipeline);

/**
 * Frees a worker and sets `*worker` to NULL.
 *
 * Effect: nothing if `worker` or `*worker` is NULL, so that freeing twice through the same variable is harmless. Pending output,
 * rejects and events are gone. Threads: any one. Statuses: `SAWLOG_BUSY` when a thread is inside, and nothing is freed.
 */
int32_t sawlog_worker_free(struct sawlog_worker **worker);

/**
 * Moves the oldest record batch to the caller, in Arrow's C data interface: one that is full, or else one of all events that wait. For
 * workers with `SAWLOG_FORMAT_ARROW`.
 *
 * Effect: `*array` is a struct array, a child for each column; `*schema` says their names and types, and may be NULL for a host that has
 * it already: all batches of a worker have one schema, which the first one decides unless `columns` gave it. What the two structs held
 * before is overwritten and not released. Nothing is copied. Ownership: both are the caller's, who calls their `release` (or hands them to
 * a library that does), at any time and on any thread, also when the worker is long freed; the library must still be loaded. Threads: one
 * at a time for each worker. Statuses: `SAWLOG_END` when no event waits, and nothing is written; `SAWLOG_BAD_ORDER` for a worker with
 * another format, `SAWLOG_EVENT_TOO_LARGE` when the texts of one event in one column pass 2 GiB, which ends the stream;
 * `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_pull_arrow(struct sawlog_worker *worker,
                                 struct ArrowSchema *schema,
                                 struct ArrowArray *array);

/**
 * Gives the schema of a worker's record batches, as `sawlog_worker_pull_arrow` does: for the readers of a stream without any.
 *
 * Ownership: it is the caller's. Threads: one at a time for each worker. Statuses: `SAWLOG_END` as long as it is not decided, which is
 * until the first batch is full or pulled, or `sawlog_worker_finish`, and nothing is written; else as `sawlog_worker_pull_arrow`.
 */
int32_t sawlog_worker_arrow_schema(struct sawlog_worker *worker,
                                   struct ArrowSchema *schema);

/**
 * Gives one of the events of the worker's last call that gave events as values, from 0.
 *
 * Effect: `*event` is the event. Ownership: the worker's; see `sawlog_event`. Threads: one at a time for each worker. Statuses:
 * `SAWLOG_BAD_VALUE` for an index that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_event(struct sawlog_worker *worker,
                            size_t index,
                            const struct sawlog_event **event);

/**
 * Gives the next field of a map, or entry of a list.
 *
 * Effect: `*child` is filled. `parent` is the value to look into, NULL for the event's fields. A `*child` that is zero but for its
 * `struct_size` asks for the first; one that was filled by the last call, for the next. So this loop sees every field:
 *
 * ```c
 * sawlog_value field = {0};
 * field.struct_size = sizeof field;
 * while (sawlog_event_next(event, NULL, &field) == SAWLOG_OK) { … }
 * ```
 *
 * Ownership: texts belong to the event. Threads: any. Statuses: `SAWLOG_END` behind the last one, and for a parent that is neither list
 * nor map, and nothing is written; `SAWLOG_BAD_VALUE` when `child` is none of `parent`'s; `SAWLOG_BAD_POINTER`,
 * `SAWLOG_BAD_STRUCT_SIZE`.
 */
int32_t sawlog_event_next(const struct sawlog_event *event,
                          const struct sawlog_value *parent,
                          struct sawlog_value *child);

/**
 * Gives the value at a field reference: `message`, `[a][b]`, `[list][0]`, `[@metadata][x]`.
 *
 * Effect: `*value` is filled. Ownership: its text belongs to the event. Threads: any. Statuses: `SAWLOG_END` when there is no such
 * field, `SAWLOG_BAD_VALUE` when the text is no field reference, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`,
 * `SAWLOG_BAD_LENGTH`, `SAWLOG_BAD_UTF8`.
 */
int32_t sawlog_event_field(const struct sawlog_event *event,
                           const char *reference,
                           size_t len,
                           struct sawlog_value *value);

/**
 * Tells where an event came from.
 *
 * Effect: `*origin` is filled. Threads: any. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
 */
int32_t sawlog_event_origin(const struct sawlog_event *event, struct sawlog_origin *origin);

/**
 * Gives all values of an event at once.
 *
 * Effect: `*nodes` is filled. Ownership: nodes and text belong to the event. Threads: any. Statuses: `SAWLOG_BAD_POINTER`,
 * `SAWLOG_BAD_STRUCT_SIZE`.
 */
int32_t sawlog_event_nodes(const struct sawlog_event *event,
                           struct sawlog_nodes *nodes);

/**
 * Takes the oldest reject that is kept.
 *
 * Effect: `*reject` is filled, and the worker has one less. Which are kept, the worker's options say. Ownership: the texts belong to the
 * worker and live until its next call. Threads: one at a time for each worker. Statuses: `SAWLOG_END` when there is none,
 * `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_next_reject(struct sawlog_worker *worker,
                                  struct sawlog_reject *reject);

/**
 * Counts the rejects that are kept: `*count`.
 *
 * Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_reject_count(struct sawlog_worker *worker, size_t *count);

/**
 * Tells what a worker has done.
 *
 * Effect: `*stats` is filled. Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`,
 * `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
 */
int32_t sawlog_worker_stats(struct sawlog_worker *worker,
                            struct sawlog_stats *stats);

/**
 * Tells what one filter of a worker has done, from 0, in the config's order.
 *
 * Effect: `*stats` is filled. Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_VALUE` for an index that is too large,
 * else as `sawlog_worker_stats`.
 */
int32_t sawlog_worker_filter_stats(struct sawlog_worker *worker,
                                   size_t index,
                                   struct sawlog_filter_stats *stats);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SAWLOG_H */
