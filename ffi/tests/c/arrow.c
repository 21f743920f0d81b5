/* Events as record batches: what a reader written from the specification of Arrow's C data interface alone finds in them. */
#define _GNU_SOURCE /* memmem, open_memstream */
#include "check.h"

#include "../../examples/arrow_print.h"

static const char *const CONFIG = "input { stdin { codec => json } } filter { if [drop] { drop { } } mutate { remove_field => [\"event\"] } }";

static sawlog_worker *worker_of(const sawlog_pipeline *pipeline, sawlog_worker_options *options) {
    sawlog_worker *worker = NULL;
    options->struct_size = sizeof *options;
    options->format = SAWLOG_FORMAT_ARROW;
    options->input = 1;
    STATUS(sawlog_worker_new(pipeline, options, &worker, NULL), SAWLOG_OK);
    return worker;
}

static void push(sawlog_worker *worker, const char *lines) {
    size_t consumed = 0;
    STATUS(sawlog_worker_push(worker, TEXT(lines), NOW, 0, &consumed), SAWLOG_OK);
    CHECK(consumed == strlen(lines));
}

/* The rows of a batch, a line each. */
static char *rows(const struct ArrowSchema *schema, const struct ArrowArray *batch) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (int64_t row = 0; row < batch->length; row++) {
        arrow_print_cell(out, schema, batch, row);
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

static const struct ArrowSchema *column(const struct ArrowSchema *schema, const char *name) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (strcmp(schema->children[i]->name, name) == 0) {
            return schema->children[i];
        }
    }
    return NULL;
}

static int has_format(const struct ArrowSchema *schema, const char *name, const char *format) {
    const struct ArrowSchema *found = column(schema, name);
    return found != NULL && strcmp(found->format, format) == 0 && found->flags == ARROW_FLAG_NULLABLE;
}

static void check_pulled(sawlog_worker *worker, const char *expected) {
    struct ArrowSchema schema;
    struct ArrowArray batch;
    STATUS(sawlog_worker_pull_arrow(worker, &schema, &batch), SAWLOG_OK);
    char *found = rows(&schema, &batch);
    if (strcmp(found, expected) != 0) {
        fprintf(stderr, "found:\n%sexpected:\n%s", found, expected);
    }
    CHECK(strcmp(found, expected) == 0);
    free(found);
    batch.release(&batch);
    CHECK(batch.release == NULL);
    schema.release(&schema);
    CHECK(schema.release == NULL);
}

static void values_of_every_kind_have_their_columns(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    sawlog_worker_options options = {0};
    sawlog_worker *worker = worker_of(pipeline, &options);
    struct ArrowSchema schema;
    struct ArrowArray batch;
    STATUS(sawlog_worker_arrow_schema(worker, &schema), SAWLOG_END);
    STATUS(sawlog_worker_pull_arrow(worker, &schema, &batch), SAWLOG_END);
    push(worker, "{\"@timestamp\":\"2024-06-15T12:00:00Z\",\"@version\":\"1\",\"t\":\"\xc3\xa9\\u0000\\\"\",\"i\":-7,\"f\":0.5,\"b\":true,"
                 "\"l\":[1,2],\"m\":{\"x\":\"y\",\"n\":{\"z\":1}},\"mixed\":1}\n"
                 "{\"@timestamp\":\"2024-06-15T12:00:00Z\",\"@version\":\"1\",\"drop\":true}\n"
                 "{\"@timestamp\":\"2024-06-15T12:00:00Z\",\"@version\":\"1\",\"l\":[],\"b\":false,\"i\":9223372036854775807,"
                 "\"mixed\":\"a\",\"m\":{}}\n");
    STATUS(sawlog_worker_arrow_schema(worker, &schema), SAWLOG_END);
    STATUS(sawlog_worker_pull_arrow(worker, &schema, &batch), SAWLOG_OK);
    CHECK(strcmp(schema.format, "+s") == 0);
    CHECK(batch.length == 2 && batch.null_count == 0 && batch.offset == 0 && batch.n_buffers == 1);
    CHECK(batch.n_children == schema.n_children && batch.dictionary == NULL && schema.dictionary == NULL);
    CHECK(has_format(&schema, "@timestamp", "tsn:UTC"));
    CHECK(has_format(&schema, "t", "u"));
    CHECK(has_format(&schema, "i", "l"));
    CHECK(has_format(&schema, "f", "g"));
    CHECK(has_format(&schema, "b", "b"));
    CHECK(has_format(&schema, "l", "+l"));
    CHECK(has_format(&schema, "m", "+s"));
    CHECK(has_format(&schema, "mixed", "u"));
    CHECK(has_format(&schema, "_rest", "u"));
    /* A mixture is JSON, which the metadata say: one pair, lengths of 32 bits before the texts. */
    const char *metadata = column(&schema, "mixed")->metadata;
    int32_t numbers[2] = {0, 0};
    CHECK(metadata != NULL && column(&schema, "t")->metadata == NULL);
    if (metadata != NULL) {
        memcpy(numbers, metadata, sizeof numbers);
        CHECK(numbers[0] == 1);
        memcpy(&numbers[0], metadata + 8 + numbers[1], sizeof numbers[0]);
        CHECK(numbers[0] == 4 && memcmp(metadata + 12 + numbers[1], "json", 4) == 0);
    }
    char *found = rows(&schema, &batch);
    static const char *const expected =
        "{\"@timestamp\":1718452800000000000,\"@version\":\"1\",\"t\":\"\xc3\xa9\\u0000\\\"\",\"i\":-7,\"f\":0.5,\"b\":true,\"l\":[1,2],"
        "\"m\":{\"x\":\"y\",\"n\":{\"z\":1}},\"mixed\":\"1\"}\n"
        "{\"@timestamp\":1718452800000000000,\"@version\":\"1\",\"i\":9223372036854775807,\"b\":false,\"l\":[],\"m\":{},\"mixed\":\"\\\"a\\\"\"}\n";
    if (strcmp(found, expected) != 0) {
        fprintf(stderr, "%s", found);
    }
    CHECK(strcmp(found, expected) == 0);
    free(found);
    /* What is pulled outlives the worker. */
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
    found = rows(&schema, &batch);
    CHECK(strcmp(found, expected) == 0);
    free(found);
    batch.release(&batch);
    schema.release(&schema);
}

static void all_batches_have_the_schema_of_the_first(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    sawlog_worker_options options = {0};
    sawlog_worker *worker = worker_of(pipeline, &options);
    struct ArrowSchema schema;
    struct ArrowArray batch;
    push(worker, "{\"@timestamp\":\"1970-01-01T00:00:00Z\",\"@version\":\"1\",\"a\":1}\n");
    check_pulled(worker, "{\"@timestamp\":0,\"@version\":\"1\",\"a\":1}\n");
    STATUS(sawlog_worker_pull_arrow(worker, NULL, &batch), SAWLOG_END);
    push(worker, "{\"@timestamp\":\"1970-01-01T00:00:00Z\",\"@version\":\"1\",\"a\":\"x\",\"late\":[1]}\n");
    check_pulled(worker, "{\"@timestamp\":0,\"@version\":\"1\",\"_rest\":\"{\\\"a\\\":\\\"x\\\",\\\"late\\\":[1]}\"}\n");
    STATUS(sawlog_worker_arrow_schema(worker, &schema), SAWLOG_OK);
    CHECK(schema.n_children == 4);
    schema.release(&schema);
    push(worker, "{\"@timestamp\":\"1970-01-01T00:00:01Z\",\"@version\":\"1\"}\n");
    STATUS(sawlog_worker_pull_arrow(worker, NULL, &batch), SAWLOG_OK);
    CHECK(batch.length == 1 && batch.children[2]->null_count == 1);
    batch.release(&batch);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void full_batch_stops_the_stream_until_it_is_pulled(void) {
    sawlog_pipeline *pipeline = check_pipeline("filter { }");
    sawlog_worker_options options = {0};
    sawlog_worker *worker = NULL;
    enum { LINES = 40000 };
    char *lines = malloc(LINES * 8 + 1);
    size_t len = 0;
    for (int i = 0; lines != NULL && i < LINES; i++) {
        len += (size_t)snprintf(lines + len, 9, "l %05d\n", i);
    }
    options.struct_size = sizeof options;
    options.format = SAWLOG_FORMAT_ARROW;
    options.batch_events = 1000;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_OK);
    int64_t pulled = 0;
    int batches = 0;
    for (size_t at = 0; at < len;) {
        size_t consumed = 0;
        int32_t status = sawlog_worker_push(worker, lines + at, len - at, NOW, 0, &consumed);
        CHECK(consumed <= 65536);
        at += consumed;
        CHECK(status == (at < len ? SAWLOG_OUTPUT_FULL : SAWLOG_OK));
        struct ArrowArray batch;
        while (sawlog_worker_pull_arrow(worker, NULL, &batch) == SAWLOG_OK) {
            CHECK(batch.length <= 1000);
            pulled += batch.length;
            batches++;
            batch.release(&batch);
        }
    }
    STATUS(sawlog_worker_finish(worker, NOW, 0), SAWLOG_OK);
    CHECK(pulled == LINES && batches >= 40 && batches < 50);
    /* A batch that is full, and nobody takes it. */
    size_t consumed = 1;
    STATUS(sawlog_worker_push(worker, lines, len, NOW, 0, &consumed), SAWLOG_OUTPUT_FULL);
    STATUS(sawlog_worker_push(worker, lines, len, NOW, 0, &consumed), SAWLOG_OUTPUT_FULL);
    CHECK(consumed == 0);
    free(lines);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static struct ArrowSchema made(const char *format, const char *name, struct ArrowSchema **children, int64_t count) {
    struct ArrowSchema schema;
    memset(&schema, 0, sizeof schema);
    schema.format = format;
    schema.name = name;
    schema.n_children = count;
    schema.children = children;
    /* It is only read; the library has no business with it. */
    schema.release = (void (*)(struct ArrowSchema *))abort;
    return schema;
}

static int32_t with_columns(const sawlog_pipeline *pipeline, const struct ArrowSchema *columns, const char *expected) {
    sawlog_worker_options options = {0};
    sawlog_worker *worker = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    options.struct_size = sizeof options;
    options.format = SAWLOG_FORMAT_ARROW;
    options.columns = columns;
    int32_t status = sawlog_worker_new(pipeline, &options, &worker, &diagnostics);
    CHECK((diagnostics != NULL) == (expected != NULL));
    if (diagnostics != NULL && expected != NULL) {
        sawlog_diagnostic one = {0};
        one.struct_size = sizeof one;
        STATUS(sawlog_diagnostics_at(diagnostics, 0, &one), SAWLOG_OK);
        CHECK(memmem(one.message.data, one.message.len, expected, strlen(expected)) != NULL);
    }
    sawlog_diagnostics_free(&diagnostics);
    sawlog_worker_free(&worker);
    return status;
}

static void columns_of_the_caller_are_kept_to(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    struct ArrowSchema item = made("l", "item", NULL, 0), x = made("u", "x", NULL, 0);
    struct ArrowSchema *items[] = {&item}, *members[] = {&x};
    struct ArrowSchema l = made("+l", "l", items, 1), m = made("+s", "m", members, 1);
    struct ArrowSchema i = made("l", "i", NULL, 0), t = made("u", "t", NULL, 0), time = made("tss:UTC", "@timestamp", NULL, 0);
    struct ArrowSchema *children[] = {&l, &m, &i, &t, &time};
    struct ArrowSchema columns = made("+s", NULL, children, 5);
    sawlog_worker_options options = {0};
    options.columns = &columns;
    sawlog_worker *worker = worker_of(pipeline, &options);
    struct ArrowSchema schema;
    STATUS(sawlog_worker_arrow_schema(worker, &schema), SAWLOG_OK);
    CHECK(schema.n_children == 6);
    schema.release(&schema);
    push(worker, "{\"@timestamp\":\"1970-01-01T00:00:09.9Z\",\"i\":1,\"t\":2.5,\"l\":[3],\"m\":{\"x\":true}}\n");
    check_pulled(worker, "{\"l\":[3],\"m\":{\"x\":\"true\"},\"i\":1,\"t\":\"2.5\",\"@timestamp\":9,\"_rest\":\"{\\\"@version\\\":\\\"1\\\"}\"}\n");
    sawlog_worker_free(&worker);

    options.drop_rest = 1;
    worker = worker_of(pipeline, &options);
    push(worker, "{\"@timestamp\":\"1970-01-01T00:00:09.9Z\",\"i\":\"no number\"}\n");
    check_pulled(worker, "{\"@timestamp\":9}\n");
    sawlog_stats stats = {0};
    stats.struct_size = sizeof stats;
    STATUS(sawlog_worker_stats(worker, &stats), SAWLOG_OK);
    CHECK(stats.events_left_out == 1 && stats.events_out == 1);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void columns_that_cannot_be_built_are_refused(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    struct ArrowSchema one = made("u", "a", NULL, 0), other = made("u", "a", NULL, 0);
    struct ArrowSchema *children[] = {&one, &other};
    struct ArrowSchema columns = made("+s", "", children, 1);
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_OK);
    STATUS(with_columns(pipeline, &one, "no struct"), SAWLOG_BAD_CONFIG);
    one.format = "i";
    STATUS(with_columns(pipeline, &columns, "the column `a` has the format `i`"), SAWLOG_BAD_CONFIG);
    one.format = NULL;
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_BAD_POINTER);
    one.format = "\xff";
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_BAD_UTF8);
    one.format = "+l";
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_BAD_LENGTH);
    one.format = "u";
    one.name = "_rest";
    STATUS(with_columns(pipeline, &columns, "`_rest`"), SAWLOG_BAD_CONFIG);
    one.name = "a";
    columns.n_children = 2;
    STATUS(with_columns(pipeline, &columns, "twice"), SAWLOG_BAD_CONFIG);
    columns.n_children = -1;
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_BAD_LENGTH);
    columns.n_children = INT64_MAX;
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_BAD_LENGTH);
    columns.n_children = 1;
    children[0] = NULL;
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_BAD_POINTER);
    /* A struct that contains itself has no bottom. */
    children[0] = &columns;
    STATUS(with_columns(pipeline, &columns, "`+s`"), SAWLOG_BAD_CONFIG);
    columns.release = NULL;
    STATUS(with_columns(pipeline, &columns, NULL), SAWLOG_BAD_POINTER);
    sawlog_pipeline_free(&pipeline);
}

/* A consumer may keep one column and let the rest go: it moves the struct, and sets `release` of what it took it from to NULL. */
static void column_that_was_moved_out_outlives_its_batch(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    sawlog_worker_options options = {0};
    sawlog_worker *worker = worker_of(pipeline, &options);
    struct ArrowSchema schema, name;
    struct ArrowArray batch, texts;
    push(worker, "{\"a\":\"kept\"}\n");
    STATUS(sawlog_worker_pull_arrow(worker, &schema, &batch), SAWLOG_OK);
    for (int64_t i = 0; i < schema.n_children; i++) {
        if (strcmp(schema.children[i]->name, "a") == 0) {
            name = *schema.children[i];
            schema.children[i]->release = NULL;
            texts = *batch.children[i];
            batch.children[i]->release = NULL;
        }
    }
    batch.release(&batch);
    schema.release(&schema);
    char *found = rows(&name, &texts);
    CHECK(strcmp(found, "\"kept\"\n") == 0);
    free(found);
    texts.release(&texts);
    name.release(&name);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
}

static void misuse_is_answered(void) {
    sawlog_pipeline *pipeline = check_pipeline(CONFIG);
    sawlog_worker_options options = {0};
    sawlog_worker *worker = worker_of(pipeline, &options), *lines = check_worker(pipeline, SAWLOG_FORMAT_NDJSON, 0, 0);
    struct ArrowSchema schema;
    struct ArrowArray batch;
    STATUS(sawlog_worker_pull_arrow(NULL, &schema, &batch), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_pull_arrow(worker, &schema, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_pull_arrow(worker, (struct ArrowSchema *)1, &batch), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_arrow_schema(worker, NULL), SAWLOG_BAD_POINTER);
    STATUS(sawlog_worker_pull_arrow(lines, &schema, &batch), SAWLOG_BAD_ORDER);
    STATUS(sawlog_worker_arrow_schema(lines, &schema), SAWLOG_BAD_ORDER);
    /* No bytes come of a worker that makes batches. */
    push(worker, "{\"a\":1}\n");
    const void *data = NULL;
    size_t len = 1;
    STATUS(sawlog_worker_output(worker, &data, &len), SAWLOG_OK);
    CHECK(len == 0);
    sawlog_worker_free(&worker);
    sawlog_worker_free(&lines);
    options.output_codec.data = "json";
    options.output_codec.len = 4;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_BAD_CONFIG);
    options.output_codec.data = NULL;
    options.output_codec.len = 0;
    options.fields.data = "a";
    options.fields.len = 1;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_BAD_CONFIG);
    sawlog_pipeline_free(&pipeline);
}

int main(void) {
    RUN(values_of_every_kind_have_their_columns);
    RUN(all_batches_have_the_schema_of_the_first);
    RUN(full_batch_stops_the_stream_until_it_is_pulled);
    RUN(columns_of_the_caller_are_kept_to);
    RUN(columns_that_cannot_be_built_are_refused);
    RUN(column_that_was_moved_out_outlives_its_batch);
    RUN(misuse_is_answered);
    return check_end();
}
