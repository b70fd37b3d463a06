#include "services/lambda/request.h"

#include "base/bytes.h"
#include "base/json.h"
#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_client_context_bytes = 3583;

constexpr std::string_view expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// What a payload breaks at its first value, in the words of AWS's parser; "" where the fault lies further on.
std::string fault_of(std::string_view payload) {
    const auto start = payload.find_first_not_of(" \t\r\n");
    if (start == payload.npos || std::string_view("{[\"-0123456789").contains(payload[start])) return "";
    const auto place = [&](size_t column) {
        return fmt::format(
            "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {}]",
            column);
    };
    const auto letter = static_cast<unsigned char>(payload[start]);
    if (!std::isalpha(letter)) {
        const bool printed = letter > 0x20 && letter < 0x7F;
        return fmt::format("Unexpected character ({}code {})): expected a valid value {}{}",
                           printed ? fmt::format("'{}' (", payload[start]) : "(CTRL-CHAR, ", letter, expected,
                           place(start + 1));
    }
    auto end = start;
    while (end < payload.size() && std::isalnum(static_cast<unsigned char>(payload[end]))) ++end;
    const auto next = end < payload.size() ? static_cast<unsigned char>(payload[end]) : 0;
    if ((next >= 0x80 && next < 0xC2) || next > 0xF4) {
        return fmt::format("Invalid UTF-8 start byte 0x{:x}{}", next, place(end + 2));
    }
    return fmt::format("Unrecognized token '{}': was expecting {}{}", payload.substr(start, end - start), expected,
                       place(end + 1));
}

}  // namespace

void check_payload(const std::string& payload, size_t most_bytes) {
    if (payload.size() > most_bytes) {
        throw user_fault<aws::lambda::RequestTooLargeException>(
            fmt::format("Request must be smaller than {} bytes for the InvokeFunction operation", most_bytes));
    }
    if (const auto parsed = parse_json(payload); !parsed) {
        const auto fault = fault_of(payload);
        throw user_fault<aws::lambda::InvalidRequestContentException>(
            "Could not parse request body into json: Could not parse payload into json: " +
            (fault.empty() ? parsed.error() : fault));
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
