#include "services/lambda/request.h"

#include "base/bytes.h"
#include "base/json.h"
#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_client_context_bytes = 3583;

}  // namespace

void check_payload(const std::string& payload, size_t most_bytes) {
    if (payload.size() > most_bytes) {
        throw user_fault<aws::lambda::RequestTooLargeException>(
            fmt::format("Request must be smaller than {} bytes for the InvokeFunction operation", most_bytes));
    }
    if (const auto parsed = parse_json(payload); !parsed) {
        throw user_fault<aws::lambda::InvalidRequestContentException>("Could not parse request body into json: " +
                                                                      parsed.error());
    }
}

/// The client context as one line of JSON.
std::string decode_client_context(const std::optional<std::string>& encoded) {
    if (!encoded || encoded->empty()) return "";
    if (encoded->size() > most_client_context_bytes) throw invalid("Client context must be no more than 3583 bytes.");
    const auto text = from_base64(*encoded);
    const auto parsed = text ? parse_json(*text) : std::unexpected(std::string());
    if (!parsed || !parsed->is_object()) {
        throw user_fault<aws::lambda::InvalidRequestContentException>(
            "Client context must be a valid Base64-encoded JSON object.");
    }
    return json::serialize(*parsed);
}

}  // namespace cumulet::lambda
