#include "runtime/web_socket.h"

#include "base/bytes.h"
#include "base/text.h"

namespace cumulet {
namespace {

/// True if one of the elements that the fields `name` list is `token`.
bool lists(const http::Request& request, std::string_view name, std::string_view token) {
    for (auto value : request.headers.all(name)) {
        while (!value.empty()) {
            const auto comma = std::min(value.find(','), value.size());
            if (equal_ignoring_case(trimmed(value.substr(0, comma)), token)) return true;
            value.remove_prefix(std::min(comma + 1, value.size()));
        }
    }
    return false;
}

http::Response refusal(int status, std::string_view why) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain");
    response.body = why;
    return response;
}

}  // namespace

bool asks_for_web_socket(const http::Request& request) { return lists(request, "Upgrade", "websocket"); }

std::optional<http::Response> refuse_handshake(const http::Request& request) {
    if (request.method != "GET" || !request.body.empty() || request.stream)
        return refusal(400, "a WebSocket needs GET");
    if (!lists(request, "Connection", "Upgrade")) return refusal(400, "Connection must list Upgrade");
    if (request.headers.get("Sec-WebSocket-Version") != "13") {
        auto response = refusal(426, "Sec-WebSocket-Version must be 13");
        response.headers.add("Sec-WebSocket-Version", "13");
        return response;
    }
    const auto keys = request.headers.all("Sec-WebSocket-Key");
    const auto nonce = keys.size() == 1 ? from_base64(keys.front()) : std::nullopt;
    if (!nonce || nonce->size() != 16) return refusal(400, "Sec-WebSocket-Key must be 16 bytes in Base64");
    return std::nullopt;
}

}  // namespace cumulet
