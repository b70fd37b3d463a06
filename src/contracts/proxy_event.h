// What functions are told about an HTTP request, by HTTP APIs and by function URLs. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/time.h"

namespace cumulet {

class Call;

namespace contracts {

/// "23/Nov/2026:00:55:00 +0000"
std::string format_request_time(Time time);
/// A Host field's name, and its port with the colon ("" if there is none).
std::pair<std::string_view, std::string_view> split_port(std::string_view host);
/// `text` where it is UTF-8, which is all that JSON holds, otherwise percent-encoded.
std::string readable(std::string_view text);
/// Adds the cookies of a Cookie field, one text each.
void add_cookies(json::array& cookies, std::string_view field);
/// "Root=1-…": a trace for a request that brings none.
std::string new_trace(Call& call);

}  // namespace contracts
}  // namespace cumulet
