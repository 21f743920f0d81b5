/* A reader of Arrow's C data interface, as small as it can be: writes a cell of a column as JSON. A host mostly has a library for that. */
#ifndef ARROW_PRINT_H
#define ARROW_PRINT_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sawlog.h>

static inline int arrow_bit(const void *bits, int64_t at) {
    return ((const uint8_t *)bits)[at / 8] >> (at % 8) & 1;
}

static inline int arrow_is_null(const struct ArrowArray *array, int64_t row) {
    return array->null_count != 0 && array->buffers[0] != NULL && !arrow_bit(array->buffers[0], row + array->offset);
}

static inline void arrow_print_text(FILE *out, const char *text, size_t len) {
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\') {
            fprintf(out, "\\%c", byte);
        } else if (byte < ' ') {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

static inline void arrow_print_cell(FILE *out, const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row) {
    const char *format = schema->format;
    int64_t at = row + array->offset;
    if (arrow_is_null(array, row)) {
        fputs("null", out);
    } else if (strcmp(format, "b") == 0) {
        fputs(arrow_bit(array->buffers[1], at) ? "true" : "false", out);
    } else if (strcmp(format, "g") == 0) {
        fprintf(out, "%.17g", ((const double *)array->buffers[1])[at]);
    } else if (strcmp(format, "l") == 0 || strncmp(format, "ts", 2) == 0) {
        fprintf(out, "%" PRId64, ((const int64_t *)array->buffers[1])[at]);
    } else if (strcmp(format, "u") == 0) {
        const int32_t *ends = array->buffers[1];
        arrow_print_text(out, (const char *)array->buffers[2] + ends[at], (size_t)(ends[at + 1] - ends[at]));
    } else if (strcmp(format, "+l") == 0) {
        const int32_t *ends = array->buffers[1];
        fputc('[', out);
        for (int32_t i = ends[at]; i < ends[at + 1]; i++) {
            fputs(i > ends[at] ? "," : "", out);
            arrow_print_cell(out, schema->children[0], array->children[0], i);
        }
        fputc(']', out);
    } else if (strcmp(format, "+s") == 0) {
        int is_first = 1;
        fputc('{', out);
        for (int64_t i = 0; i < array->n_children; i++) {
            if (!arrow_is_null(array->children[i], at)) {
                fputs(is_first ? "" : ",", out);
                is_first = 0;
                arrow_print_text(out, schema->children[i]->name, strlen(schema->children[i]->name));
                fputc(':', out);
                arrow_print_cell(out, schema->children[i], array->children[i], at);
            }
        }
        fputc('}', out);
    }
}

#endif
