/* Claims of a test program: each is a function, CHECK says what does not hold, and the last line counts. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sawlog.h>

static int check_failures;
static int check_passed, check_failed;

#define CHECK(claim)                                                                                                  \
    do {                                                                                                              \
        if (!(claim)) {                                                                                               \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #claim);                                \
            check_failures++;                                                                                         \
        }                                                                                                             \
    } while (0)

/* Compares statuses and tells both. */
#define STATUS(call, expected)                                                                                        \
    do {                                                                                                              \
        int check_status = (call);                                                                                    \
        if (check_status != (expected)) {                                                                             \
            fprintf(stderr, "%s:%d: status %d, not %d: %s\n", __FILE__, __LINE__, check_status, (int)(expected),      \
                    #call);                                                                                           \
            check_failures++;                                                                                         \
        }                                                                                                             \
    } while (0)

#define RUN(test)                                                                                                     \
    do {                                                                                                              \
        check_failures = 0;                                                                                           \
        test();                                                                                                       \
        printf("test %s ... %s\n", #test, check_failures ? "FAILED" : "ok");                                          \
        *(check_failures ? &check_failed : &check_passed) += 1;                                                       \
    } while (0)

static inline int check_end(void) {
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed != 0;
}

#define TEXT(text) (text), strlen(text)

/* The clock of all tests: 2024-06-15T12:00:00Z. */
#define NOW INT64_C(1718452800000000000)

/* A pipeline of a config that is right. */
static inline sawlog_pipeline *check_pipeline(const char *text) {
    sawlog_config *config = NULL;
    sawlog_pipeline *pipeline = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    STATUS(sawlog_config_new(&config), SAWLOG_OK);
    STATUS(sawlog_config_add_source(config, TEXT("test.conf"), TEXT(text)), SAWLOG_OK);
    STATUS(sawlog_config_parse(config, NULL, &diagnostics), SAWLOG_OK);
    STATUS(sawlog_pipeline_compile(config, NULL, NULL, &pipeline, &diagnostics), SAWLOG_OK);
    if (diagnostics != NULL) {
        sawlog_str all = sawlog_diagnostics_text(diagnostics);
        fprintf(stderr, "%.*s", (int)all.len, all.data);
    }
    sawlog_diagnostics_free(&diagnostics);
    sawlog_config_free(&config);
    return pipeline;
}

static inline sawlog_worker *check_worker(const sawlog_pipeline *pipeline, int format, int rejects, size_t max_pending) {
    sawlog_worker_options options;
    sawlog_worker *worker = NULL;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.format = format;
    options.rejects = rejects;
    options.max_pending_bytes = max_pending;
    STATUS(sawlog_worker_new(pipeline, &options, &worker, NULL), SAWLOG_OK);
    return worker;
}

static inline int check_is(sawlog_str text, const char *expected) {
    return text.len == strlen(expected) && (text.len == 0 || memcmp(text.data, expected, text.len) == 0);
}

#endif
