/* Bytes in, bytes out: however the stream is cut and whatever room there is, the same bytes. */
#include "check.h"

static const char *const CONFIG =
    "filter {\n"
    "  grok { match => { \"message\" => \"^%{IP:client} %{WORD:verb} %{NUMBER:took:float}\" } id => \"first\" }\n"
    "  if [verb] == \"DROP\" { drop { } }\n"
    "  if [verb] == \"TWICE\" { clone { clones => [\"copy\"] } }\n"
    "}\n";

static char *input;
static size_t input_len;

static void make_input(void) {
    static const char *const lines[] = {
        "55.3.244.1 GET 0.043\n",   "55.3.244.2 DROP 1\n",        "nothing that matches\n",      "\n",
        "55.3.244.3 TWICE 12.5\r\n", "\xc3\xa9\xff broken \x80\n", "55.3.244.4 POST 1e3 \"q\"\n",
    };
    enum { TIMES = 400 };
    input = malloc(TIMES * 32);
    for (int i = 0; input != NULL && i < TIMES; i++) {
        const char *line = lines[(i * i + i / 7) % 7];
        memcpy(input + input_len, line, strlen(line));
        input_len += strlen(line);
    }
    input_len--; /* The last line has no end. */
}

struct text {
    char *bytes;
    size_t len, capacity;
};

static void append(struct text *text, const void *bytes, size_t len) {
    if (len == 0) {
        return;
    }
    if (text->len + len > text->capacity) {
        text->capacity = (text->len + len) * 2;
        text->bytes = realloc(text->bytes, text->capacity);
    }
    if (text->bytes == NULL) {
        abort();
    }
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

static void drain(sawlog_worker *worker, size_t room, struct text *out) {
    char buffer[4096];
    size_t written = 0;
    int32_t status;
    do {
        status = sawlog_worker_pull(worker, buffer, room, &written);
        append(out, buffer, written);
    } while (status == SAWLOG_OUTPUT_FULL && room > 0);
    STATUS(status, SAWLOG_OK);
}

/* The whole input in pieces, with so much room for output, and a bound on what may wait. */
static struct text run(const sawlog_pipeline *pipeline, size_t piece, size_t room, size_t max_pending) {
    struct text out = {0};
    sawlog_worker *worker = check_worker(pipeline, SAWLOG_FORMAT_NDJSON, 0, max_pending);
    for (size_t at = 0; at < input_len; at += piece) {
        const char *bytes = input + at;
        size_t len = input_len - at < piece ? input_len - at : piece;
        while (len > 0) {
            size_t consumed = (size_t)-1;
            int32_t status = sawlog_worker_push(worker, bytes, len, NOW, 7, &consumed);
            CHECK(status == (consumed < len ? SAWLOG_OUTPUT_FULL : SAWLOG_OK));
            if (status > SAWLOG_OUTPUT_FULL) {
                return out;
            }
            bytes += consumed;
            len -= consumed;
            drain(worker, room, &out);
        }
    }
    STATUS(sawlog_worker_finish(worker, NOW, 7), SAWLOG_OK);
    drain(worker, room, &out);
    STATUS(sawlog_worker_free(&worker), SAWLOG_OK);
    return out;
}

static int same(struct text a, struct text b) {
    return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

static void pieces_and_buffers_of_any_size_give_the_same_bytes(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    struct text whole = run(pipeline, input_len, 4096, 0);
    const size_t pieces[] = {1, 2, 3, 7, 64, 1000, 4096}, rooms[] = {1, 2, 17, 4096}, bounds[] = {1, 100, 0};
    CHECK(whole.len > input_len);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (size_t j = 0; j < sizeof rooms / sizeof *rooms; j++) {
            struct text cut = run(pipeline, pieces[i], rooms[j], bounds[(i + j) % 3]);
            CHECK(same(whole, cut));
            free(cut.bytes);
        }
    }
    free(whole.bytes);
    sawlog_pipeline_free(&pipeline);
}

static void push_and_pull_in_one_call_give_the_same_bytes(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    struct text whole = run(pipeline, input_len, 4096, 0);
    const size_t rooms[] = {0, 1, 333, 65536};
    static char buffer[65536];
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct text out = {0};
        sawlog_worker *worker = check_worker(pipeline, 0, 0, 2000);
        const char *bytes = input;
        size_t len = input_len, consumed, written, calls = 0;
        int32_t status = SAWLOG_OUTPUT_FULL;
        for (int is_finished = 0; status == SAWLOG_OUTPUT_FULL || !is_finished; calls++) {
            if (status == SAWLOG_OK) {
                STATUS(sawlog_worker_finish(worker, NOW, 7), SAWLOG_OK);
                is_finished = 1;
            }
            status = sawlog_worker_transform(worker, bytes, len, NOW, 7, buffer, rooms[i], &consumed, &written);
            CHECK(written <= rooms[i] && consumed <= len);
            if (status > SAWLOG_OUTPUT_FULL || calls > 10000000) {
                STATUS(status, SAWLOG_OK);
                break;
            }
            append(&out, buffer, written);
            bytes += consumed;
            len -= consumed;
            if (rooms[i] == 0 && consumed == 0) {
                /* Without room there is no way on but to take what is shown. */
                const void *shown;
                size_t shown_len;
                STATUS(sawlog_worker_output(worker, &shown, &shown_len), SAWLOG_OK);
                append(&out, shown, shown_len);
                STATUS(sawlog_worker_take_output(worker, shown_len), SAWLOG_OK);
            }
        }
        CHECK(same(whole, out));
        free(out.bytes);
        sawlog_worker_free(&worker);
    }
    free(whole.bytes);
    sawlog_pipeline_free(&pipeline);
}

static void pending_output_is_bounded_whatever_is_pushed(void) {
    enum { LEN = 8 << 20, BOUND = 100000 };
    sawlog_pipeline *pipeline = check_pipeline("filter { }");
    sawlog_worker *worker = check_worker(pipeline, 0, 0, BOUND);
    char *lines = malloc(LEN);
    const void *shown;
    size_t at = 0, most = 0, consumed, len;
    memset(lines, '\n', LEN);
    for (int32_t status = SAWLOG_OUTPUT_FULL; status == SAWLOG_OUTPUT_FULL && at < LEN / 8;) {
        status = sawlog_worker_push(worker, lines + at, LEN - at, NOW, 0, &consumed);
        at += consumed;
        CHECK(consumed >= 65536);
        sawlog_worker_output(worker, &shown, &len);
        most = len > most ? len : most;
        sawlog_worker_take_output(worker, len);
    }
    /* An empty line becomes an event of about 110 bytes. */
    CHECK(most > BOUND && most < BOUND + 65536 * 150);
    free(lines);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void counters_account_for_every_line(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    sawlog_worker *worker = check_worker(pipeline, 0, 0, (size_t)1 << 30);
    sawlog_stats stats = {0};
    sawlog_filter_stats filter = {0};
    sawlog_plugin plugin = {0};
    sawlog_pipeline_info info = {0};
    size_t consumed;
    stats.struct_size = sizeof stats;
    filter.struct_size = sizeof filter;
    plugin.struct_size = sizeof plugin;
    info.struct_size = sizeof info;
    STATUS(sawlog_worker_push(worker, input, input_len, NOW, 0, &consumed), SAWLOG_OK);
    STATUS(sawlog_worker_finish(worker, NOW, 0), SAWLOG_OK);
    STATUS(sawlog_worker_stats(worker, &stats), SAWLOG_OK);
    CHECK(stats.bytes_in == input_len && stats.lines == 400 && stats.events_decoded == 400);
    CHECK(stats.events_created > 0 && stats.events_dropped > 0);
    CHECK(stats.events_decoded + stats.events_created == stats.events_out + stats.events_dropped + stats.events_refused);
    STATUS(sawlog_worker_filter_stats(worker, 0, &filter), SAWLOG_OK);
    CHECK(check_is(filter.name, "grok") && check_is(filter.id, "first") && filter.events_in == 400);
    CHECK(filter.matched > 0 && filter.failed > 0 && filter.matched + filter.failed == 400);
    STATUS(sawlog_pipeline_describe(pipeline, &info), SAWLOG_OK);
    CHECK(info.filters == 3 && info.is_ordered == 0 && info.inputs == 0 && info.outputs == 0);
    STATUS(sawlog_pipeline_filter(pipeline, 2, &plugin), SAWLOG_OK);
    CHECK(check_is(plugin.name, "clone") && plugin.id.data == NULL && plugin.line == 4 && plugin.column == 26);
    CHECK(check_is(plugin.source, "test.conf"));
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void rejects_name_line_offset_and_reason(void) {
    sawlog_pipeline *pipeline = check_pipeline(
        "filter {\n  grok { match => { \"message\" => \"^%{INT:n:int}\" } }\n  if [message] > 5 { drop { } }\n}");
    sawlog_worker *worker;
    sawlog_worker_options options = {0};
    sawlog_reject reject = {0};
    sawlog_diagnostics *diagnostics = NULL;
    size_t consumed, count = 0;
    options.struct_size = sizeof options;
    options.rejects = SAWLOG_REJECTS_FAILED;
    options.explain_failures = 1;
    options.max_line_bytes = 20;
    options.path.data = "a.log";
    options.path.len = 5;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_push(worker, TEXT("x\n01234567890123456789x\n"), NOW, 0, &consumed), SAWLOG_OK);
    STATUS(sawlog_worker_reject_count(worker, &count), SAWLOG_OK);
    CHECK(count == 2);
    reject.struct_size = sizeof reject;
    STATUS(sawlog_worker_next_reject(worker, &reject), SAWLOG_OK);
    CHECK(check_is(reject.kind, "condition") && reject.outcome == SAWLOG_OUTCOME_REFUSED);
    CHECK(reject.line == 1 && reject.offset == 0 && check_is(reject.text, "x") && check_is(reject.path, "a.log"));
    CHECK(check_is(reject.source, "test.conf") && reject.source_line == 3 && reject.reason.len > 0);
    STATUS(sawlog_worker_next_reject(worker, &reject), SAWLOG_OK);
    CHECK(check_is(reject.kind, "line_too_long") && reject.line == 2 && reject.offset == 2 && reject.source.data == NULL);
    STATUS(sawlog_worker_next_reject(worker, &reject), SAWLOG_END);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);

    pipeline = check_pipeline("filter {\n  grok { match => { \"message\" => \"^%{INT:n:int} %{WORD:w}\" } }\n}");
    options.max_line_bytes = 0;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_push(worker, TEXT("12 -\n"), NOW, 0, &consumed), SAWLOG_OK);
    STATUS(sawlog_worker_next_reject(worker, &reject), SAWLOG_OK);
    CHECK(check_is(reject.kind, "filter") && reject.outcome == SAWLOG_OUTCOME_KEPT && check_is(reject.reason, "grok failed"));
    CHECK(reject.has_filter == 1 && reject.filter == 0 && reject.source_line == 2);
    CHECK(reject.explanation.len > 0 && strstr(reject.explanation.data, "%{WORD:w}") != NULL);
    STATUS(sawlog_pipeline_explain(pipeline, TEXT("12 -\n1 a\n"), NOW, 0, &diagnostics), SAWLOG_OK);
    CHECK(sawlog_diagnostics_count(diagnostics) == 1);
    CHECK(strstr(sawlog_diagnostics_text(diagnostics).data, "test.conf:2:3: note[filter]: grok failed\n  hint: ") != NULL);
    sawlog_diagnostics_free(&diagnostics);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void rejects_that_nobody_takes_stop_the_stream(void) {
    sawlog_pipeline *pipeline = check_pipeline("filter { if [message] > 5 { drop { } } }");
    sawlog_worker *worker = check_worker(pipeline, 0, SAWLOG_REJECTS_REFUSED, 1000);
    sawlog_reject reject = {0};
    size_t consumed, events;
    static char lines[1 << 20];
    memset(lines, '\n', sizeof lines);
    reject.struct_size = sizeof reject;
    STATUS(sawlog_worker_push(worker, lines, sizeof lines, NOW, 0, &consumed), SAWLOG_OUTPUT_FULL);
    CHECK(consumed == 65536);
    STATUS(sawlog_worker_push(worker, lines, sizeof lines, NOW, 0, &consumed), SAWLOG_OUTPUT_FULL);
    CHECK(consumed == 0);
    STATUS(sawlog_worker_run_line(worker, "1", 1, NOW, 0, &events, NULL), SAWLOG_OUTPUT_FULL);
    while (sawlog_worker_next_reject(worker, &reject) == SAWLOG_OK) {
    }
    STATUS(sawlog_worker_push(worker, "1", 1, NOW, 0, &consumed), SAWLOG_OK);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void deadline_is_when_a_codec_gives_up_waiting(void) {
    sawlog_pipeline *pipeline = check_pipeline("filter { }");
    sawlog_worker_options options = {0};
    sawlog_worker *worker = NULL;
    size_t consumed, len;
    const void *shown;
    int64_t deadline = 0;
    int32_t is_ordered = 0;
    static const char codec[] = "multiline { pattern => \"^ \" what => \"previous\" auto_flush_interval => 2 }";
    options.struct_size = sizeof options;
    options.codec.data = codec;
    options.codec.len = strlen(codec);
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_is_ordered(worker, &is_ordered), SAWLOG_OK);
    CHECK(is_ordered == 1);
    STATUS(sawlog_worker_next_deadline(worker, &deadline), SAWLOG_END);
    STATUS(sawlog_worker_push(worker, TEXT("a\n b\n"), NOW, 0, &consumed), SAWLOG_OK);
    STATUS(sawlog_worker_next_deadline(worker, &deadline), SAWLOG_OK);
    CHECK(deadline == NOW + INT64_C(2000000000));
    STATUS(sawlog_worker_handle_tick(worker, deadline - 1, 0), SAWLOG_OK);
    STATUS(sawlog_worker_output(worker, &shown, &len), SAWLOG_OK);
    CHECK(len == 0);
    STATUS(sawlog_worker_handle_tick(worker, deadline, 0), SAWLOG_OK);
    STATUS(sawlog_worker_output(worker, &shown, &len), SAWLOG_OK);
    CHECK(len > 0 && strstr(shown, "a\\n b") != NULL);
    STATUS(sawlog_worker_next_deadline(worker, &deadline), SAWLOG_END);
    STATUS(sawlog_worker_delimiter(worker, &shown, &len), SAWLOG_OK);
    CHECK(len == 1 && *(const char *)shown == '\n');
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void needs_are_what_the_config_asks_for(void) {
    static const char *const text = "filter {\n"
                                    "  translate { source => \"a\" dictionary_path => \"${DIR:/etc}/d.yml\" }\n"
                                    "  grok { patterns_dir => [\"/p\"] match => { \"message\" => \"%{MINE}\" } }\n"
                                    "  useragent { source => \"u\" }\n"
                                    "}\n";
    sawlog_config *config = NULL;
    sawlog_resources *resources = NULL;
    sawlog_needs *needs = NULL;
    sawlog_pipeline *pipeline = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    sawlog_need need = {0};
    int kinds[5] = {0};
    sawlog_config_new(&config);
    sawlog_resources_new(&resources);
    sawlog_config_add_source(config, TEXT("n.conf"), TEXT(text));
    STATUS(sawlog_config_parse(config, NULL, NULL), SAWLOG_OK);
    STATUS(sawlog_pipeline_compile(config, NULL, NULL, &pipeline, &diagnostics), SAWLOG_BAD_CONFIG);
    CHECK(pipeline == NULL && sawlog_diagnostics_count(diagnostics) >= 2);
    sawlog_diagnostics_free(&diagnostics);
    STATUS(sawlog_resources_set_variable(resources, TEXT("DIR"), TEXT("/d")), SAWLOG_OK);
    STATUS(sawlog_config_needs(config, resources, &needs), SAWLOG_OK);
    need.struct_size = sizeof need;
    for (size_t i = 0; i < sawlog_needs_count(needs); i++) {
        STATUS(sawlog_needs_at(needs, i, &need), SAWLOG_OK);
        kinds[need.kind]++;
        if (need.kind == SAWLOG_NEED_VARIABLE) {
            CHECK(check_is(need.name, "DIR") && need.has_default == 1 && need.line == 2 && check_is(need.source, "n.conf"));
        } else if (need.kind == SAWLOG_NEED_FILE) {
            CHECK(check_is(need.name, "/d/d.yml") && check_is(need.plugin, "translate") && check_is(need.option, "dictionary_path"));
            CHECK(need.start > 0 && need.end > need.start);
        } else if (need.kind == SAWLOG_NEED_PATTERNS) {
            CHECK(check_is(need.name, "/p") && check_is(need.glob, "*") && need.line == 3);
        } else {
            CHECK(need.name.data == NULL && need.source.data == NULL);
        }
    }
    STATUS(sawlog_needs_at(needs, 99, &need), SAWLOG_BAD_VALUE);
    CHECK(kinds[1] == 1 && kinds[2] == 1 && kinds[3] == 1 && kinds[4] == 1);
    sawlog_needs_free(&needs);
    STATUS(sawlog_resources_add_file(resources, TEXT("/d/d.yml"), TEXT("x: y\n")), SAWLOG_OK);
    STATUS(sawlog_resources_add_directory(resources, TEXT("/p")), SAWLOG_OK);
    STATUS(sawlog_resources_add_directory_file(resources, TEXT("/p"), TEXT("mine"), TEXT("MINE ^%{WORD:w}\n")), SAWLOG_OK);
    STATUS(sawlog_resources_set_user_agents(resources, TEXT("]"), &diagnostics), SAWLOG_BAD_CONFIG);
    CHECK(sawlog_diagnostics_count(diagnostics) == 1);
    sawlog_diagnostics_free(&diagnostics);
    static const char *const agents = "user_agent_parsers: []\nos_parsers: []\ndevice_parsers: []\n";
    STATUS(sawlog_resources_set_user_agents(resources, TEXT(agents), &diagnostics), SAWLOG_OK);
    STATUS(sawlog_pipeline_compile(config, resources, NULL, &pipeline, &diagnostics), SAWLOG_OK);

    /* The file anew, in a worker that runs. */
    sawlog_pipeline *changed = NULL;
    sawlog_resources *fresh = NULL;
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0);
    size_t events = 0;
    const sawlog_event *event = NULL;
    sawlog_value value = {0};
    value.struct_size = sizeof value;
    sawlog_resources_new(&fresh);
    sawlog_resources_add_file(fresh, TEXT("/d/d.yml"), TEXT("x: z\n"));
    STATUS(sawlog_pipeline_with_resources(pipeline, fresh, &changed, NULL), SAWLOG_OK);
    for (int i = 0; i < 2; i++) {
        STATUS(sawlog_worker_run_event(worker, TEXT("{\"a\":\"x\",\"message\":\"m\"}"), NOW, 0, &events, NULL), SAWLOG_OK);
        STATUS(sawlog_worker_event(worker, 0, &event), SAWLOG_OK);
        STATUS(sawlog_event_field(event, TEXT("a"), &value), SAWLOG_OK);
        CHECK(check_is(value.text, i == 0 ? "y" : "z"));
        STATUS(sawlog_worker_set_pipeline(worker, changed), SAWLOG_OK);
    }
    sawlog_worker_free(&worker);
    sawlog_resources_free(&fresh);
    sawlog_pipeline_free(&changed);
    sawlog_pipeline_free(&pipeline);
    sawlog_resources_free(&resources);
    sawlog_config_free(&config);
}

int main(void) {
    make_input();
    RUN(pieces_and_buffers_of_any_size_give_the_same_bytes);
    RUN(push_and_pull_in_one_call_give_the_same_bytes);
    RUN(pending_output_is_bounded_whatever_is_pushed);
    RUN(counters_account_for_every_line);
    RUN(rejects_name_line_offset_and_reason);
    RUN(rejects_that_nobody_takes_stop_the_stream);
    RUN(deadline_is_when_a_codec_gives_up_waiting);
    RUN(needs_are_what_the_config_asks_for);
    free(input);
    return check_end();
}
