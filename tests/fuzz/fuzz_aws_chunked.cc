// aws-chunked: any bytes, in any splits, decode to the same or are refused.
#include <fmt/format.h>

#include <cstdint>

#include "base/aws_chunked.h"

namespace {

using namespace cumulet;

struct Recorder final : AwsChunkedParser::Visitor {
    void chunk(uint64_t size_bytes, std::string_view signature) override {
        expected = size_bytes;
        seen += fmt::format("[{} {}]", size_bytes, signature);
    }
    void data(std::string_view bytes) override {
        if (bytes.empty() || bytes.size() > expected) __builtin_trap();
        expected -= bytes.size();
        seen += bytes;
    }
    void chunk_end() override {
        if (expected != 0) __builtin_trap();
        seen += "|";
    }
    void trailer(std::string_view name, std::string_view value) override {
        seen += fmt::format("<{}:{}>", name, value);
    }

    std::string seen;
    uint64_t expected = 0;
};

std::string outcome_of(std::string_view bytes, size_t step) {
    Recorder recorder;
    AwsChunkedParser parser;
    try {
        for (size_t at = 0; at < bytes.size(); at += step) parser.put(bytes.substr(at, step), recorder);
        parser.finish(recorder);
    } catch (const MalformedChunks& error) {
        return recorder.seen + " refused: " + error.what();
    }
    return recorder.seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
    if (size_bytes < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size_bytes - 1);
    if (outcome_of(bytes, bytes.size()) != outcome_of(bytes, 1 + data[0] % 16)) __builtin_trap();
    return 0;
}
