// The short steps; authenticate, authorise, body and observe have files of their own.

#include "dispatch/steps.h"

#include "base/bytes.h"
#include "contracts/error.h"
#include "runtime/byte_stream.h"
#include "runtime/log.h"
#include "runtime/unavailable.h"
#include "wire/compression.h"
#include "wire/dynamodb_validation.h"

namespace cumulet::dispatch {
namespace {

/// Regions become parts of keys and ARNs, so nothing else may stand in for one.
bool is_region_name(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

/// A legacy SQS request that names its queue by path gets the parameter that the contract has for it.
void name_queue(Passage& passage) {
    const auto& path = passage.route.queue_url_path;
    if (path.empty()) return;
    auto& request = *passage.request;
    auto& form = request.body.contains("Action=") ? request.body : request.query;
    form += "&QueueUrl=" + percent_encode(passage.call.base_url() + path);
}

}  // namespace

void route(Passage& passage) {
    auto& door = passage.door;
    auto& call = passage.call;
    passage.route = find_route(door.catalog, *passage.request, passage.claim, door.own_host);
    const auto& route = passage.route;
    if (is_region_name(passage.claim.region)) {
        call.region = passage.claim.region;
    } else {
        call.region = is_region_name(route.region) ? route.region : door.settings.default_region;
    }
    if (route.surface) return;
    if (!route.operation) {
        passage.shard.counters.count_unrouted();
        throw aws::not_implemented(route.missing_service.empty() ? "unknown service" : route.missing_service,
                                   route.missing_operation.empty() ? "unknown operation" : route.missing_operation);
    }
    call.service = passage.service().name;
    call.operation = passage.operation().name;
    call.query_compatible = route.query_compatible;
}

void decode(Passage& passage) {
    if (!passage.request) return;
    const auto& operation = passage.operation();
    unwrap_body(passage);
    name_queue(passage);
    passage.owned_input = Message(operation.new_input(), operation.delete_input);
    passage.input = passage.owned_input.get();
    wire::decode(passage.route.protocol, passage.service(), operation, *passage.request, passage.route.labels,
                 passage.input, passage.violations);
}

void validate(Passage& passage) {
    if (!passage.request) wire::validate(*passage.operation().input, passage.input, passage.violations);
    if (!passage.violations.empty()) {
        throw wire::validation_failure(passage.route.protocol, passage.service(), passage.operation().name,
                                       passage.violations);
    }
}

void throttle(Passage& passage) {
    if (passage.door.faults.any()) passage.door.faults.throttle(passage.call);
}

Task<void> inject_faults(Passage& passage) {
    if (!passage.door.faults.any()) co_return;
    const auto hit = passage.door.faults.draw(passage.call);
    if (hit.latency > Duration{}) co_await passage.call.reactor().sleep_for(hit.latency);
    if (hit.error) {
        throw aws::Error(hit.error->error_code, hit.error->error_message, hit.error->error_status,
                         hit.error->error_status < 500);
    }
}

namespace {

/// While a service that asks for permissions itself is at work: what it needs of the passage. Then the passage has what
/// was decided.
class Delegation {
  public:
    explicit Delegation(Passage& passage)
        : passage_(passage),
          open_(
              passage.delegates &&
              passage.shard.delegated.try_emplace(passage.call.request_id, Delegated{passage.source_arn, ""}).second) {}
    Delegation(const Delegation&) = delete;
    ~Delegation() {
        if (!open_) return;
        auto ended = passage_.shard.delegated.extract(passage_.call.request_id);
        passage_.decision = std::move(ended.mapped().decision);
    }

  private:
    Passage& passage_;
    const bool open_;
};

}  // namespace

Task<void> handle(Passage& passage) {
    const Delegation delegation(passage);
    const auto& operation = passage.operation();
    if (!passage.output) {
        passage.owned_output = Message(operation.new_output(), operation.delete_output);
        passage.output = passage.owned_output.get();
    }
    co_await operation.invoke(*passage.route.entry->api, passage.call, passage.input, passage.output);
}

http::Response encode(Passage& passage) {
    auto response = wire::encode(passage.route.protocol, passage.service(), passage.operation(), passage.output,
                                 passage.call.request_id);
    if (passage.request) wire::compress(passage.service(), *passage.request, response);
    return response;
}

std::unique_ptr<aws::Error> describe_failure(Passage& passage) {
    const auto& call = passage.call;
    const auto complain = [&](const char* what) {
        log::error("A call failed", {{"request_id", call.request_id},
                                     {"service", call.service},
                                     {"operation", call.operation},
                                     {"reason", what}});
    };
    try {
        throw;
    } catch (const StreamBroken&) {
        return std::make_unique<aws::Error>("IncompleteBody", "The request body terminated unexpectedly", 400);
    } catch (const StreamTooLong&) {
        return std::make_unique<aws::Error>("EntityTooLarge",
                                            "Your proposed upload exceeds the maximum allowed object size.", 413);
    } catch (const Unavailable& error) {
        complain(error.what());
        return std::make_unique<aws::Error>("ServiceUnavailable",
                                            "The service is unable to serve requests for the moment.", 503, false);
    } catch (const std::exception& error) {
        complain(error.what());
    } catch (...) {
        complain("an exception of an unknown type");
    }
    return std::make_unique<aws::Error>(
        "InternalFailure", "The request processing has failed because of an unknown error, exception or failure.", 500,
        false);
}

}  // namespace cumulet::dispatch
