/* What a host does for sawlog, which opens no file by itself: reads the config, and what the config asks for. Copy what you need.
 *
 * C99 and POSIX (opendir, fnmatch). */
#ifndef HOST_H
#define HOST_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sawlog.h>

/* The list of user agents, for `useragent` filters that name no file; `pkg-config --variable=useragents sawlog` has the path. */
#ifndef SAWLOG_USER_AGENTS
#define SAWLOG_USER_AGENTS "/usr/local/share/sawlog/regexes.yaml"
#endif

/* The clock in nanoseconds since 1970. */
static inline int64_t host_now(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The bytes of a file, with a zero behind them; NULL if it cannot be read. To be freed with free. */
static inline char *host_read(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t capacity = 0;
    *len = 0;
    if (file == NULL) {
        return NULL;
    }
    for (;;) {
        if (capacity - *len < 2) {
            char *more = realloc(bytes, capacity = capacity * 2 + 65536);
            if (more == NULL) {
                break;
            }
            bytes = more;
        }
        size_t got = fread(bytes + *len, 1, capacity - *len - 1, file);
        *len += got;
        if (got == 0) {
            break;
        }
    }
    if (ferror(file) || bytes == NULL) {
        free(bytes);
        bytes = NULL;
    } else {
        bytes[*len] = 0;
    }
    fclose(file);
    return bytes;
}

/* A text of the library's as a text that ends with a zero. To be freed with free. */
static inline char *host_text(sawlog_str text) {
    char *copy = malloc(text.len + 1);
    if (copy != NULL) {
        if (text.len > 0) {
            memcpy(copy, text.data, text.len);
        }
        copy[text.len] = 0;
    }
    return copy;
}

/* Says what is wrong, and frees it. */
static inline void host_complain(int32_t status, sawlog_diagnostics *diagnostics) {
    sawlog_str text = sawlog_diagnostics_text(diagnostics);
    if (text.len > 0) {
        fwrite(text.data, 1, text.len, stderr);
    } else if (status != SAWLOG_OK) {
        text = sawlog_status_text(status);
        fprintf(stderr, "sawlog: %.*s\n", (int)text.len, text.data);
    }
    sawlog_diagnostics_free(&diagnostics);
}

static inline int host_by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Hands over the files of a directory that the glob matches, in the order of their names; 0 if it is no directory. */
static inline int host_read_directory(sawlog_resources *resources, const char *path, const char *glob) {
    DIR *directory = opendir(path);
    char **names = NULL;
    size_t count = 0;
    struct dirent *entry;
    if (directory == NULL) {
        return 0;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.' || fnmatch(glob, entry->d_name, 0) != 0) {
            continue;
        }
        char **more = realloc(names, (count + 1) * sizeof *names);
        if (more == NULL) {
            break;
        }
        names = more;
        size_t len = strlen(entry->d_name) + 1;
        if ((names[count] = malloc(len)) == NULL) {
            break;
        }
        memcpy(names[count++], entry->d_name, len);
    }
    closedir(directory);
    if (count > 0) {
        qsort(names, count, sizeof *names, host_by_name);
    }
    sawlog_resources_add_directory(resources, path, strlen(path));
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(path) + strlen(names[i]) + 2;
        char *file = malloc(len);
        if (file != NULL) {
            snprintf(file, len, "%s/%s", path, names[i]);
            char *bytes = host_read(file, &len);
            if (bytes != NULL) {
                sawlog_resources_add_directory_file(resources, path, strlen(path), names[i], strlen(names[i]), bytes, len);
            }
            free(bytes);
        }
        free(file);
        free(names[i]);
    }
    free(names);
    return 1;
}

/* Hands over what the config asks for, as far as it is there; compiling says what is missing. Called twice: paths may hold
 * variables. */
static inline void host_supply(const sawlog_config *config, sawlog_resources *resources) {
    sawlog_needs *needs = NULL;
    if (sawlog_config_needs(config, resources, &needs) != SAWLOG_OK) {
        return;
    }
    for (size_t i = 0; i < sawlog_needs_count(needs); i++) {
        sawlog_need need = {0};
        need.struct_size = sizeof need;
        sawlog_needs_at(needs, i, &need);
        char *name = host_text(need.name), *glob = host_text(need.glob), *bytes = NULL;
        size_t len = 0;
        if (need.kind == SAWLOG_NEED_VARIABLE) {
            const char *value = getenv(name);
            if (value != NULL) {
                sawlog_resources_set_variable(resources, need.name.data, need.name.len, value, strlen(value));
            }
        } else if (need.kind == SAWLOG_NEED_USER_AGENTS) {
            if ((bytes = host_read(SAWLOG_USER_AGENTS, &len)) != NULL) {
                sawlog_resources_set_user_agents(resources, bytes, len, NULL);
            }
        } else if (need.kind == SAWLOG_NEED_FILE || !host_read_directory(resources, name, glob)) {
            if ((bytes = host_read(name, &len)) != NULL) {
                sawlog_resources_add_file(resources, need.name.data, need.name.len, bytes, len);
            }
        }
        free(bytes);
        free(glob);
        free(name);
    }
    sawlog_needs_free(&needs);
}

/* Compiles the config in a file; says what is wrong with it, and gives NULL if it cannot be compiled. */
static inline sawlog_pipeline *host_compile(const char *path) {
    sawlog_config *config = NULL;
    sawlog_resources *resources = NULL;
    sawlog_pipeline *pipeline = NULL;
    sawlog_diagnostics *diagnostics = NULL;
    sawlog_options options = {0};
    size_t len = 0;
    char *text = host_read(path, &len);
    if (text == NULL) {
        perror(path);
        return NULL;
    }
    sawlog_config_new(&config);
    sawlog_resources_new(&resources);
    int32_t status = sawlog_config_add_source(config, path, strlen(path), text, len);
    if (status == SAWLOG_OK) {
        status = sawlog_config_parse(config, NULL, &diagnostics);
    }
    if (status == SAWLOG_OK) {
        host_supply(config, resources);
        host_supply(config, resources);
        options.struct_size = sizeof options;
        options.start_ns = host_now();
        status = sawlog_pipeline_compile(config, resources, &options, &pipeline, &diagnostics);
    }
    host_complain(status, diagnostics);
    sawlog_resources_free(&resources);
    sawlog_config_free(&config);
    free(text);
    return pipeline;
}

#endif
