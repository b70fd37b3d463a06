#include "main/api_client.h"

#include <cstdlib>

#include "base/bytes.h"
#include "net/reactors.h"

namespace cumulet {
namespace {

std::string variable_or(std::initializer_list<const char*> names, std::string_view fallback) {
    for (const auto* name : names) {
        if (const char* value = std::getenv(name); value && *value) return value;
    }
    return std::string(fallback);
}

net::Origin origin_of(const std::string& endpoint) {
    auto origin = net::Origin::parse(endpoint);
    if (!origin)
        throw std::invalid_argument(fmt::format("'{}' is not an endpoint such as http://127.0.0.1:4566", endpoint));
    return *std::move(origin);
}

/// The error element of a Query answer, wherever the service puts it.
[[noreturn]] void throw_query_error(const http::Response& response) {
    pugi::xml_document document;
    document.load_buffer(response.body.data(), response.body.size());
    const auto error = document.find_node([](pugi::xml_node node) { return node.name() == std::string_view("Error"); });
    const auto code = text_of(error, "Code");
    const auto message = text_of(error, "Message");
    if (code.empty()) throw ApiFailed("", fmt::format("HTTP status {}", response.status), response.status);
    throw ApiFailed(std::string(code), std::string(message), response.status);
}

[[noreturn]] void throw_json_error(const http::Response& response) {
    const auto body = parse_json(response.body);
    if (!body || !body->is_object())
        throw ApiFailed("", fmt::format("HTTP status {}", response.status), response.status);
    const auto& error = body->get_object();
    auto code = string_or(error, "__type");
    if (const auto hash = code.rfind('#'); hash != code.npos) code.remove_prefix(hash + 1);
    throw ApiFailed(std::string(code), std::string(string_or(error, "message", string_or(error, "Message"))),
                    response.status);
}

std::string form_of(const ApiClient::Fields& fields) {
    std::string form;
    for (const auto& [name, value] : fields) {
        if (!form.empty()) form += '&';
        form += percent_encode(name) + '=' + percent_encode(value);
    }
    return form;
}

}  // namespace

Target target_from_environment() {
    return {variable_or({"AWS_ENDPOINT_URL"}, "http://127.0.0.1:4566"),
            variable_or({"AWS_REGION", "AWS_DEFAULT_REGION"}, "us-east-1"),
            {variable_or({"AWS_ACCESS_KEY_ID"}, "test"), variable_or({"AWS_SECRET_ACCESS_KEY"}, "test"),
             variable_or({"AWS_SESSION_TOKEN"}, "")}};
}

ApiClient::ApiClient(Target target) : target_(std::move(target)), origin_(origin_of(target_.endpoint)) {}

Time ApiClient::now() const { return Reactor::current().now(); }

Task<http::Response> ApiClient::send(std::string service, http::Request request) {
    request.headers.set("Host", origin_.authority());
    auth::sign(request, target_.credentials, target_.region, service, now());
    std::string wrong;
    try {
        co_return co_await http_.send(origin_, std::move(request));
    } catch (const net::HttpFailed& failed) {
        wrong = failed.what();
    }
    throw Unreachable(
        fmt::format("No cloud answers at {} ({}). Start one with `cumulet serve`, or name another with --endpoint "
                    "or AWS_ENDPOINT_URL.",
                    target_.endpoint, wrong));
}

Task<pugi::xml_document> ApiClient::query(QueryService service, std::string action, Fields fields) {
    fields.emplace_back("Action", action);
    fields.emplace_back("Version", service.version);
    http::Request request;
    request.method = "POST";
    request.set_target("/");
    request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = form_of(fields);
    const auto response = co_await send(std::string(service.name), std::move(request));
    if (response.status != 200) throw_query_error(response);
    pugi::xml_document document;
    if (!document.load_buffer(response.body.data(), response.body.size())) {
        throw ApiFailed("", fmt::format("The answer to {} is not XML", action), response.status);
    }
    pugi::xml_document result;
    result.append_copy(document.first_child().child((action + "Result").c_str()));
    co_return result;
}

Task<json::object> ApiClient::call_json(std::string service, std::string operation, json::object input) {
    http::Request request;
    request.method = "POST";
    request.set_target("/");
    request.headers.add("Content-Type", "application/x-amz-json-1.1");
    request.headers.add("X-Amz-Target", operation);
    request.body = json::serialize(input);
    const auto response = co_await send(std::move(service), std::move(request));
    if (response.status != 200) throw_json_error(response);
    auto body = parse_json(response.body);
    if (!body || !body->is_object()) {
        throw ApiFailed("", fmt::format("The answer to {} is not a JSON object", operation), response.status);
    }
    co_return std::move(body->get_object());
}

std::string_view text_of(pugi::xml_node element, const char* child) { return element.child(child).text().get(); }

int run_command(Task<int> command) {
    try {
        Clock clock;
        Reactor reactor(clock, Random(), net::make_socket_parker());
        return reactor.block_on(std::move(command));
    } catch (const ApiFailed& failed) {
        fmt::print(stderr, "cumulet: {}{}{}\n", failed.code, failed.code.empty() ? "" : ": ", failed.what());
    } catch (const std::exception& error) {
        fmt::print(stderr, "cumulet: {}\n", error.what());
    }
    return 1;
}

}  // namespace cumulet
