// The Extensions API, the Telemetry API and the Logs API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html

#include "services/lambda/workers/worker_state.h"

namespace cumulet::lambda {
namespace {

constexpr std::string_view accepted = R"({"status":"OK"})";
constexpr std::string_view id_header = "lambda-extension-identifier";

}  // namespace

void Worker::handle_extension(Connection& connection, RuntimeRequest request, std::string_view path) {
    if (request.method == "POST" && path == "register") return enter_extension(connection, request);
    auto* extension = extensions_.find(request.headers.get(id_header));
    if (!extension) {
        connection.out +=
            answer_text(403, error_text("Unknown extension identifier", "Extension.UnknownExtensionIdentifier"));
        return;
    }
    if (request.method == "GET" && path == "event/next") return extension_waits(connection, *extension);
    if (request.method == "POST" && path == "init/error") {
        return extension_failed(connection, *extension, request, true);
    }
    if (request.method == "POST" && path == "exit/error") {
        return extension_failed(connection, *extension, request, false);
    }
    connection.out += answer_text(404, error_text("The Extensions API has no such path", "InvalidRequest"));
}

void Worker::enter_extension(Connection& connection, const RuntimeRequest& request) {
    json::object function{{"functionName", plan_.function.substr(plan_.function.rfind('/') + 1)},
                          {"functionVersion", plan_.version},
                          {"handler", plan_.handler}};
    if (request.headers.get("lambda-extension-accept-feature").find("accountId") != std::string_view::npos) {
        function["accountId"] = plan_.function.substr(0, plan_.function.find('/'));
    }
    const auto answer = extensions_.enter(request.headers.get("lambda-extension-name"), request.body,
                                          phase_ == Phase::starting, function);
    connection.out += answer_text(answer);
    if (answer.status == 200 && extensions_.all_entered()) tell_supervisor("go");
}

void Worker::extension_waits(Connection& connection, Extension& extension) {
    extension.waiting = connection.weak_from_this();
    if (phase_ == Phase::ending && extension.wants_shutdown) {
        return give(extension, shutdown_event(shutdown_reason_, shutdown_deadline_ms_));
    }
    look_if_ready();
    deliver();
}

void Worker::extension_failed(Connection& connection, const Extension& extension, const RuntimeRequest& request,
                              bool initialising) {
    const auto type = request.headers.get("lambda-extension-function-error-type");
    if (type.empty()) {
        connection.out += answer_text(400, error_text("The error's type is missing", "Extension.MissingHeader"));
        return;
    }
    connection.out += answer_text(202, accepted);
    const std::string_view kind = initialising ? "Extension.InitError" : "Extension.ExitError";
    tell(extension_listed(extension.name, initialising ? "LaunchError" : "Exited", extension.events, type));
    fail_with_exit(fmt::format("{}: {}", extension.name, type), kind);
    begin_end("failure");
}

void Worker::subscribe(Connection& connection, const RuntimeRequest& request, std::string_view kind) {
    const auto* extension = extensions_.find(request.headers.get(id_header));
    if (!extension) {
        connection.out +=
            answer_text(403, error_text("Unknown extension identifier", "Extension.UnknownExtensionIdentifier"));
        return;
    }
    if (phase_ != Phase::starting) {
        connection.out += answer_text(
            403, error_text("Subscriptions are made while a function is initialised", "Telemetry.NotSupported"));
        return;
    }
    json::array types;
    const auto answer = telemetry_.subscribe(extension->name, request.body, types);
    connection.out += answer_text(answer);
    if (answer.status == 200) tell(subscribed(kind, extension->name, types));
}

void Worker::post_telemetry(std::string uri, std::string body) {
    if (sandbox_.network() == Network::host) {
        if (plan_.post_telemetry) plan_.post_telemetry(std::move(uri), std::move(body));
        return;
    }
    auto found = std::ranges::find(inward_posts_, uri, [](const auto& posts) { return posts->uri(); });
    if (found == inward_posts_.end()) {
        if (callers_.empty()) return;
        inward_posts_.push_back(std::make_shared<InwardPosts>(loop_, std::move(callers_.back()), std::move(uri)));
        callers_.pop_back();
        found = std::prev(inward_posts_.end());
    }
    (*found)->post(std::move(body));
}

void Worker::give(Extension& extension, std::string body) {
    const auto connection = extension.waiting.lock();
    if (!connection) return;
    extension.waiting.reset();
    Answer answer{.status = 200, .body = std::move(body), .headers = {}};
    answer.headers.push_back({"Lambda-Extension-Event-Identifier", extension.id});
    connection->out += answer_text(answer);
    send(connection);
}

void Worker::tell_extensions(int64_t deadline_ms) {
    const auto& invocation = current_->invocation;
    for (auto& extension : extensions_.all()) {
        if (!extension.wants_invoke) continue;
        give(extension, invoke_event(invocation.request_id, deadline_ms, invocation.function_arn, invocation.trace));
    }
}

void Worker::shut_extensions_down() {
    for (auto& extension : extensions_.all()) {
        if (extension.wants_shutdown) give(extension, shutdown_event(shutdown_reason_, shutdown_deadline_ms_));
    }
}

}  // namespace cumulet::lambda
