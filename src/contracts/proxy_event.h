// What functions are told about an HTTP request, by HTTP APIs and by function URLs. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
#pragma once

#include <string>
#include <string_view>

#include "base/http.h"
#include "base/json.h"
#include "base/time.h"

namespace cumulet {

class Call;

namespace contracts {

/// "23/Nov/2026:00:55:00 +0000"
std::string format_request_time(Time time);
/// True for fields of a request that a function is not shown as they came: they are the connection's, or rewritten.
bool is_own_field(std::string_view name);
/// What X-Forwarded-Port says: "443".
std::string forwarded_port(const http::Request& request);
/// `text` where it is UTF-8, which is all that JSON holds, otherwise percent-encoded.
std::string readable(std::string_view text);
/// Headers, or query parameters, as events in the format 1.0 have them.
struct NamedValues {
    json::object last;  ///< each name's last value
    json::object all;   ///< each name's values

    void add(std::string_view name, std::string_view value);
};
template <typename Pairs>
NamedValues named_values(const Pairs& pairs) {
    NamedValues values;
    for (const auto& pair : pairs) values.add(pair.name, pair.value);
    return values;
}
/// Adds the cookies of a Cookie field, one text each.
void add_cookies(json::array& cookies, std::string_view field);
/// "Root=1-…": a trace for a request that brings none.
std::string new_trace(Call& call);

}  // namespace contracts
}  // namespace cumulet
