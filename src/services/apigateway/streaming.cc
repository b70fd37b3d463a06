#include "services/apigateway/streaming.h"

#include "contracts/proxy_reply.h"

namespace cumulet::apigateway {
namespace {

constexpr std::string_view prelude_end("\0\0\0\0\0\0\0\0", 8);
constexpr size_t longest_prelude_bytes = 16 << 10;

void add_cookies(const json::object& prelude, http::Response& response) {
    const auto* cookies = prelude.if_contains("cookies");
    if (!cookies || cookies->is_null()) return;
    if (!cookies->is_array()) throw malformed_proxy_reply();
    for (const auto& cookie : cookies->as_array()) {
        if (!cookie.is_string() || !fits_header(std::string_view(cookie.as_string()))) throw malformed_proxy_reply();
        response.headers.add("set-cookie", std::string(cookie.as_string()));
    }
}

}  // namespace

Task<std::optional<std::string>> PayloadStream::read() {
    if (!begun_.empty()) co_return std::exchange(begun_, {});
    while (!complete_) {
        if (auto event = reader_.next()) {
            const auto type = event->header(":event-type");
            if (type == "PayloadChunk") {
                if (event->payload.empty()) continue;
                co_return std::move(event->payload);
            }
            complete_ = true;
            const auto outcome = parse_json(event->payload);
            if (type != "InvokeComplete" || (outcome && find(*outcome, "ErrorCode")))
                throw StreamBroken("the function failed while it answered");
            break;
        }
        const auto piece = co_await events_->read();
        if (!piece) throw StreamBroken("the function's answer ended early");
        reader_.feed(*piece);
    }
    co_return std::nullopt;
}

Task<http::Response> read_streamed_answer(std::shared_ptr<PayloadStream> payload) {
    std::string begun;
    auto end = std::string::npos;
    try {
        while (end == std::string::npos && begun.size() < longest_prelude_bytes) {
            auto piece = co_await payload->read();
            if (!piece) break;
            begun += *piece;
            end = begun.find(prelude_end);
        }
    } catch (const StreamBroken&) {
        end = std::string::npos;
    }
    auto parsed = end <= longest_prelude_bytes ? parse_json(begun.substr(0, end)) : std::unexpected(std::string());
    auto* prelude = parsed ? parsed->if_object() : nullptr;
    if (!prelude) {
        payload->cancel();
        throw malformed_proxy_reply();
    }
    if (!prelude->contains("statusCode")) (*prelude)["statusCode"] = 200;
    prelude->erase("body");
    auto response = contracts::read_structured_reply(*prelude, "1.0");
    if (!response) throw malformed_proxy_reply();
    add_cookies(*prelude, *response);
    if (!response->headers.has("content-type")) response->headers.add("content-type", "application/octet-stream");
    payload->unread(begun.substr(end + prelude_end.size()));
    response->stream = std::move(payload);
    co_return std::move(*response);
}

}  // namespace cumulet::apigateway
