/* The same as benches/src/bin/batches.rs through the C interface: `batches CONFIG INPUT ROUNDS batches|transform|borrow|lines`. */
#include "../../ffi/examples/host.h"

enum { PIECE = 64 * 1024 };

static char out[4 << 20];
static volatile size_t seen;

static int64_t spent_so_far(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int32_t batches(sawlog_worker *worker, const char *bytes, size_t len, const char *mode) {
    size_t consumed, written;
    const void *shown;
    int32_t status = SAWLOG_OK;
    for (size_t at = 0; at < len && status == SAWLOG_OK; at += PIECE) {
        size_t piece = len - at < PIECE ? len - at : PIECE;
        if (*mode == 't') {
            status = sawlog_worker_transform(worker, bytes + at, piece, 0, 0, out, sizeof out, &consumed, &written);
            seen += written;
            continue;
        }
        status = sawlog_worker_push(worker, bytes + at, piece, 0, 0, &consumed);
        if (status == SAWLOG_OK && *mode == 'b' && mode[1] == 'a') {
            status = sawlog_worker_pull(worker, out, sizeof out, &written);
            seen += written;
        } else if (status == SAWLOG_OK) {
            status = sawlog_worker_output(worker, &shown, &written);
            seen += written;
            sawlog_worker_take_output(worker, written);
        }
    }
    return status;
}

static int32_t lines(sawlog_worker *worker, const char *bytes, size_t len) {
    int32_t status = SAWLOG_OK;
    for (size_t at = 0; at <= len && status == SAWLOG_OK;) {
        const char *end = memchr(bytes + at, '\n', len - at);
        size_t line = end == NULL ? len - at : (size_t)(end - bytes) - at;
        size_t events = 0;
        sawlog_nodes event = {0};
        event.struct_size = sizeof event;
        status = sawlog_worker_run_line(worker, bytes + at, line, 0, 0, &events, &event);
        for (size_t i = 1; i < event.count; i = event.nodes[i].end) {
            seen += event.nodes[i].kind;
        }
        at += line + 1;
    }
    return status;
}

int main(int argc, char **argv) {
    sawlog_config *config = NULL;
    sawlog_pipeline *pipeline = NULL;
    sawlog_worker *worker = NULL;
    sawlog_options options = {0};
    size_t len = 0, text_len = 0;
    int64_t spent = 0;
    if (argc != 5) {
        return 2;
    }
    char *text = host_read(argv[1], &text_len), *bytes = host_read(argv[2], &len);
    if (text == NULL || bytes == NULL) {
        return 2;
    }
    options.struct_size = sizeof options;
    options.ecs = SAWLOG_ECS_DISABLED;
    sawlog_config_new(&config);
    sawlog_config_add_source(config, argv[1], strlen(argv[1]), text, text_len);
    int32_t status = sawlog_config_parse(config, NULL, NULL);
    if (status == SAWLOG_OK) {
        status = sawlog_pipeline_compile(config, NULL, &options, &pipeline, NULL);
    }
    if (status == SAWLOG_OK) {
        status = sawlog_worker_new(pipeline, NULL, &worker, NULL);
    }
    for (int i = 0; i < atoi(argv[3]) && status == SAWLOG_OK; i++) {
        int64_t start = spent_so_far();
        status = *argv[4] == 'l' ? lines(worker, bytes, len) : batches(worker, bytes, len, argv[4]);
        spent = spent_so_far() - start;
    }
    printf("%lld\n", (long long)spent);
    return status;
}
