/* Standard input through a config, as Arrow record batches: the schema on standard error, the rows on standard output.
 *
 *   cc arrow.c $(pkg-config --cflags --libs sawlog) -o arrow
 *   ./arrow pipeline.conf < access.log
 *
 * A host with an Arrow library hands the two structs to it instead of reading them: ImportRecordBatch of Arrow C++, RecordBatch._import_from_c
 * of pyarrow, cdata.ImportCRecordBatch of Go, nanoarrow, DuckDB, … */
#include "host.h"

#include "arrow_print.h"

static int has_schema;

/* Takes and prints the batches that are there. */
static int32_t take(sawlog_worker *worker) {
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int32_t status;
    while ((status = sawlog_worker_pull_arrow(worker, &schema, &batch)) == SAWLOG_OK) {
        for (int64_t i = 0; !has_schema && i < schema.n_children; i++) {
            fprintf(stderr, "%s: %s\n", schema.children[i]->name, schema.children[i]->format);
        }
        has_schema = 1;
        for (int64_t row = 0; row < batch.length; row++) {
            arrow_print_cell(stdout, &schema, &batch, row);
            putchar('\n');
        }
        /* They are the host's. */
        batch.release(&batch);
        schema.release(&schema);
    }
    return status == SAWLOG_END ? SAWLOG_OK : status;
}

int main(int argc, char **argv) {
    static char in[65536];
    sawlog_worker_options options = {0};
    sawlog_worker *worker = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    size_t len;
    if (argc != 2) {
        fprintf(stderr, "usage: arrow CONFIG < LINES > ROWS\n");
        return 2;
    }
    sawlog_pipeline *pipeline = host_compile(argv[1]);
    if (pipeline == NULL) {
        return 2;
    }
    options.struct_size = sizeof options;
    options.format = SAWLOG_FORMAT_ARROW;
    int32_t status = sawlog_worker_new(pipeline, &options, &worker, &diagnostics);
    while (status == SAWLOG_OK && (len = fread(in, 1, sizeof in, stdin)) > 0) {
        size_t at = 0, consumed = 0;
        do {
            /* Full when a batch is: it is taken, and the rest pushed. */
            status = sawlog_worker_push(worker, in + at, len - at, host_now(), 0, &consumed);
            at += consumed;
        } while (status == SAWLOG_OUTPUT_FULL && (status = take(worker)) == SAWLOG_OK && at < len);
    }
    if (status == SAWLOG_OK) {
        status = sawlog_worker_finish(worker, host_now(), 0);
    }
    if (status == SAWLOG_OK) {
        status = take(worker);
    }
    host_complain(status, diagnostics);
    sawlog_worker_free(&worker);
    sawlog_pipeline_free(&pipeline);
    return status == SAWLOG_OK && fflush(stdout) == 0 ? 0 : 1;
}
