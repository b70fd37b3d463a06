// The Runtime API: what a function's runtime asks and answers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

#include "base/bytes.h"
#include "services/lambda/workers/worker_state.h"

namespace cumulet::lambda {
namespace {

constexpr std::string_view accepted = R"({"status":"OK"})";
constexpr std::string_view invocation_path = "invocation/";

/// "…/invocation/<id>/response" gives the id.
std::string_view id_in(std::string_view path) {
    const auto end = path.rfind('/');
    const auto begin = end == path.npos ? path.npos : path.rfind('/', end - 1);
    return begin == path.npos ? std::string_view() : path.substr(begin + 1, end - begin - 1);
}

std::string too_large_message() {
    return fmt::format("Response payload size exceeded maximum allowed payload size ({} bytes).", max_response_bytes);
}

}  // namespace

bool Worker::is_current(std::string_view request_id) const {
    return current_ && current_->invocation.request_id == request_id;
}

void Worker::handle(Connection& connection, RuntimeRequest request) {
    constexpr std::string_view runtime = "/2018-06-01/runtime/";
    constexpr std::string_view extension = "/2020-01-01/extension/";
    if (request.part != RuntimeRequest::Part::whole) return handle_streamed(connection, std::move(request));
    if (!request.keep_alive) connection.closing = true;
    std::string_view path = request.path;
    if (path.starts_with(runtime)) {
        path.remove_prefix(runtime.size());
        return handle_runtime(connection, std::move(request), path);
    }
    if (path.starts_with(extension)) {
        path.remove_prefix(extension.size());
        return handle_extension(connection, std::move(request), path);
    }
    if (request.method == "PUT" && path == "/2022-07-01/telemetry") return subscribe(connection, request, "telemetry");
    if (request.method == "PUT" && path == "/2020-08-15/logs") return subscribe(connection, request, "logs");
    connection.out += answer_text(404, error_text("The Runtime API has no such path", "InvalidRequest"));
}

void Worker::handle_runtime(Connection& connection, RuntimeRequest request, std::string_view path) {
    if (request.method == "GET" && path == "invocation/next") return runtime_waits(connection);
    if (request.method == "GET" && path == "restore/next") return wait_for_restore(connection);
    if (request.method == "POST" && (path == "init/error" || path == "restore/error")) {
        return init_failed(connection, std::move(request));
    }
    if (request.method == "POST" && path.starts_with(invocation_path)) {
        const bool failed = path.ends_with("/error");
        if (failed || path.ends_with("/response")) return handle_result(connection, std::move(request), failed);
    }
    connection.out += answer_text(404, error_text("The Runtime API has no such path", "InvalidRequest"));
}

void Worker::handle_result(Connection& connection, RuntimeRequest request, bool failed) {
    if (!is_current(id_in(request.path)) || !current_->delivered) {
        connection.out += answer_text(400, error_text("Invalid request ID", "InvalidRequestID"));
        return;
    }
    if (request.too_large) {
        connection.out += answer_text(
            413, error_text(fmt::format("Exceeded maximum allowed payload size ({} bytes).", max_response_bytes),
                            "RequestEntityTooLarge"));
        return finish(true, error_of("Function.ResponseSizeTooLarge", too_large_message()), "error",
                      "Function.ResponseSizeTooLarge");
    }
    connection.out += answer_text(202, accepted);
    if (!failed && current_->invocation.pipe) {
        // A runtime that does not stream: its response is one piece.
        current_->invocation.pipe->open("application/octet-stream");
        current_->invocation.pipe->write(request.body);
        current_->streamed_bytes = request.body.size();
        request.body.clear();
    }
    const auto type = failed ? request.headers.get("lambda-runtime-function-error-type") : std::string_view();
    finish(failed, std::move(request.body), failed ? "error" : "", type);
}

void Worker::handle_streamed(Connection& connection, RuntimeRequest part) {
    const auto self = connection.shared_from_this();
    if (part.part == RuntimeRequest::Part::head) {
        if (!part.keep_alive) connection.closing = true;
        if (!is_current(id_in(part.path)) || !current_->delivered) return;
        answering_ = self;
        auto type = std::string(part.headers.get("content-type"));
        if (current_->invocation.pipe) current_->invocation.pipe->open(std::move(type));
        return;
    }
    const bool answers = answering_.lock() == self && current_;
    if (part.part == RuntimeRequest::Part::end) {
        if (answers) return end_streamed(connection, part);
        connection.out += answer_text(400, error_text("Invalid request ID", "InvalidRequestID"));
        return;
    }
    if (!answers) return;
    auto& current = *current_;
    current.streamed_bytes += part.body.size();
    const auto most = current.invocation.pipe ? max_streamed_bytes : max_response_bytes;
    if (current.streamed_bytes > most) {
        return finish(true, error_of("Function.ResponseSizeTooLarge", too_large_message()), "error",
                      "Function.ResponseSizeTooLarge");
    }
    if (!current.invocation.pipe) {
        current.streamed += part.body;
    } else if (!current.invocation.pipe->write(part.body)) {
        connection.paused = true;
    }
}

void Worker::end_streamed(Connection& connection, const RuntimeRequest& end) {
    connection.out += answer_text(202, accepted);
    const auto type = end.headers.get("lambda-runtime-function-error-type");
    if (type.empty()) return finish(false, std::move(current_->streamed), "");
    const auto encoded = std::string(end.headers.get("lambda-runtime-function-error-body"));
    auto body = from_base64(encoded).value_or("");
    if (body.empty()) body = error_of(type, "");
    finish(true, std::move(body), "error", type);
}

void Worker::init_failed(Connection& connection, RuntimeRequest request) {
    const bool restoring = request.path.ends_with("/restore/error");
    if (phase_ != Phase::starting && !(restoring && phase_ == Phase::ready)) {
        connection.out +=
            answer_text(403, error_text("The initialisation has ended already", "InvalidStateTransition"));
        return;
    }
    connection.out += answer_text(202, accepted);
    take_all_output();
    const std::string type(request.headers.get("lambda-runtime-function-error-type"));
    init_is_over("error", type.empty() ? "Runtime.Unknown" : type);
    if (current_) {
        tell(invoke_started(current_->invocation.request_id, current_->invocation.version));
        finish(true, with_request_id(std::move(request.body), current_->invocation.request_id), "error", type);
    }
    begin_end("failure");
}

void Worker::wait_for_restore(Connection& connection) {
    restored_ = connection.weak_from_this();
    look_if_ready();
    deliver();
}

}  // namespace cumulet::lambda
