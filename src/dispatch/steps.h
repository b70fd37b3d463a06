// The steps of every call, each a function on the call's passage. door.cc lists their order.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "auth/policy.h"
#include "auth/sigv4.h"
#include "dispatch/door.h"
#include "dispatch/faults.h"
#include "dispatch/metrics.h"
#include "dispatch/route.h"
#include "runtime/call.h"
#include "runtime/stopwatch.h"

namespace cumulet::dispatch {

/// What a service that itself asks for the permissions of a call does not see of the call's passage.
struct Delegated {
    std::string source_arn;
    std::string decision;  ///< the last that was made
};

/// What one reactor keeps for itself.
struct Shard {
    Shard(size_t services, size_t records) : counters(services), records(records) {}
    Counters counters;
    RecordRing records;
    auth::SigningKeys signing_keys;
    std::unordered_map<std::string, Delegated> delegated;  ///< by request id, while the calls are handled
    /// Parsed policies by kind and text; nullptr for what is malformed.
    std::array<std::unordered_map<std::string, std::shared_ptr<const auth::Policy>>, 3> policies;
};

struct Door::State {
    State(Settings settings, Clock& clock, contracts::IdentitySource* identities);

    Settings settings;
    Clock& clock;
    contracts::IdentitySource* identities;
    contracts::NamedSurface* named = nullptr;
    Catalog catalog;
    Faults faults;
    std::string own_host;  ///< settings.host without its port
    std::function<json::object()> init_status;
    std::function<Task<void>(Clock::Setting)> keep_clock;
    std::vector<std::function<std::vector<std::string>()>> health;
    std::vector<std::function<void(std::string&)>> metrics;
    std::atomic<bool> ready{false};
    Time started;

    /// This thread's shard, made at its first call.
    Shard& shard();
    std::vector<const Counters*> all_counters();

    uint64_t serial;
    std::mutex shards_mutex;
    std::unordered_map<const void*, std::unique_ptr<Shard>> shards;  // by thread
};

/// A contract's structure on the heap.
using Message = std::unique_ptr<void, void (*)(void*)>;

/// One call on its way through the door.
struct Passage {
    Door::State& door;
    Shard& shard;
    Call call;
    std::string source_arn;  ///< the caller's, see Call::source_arn; not the handler's
    Stopwatch stopwatch;
    http::Request* request = nullptr;  ///< nullptr where a neighbour calls
    auth::Claim claim;
    Route route;
    std::optional<auth::Signature> signature;
    std::string signing_key;  ///< of a checked signature whose chunks are signed too
    void* input = nullptr;
    void* output = nullptr;
    Message owned_input{nullptr, nullptr};  ///< both empty where a neighbour calls with its own
    Message owned_output{nullptr, nullptr};
    wire::Violations violations;
    std::string decision;
    bool delegates = false;  ///< the service asks for permissions itself
    std::string error_code;
    int status = 200;
    uint64_t bytes_in = 0;
    uint64_t bytes_out = 0;

    const contracts::Service& service() const { return *route.entry->service; }
    const contracts::Operation& operation() const { return *route.operation; }
    auth::Dialect dialect() const;
};

/// Finds service, operation and region. Throws NotImplemented, naming what is unknown.
void route(Passage& passage);
/// Finds account and principal by the credentials; in mode check, verifies the signature.
Task<void> authenticate(Passage& passage);
/// Fills the input from the request and notes which constraints it breaks.
void decode(Passage& passage);
/// Throws the service's own error for broken constraints.
void validate(Passage& passage);
/// Asks the policies of principal and resource; in mode enforce, throws AccessDenied.
Task<void> authorise(Passage& passage);
/// What policies are asked about.
struct Question {
    std::string action;
    std::string resource;
    std::string resource_account;  ///< whose the resource is, "" where it is nobody's
    std::string resource_policy;   ///< "" for none
    std::map<std::string, std::string> conditions;
};
/// The answer to one question about the caller; in mode enforce, throws AccessDenied.
Task<void> decide(Passage& passage, Question question);
/// Throws ThrottlingException past a rule's rate.
void throttle(Passage& passage);
/// Delays or fails the call where a rule says so.
Task<void> inject_faults(Passage& passage);
/// Runs the operation.
Task<void> handle(Passage& passage);
/// The answer on the wire.
http::Response encode(Passage& passage);
/// What a caller is told of the exception in flight; logs what is not the caller's fault.
std::unique_ptr<aws::Error> describe_failure(Passage& passage);
/// Notes who did what, for CloudTrail and bills.
void audit(Passage& passage);
/// Counts the call and its time.
void meter(Passage& passage);
/// Logs the call under its request id.
void trace(Passage& passage);

/// Decodes aws-chunked bodies and checks digests and chunk signatures as the bytes pass.
void unwrap_body(Passage& passage);

/// /_localstack/…, /_cumulet/…, /health, /metrics: nothing if the request is for none of them.
bool is_endpoint(const http::Request& request, const auth::Claim& claim);
Task<http::Response> serve_endpoint(Door::State& door, http::Request request);

/// Adds what browsers want to see, and answers their preflight requests.
bool is_preflight(const http::Request& request);
http::Response answer_preflight(const http::Request& request);
void allow_origin(std::string_view origin, http::Response& response);

}  // namespace cumulet::dispatch
