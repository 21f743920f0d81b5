/* Wrong use gives a status, and the library goes on. */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

int32_t sawlog_test_panic(sawlog_worker *worker);

static const char *const GROK = "filter { grok { match => { \"message\" => \"^%{WORD:verb} %{INT:n:int}\" } } }";

static void null_pointers_are_refused(void) {
    sawlog_config *config = NULL;
    sawlog_resources *resources = NULL;
    sawlog_worker *worker = NULL;
    sawlog_pipeline *pipeline = check_pipeline(GROK), *none = NULL;
    sawlog_diagnostic diagnostic;
    sawlog_needs *needs = NULL;
    size_t size = 7, other = 7;
    int64_t deadline;
    int32_t flag;
    const void *bytes;
    const sawlog_event *event;

    STATUS(sawlog_config_new(NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_config_new(&config), SAWLOG_OK);
    STATUS(sawlog_config_add_source(NULL, TEXT("a"), TEXT("")), SAWLOG_BAD_POINTER);
    STATUS(sawlog_config_add_source(config, NULL, 1, TEXT("")), SAWLOG_BAD_POINTER);
    STATUS(sawlog_config_add_source(config, TEXT("a"), NULL, 1), SAWLOG_BAD_POINTER);
    STATUS(sawlog_config_add_source(config, NULL, 0, NULL, 0), SAWLOG_OK);
    STATUS(sawlog_config_parse(NULL, NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_config_needs(NULL, NULL, &needs), SAWLOG_BAD_POINTER);
    STATUS(sawlog_config_needs(config, NULL, &needs), SAWLOG_BAD_ORDER);
    STATUS(sawlog_pipeline_compile(config, NULL, NULL, &none, NULL), SAWLOG_BAD_ORDER);
    STATUS(sawlog_pipeline_compile(NULL, NULL, NULL, &none, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_compile(config, NULL, NULL, NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_config_parse(config, NULL, NULL), SAWLOG_OK);
    STATUS(sawlog_config_parse(config, NULL, NULL), SAWLOG_BAD_ORDER);
    STATUS(sawlog_config_add_source(config, TEXT("b"), TEXT("")), SAWLOG_BAD_ORDER);
    STATUS(sawlog_config_needs(config, NULL, NULL), SAWLOG_BAD_POINTER);
    CHECK(none == NULL && needs == NULL);

    STATUS(sawlog_resources_new(NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_resources_new(&resources), SAWLOG_OK);
    STATUS(sawlog_resources_set_variable(NULL, TEXT("A"), TEXT("b")), SAWLOG_BAD_POINTER);
    STATUS(sawlog_resources_set_variable(resources, NULL, 1, TEXT("b")), SAWLOG_BAD_POINTER);
    STATUS(sawlog_resources_add_file(NULL, TEXT("A"), TEXT("b")), SAWLOG_BAD_POINTER);
    STATUS(sawlog_resources_add_file(resources, TEXT("A"), NULL, 1), SAWLOG_BAD_POINTER);
    STATUS(sawlog_resources_add_directory(NULL, TEXT("A")), SAWLOG_BAD_POINTER);
    STATUS(sawlog_resources_add_directory_file(resources, TEXT("A"), NULL, 1, TEXT("b")), SAWLOG_BAD_POINTER);
    STATUS(sawlog_resources_set_user_agents(NULL, TEXT("b"), NULL), SAWLOG_BAD_POINTER);

    STATUS(sawlog_pipeline_with_resources(NULL, resources, &none, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_with_resources(pipeline, NULL, &none, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_with_resources(pipeline, resources, NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_clone(NULL, &none), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_clone(pipeline, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_describe(pipeline, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_filter(pipeline, 0, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_input(NULL, 0, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_pipeline_explain(pipeline, TEXT("x"), NOW, 0, NULL), SAWLOG_BAD_POINTER);

    STATUS(sawlog_worker_new(NULL, NULL, &worker, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_new(pipeline, NULL, NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_new(pipeline, NULL, &worker, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_push(NULL, TEXT("a"), NOW, 0, &size), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_push(worker, NULL, 1, NOW, 0, &size), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_push(worker, TEXT("a"), NOW, 0, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_pull(worker, NULL, 1, &size), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_pull(worker, NULL, 0, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_transform(worker, TEXT("a"), NOW, 0, NULL, 1, &size, &other), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_transform(worker, TEXT("a"), NOW, 0, NULL, 0, NULL, &other), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_transform(worker, TEXT("a"), NOW, 0, NULL, 0, &size, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_output(worker, NULL, &size), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_output(worker, &bytes, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_take_output(NULL, 1), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_push_event(worker, NULL, 1, NOW, 0), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_run_line(worker, TEXT("a"), NOW, 0, NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_run_event(NULL, TEXT("{}"), NOW, 0, &size, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_push_values(worker, TEXT("a"), NOW, 0, &size, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_flush_values(worker, NOW, 0, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_finish_values(NULL, NOW, 0, &size), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_handle_tick_values(NULL, NOW, 0, &size), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_start_stream(NULL, NULL, 0, 1, 0), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_start_stream(worker, NULL, 1, 1, 0), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_flush(NULL, NOW, 0), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_finish(NULL, NOW, 0), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_handle_tick(NULL, NOW, 0), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_next_deadline(NULL, &deadline), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_next_deadline(worker, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_is_ordered(NULL, &flag), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_delimiter(worker, NULL, &size), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_set_pipeline(worker, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_event(worker, 0, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_event(NULL, 0, &event), SAWLOG_BAD_POINTER);
    STATUS(sawlog_event_next(NULL, NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_event_field(NULL, TEXT("a"), NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_event_origin(NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_event_nodes(NULL, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_next_reject(worker, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_reject_count(worker, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_stats(worker, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_filter_stats(worker, 0, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_diagnostics_at(NULL, 0, &diagnostic), SAWLOG_BAD_POINTER);
    STATUS(sawlog_needs_at(NULL, 0, NULL), SAWLOG_BAD_POINTER);
    CHECK(sawlog_diagnostics_count(NULL) == 0 && sawlog_needs_count(NULL) == 0);
    CHECK(sawlog_diagnostics_text(NULL).data == NULL);
    CHECK(size == 7 && other == 7);

    STATUS(sawlog_worker_free(&worker), SAWLOG_OK);
    STATUS(sawlog_pipeline_free(&pipeline), SAWLOG_OK);
    STATUS(sawlog_resources_free(&resources), SAWLOG_OK);
    STATUS(sawlog_config_free(&config), SAWLOG_OK);
}

static void misaligned_pointers_are_refused(void) {
    union {
        size_t align;
        char bytes[64];
    } room;
    char *odd = room.bytes + 1;
    sawlog_pipeline *pipeline = check_pipeline(GROK);
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0);
    void *place = odd;
    STATUS(sawlog_config_new((sawlog_config **)place), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_push(worker, TEXT("a"), NOW, 0, (size_t *)place), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_stats(worker, (sawlog_stats *)place), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_flush((sawlog_worker *)place, NOW, 0), SAWLOG_BAD_POINTER);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void freeing_twice_or_null_is_harmless(void) {
    sawlog_config *config = NULL;
    sawlog_resources *resources = NULL;
    sawlog_needs *needs = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    sawlog_pipeline *pipeline = check_pipeline(GROK);
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0);
    STATUS(sawlog_config_free(NULL), SAWLOG_OK);
    STATUS(sawlog_config_free(&config), SAWLOG_OK);
    STATUS(sawlog_resources_free(&resources), SAWLOG_OK);
    STATUS(sawlog_needs_free(&needs), SAWLOG_OK);
    STATUS(sawlog_diagnostics_free(&diagnostics), SAWLOG_OK);
    STATUS(sawlog_pipeline_free(NULL), SAWLOG_OK);
    STATUS(sawlog_worker_free(NULL), SAWLOG_OK);
    STATUS(sawlog_pipeline_free(&pipeline), SAWLOG_OK);
    CHECK(pipeline == NULL);
    STATUS(sawlog_pipeline_free(&pipeline), SAWLOG_OK);
    STATUS(sawlog_worker_flush(worker, NOW, 0), SAWLOG_OK);
    STATUS(sawlog_worker_free(&worker), SAWLOG_OK);
    CHECK(worker == NULL);
    STATUS(sawlog_worker_free(&worker), SAWLOG_OK);
    STATUS(sawlog_worker_flush(worker, NOW, 0), SAWLOG_BAD_POINTER);
}

static void sizes_of_structs_are_checked(void) {
    struct {
        sawlog_worker_options options;
        char more[5000];
    } large;
    sawlog_options options;
    sawlog_stats stats;
    sawlog_worker *worker = NULL;
    sawlog_config *config = NULL;
    sawlog_pipeline *pipeline = check_pipeline(GROK), *other = NULL;
    const size_t sizes[] = {0, 1, sizeof large.options - 1, 4097, (size_t)-1};
    memset(&large, 0, sizeof large);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        large.options.struct_size = sizes[i];
        STATUS(sawlog_worker_new(pipeline, &large.options, &worker, NULL), SAWLOG_BAD_STRUCT_SIZE);
        CHECK(worker == NULL);
    }
    /* A program of a later version, which asks for nothing that this version does not know. */
    large.options.struct_size = sizeof large.options + 64;
    STATUS(sawlog_worker_new(pipeline, &large.options, &worker, NULL), SAWLOG_OK);
    sawlog_worker *second = NULL;
    large.more[63] = 1;
    STATUS(sawlog_worker_new(pipeline, &large.options, &second, NULL), SAWLOG_BAD_STRUCT_SIZE);
    CHECK(second == NULL);

    memset(&stats, 0x55, sizeof stats);
    stats.struct_size = 0;
    STATUS(sawlog_worker_stats(worker, &stats), SAWLOG_BAD_STRUCT_SIZE);
    stats.struct_size = (size_t)1 << 40;
    STATUS(sawlog_worker_stats(worker, &stats), SAWLOG_BAD_STRUCT_SIZE);
    CHECK(stats.lines == UINT64_C(0x5555555555555555));
    stats.struct_size = sizeof stats;
    STATUS(sawlog_worker_stats(worker, &stats), SAWLOG_OK);
    CHECK(stats.lines == 0 && stats.struct_size == sizeof stats);

    memset(&options, 0, sizeof options);
    STATUS(sawlog_config_new(&config), SAWLOG_OK);
    STATUS(sawlog_config_add_source(config, TEXT("a"), TEXT(GROK)), SAWLOG_OK);
    STATUS(sawlog_config_parse(config, NULL, NULL), SAWLOG_OK);
    STATUS(sawlog_pipeline_compile(config, NULL, &options, &other, NULL), SAWLOG_BAD_STRUCT_SIZE);
    options.struct_size = sizeof options;
    options.ecs = 9;
    STATUS(sawlog_pipeline_compile(config, NULL, &options, &other, NULL), SAWLOG_BAD_VALUE);
    options.ecs = SAWLOG_ECS_V1;
    options.escape_style = -1;
    STATUS(sawlog_pipeline_compile(config, NULL, &options, &other, NULL), SAWLOG_BAD_VALUE);
    CHECK(other == NULL);
    sawlog_config_free(&config);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void values_out_of_range_are_refused(void) {
    sawlog_pipeline *pipeline = check_pipeline(GROK), *same;
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0), *none = NULL;
    sawlog_worker_options options;
    sawlog_diagnostics *diagnostics = NULL;
    sawlog_plugin plugin;
    sawlog_filter_stats stats;
    sawlog_value value, parent;
    sawlog_pipeline *other = check_pipeline("filter { }");
    const sawlog_event *event = NULL;
    size_t events = 0;
    plugin.struct_size = sizeof plugin;
    stats.struct_size = sizeof stats;
    STATUS(sawlog_pipeline_filter(pipeline, 1, &plugin), SAWLOG_BAD_VALUE);
    STATUS(sawlog_pipeline_filter(pipeline, (size_t)-1, &plugin), SAWLOG_BAD_VALUE);
    STATUS(sawlog_pipeline_input(pipeline, 0, &plugin), SAWLOG_BAD_VALUE);
    STATUS(sawlog_worker_filter_stats(worker, 1, &stats), SAWLOG_BAD_VALUE);
    STATUS(sawlog_worker_event(worker, 0, &event), SAWLOG_BAD_VALUE);
    STATUS(sawlog_worker_set_pipeline(worker, other), SAWLOG_OTHER_PIPELINE);
    STATUS(sawlog_pipeline_clone(pipeline, &same), SAWLOG_OK);
    STATUS(sawlog_worker_set_pipeline(worker, same), SAWLOG_OK);

    STATUS(sawlog_worker_run_line(worker, TEXT("GET 1"), NOW, 0, &events, NULL), SAWLOG_OK);
    STATUS(sawlog_worker_event(worker, 0, &event), SAWLOG_OK);
    memset(&value, 0, sizeof value);
    value.struct_size = sizeof value;
    parent = value;
    value.node = 1000000;
    STATUS(sawlog_event_next(event, NULL, &value), SAWLOG_BAD_VALUE);
    parent.node = 1000000;
    value.node = 0;
    STATUS(sawlog_event_next(event, &parent, &value), SAWLOG_BAD_VALUE);
    STATUS(sawlog_event_field(event, TEXT("[a"), &value), SAWLOG_BAD_VALUE);
    STATUS(sawlog_event_field(event, TEXT("nothing"), &value), SAWLOG_END);
    STATUS(sawlog_event_field(event, "\xff", 1, &value), SAWLOG_BAD_UTF8);

    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.format = 99;
    STATUS(sawlog_worker_new(pipeline, &options, &none, NULL), SAWLOG_BAD_VALUE);
    options.format = SAWLOG_FORMAT_CSV;
    STATUS(sawlog_worker_new(pipeline, &options, &none, &diagnostics), SAWLOG_BAD_CONFIG);
    CHECK(sawlog_diagnostics_count(diagnostics) == 1);
    sawlog_diagnostics_free(&diagnostics);
    options.format = 0;
    options.rejects = 3;
    STATUS(sawlog_worker_new(pipeline, &options, &none, NULL), SAWLOG_BAD_VALUE);
    options.rejects = 0;
    options.input = 1;
    STATUS(sawlog_worker_new(pipeline, &options, &none, &diagnostics), SAWLOG_BAD_CONFIG);
    CHECK(strstr(sawlog_diagnostics_text(diagnostics).data, "no input number 0") != NULL);
    sawlog_diagnostics_free(&diagnostics);
    options.input = 0;
    options.codec.data = "nonsense";
    options.codec.len = 8;
    STATUS(sawlog_worker_new(pipeline, &options, &none, &diagnostics), SAWLOG_BAD_CONFIG);
    CHECK(strstr(sawlog_diagnostics_text(diagnostics).data, "nonsense") != NULL);
    sawlog_diagnostics_free(&diagnostics);
    CHECK(none == NULL && diagnostics == NULL);
    CHECK(check_is(sawlog_status_text(12345), "unknown status"));
    CHECK(sawlog_status_text(SAWLOG_BUSY).len > 10);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&same);
    sawlog_pipeline_free(&other);
    sawlog_pipeline_free(&pipeline);
}

static void lengths_of_nothing_and_of_gigabytes_are_taken(void) {
    const size_t huge = (size_t)1 << 31;
    sawlog_pipeline *pipeline = check_pipeline("filter { }");
    sawlog_worker *worker = check_worker(pipeline, 0, SAWLOG_REJECTS_REFUSED, 0);
    sawlog_config *config = NULL;
    sawlog_resources *resources = NULL;
    sawlog_reject reject;
    size_t consumed = 7, events = 7;
    STATUS(sawlog_worker_push(worker, NULL, 0, NOW, 0, &consumed), SAWLOG_OK);
    CHECK(consumed == 0);
    STATUS(sawlog_worker_run_line(worker, NULL, 0, NOW, 0, &events, NULL), SAWLOG_OK);
    CHECK(events == 1);
    STATUS(sawlog_worker_push(worker, "a", (size_t)-1, NOW, 0, &consumed), SAWLOG_BAD_LENGTH);
    STATUS(sawlog_worker_pull(worker, &consumed, (size_t)-1, &consumed), SAWLOG_BAD_LENGTH);
    STATUS(sawlog_worker_push_event(worker, "a", (size_t)-1, NOW, 0), SAWLOG_BAD_LENGTH);
    STATUS(sawlog_config_new(&config), SAWLOG_OK);
    STATUS(sawlog_resources_new(&resources), SAWLOG_OK);
    STATUS(sawlog_config_add_source(config, TEXT("a"), "a", (size_t)-1), SAWLOG_BAD_LENGTH);
    STATUS(sawlog_config_add_source(config, "a", (size_t)-1, TEXT("a")), SAWLOG_BAD_LENGTH);

    /* Two gigabytes that cost no memory. */
    char *zeros = MAP_FAILED;
    /* Not where each byte takes a hundred times as long. */
    if (getenv("SAWLOG_TEST_SLOWLY") == NULL) {
        zeros = mmap(NULL, huge + 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        CHECK(zeros != MAP_FAILED);
    }
    if (zeros != MAP_FAILED) {
        STATUS(sawlog_config_add_source(config, TEXT("a"), zeros, huge), SAWLOG_BAD_LENGTH);
        STATUS(sawlog_resources_add_file(resources, TEXT("a"), zeros, huge + 1), SAWLOG_BAD_LENGTH);
        /* One line that is far too long. */
        STATUS(sawlog_worker_push(worker, zeros, huge, NOW, 0, &consumed), SAWLOG_OK);
        CHECK(consumed == huge);
        STATUS(sawlog_worker_flush(worker, NOW, 0), SAWLOG_OK);
        memset(&reject, 0, sizeof reject);
        reject.struct_size = sizeof reject;
        STATUS(sawlog_worker_next_reject(worker, &reject), SAWLOG_OK);
        CHECK(check_is(reject.kind, "line_too_long") && reject.text.len == 1024 && reject.line == 2);
        CHECK(reject.outcome == SAWLOG_OUTCOME_REFUSED && reject.has_filter == 0);
        STATUS(sawlog_worker_next_reject(worker, &reject), SAWLOG_END);
        munmap(zeros, huge + 1);
    }
    sawlog_resources_free(&resources);
    sawlog_config_free(&config);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void config_that_is_not_utf8_is_told_with_its_place(void) {
    sawlog_config *config = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    sawlog_diagnostic one;
    STATUS(sawlog_config_new(&config), SAWLOG_OK);
    STATUS(sawlog_config_add_source(config, "\xff", 1, TEXT("")), SAWLOG_BAD_UTF8);
    STATUS(sawlog_config_add_source(config, TEXT("latin.conf"), TEXT("filter {\n  # \xe9\n}\n")), SAWLOG_OK);
    STATUS(sawlog_config_parse(config, NULL, &diagnostics), SAWLOG_BAD_CONFIG);
    CHECK(sawlog_diagnostics_count(diagnostics) == 1);
    memset(&one, 0, sizeof one);
    one.struct_size = sizeof one;
    STATUS(sawlog_diagnostics_at(diagnostics, 0, &one), SAWLOG_OK);
    CHECK(one.severity == SAWLOG_SEVERITY_ERROR && check_is(one.code, "syntax"));
    CHECK(check_is(one.source, "latin.conf") && one.line == 2 && one.column == 5 && one.start == 13);
    CHECK(strstr(one.message.data, "UTF-8") != NULL && one.hint.len > 0);
    STATUS(sawlog_diagnostics_at(diagnostics, 1, &one), SAWLOG_BAD_VALUE);
    STATUS(sawlog_diagnostics_label(diagnostics, 0, 0, &one), SAWLOG_BAD_VALUE);
    sawlog_diagnostics_free(&diagnostics);
    sawlog_config_free(&config);
}

static void panic_is_a_status_and_ends_that_worker_only(void) {
    sawlog_pipeline *pipeline = check_pipeline(GROK);
    sawlog_worker *worker = check_worker(pipeline, 0, 0, 0), *other = check_worker(pipeline, 0, 0, 0);
    size_t consumed = 0;
    STATUS(sawlog_test_panic(NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_test_panic(worker), SAWLOG_PANICKED);
    CHECK(sawlog_status_text(SAWLOG_PANICKED).len > 10);
    STATUS(sawlog_worker_push(worker, TEXT("GET 1\n"), NOW, 0, &consumed), SAWLOG_PANICKED);
    STATUS(sawlog_worker_flush(worker, NOW, 0), SAWLOG_PANICKED);
    STATUS(sawlog_worker_push(other, TEXT("GET 1\n"), NOW, 0, &consumed), SAWLOG_OK);
    CHECK(consumed == 6);
    STATUS(sawlog_worker_free(&worker), SAWLOG_OK);
    STATUS(sawlog_worker_free(&other), SAWLOG_OK);
    STATUS(sawlog_pipeline_free(&pipeline), SAWLOG_OK);
}

static struct {
    sawlog_worker *worker;
    atomic_int go, busy;
} both;

static void *push_for_a_while(void *lines) {
    size_t consumed;
    atomic_fetch_add(&both.go, 1);
    while (atomic_load(&both.go) < 2) {
    }
    for (int i = 0; i < 20000 && atomic_load(&both.busy) == 0; i++) {
        int32_t status = sawlog_worker_push(both.worker, TEXT((const char *)lines), NOW, 0, &consumed);
        if (status == SAWLOG_BUSY) {
            atomic_fetch_add(&both.busy, 1);
        } else if (status > SAWLOG_OUTPUT_FULL) {
            return both.worker;
        } else {
            status = sawlog_worker_take_output(both.worker, (size_t)-1);
            if (status != SAWLOG_OK && status != SAWLOG_BUSY) {
                return both.worker;
            }
        }
    }
    return NULL;
}

static void second_thread_in_a_worker_is_turned_away(void) {
    sawlog_pipeline *pipeline = check_pipeline(GROK);
    pthread_t threads[2];
    void *wrong = NULL;
    char lines[6 * 200 + 1] = "";
    for (int i = 0; i < 200; i++) {
        memcpy(lines + i * 6, "GET 1\n", 7);
    }
    both.worker = check_worker(pipeline, 0, 0, 0);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, push_for_a_while, lines) == 0);
    }
    for (int i = 0; i < 2; i++) {
        void *one = NULL;
        pthread_join(threads[i], &one);
        wrong = wrong != NULL ? wrong : one;
    }
    CHECK(wrong == NULL);
    STATUS(sawlog_worker_flush(both.worker, NOW, 0), SAWLOG_OK);
    STATUS(sawlog_worker_free(&both.worker), SAWLOG_OK);
    sawlog_pipeline_free(&pipeline);
}

int main(void) {
    RUN(null_pointers_are_refused);
    RUN(misaligned_pointers_are_refused);
    RUN(freeing_twice_or_null_is_harmless);
    RUN(sizes_of_structs_are_checked);
    RUN(values_out_of_range_are_refused);
    RUN(lengths_of_nothing_and_of_gigabytes_are_taken);
    RUN(config_that_is_not_utf8_is_told_with_its_place);
    RUN(panic_is_a_status_and_ends_that_worker_only);
    RUN(second_thread_in_a_worker_is_turned_away);
    return check_end();
}
