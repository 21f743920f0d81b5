/* One pipeline, a worker for each thread: a file cut into as many parts as there are threads, the events in the order of the
 * file.
 *
 *   cc -pthread threads.c $(pkg-config --cflags --libs sawlog) -o threads
 *   ./threads pipeline.conf access.log 4 */
#include "host.h"

#include <pthread.h>

struct part {
    const sawlog_pipeline *pipeline;
    const char *bytes;
    size_t len;
    int64_t now;
    char *out;
    size_t out_len;
    int32_t status;
};

/* Keeps what is pending. */
static int32_t keep(struct part *part, sawlog_worker *worker) {
    const void *bytes = NULL;
    size_t len = 0;
    int32_t status = sawlog_worker_output(worker, &bytes, &len);
    if (status != SAWLOG_OK || len == 0) {
        return status;
    }
    char *more = realloc(part->out, part->out_len + len);
    if (more == NULL) {
        return SAWLOG_BAD_LENGTH;
    }
    part->out = more;
    memcpy(part->out + part->out_len, bytes, len);
    part->out_len += len;
    return sawlog_worker_take_output(worker, len);
}

static void *run(void *argument) {
    struct part *part = argument;
    sawlog_worker *worker = NULL;
    size_t consumed;
    part->status = sawlog_worker_new(part->pipeline, NULL, &worker, NULL);
    while (part->status == SAWLOG_OK && part->len > 0) {
        part->status = sawlog_worker_push(worker, part->bytes, part->len, part->now, 0, &consumed);
        if (part->status > SAWLOG_OUTPUT_FULL) {
            break;
        }
        part->bytes += consumed;
        part->len -= consumed;
        part->status = keep(part, worker);
    }
    if (part->status == SAWLOG_OK) {
        part->status = sawlog_worker_finish(worker, part->now, 0);
    }
    if (part->status == SAWLOG_OK) {
        part->status = keep(part, worker);
    }
    sawlog_worker_free(&worker);
    return NULL;
}

int main(int argc, char **argv) {
    enum { MOST = 64 };
    static struct part parts[MOST];
    pthread_t threads[MOST];
    sawlog_pipeline_info info = {0};
    size_t len = 0, at = 0;
    int failed = 0;
    if (argc != 4) {
        fprintf(stderr, "usage: threads CONFIG FILE THREADS > EVENTS\n");
        return 2;
    }
    sawlog_pipeline *pipeline = host_compile(argv[1]);
    char *bytes = host_read(argv[2], &len);
    if (pipeline == NULL || bytes == NULL) {
        sawlog_pipeline_free(&pipeline);
        free(bytes);
        return 2;
    }
    info.struct_size = sizeof info;
    sawlog_pipeline_describe(pipeline, &info);
    int count = atoi(argv[3]);
    /* A filter that remembers must see all events in order. */
    count = info.is_ordered || count < 1 ? 1 : count > MOST ? MOST : count;
    int64_t now = host_now();
    for (int i = 0; i < count; i++) {
        size_t end = i + 1 == count ? len : len / (size_t)count * (size_t)(i + 1);
        while (end > at && end < len && bytes[end - 1] != '\n') {
            end++;
        }
        end = end < at ? at : end;
        parts[i].pipeline = pipeline;
        parts[i].bytes = bytes + at;
        parts[i].len = end - at;
        parts[i].now = now;
        at = end;
        if (pthread_create(&threads[i], NULL, run, &parts[i]) != 0) {
            fprintf(stderr, "threads: no thread\n");
            return 1;
        }
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        fwrite(parts[i].out, 1, parts[i].out_len, stdout);
        free(parts[i].out);
        if (parts[i].status != SAWLOG_OK) {
            host_complain(parts[i].status, NULL);
            failed = 1;
        }
    }
    sawlog_pipeline_free(&pipeline);
    free(bytes);
    return failed || fflush(stdout) != 0;
}
