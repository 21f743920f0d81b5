// The header from C++17: handles as unique pointers, texts as string views.
#include <sawlog.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace {

struct Free {
    void operator()(sawlog_config *handle) const { sawlog_config_free(&handle); }
    void operator()(sawlog_pipeline *handle) const { sawlog_pipeline_free(&handle); }
    void operator()(sawlog_worker *handle) const { sawlog_worker_free(&handle); }
};

template <typename Handle>
using Owned = std::unique_ptr<Handle, Free>;

constexpr std::string_view text = "filter { grok { match => { \"message\" => \"%{WORD:verb}\" } } }";
constexpr std::string_view name = "cxx.conf";

int run() {
    sawlog_config *config_handle = nullptr;
    if (sawlog_config_new(&config_handle) != SAWLOG_OK) {
        return 1;
    }
    Owned<sawlog_config> config(config_handle);
    if (sawlog_config_add_source(config.get(), name.data(), name.size(), text.data(), text.size()) != SAWLOG_OK ||
        sawlog_config_parse(config.get(), nullptr, nullptr) != SAWLOG_OK) {
        return 2;
    }
    sawlog_options options{};
    options.struct_size = sizeof options;
    options.ecs = SAWLOG_ECS_DISABLED;
    sawlog_pipeline *pipeline_handle = nullptr;
    if (sawlog_pipeline_compile(config.get(), nullptr, &options, &pipeline_handle, nullptr) != SAWLOG_OK) {
        return 3;
    }
    Owned<sawlog_pipeline> pipeline(pipeline_handle);
    sawlog_worker *worker_handle = nullptr;
    if (sawlog_worker_new(pipeline.get(), nullptr, &worker_handle, nullptr) != SAWLOG_OK) {
        return 4;
    }
    Owned<sawlog_worker> worker(worker_handle);
    std::string out(4096, '\0');
    size_t consumed = 0, written = 0;
    if (sawlog_worker_transform(worker.get(), "GET /\n", 6, 0, 0, out.data(), out.size(), &consumed, &written) != SAWLOG_OK) {
        return 5;
    }
    out.resize(written);
    const std::string_view expected =
        "{\"@timestamp\":\"1970-01-01T00:00:00.000Z\",\"@version\":\"1\",\"message\":\"GET /\",\"verb\":\"GET\"}\n";
    if (out != expected) {
        std::fwrite(out.data(), 1, out.size(), stderr);
        return 6;
    }
    return 0;
}

}  // namespace

int main() {
    const int failed = run();
    std::printf("%d passed, %d failed\n", failed == 0, failed != 0);
    return failed;
}
