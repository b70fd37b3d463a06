// The extensions of one worker: who registered, for which events, and who waits for the next. No sockets.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "services/lambda/workers/exchange.h"

namespace cumulet::lambda {

struct Connection;

struct Extension {
    std::string name;
    std::string id;
    bool external = false;
    bool wants_invoke = false;
    bool wants_shutdown = false;
    json::array events;
    std::weak_ptr<Connection> waiting;

    /// True if it is done with the last event: it waits for the next.
    bool waits() const { return !waiting.expired(); }
};

class Extensions {
  public:
    /// `external`: the programs in /opt/extensions. `identity`: a text of the worker's own, which ids are made of.
    Extensions(std::vector<std::string> external, std::string identity)
        : external_(std::move(external)), identity_(std::move(identity)) {}

    /// Registers who asks by the name `name`, for the events in `body`. The answer has the new extension's id.
    Answer enter(std::string_view name, const std::string& body, bool initialising, const json::object& function);
    /// The extension of that id, or nullptr.
    Extension* find(std::string_view id);
    std::vector<Extension>& all() { return extensions_; }

    bool has_external() const { return !external_.empty(); }
    bool any() const { return !extensions_.empty() || has_external(); }
    /// True if every external extension has registered.
    bool all_entered() const;
    /// True if every extension has registered and waits for the next event.
    bool all_wait() const;

  private:
    std::vector<std::string> external_;
    std::string identity_;
    std::vector<Extension> extensions_;
};

/// The body of the events that extensions are given.
std::string invoke_event(std::string_view request_id, int64_t deadline_ms, std::string_view function_arn,
                         std::string_view trace);
std::string shutdown_event(std::string_view reason, int64_t deadline_ms);

}  // namespace cumulet::lambda
