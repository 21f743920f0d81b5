/* One line at a time, its fields as values: for hosts that have to answer before the next line comes.
 *
 *   cc single_event.c $(pkg-config --cflags --libs sawlog) -o single_event
 *   echo '55.3.244.1 GET /index.html' | ./single_event pipeline.conf */
#include "host.h"

#include <inttypes.h>

/* Writes the fields of a map, or the entries of a list, a line each. */
static void show(const sawlog_event *event, const sawlog_value *parent, int level) {
    sawlog_value value = {0};
    value.struct_size = sizeof value;
    while (sawlog_event_next(event, parent, &value) == SAWLOG_OK) {
        printf("%*s%.*s: ", level * 2, "", (int)value.name.len, value.name.len > 0 ? value.name.data : "");
        switch (value.kind) {
        case SAWLOG_KIND_STRING:
        case SAWLOG_KIND_NUMBER:
            printf("%.*s\n", (int)value.text.len, value.text.data);
            break;
        case SAWLOG_KIND_INT:
            printf("%" PRId64 "\n", value.integer);
            break;
        case SAWLOG_KIND_FLOAT:
            printf("%g\n", value.real);
            break;
        case SAWLOG_KIND_BOOL:
            printf("%s\n", value.integer ? "true" : "false");
            break;
        case SAWLOG_KIND_TIME:
            printf("%" PRId64 ".%09" PRIu32 "\n", value.integer, value.nanos);
            break;
        case SAWLOG_KIND_ARRAY:
        case SAWLOG_KIND_OBJECT:
            printf("%" PRId64 " values\n", value.integer);
            show(event, &value, level + 1);
            break;
        default:
            printf("null\n");
        }
    }
}

int main(int argc, char **argv) {
    static char line[1 << 20];
    sawlog_worker *worker = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: single_event CONFIG < LINES\n");
        return 2;
    }
    sawlog_pipeline *pipeline = host_compile(argv[1]);
    if (pipeline == NULL) {
        return 2;
    }
    int32_t status = sawlog_worker_new(pipeline, NULL, &worker, &diagnostics);
    while (status == SAWLOG_OK && fgets(line, sizeof line, stdin) != NULL) {
        size_t events = 0;
        status = sawlog_worker_run_line(worker, line, strcspn(line, "\n"), host_now(), 0, &events, NULL);
        for (size_t i = 0; status == SAWLOG_OK && i < events; i++) {
            const sawlog_event *event = NULL;
            status = sawlog_worker_event(worker, i, &event);
            show(event, NULL, 0);
        }
    }
    host_complain(status, diagnostics);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
    return status == SAWLOG_OK ? 0 : 1;
}
