/* Events as values, without JSON. */
#include "check.h"

static sawlog_value field(const sawlog_event *event, const char *reference) {
    sawlog_value value = {0};
    value.struct_size = sizeof value;
    STATUS(sawlog_event_field(event, TEXT(reference), &value), SAWLOG_OK);
    return value;
}

static void line_gives_fields_in_their_order(void) {
    static const char *const names[] = {"@timestamp", "@version", "message", "event", "verb", "path", "n", "x"};
    sawlog_pipeline *pipeline = check_pipeline(
        "filter { grok { match => { \"message\" => \"%{WORD:verb} %{NOTSPACE:path} %{INT:n:int} %{NUMBER:x:float}\" } } }");
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0);
    const sawlog_event *event = NULL;
    sawlog_value value = {0};
    sawlog_origin origin = {0};
    sawlog_nodes first = {0}, all = {0};
    size_t events = 0, count = 0;
    first.struct_size = all.struct_size = sizeof first;
    STATUS(sawlog_worker_run_line(worker, TEXT("a 1 1 1"), NOW, 0, &events, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_run_line(worker, TEXT("GET /index.html 42 0.5"), NOW, 0, &events, &first), SAWLOG_OK);
    CHECK(events == 1);
    STATUS(sawlog_worker_event(worker, 0, &event), SAWLOG_OK);
    value.struct_size = sizeof value;
    while (sawlog_event_next(event, NULL, &value) == SAWLOG_OK) {
        CHECK(count < 8 && check_is(value.name, names[count]));
        count++;
    }
    CHECK(count == 8);
    CHECK(field(event, "verb").kind == SAWLOG_KIND_STRING && check_is(field(event, "verb").text, "GET"));
    CHECK(check_is(field(event, "path").text, "/index.html"));
    CHECK(field(event, "n").kind == SAWLOG_KIND_INT && field(event, "n").integer == 42);
    CHECK(field(event, "x").kind == SAWLOG_KIND_FLOAT && field(event, "x").real == 0.5);
    CHECK(field(event, "@timestamp").kind == SAWLOG_KIND_TIME && field(event, "@timestamp").integer == NOW / 1000000000);
    CHECK(check_is(field(event, "[event][original]").text, "GET /index.html 42 0.5"));
    origin.struct_size = sizeof origin;
    STATUS(sawlog_event_origin(event, &origin), SAWLOG_OK);
    CHECK(origin.line == 2 && origin.offset == 8 && origin.failures == 0);
    STATUS(sawlog_event_nodes(event, &all), SAWLOG_OK);
    CHECK(all.nodes == first.nodes && all.count == first.count && all.text.data == first.text.data && all.line == 2);
    CHECK(all.count == 11 && all.nodes[0].end == 10 && all.metadata == 10 && all.nodes[10].integer == 0);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void values_of_every_kind_come_as_they_are(void) {
    static const char *const json =
        "{\"s\":\"a\\u0000\\u00e9\",\"i\":-9223372036854775808,\"big\":123456789012345678901234567890,\"f\":1.5,\"t\":true,"
        "\"no\":null,\"list\":[1,[],{\"in\":[\"x\"]},\"y\"],\"map\":{},\"@metadata\":{\"m\":{\"k\":7}},"
        "\"@timestamp\":\"2024-01-02T03:04:05.678901234Z\"}";
    sawlog_pipeline *pipeline = check_pipeline("filter { }");
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0);
    const sawlog_event *event = NULL;
    sawlog_value value = {0}, list, inner = {0};
    size_t events = 0, count = 0;
    STATUS(sawlog_worker_run_event(worker, TEXT(json), NOW, 0, &events, NULL), SAWLOG_OK);
    CHECK(events == 1);
    STATUS(sawlog_worker_event(worker, 0, &event), SAWLOG_OK);
    value = field(event, "s");
    CHECK(value.text.len == 4 && memcmp(value.text.data, "a\0\xc3\xa9", 4) == 0);
    CHECK(field(event, "i").kind == SAWLOG_KIND_INT && field(event, "i").integer == INT64_MIN);
    CHECK(field(event, "big").kind == SAWLOG_KIND_NUMBER);
    CHECK(check_is(field(event, "big").text, "123456789012345678901234567890"));
    CHECK(field(event, "f").real == 1.5);
    CHECK(field(event, "t").kind == SAWLOG_KIND_BOOL && field(event, "t").integer == 1);
    CHECK(field(event, "no").kind == SAWLOG_KIND_NULL);
    CHECK(field(event, "map").kind == SAWLOG_KIND_OBJECT && field(event, "map").integer == 0);
    CHECK(field(event, "[@metadata][m][k]").integer == 7);
    CHECK(field(event, "@metadata").kind == SAWLOG_KIND_OBJECT && field(event, "@metadata").integer == 1);
    value = field(event, "@timestamp");
    CHECK(value.kind == SAWLOG_KIND_TIME && value.integer == 1704164645 && value.nanos == 678901234);
    CHECK(check_is(field(event, "[list][2][in][0]").text, "x"));
    CHECK(check_is(field(event, "[list][-1]").text, "y"));

    list = field(event, "list");
    CHECK(list.kind == SAWLOG_KIND_ARRAY && list.integer == 4);
    inner.struct_size = sizeof inner;
    while (sawlog_event_next(event, &list, &inner) == SAWLOG_OK) {
        static const uint32_t kinds[] = {SAWLOG_KIND_INT, SAWLOG_KIND_ARRAY, SAWLOG_KIND_OBJECT, SAWLOG_KIND_STRING};
        CHECK(count < 4 && inner.kind == kinds[count] && inner.name.len == 0);
        count++;
    }
    CHECK(count == 4);
    value = field(event, "map");
    memset(&inner, 0, sizeof inner);
    inner.struct_size = sizeof inner;
    STATUS(sawlog_event_next(event, &value, &inner), SAWLOG_END);
    value = field(event, "f");
    STATUS(sawlog_event_next(event, &value, &inner), SAWLOG_END);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void dropped_refused_and_split_lines_give_their_number_of_events(void) {
    sawlog_pipeline *pipeline = check_pipeline("filter { if [message] == \"drop\" { drop { } } split { terminator => \",\" } }");
    sawlog_worker *worker = check_worker(pipeline, 0, SAWLOG_REJECTS_REFUSED, 0);
    const sawlog_event *event = NULL;
    const void *shown;
    sawlog_reject reject = {0};
    sawlog_nodes first = {0};
    size_t events = 7, len = 7;
    reject.struct_size = sizeof reject;
    first.struct_size = sizeof first;
    STATUS(sawlog_worker_run_line(worker, TEXT("a,b,c"), NOW, 0, &events, NULL), SAWLOG_OK);
    CHECK(events == 3);
    for (size_t i = 0; i < events; i++) {
        static const char *const parts[] = {"a", "b", "c"};
        STATUS(sawlog_worker_event(worker, i, &event), SAWLOG_OK);
        CHECK(check_is(field(event, "message").text, parts[i]));
    }
    STATUS(sawlog_worker_run_line(worker, TEXT("drop"), NOW, 0, &events, &first), SAWLOG_OK);
    CHECK(events == 0 && first.nodes == NULL);
    STATUS(sawlog_worker_event(worker, 0, &event), SAWLOG_BAD_VALUE);
    STATUS(sawlog_worker_run_event(worker, TEXT("[1"), NOW, 0, &events, NULL), SAWLOG_OK);
    CHECK(events == 0);
    STATUS(sawlog_worker_next_reject(worker, &reject), SAWLOG_OK);
    CHECK(check_is(reject.kind, "no_event") && check_is(reject.text, "[1"));
    STATUS(sawlog_worker_output(worker, &shown, &len), SAWLOG_OK);
    CHECK(len == 0);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void stream_gives_values_too(void) {
    enum { LINES = 30000 };
    sawlog_pipeline *pipeline = check_pipeline("filter { }");
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0);
    const sawlog_event *event = NULL;
    char *lines = malloc(LINES * 8 + 1);
    size_t len = 0, at = 0, consumed = 0, events = 0, total = 0;
    int32_t status = SAWLOG_OUTPUT_FULL;
    for (int i = 0; i < LINES; i++) {
        len += (size_t)sprintf(lines + len, "%06d\n", i);
    }
    len--;
    while (status == SAWLOG_OUTPUT_FULL) {
        status = sawlog_worker_push_values(worker, lines + at, len - at, NOW, 0, &consumed, &events);
        CHECK(consumed > 0 && consumed <= 65536);
        at += consumed;
        for (size_t i = 0; i < events; i++) {
            STATUS(sawlog_worker_event(worker, i, &event), SAWLOG_OK);
            sawlog_value message = field(event, "message");
            CHECK(message.text.len == 6 && atoi(message.text.data) == (int)total);
            total++;
        }
    }
    STATUS(status, SAWLOG_OK);
    STATUS(sawlog_worker_finish_values(worker, NOW, 0, &events), SAWLOG_OK);
    CHECK(events == 1 && total + events == LINES);
    STATUS(sawlog_worker_flush_values(worker, NOW, 0, &events), SAWLOG_OK);
    CHECK(events == 0);
    STATUS(sawlog_worker_handle_tick_values(worker, NOW, 0, &events), SAWLOG_OK);
    CHECK(events == 0);
    free(lines);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void host_sets_fields_on_every_event(void) {
    static const sawlog_pair set[] = {{{"[host][name]", 12}, {"web-1", 5}}, {{"site", 4}, {"", 0}}};
    static const sawlog_pair wrong[] = {{{"[a", 2}, {"x", 1}}};
    sawlog_pipeline *pipeline = check_pipeline("filter { }");
    sawlog_worker_options options = {0};
    sawlog_worker *worker = NULL;
    const sawlog_event *event = NULL;
    size_t events;
    options.struct_size = sizeof options;
    options.set = set;
    options.set_count = 2;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_run_line(worker, TEXT("x"), NOW, 0, &events, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_event(worker, 0, &event), SAWLOG_OK);
    CHECK(check_is(field(event, "[host][name]").text, "web-1"));
    CHECK(field(event, "site").kind == SAWLOG_KIND_STRING && field(event, "site").text.len == 0);
    STATUS(sawlog_worker_free(&worker), SAWLOG_OK);
    options.set = wrong;
    options.set_count = 1;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_BAD_CONFIG);
    options.set = NULL;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_BAD_POINTER);
    options.set = set;
    options.set_count = (size_t)-1;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_BAD_LENGTH);
    sawlog_pipeline_free(&pipeline);
}

int main(void) {
    CHECK(sawlog_abi_version() == SAWLOG_ABI_VERSION);
    CHECK(check_is(sawlog_version(), SAWLOG_VERSION));
    RUN(line_gives_fields_in_their_order);
    RUN(values_of_every_kind_come_as_they_are);
    RUN(dropped_refused_and_split_lines_give_their_number_of_events);
    RUN(stream_gives_values_too);
    RUN(host_sets_fields_on_every_event);
    return check_end();
}
