/* Runs the cases that core/src/conformance/bindings.rs describes, through this interface alone; the library reads the JSON, too.
 *
 *   vectors CASES USER_AGENTS REPORT
 *
 * Writes id, tab and verdict for each case, and says how many passed and failed. */
#include "../../examples/host.h"
#include "check.h"

struct text {
    char *bytes;
    size_t len, capacity;
};

static void append(struct text *text, const void *bytes, size_t len) {
    if (len == 0) {
        return;
    }
    if (text->len + len > text->capacity) {
        text->capacity = (text->len + len) * 2 + 1024;
        text->bytes = realloc(text->bytes, text->capacity);
    }
    if (text->bytes == NULL) {
        abort();
    }
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

static void append_str(struct text *text, sawlog_str str) {
    append(text, str.data, str.len);
}

static sawlog_value member(const sawlog_event *event, const char *name) {
    sawlog_value value = {0};
    value.struct_size = sizeof value;
    if (sawlog_event_field(event, name, strlen(name), &value) != SAWLOG_OK) {
        fprintf(stderr, "a case has no `%s`\n", name);
        exit(2);
    }
    return value;
}

static void refused(struct text *out, const sawlog_diagnostics *diagnostics) {
    append(out, "refused", 7);
    for (size_t i = 0; i < sawlog_diagnostics_count(diagnostics); i++) {
        sawlog_diagnostic one = {0};
        char place[64];
        one.struct_size = sizeof one;
        sawlog_diagnostics_at(diagnostics, i, &one);
        if (one.severity != SAWLOG_SEVERITY_ERROR) {
            continue;
        }
        append(out, " ", 1);
        append_str(out, one.code);
        if (one.source.data == NULL) {
            append(out, "@-", 2);
        } else {
            append(out, place, (size_t)snprintf(place, sizeof place, "@%zu:%zu", one.line, one.column));
        }
    }
}

static void pull(struct text *out, sawlog_worker *worker) {
    const void *bytes;
    size_t len;
    STATUS(sawlog_worker_output(worker, &bytes, &len), SAWLOG_OK);
    append(out, bytes, len);
    STATUS(sawlog_worker_take_output(worker, len), SAWLOG_OK);
}

/* The events and refusals of one case. */
static void run(struct text *out, const sawlog_event *a_case, const sawlog_pipeline *pipeline, int64_t now) {
    sawlog_worker *worker = check_worker(pipeline, SAWLOG_FORMAT_NDJSON_METADATA, SAWLOG_REJECTS_REFUSED, 0);
    sawlog_value events = member(a_case, "events"), event = {0};
    sawlog_reject reject = {0};
    struct text refusals = {0};
    reject.struct_size = sizeof reject;
    event.struct_size = sizeof event;
    for (int is_finished = 0; !is_finished;) {
        if (sawlog_event_next(a_case, &events, &event) == SAWLOG_OK) {
            STATUS(sawlog_worker_push_event(worker, event.text.data, event.text.len, now, 0), SAWLOG_OK);
        } else {
            STATUS(sawlog_worker_finish(worker, now, 0), SAWLOG_OK);
            is_finished = 1;
        }
        pull(out, worker);
        while (sawlog_worker_next_reject(worker, &reject) == SAWLOG_OK) {
            append(&refusals, "! ", 2);
            append_str(&refusals, reject.kind);
            append(&refusals, ": ", 2);
            append_str(&refusals, reject.reason);
            append(&refusals, "\n", 1);
        }
    }
    append(out, refusals.bytes, refusals.len);
    free(refusals.bytes);
    sawlog_worker_free(&worker);
}

static int is(sawlog_value value, const char *text) {
    return check_is(value.text, text);
}

static void outcome(struct text *out, const sawlog_event *a_case, const char *agents, size_t agents_len) {
    sawlog_config *config = NULL;
    sawlog_resources *resources = NULL;
    sawlog_needs *needs = NULL;
    sawlog_pipeline *pipeline = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    sawlog_parse_settings settings = {0};
    sawlog_options options = {0};
    sawlog_value text = member(a_case, "config"), files = member(a_case, "files"), file = {0};
    sawlog_value ecs = member(a_case, "ecs"), style = member(a_case, "escape_style");
    int64_t now = member(a_case, "now_ns").integer;
    settings.struct_size = sizeof settings;
    settings.support_escapes = (int32_t)member(a_case, "support_escapes").integer;
    options.struct_size = sizeof options;
    options.start_ns = now;
    options.ecs = is(ecs, "v8") ? SAWLOG_ECS_V8 : is(ecs, "v1") ? SAWLOG_ECS_V1 : SAWLOG_ECS_DISABLED;
    options.escape_style = is(style, "none")      ? SAWLOG_ESCAPE_NONE
                           : is(style, "percent") ? SAWLOG_ESCAPE_PERCENT
                                                  : SAWLOG_ESCAPE_AMPERSAND;
    sawlog_config_new(&config);
    sawlog_resources_new(&resources);
    STATUS(sawlog_config_add_source(config, "config", 6, text.text.data, text.text.len), SAWLOG_OK);
    int32_t status = sawlog_config_parse(config, &settings, &diagnostics);
    if (status == SAWLOG_OK) {
        file.struct_size = sizeof file;
        while (sawlog_event_next(a_case, &files, &file) == SAWLOG_OK) {
            sawlog_resources_add_file(resources, file.name.data, file.name.len, file.text.data, file.text.len);
        }
        STATUS(sawlog_config_needs(config, resources, &needs), SAWLOG_OK);
        for (size_t i = 0; i < sawlog_needs_count(needs); i++) {
            sawlog_need need = {0};
            need.struct_size = sizeof need;
            sawlog_needs_at(needs, i, &need);
            if (need.kind == SAWLOG_NEED_USER_AGENTS) {
                STATUS(sawlog_resources_set_user_agents(resources, agents, agents_len, NULL), SAWLOG_OK);
            }
        }
        sawlog_needs_free(&needs);
        status = sawlog_pipeline_compile(config, resources, &options, &pipeline, &diagnostics);
    }
    if (status == SAWLOG_OK) {
        run(out, a_case, pipeline, now);
    } else {
        STATUS(status, SAWLOG_BAD_CONFIG);
        refused(out, diagnostics);
    }
    sawlog_diagnostics_free(&diagnostics);
    sawlog_pipeline_free(&pipeline);
    sawlog_resources_free(&resources);
    sawlog_config_free(&config);
}

int main(int argc, char **argv) {
    enum { SHOWN = 20 };
    size_t len = 0, agents_len = 0;
    size_t passed = 0, failed = 0, different = 0, unsupported = 0;
    if (argc != 4) {
        return 2;
    }
    char *cases = host_read(argv[1], &len), *agents = host_read(argv[2], &agents_len);
    FILE *report = fopen(argv[3], "wb");
    sawlog_pipeline *reader = check_pipeline("filter { }");
    sawlog_worker *worker = check_worker(reader, 0, 0, 0);
    if (cases == NULL || agents == NULL || report == NULL) {
        perror("vectors");
        return 2;
    }
    for (char *line = cases, *end; (end = memchr(line, '\n', len - (size_t)(line - cases))) != NULL; line = end + 1) {
        const sawlog_event *a_case = NULL;
        size_t events = 0;
        struct text out = {0};
        STATUS(sawlog_worker_run_event(worker, line, (size_t)(end - line), NOW, 0, &events, NULL), SAWLOG_OK);
        STATUS(sawlog_worker_event(worker, 0, &a_case), SAWLOG_OK);
        if (check_failures > 0) {
            return 1;
        }
        outcome(&out, a_case, agents, agents_len);
        sawlog_value id = member(a_case, "id"), verdict = member(a_case, "verdict"), expected = member(a_case, "outcome");
        int is_same = out.len == expected.text.len && (out.len == 0 || memcmp(out.bytes, expected.text.data, out.len) == 0);
        is_same = is_same && check_failures == 0;
        if (!is_same && failed < SHOWN) {
            fprintf(stderr, "FAILED %.*s\n  expected %.*s\n  but came %.*s\n", (int)id.text.len, id.text.data,
                    (int)expected.text.len, expected.text.data, (int)out.len, out.bytes == NULL ? "" : out.bytes);
        }
        check_failures = 0;
        fprintf(report, "%.*s\t%.*s\n", (int)id.text.len, id.text.data, is_same ? (int)verdict.text.len : 6,
                is_same ? verdict.text.data : "failed");
        size_t *count = !is_same || is(verdict, "failed") ? &failed
                        : is(verdict, "passed")           ? &passed
                        : is(verdict, "different")        ? &different
                                                          : &unsupported;
        *count += 1;
        free(out.bytes);
    }
    check_passed = (int)passed;
    check_failed = (int)failed;
    printf("%zu passed, %zu failed, %zu differ as listed, %zu need plugins not built\n", passed, failed, different, unsupported);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&reader);
    free(cases);
    free(agents);
    return fclose(report) != 0 || failed != 0 || passed == 0;
}
