#include "services/lambda/url_surface.h"

#include "base/bytes.h"
#include "base/certificate.h"
#include "contracts/proxy_reply.h"
#include "runtime/log.h"
#include "services/lambda/request.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {
namespace {

constexpr std::string_view prelude_type = "application/vnd.awslambda.http-integration-response";
constexpr std::string_view prelude_end("\0\0\0\0\0\0\0\0", 8);
constexpr size_t most_prelude_bytes = 128 << 10;

constexpr std::string_view forbidden_text =
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

http::Response message(int status, std::string_view text) {
    http::Response response{.status = status};
    response.headers.add("content-type", "application/json");
    response.body = json::serialize(json::object{{"Message", text}});
    return response;
}

/// For callers who may not use a URL, and for URLs that are not there.
http::Response forbidden() {
    auto response = message(403, forbidden_text);
    response.headers.add("x-amzn-ErrorType", "AccessDeniedException");
    return response;
}

/// JSON without the spaces between its parts.
std::string compact(std::string_view text) {
    std::string out;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (!quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) continue;
        out += c;
        if (c == '"') quoted = !quoted;
        if (quoted && c == '\\' && i + 1 < text.size()) out += text[++i];
    }
    return out;
}

/// What the function answered, as URLs differ from HTTP APIs: a result that is no response is written anew, and a
/// response says of itself that it is JSON unless it says otherwise.
std::optional<http::Response> read_reply(const std::string& payload) {
    const auto parsed = parse_json(payload);
    const auto* reply = parsed && parsed->is_object() ? &parsed->as_object() : nullptr;
    if (!reply || !reply->contains("statusCode")) return contracts::read_proxy_reply(compact(payload), "2.0");
    auto response = contracts::read_structured_reply(*reply, "2.0");
    const auto* headers = find(*parsed, "headers");
    const auto is_type = [](const auto& header) { return equal_ignoring_case(header.key(), "content-type"); };
    const bool typed = headers && headers->is_object() && std::ranges::any_of(headers->as_object(), is_type);
    if (response && !typed) response->headers.set("content-type", "application/json");
    return response;
}

/// What follows of a response after its beginning was looked at.
class RestOfResponse final : public ByteStream {
  public:
    RestOfResponse(std::string begun, std::shared_ptr<StreamedRun> streamed)
        : begun_(std::move(begun)), streamed_(std::move(streamed)) {}

    Task<std::optional<std::string>> read() override {
        if (!begun_.empty()) co_return std::exchange(begun_, {});
        auto piece = co_await streamed_->pipe->read();
        if (!piece && (streamed_->failure || streamed_->outcome.failed)) {
            throw StreamBroken("the function failed after its response had begun");
        }
        co_return piece;
    }
    void cancel() override { streamed_->pipe->cancel(); }

  private:
    std::string begun_;
    std::shared_ptr<StreamedRun> streamed_;
};

/// The response of a function that streams: what its prelude says, or a success with its content type.
Task<http::Response> read_streamed(std::shared_ptr<StreamedRun> streamed) {
    http::Response response;
    std::string begun;
    if (streamed->content_type == prelude_type) {
        while (begun.find(prelude_end) == begun.npos && begun.size() < most_prelude_bytes) {
            auto piece = co_await streamed->pipe->read();
            if (!piece) break;
            begun += *piece;
        }
        const auto end = begun.find(prelude_end);
        const auto prelude = end == begun.npos ? std::unexpected(std::string()) : parse_json(begun.substr(0, end));
        if (!prelude || !prelude->is_object()) co_return message(502, "Internal Server Error");
        auto reply = prelude->as_object();
        if (!reply.contains("statusCode")) reply["statusCode"] = 200;
        auto structured = contracts::read_structured_reply(reply, "2.0");
        if (!structured) co_return message(502, "Internal Server Error");
        response = std::move(*structured);
        begun.erase(0, end + prelude_end.size());
    }
    if (!response.headers.has("content-type")) {
        const bool plain = streamed->content_type.empty() || streamed->content_type == prelude_type;
        response.headers.add("content-type", plain ? "application/octet-stream" : streamed->content_type);
    }
    response.stream = std::make_shared<RestOfResponse>(std::move(begun), std::move(streamed));
    co_return response;
}

}  // namespace

Task<std::optional<UrlSurface::Found>> UrlSurface::find(Call& call, std::string id) {
    const auto fraction = call.random().fraction();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<Found>> {
        auto url = co_await find_url_by_id(tx, id);
        if (!url) co_return std::nullopt;
        Found found{.url = std::move(*url), .policy = {}, .function = {}};
        if (gate_) found.policy = co_await find_policy(tx, found.url.function);
        try {
            found.function = co_await load_qualified(tx, service_.functions_, found.url.function, fraction);
        } catch (const aws::lambda::ResourceNotFoundException&) {
            // Callers who may not use the URL are not told.
        }
        co_return found;
    });
}

Task<void> UrlSurface::admit(Call& call, const Found& found, const http::Request& request) {
    if (!gate_) co_return;
    const auto& url = found.url;
    call.principal = {.kind = Principal::Kind::anonymous, .account = url.function.account};
    if (url.signed_only()) co_await gate_->identify(call, request, aws::lambda::service);
    co_await gate_->permit(call, aws::lambda::service, "lambda:InvokeFunctionUrl", url.function.arn(), found.policy,
                           {{"lambda:FunctionUrlAuthType", url.config.AuthType}});
}

Task<http::Response> UrlSurface::serve(Call& call, http::Request request) {
    request.headers.erase(tls_session_field);
    const auto destination = read_url_destination(request.host(), request.path);
    if (!destination) co_return message(404, "Not Found");
    const auto found = co_await find(call, destination->id);
    if (!found) co_return forbidden();
    const auto& url = found->url;
    const auto& cors = url.config.Cors;
    if (cors && is_preflight(request)) co_return answer_preflight(*cors, request);
    http::Response response;
    try {
        if (request.stream) {
            request.body = co_await read_all(std::exchange(request.stream, nullptr), most_payload_bytes);
        }
        co_await admit(call, *found, request);
        call.account = url.function.account;
        call.region = url.function.region;
        auto event = url_event(call, url, request, destination->path);
        if (event.size() > most_payload_bytes) throw StreamTooLong("the event is too long");
        response = co_await run(call, *found, std::move(event));
    } catch (const StreamTooLong&) {
        response = message(413, "Request Entity Too Large");
    } catch (const aws::lambda::TooManyRequestsException& error) {
        response = message(429, error.message);
    } catch (const aws::Error& error) {
        response = error.status == 403 ? forbidden() : message(502, "Internal Server Error");
        log::debug("a function URL refused a request", {{"url", url.id}, {"why", error.message}});
    }
    if (cors) apply_cors(*cors, request, response);
    co_return response;
}

Task<http::Response> UrlSurface::run(Call& call, const Found& found, std::string event) {
    const auto& name = found.url.function;
    if (!found.function) co_return forbidden();
    Invocation invocation{.request_id = call.request_id,
                          .payload = std::move(event),
                          .function_arn = name.arn(),
                          .client_context = {},
                          .trace = call.trace,
                          .pipe = {}};
    if (found.url.streams()) {
        auto streamed = co_await service_.run_streaming(call, name, found.function, std::move(invocation));
        if (streamed->content_type.empty()) co_return message(502, "Internal Server Error");
        co_return co_await read_streamed(std::move(streamed));
    }
    const auto outcome = co_await service_.run(call, name, found.function, std::move(invocation));
    if (outcome.failed || outcome.lost) co_return message(502, "Internal Server Error");
    auto response = read_reply(outcome.payload);
    co_return response ? std::move(*response) : message(502, "Internal Server Error");
}

}  // namespace cumulet::lambda
