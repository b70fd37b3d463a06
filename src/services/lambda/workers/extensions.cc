#include "services/lambda/workers/extensions.h"

#include "base/hash.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_extensions = 10;

Answer refused(std::string_view type, std::string_view message) {
    return {.status = 403, .body = error_text(message, fmt::format("Extension.{}", type)), .headers = {}};
}

std::string uuid_of(std::string_view text) {
    const auto digest = sha256_hex(text);
    return fmt::format("{}-{}-4{}-a{}-{}", digest.substr(0, 8), digest.substr(8, 4), digest.substr(13, 3),
                       digest.substr(17, 3), digest.substr(20, 12));
}

}  // namespace

Answer Extensions::enter(std::string_view name, const std::string& body, bool initialising,
                         const json::object& function) {
    if (name.empty()) return refused("InvalidExtensionName", "Empty extension name");
    if (!initialising) return refused("InvalidExtensionState", "Extensions register while a function is initialised");
    const auto same_name = [&](const Extension& other) { return other.name == name; };
    if (std::ranges::any_of(extensions_, same_name)) {
        return refused("AlreadyRegistered", "Extension with this name already registered");
    }
    if (extensions_.size() >= most_extensions) return refused("TooManyExtensions", "Extension limit (10) reached");
    Extension extension{.name = std::string(name),
                        .id = uuid_of(fmt::format("{}/{}", identity_, name)),
                        .external = std::ranges::find(external_, name) != external_.end(),
                        .events = {},
                        .waiting = {}};
    const auto parsed = parse_json(body.empty() ? "{}" : body);
    const auto* events = parsed ? cumulet::find(*parsed, "events") : nullptr;
    if (!parsed || (events && !events->is_array())) {
        return {.status = 400,
                .body = error_text("The request's body cannot be read", "InvalidRequestFormat"),
                .headers = {}};
    }
    for (const auto& event : events ? events->as_array() : json::array()) {
        const auto text = event.is_string() ? std::string_view(event.as_string()) : std::string_view();
        if (text == "INVOKE") {
            extension.wants_invoke = true;
        } else if (text == "SHUTDOWN" && extension.external) {
            extension.wants_shutdown = true;
        } else if (text == "SHUTDOWN") {
            return refused("ShutdownEventNotSupportedForInternalExtension",
                           "Internal extensions cannot register for the event SHUTDOWN");
        } else {
            return {.status = 400,
                    .body = error_text(fmt::format("There is no event {}", text), "Extension.InvalidEventType"),
                    .headers = {}};
        }
        extension.events.push_back(event);
    }
    Answer answer{.status = 200, .body = json::serialize(function), .headers = {}};
    answer.headers.push_back({"Lambda-Extension-Identifier", extension.id});
    extensions_.push_back(std::move(extension));
    return answer;
}

Extension* Extensions::find(std::string_view id) {
    const auto found = std::ranges::find_if(extensions_, [&](const Extension& each) { return each.id == id; });
    return found == extensions_.end() ? nullptr : &*found;
}

bool Extensions::all_entered() const {
    return std::ranges::all_of(external_, [&](const std::string& name) {
        return std::ranges::any_of(extensions_, [&](const Extension& each) { return each.name == name; });
    });
}

bool Extensions::all_wait() const {
    return all_entered() && std::ranges::all_of(extensions_, [](const Extension& each) { return each.waits(); });
}

std::string invoke_event(std::string_view request_id, int64_t deadline_ms, std::string_view function_arn,
                         std::string_view trace) {
    return json::serialize(json::object{{"eventType", "INVOKE"},
                                        {"deadlineMs", deadline_ms},
                                        {"requestId", request_id},
                                        {"invokedFunctionArn", function_arn},
                                        {"tracing", json::object{{"type", "X-Amzn-Trace-Id"}, {"value", trace}}}});
}

std::string shutdown_event(std::string_view reason, int64_t deadline_ms) {
    return json::serialize(
        json::object{{"eventType", "SHUTDOWN"}, {"shutdownReason", reason}, {"deadlineMs", deadline_ms}});
}

}  // namespace cumulet::lambda
