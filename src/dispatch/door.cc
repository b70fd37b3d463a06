#include "dispatch/door.h"

#include "base/bytes.h"
#include "base/host.h"
#include "contracts/error.h"
#include "contracts/execute_api.h"
#include "contracts/reflect.h"
#include "dispatch/steps.h"
#include "runtime/log.h"

namespace cumulet::dispatch {
namespace {

enum class Identity { to_be_checked, known };

/// The steps between request and answer, in their order. Before them stands route(), after them encode(), and behind
/// the answer's back audit(), meter() and trace().
Task<void> take_steps(Passage& passage, Identity identity = Identity::to_be_checked) {
    if (identity == Identity::to_be_checked) co_await authenticate(passage);
    decode(passage);
    validate(passage);
    co_await authorise(passage);
    throttle(passage);
    co_await inject_faults(passage);
    co_await handle(passage);
}

void observe(Passage& passage) {
    audit(passage);
    meter(passage);
    trace(passage);
}

constexpr size_t longest_trace_bytes = 1024;

/// Traces go on to messages, functions and endpoints, which take no others.
bool can_be_passed_on(std::string_view trace) {
    return trace.size() <= longest_trace_bytes &&
           std::ranges::all_of(trace, [](char c) { return c >= ' ' && c <= '~'; });
}

void describe_caller(Passage& passage) {
    const auto& request = *passage.request;
    auto& call = passage.call;
    const auto host = request.host();
    call.host = host.empty() ? passage.door.settings.host : std::string(host);
    call.tls = request.tls;
    call.source_address = request.remote_address;
    call.user_agent = request.headers.get("user-agent");
    const auto trace = request.headers.get("x-amzn-trace-id");
    if (can_be_passed_on(trace)) call.trace = trace;
    call.account = passage.door.settings.default_account;
    call.started = call.now();
    passage.bytes_in = request.stream ? request.stream_size.value_or(0) : request.body.size();
}

http::Response answer_error(Passage& passage, const aws::Error& error) {
    passage.status = error.status;
    passage.error_code = error.code;
    const auto* entry = passage.route.entry;
    return wire::encode_error(passage.route.protocol, entry ? entry->service : nullptr, error, passage.call.request_id);
}

/// What `steps` answers to; errors are answers too.
template <typename Steps>
Task<http::Response> answer(Passage& passage, Steps steps) {
    try {
        co_return co_await steps(passage);
    } catch (const aws::Error& error) {
        co_return answer_error(passage, error);
    } catch (...) {
        co_return answer_error(passage, *describe_failure(passage));
    }
}

http::Response encode_result(Passage& passage) {
    auto response = encode(passage);
    passage.status = response.status;
    return response;
}

Task<http::Response> answer_request(Passage& passage) {
    if (!passage.route.surface) route(passage);
    if (passage.route.surface) {
        co_return co_await passage.route.surface->serve(passage.call, std::move(*passage.request));
    }
    co_await take_steps(passage);
    co_return encode_result(passage);
}

void check_depth(const Settings& settings, const Call& caller, std::string_view service, std::string_view operation) {
    if (caller.depth < settings.max_depth) return;
    throw aws::Error("TooManyNestedCalls",
                     fmt::format("{}.{} was called through {} services, which is the most there may be.", service,
                                 operation, caller.depth),
                     508);
}

/// The surface that users named this host for; nullptr if there is none.
Task<contracts::Surface*> named_surface(Door::State& door, std::string host_name) {
    try {
        co_return co_await door.named->answers(std::move(host_name)) ? door.named : nullptr;
    } catch (const std::exception& error) {
        log::error("Could not find out whom a host belongs to", {{"reason", error.what()}});
        co_return nullptr;
    }
}

/// Only what is unsigned, or signed for APIs, may be for a host that users named.
bool asks_for_named(const Door::State& door, const http::Request& request, const auth::Claim& claim) {
    return door.named && (claim.service.empty() || claim.service == "execute-api") &&
           may_be_named(door.catalog, request.host(), door.own_host);
}

/// Surfaces answer browsers themselves: an API as its CORS configuration says.
contracts::Surface* surface_of(const Door::State& door, const http::Request& request) {
    return find_route(door.catalog, request, auth::read_claim(request), door.own_host).surface;
}

uint64_t next_serial() {
    static std::atomic<uint64_t> serial{0};
    return ++serial;
}

}  // namespace

Door::State::State(Settings given, Clock& cloud_clock, contracts::IdentitySource* source)
    : settings(std::move(given)),
      clock(cloud_clock),
      identities(source),
      own_host(without_port(settings.host)),
      started(cloud_clock.now()),
      serial(next_serial()) {}

Shard& Door::State::shard() {
    thread_local uint64_t last_door = 0;
    thread_local Shard* last_shard = nullptr;
    if (last_door == serial) return *last_shard;
    const std::lock_guard lock(shards_mutex);
    auto& mine = shards[&last_door];
    if (!mine)
        mine = std::make_unique<Shard>(catalog.entries().size(), std::max<size_t>(1, settings.records_per_reactor));
    last_door = serial;
    last_shard = mine.get();
    return *mine;
}

std::vector<const Counters*> Door::State::all_counters() {
    const std::lock_guard lock(shards_mutex);
    std::vector<const Counters*> all;
    for (const auto& [thread, one] : shards) all.push_back(&one->counters);
    return all;
}

Door::Door(Settings settings, Clock& clock, contracts::IdentitySource* identities)
    : state_(std::make_unique<State>(std::move(settings), clock, identities)) {}
Door::~Door() = default;

void Door::add(const contracts::Service& service, contracts::AnyApi& api) { state_->catalog.add(service, api); }
void Door::add_host_surface(std::string label, contracts::Surface& surface) {
    state_->catalog.add_host_surface(std::move(label), surface);
}
void Door::add_path_surface(std::string prefix, contracts::Surface& surface) {
    state_->catalog.add_path_surface(std::move(prefix), surface);
}
void Door::set_named_surface(contracts::NamedSurface& surface) { state_->named = &surface; }
void Door::set_identities(contracts::IdentitySource& identities) { state_->identities = &identities; }
void Door::set_init_status(std::function<json::object()> status) { state_->init_status = std::move(status); }
void Door::add_health(std::function<std::vector<std::string>()> warnings) {
    state_->health.push_back(std::move(warnings));
}
void Door::add_metrics(std::function<void(std::string& out)> append) { state_->metrics.push_back(std::move(append)); }
void Door::set_clock_keeper(std::function<Task<void>(Clock::Setting)> keep) { state_->keep_clock = std::move(keep); }

void Door::set_ready(bool ready) { state_->ready = ready; }
const Settings& Door::settings() const { return state_->settings; }

Task<http::Response> Door::serve(http::Request request) {
    auto& state = *state_;
    auto claim = auth::read_claim(request);
    contracts::Surface* named = nullptr;
    if (asks_for_named(state, request, claim))
        named = co_await named_surface(state, to_lower(without_port(request.host())));
    if (state.settings.cors && !named && is_preflight(request) && !surface_of(state, request))
        co_return answer_preflight(request);
    const bool from_a_page = state.settings.cors && request.headers.has("origin");

    auto& reactor = Reactor::current();
    Passage passage{.door = state, .shard = state.shard(), .call = Call(reactor, reactor.random().uuid())};
    passage.request = &request;
    passage.claim = std::move(claim);
    passage.route.surface = named;
    http::Response response;
    if (!named && is_endpoint(request, passage.claim) && !state.catalog.surface_at_path(request.path)) {
        response = co_await serve_endpoint(state, std::move(request));
    } else {
        describe_caller(passage);
        response = co_await answer(passage, answer_request);
        if (!response.headers.has("x-amzn-requestid") && !response.headers.has("x-amz-request-id"))
            response.headers.add("x-amzn-RequestId", passage.call.request_id);
        if (!passage.decision.empty()) response.headers.add("x-cumulet-decision", passage.decision);
        passage.bytes_out = response.stream ? response.stream_size.value_or(0) : response.body.size();
        if (passage.route.operation) observe(passage);
    }
    if (from_a_page && !passage.route.surface) allow_origin("*", response);
    co_return response;
}

bool Door::wants_stream(const http::Request& head) const {
    if ((head.method != "PUT" && head.method != "POST") || head.headers.has("x-amz-target")) return false;
    const auto claim = auth::read_claim(head);
    const auto route = find_route(state_->catalog, head, claim, state_->own_host);
    return route.operation && wire::takes_stream(*route.operation);
}

Task<void> Door::invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                        void* input, void* output) {
    auto& state = *state_;
    const auto* entry = state.catalog.of(service);
    if (!entry) throw aws::not_implemented(service.name, operation.name);
    check_depth(state.settings, caller, service.name, operation.name);
    Passage passage{.door = state,
                    .shard = state.shard(),
                    .call = caller.child(std::string(service.name), std::string(operation.name)),
                    .source_arn = caller.source_arn};
    passage.call.query_compatible = false;
    passage.route.entry = entry;
    passage.route.operation = &operation;
    passage.route.protocol = service.protocol;
    passage.input = input;
    passage.output = output;
    std::exception_ptr failure;
    try {
        co_await take_steps(passage);
    } catch (const aws::Error& error) {
        passage.status = error.status;
        passage.error_code = error.code;
        failure = std::current_exception();
    } catch (...) {
        const auto error = describe_failure(passage);
        passage.status = error->status;
        passage.error_code = error->code;
        failure = std::current_exception();
    }
    observe(passage);
    if (failure) std::rethrow_exception(failure);
}

namespace {

/// Writes into a request which operation it is for, as the service's protocol does.
void name_action(const contracts::Service& service, contracts::ServiceRequest& request) {
    if (request.action.empty()) return;
    auto& message = request.message;
    const auto speaks = [&](contracts::Protocol protocol) {
        return service.protocol == protocol ||
               std::ranges::find(service.protocols, protocol) != service.protocols.end();
    };
    const auto type = message.headers.get("content-type");
    if (!type.starts_with("application/x-amz-json") &&
        (speaks(contracts::Protocol::aws_query) || speaks(contracts::Protocol::ec2_query))) {
        const auto named = fmt::format("Action={}&Version={}", request.action, service.api_version);
        const bool form = type.starts_with("application/x-www-form-urlencoded");
        auto& parameters = form ? message.body : message.query;
        parameters = parameters.empty() ? named : named + "&" + parameters;
        // The query protocol reads either the form or the query string.
        if (form && !message.query.empty()) message.body += "&" + std::exchange(message.query, "");
        message.set_target(message.query.empty() ? message.path : message.path + "?" + message.query);
        return;
    }
    message.headers.set("x-amz-target", fmt::format("{}.{}", service.target_prefix, request.action));
    const bool newer = service.protocol == contracts::Protocol::aws_json_1_1;
    message.headers.set("content-type", newer ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0");
}

/// Services of the query protocol answer in JSON whoever accepts it.
bool wants_json(const Passage& passage) {
    return passage.route.protocol == contracts::Protocol::aws_query &&
           passage.request->headers.get("accept").starts_with("application/json");
}

http::Response json_response(int status, const json::object& body) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = json::serialize(body);
    return response;
}

http::Response json_answer(const Passage& passage) {
    const auto name = std::string(passage.operation().name);
    json::object answer{{"ResponseMetadata", json::object{{"RequestId", passage.call.request_id}}}};
    auto result = contracts::to_json(*passage.operation().output, passage.output);
    if (!result.as_object().empty()) answer[name + "Result"] = std::move(result);
    return json_response(200, {{name + "Response", std::move(answer)}});
}

/// The error that `encoded` says in XML.
http::Response json_refusal(const Passage& passage, http::Response encoded) {
    const auto& xml = encoded.body;
    const auto begin = xml.find("<Message>");
    const auto end = xml.find("</Message>");
    const auto message =
        begin == std::string::npos || end == std::string::npos ? std::string() : xml.substr(begin + 9, end - begin - 9);
    return json_response(encoded.status,
                         {{"Error", json::object{{"Code", passage.error_code},
                                                 {"Message", message},
                                                 {"Type", encoded.status < 500 ? "Sender" : "Receiver"}}},
                          {"RequestId", passage.call.request_id}});
}

}  // namespace

Task<http::Response> Door::forward(Call& caller, contracts::ServiceRequest request) {
    auto& state = *state_;
    Passage passage{.door = state,
                    .shard = state.shard(),
                    .call = caller.child(request.service, request.action),
                    .source_arn = caller.source_arn};
    passage.request = &request.message;
    const auto steps = [&](Passage& forwarded) -> Task<http::Response> {
        const auto* entry = state.catalog.at_host(request.service);
        const auto& message = request.message;
        const auto operation = request.action.empty() ? message.method + " " + message.path : request.action;
        if (!entry) throw aws::not_implemented(request.service, operation);
        check_depth(state.settings, caller, request.service, request.action);
        const auto label = request.subdomain.empty() ? request.service : request.subdomain + "." + request.service;
        request.message.headers.set("Host", fmt::format("{}.{}.amazonaws.com", label, caller.region));
        name_action(*entry->service, request);
        forwarded.claim.service = entry->service->signing_name;
        forwarded.claim.region = caller.region;
        route(forwarded);
        if (forwarded.route.surface) throw aws::not_implemented(request.service, request.message.path);
        co_await take_steps(forwarded, Identity::known);
        co_return wants_json(forwarded) ? json_answer(forwarded) : encode_result(forwarded);
    };
    auto response = co_await answer(passage, std::cref(steps));
    if (passage.status >= 400 && wants_json(passage)) response = json_refusal(passage, std::move(response));
    if (passage.route.operation) observe(passage);
    co_return response;
}

namespace {

/// For what a surface asks of the door: a passage that belongs to no operation of the service in particular.
Passage passage_of(Door::State& state, const Call& call, const contracts::Service& service) {
    Passage passage{.door = state, .shard = state.shard(), .call = call};
    passage.route.entry = state.catalog.of(service);
    passage.route.operation = &service.operations.front();
    passage.route.protocol = service.protocol;
    return passage;
}

}  // namespace

Task<void> Door::identify(Call& call, const http::Request& request, const contracts::Service& service) {
    http::Request signed_request = request;
    auto passage = passage_of(*state_, call, service);
    passage.request = &signed_request;
    passage.claim = auth::read_claim(signed_request);
    co_await authenticate(passage);
    call.principal = passage.call.principal;
}

Task<void> Door::permit(Call& call, const contracts::Service& service, std::string action, std::string resource,
                        std::string resource_policy, std::map<std::string, std::string> conditions) {
    auto passage = passage_of(*state_, call, service);
    auto& delegated = passage.shard.delegated;
    if (const auto asked = delegated.find(call.request_id); asked != delegated.end()) {
        passage.source_arn = asked->second.source_arn;
    }
    const auto note = [&] {
        const auto asked = delegated.find(call.request_id);
        if (asked != delegated.end()) asked->second.decision = passage.decision;
    };
    const auto arn = Arn::parse(resource);
    try {
        co_await decide(passage, {.action = std::move(action),
                                  .resource = std::move(resource),
                                  .resource_account = arn ? arn->account : "",
                                  .resource_policy = std::move(resource_policy),
                                  .conditions = std::move(conditions)});
    } catch (const aws::Error&) {
        note();
        throw;
    }
    note();
}

void Door::take_records(RecordSink& sink) {
    std::vector<RecordRing*> rings;
    {
        const std::lock_guard lock(state_->shards_mutex);
        for (const auto& [thread, shard] : state_->shards) rings.push_back(&shard->records);
    }
    for (auto* ring : rings) ring->take(sink);
}

}  // namespace cumulet::dispatch
