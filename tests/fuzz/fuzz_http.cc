// HTTP framing: any bytes, in any splits, are refused or understood; and in the same way however they are split.
#include "net/framing.h"

namespace {

using cumulet::net::FramingError;
using cumulet::net::FramingLimits;
using cumulet::net::RequestParser;
using cumulet::net::ResponseParser;

constexpr FramingLimits limits{.max_head_bytes = 2048, .max_request_line_bytes = 512, .max_header_count = 16};

struct Outcome {
    std::string messages;  ///< what was understood, as text that can be compared
    bool clean = true;     ///< the bytes ended behind a message
    bool too_long = false;
};

Outcome outcome_of(std::string_view bytes, size_t step) {
    Outcome outcome;
    auto parser = RequestParser::make(limits);
    std::string buffer;
    size_t given = 0;
    try {
        while (given < bytes.size() || !buffer.empty()) {
            cumulet::http::Request request;
            parser->begin(request);
            while (!parser->done()) {
                const auto used = buffer.empty() ? 0 : parser->put(buffer);
                if (used > buffer.size()) __builtin_trap();
                buffer.erase(0, used);
                if (used > 0 || parser->done()) continue;
                if (given == bytes.size()) {
                    outcome.clean = false;
                    return outcome;
                }
                const auto piece = bytes.substr(given, step);
                given += piece.size();
                buffer += piece;
            }
            if (request.headers.size() > limits.max_header_count) __builtin_trap();
            if (request.target.empty()) __builtin_trap();
            outcome.messages +=
                fmt::format("{} {} {} {}\n", request.method, request.target, request.headers.size(), request.body);
            if (!parser->keep_alive()) break;
        }
    } catch (const FramingError& error) {
        outcome.clean = false;
        outcome.too_long = error.status == 414 || error.status == 431;
    }
    return outcome;
}

void parse_response(std::string_view bytes, bool answers_head) {
    auto parser = ResponseParser::make(limits);
    cumulet::http::Response response;
    parser->begin(response, answers_head);
    try {
        while (!parser->done() && !bytes.empty()) {
            const auto used = parser->put(bytes);
            if (used == 0) break;
            bytes.remove_prefix(used);
        }
        if (!parser->done()) parser->put_end();
    } catch (const FramingError&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
    if (size_bytes < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size_bytes - 1);
    const auto whole = outcome_of(bytes, bytes.size());
    const auto split = outcome_of(bytes, 1 + data[0] % 32);
    // How early a head is found to be too long depends on how much of it is seen at once.
    const bool too_long = whole.too_long || split.too_long;
    if (!too_long && (whole.messages != split.messages || whole.clean != split.clean)) __builtin_trap();
    parse_response(bytes, data[0] & 1);
    return 0;
}
