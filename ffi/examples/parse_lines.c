/* Standard input through a config, as one JSON object a line on standard output.
 *
 *   cc parse_lines.c $(pkg-config --cflags --libs sawlog) -o parse_lines
 *   ./parse_lines pipeline.conf < access.log */
#include "host.h"

/* Pushes some bytes and writes out all that came of them. */
static int32_t transform(sawlog_worker *worker, const char *bytes, size_t len, int64_t now) {
    static char out[65536];
    size_t consumed, written;
    int32_t status;
    do {
        status = sawlog_worker_transform(worker, bytes, len, now, 0, out, sizeof out, &consumed, &written);
        if (status > SAWLOG_OUTPUT_FULL) {
            return status;
        }
        fwrite(out, 1, written, stdout);
        bytes += consumed;
        len -= consumed;
    } while (status == SAWLOG_OUTPUT_FULL);
    return status;
}

int main(int argc, char **argv) {
    static char in[65536];
    sawlog_worker_options options = {0};
    sawlog_worker *worker = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    size_t len;
    if (argc != 2) {
        fprintf(stderr, "usage: parse_lines CONFIG < LINES > EVENTS\n");
        return 2;
    }
    sawlog_pipeline *pipeline = host_compile(argv[1]);
    if (pipeline == NULL) {
        return 2;
    }
    options.struct_size = sizeof options;
    options.rejects = SAWLOG_REJECTS_NONE;
    int32_t status = sawlog_worker_new(pipeline, &options, &worker, &diagnostics);
    if (status != SAWLOG_OK) {
        host_complain(status, diagnostics);
        sawlog_pipeline_free(&pipeline);
        return 2;
    }
    while (status == SAWLOG_OK && (len = fread(in, 1, sizeof in, stdin)) > 0) {
        status = transform(worker, in, len, host_now());
    }
    if (status == SAWLOG_OK) {
        int64_t now = host_now();
        status = sawlog_worker_finish(worker, now, 0);
        if (status == SAWLOG_OK) {
            status = transform(worker, NULL, 0, now);
        }
    }
    if (status == SAWLOG_OK) {
        sawlog_stats stats = {0};
        stats.struct_size = sizeof stats;
        sawlog_worker_stats(worker, &stats);
        fprintf(stderr, "%llu lines, %llu events\n", (unsigned long long)stats.lines, (unsigned long long)stats.events_out);
    } else {
        host_complain(status, NULL);
    }
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
    return status == SAWLOG_OK && fflush(stdout) == 0 ? 0 : 1;
}
