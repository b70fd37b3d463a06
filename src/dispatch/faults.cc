#include "dispatch/faults.h"

#include "base/bytes.h"
#include "contracts/error.h"

namespace cumulet::dispatch {
namespace {

double number_or(const json::object& object, std::string_view key, double fallback) {
    const auto* value = object.if_contains(key);
    if (!value) return fallback;
    if (!value->is_number()) throw aws::validation_error(fmt::format("{} must be a number", key));
    return value->to_number<double>();
}

FaultRule read_rule(const json::value& value) {
    if (!value.is_object()) throw aws::validation_error("A rule must be an object");
    const auto& object = value.get_object();
    FaultRule rule;
    rule.service = string_or(object, "service");
    rule.operation = string_or(object, "operation");
    rule.region = string_or(object, "region");
    rule.probability = number_or(object, "probability", 1);
    if (!(rule.probability >= 0 && rule.probability <= 1))
        throw aws::validation_error("probability must be from 0 to 1");
    const auto latency = std::chrono::milliseconds(static_cast<int64_t>(number_or(object, "latencyMs", 0)));
    if (latency < 0ms || latency > Faults::max_latency)
        throw aws::validation_error("latencyMs must be from 0 to 900000");
    rule.latency = latency;
    rule.calls_per_second = number_or(object, "callsPerSecond", 0);
    if (!(rule.calls_per_second >= 0)) throw aws::validation_error("callsPerSecond must not be negative");
    if (const auto* error = object.if_contains("error"); error && error->is_object()) {
        rule.error_code = string_or(error->get_object(), "code", "InternalFailure");
        rule.error_message = string_or(error->get_object(), "message", "An injected fault.");
        rule.error_status = static_cast<int>(number_or(error->get_object(), "status", 500));
        if (rule.error_status < 400 || rule.error_status > 599)
            throw aws::validation_error("status must be from 400 to 599");
    }
    if (rule.error_code.empty() && rule.latency == Duration{} && rule.calls_per_second == 0) {
        throw aws::validation_error("A rule needs an error, latencyMs or callsPerSecond");
    }
    return rule;
}

std::vector<FaultRule> read_rules(const json::value& value) {
    std::vector<FaultRule> rules;
    if (const auto* list = value.if_array()) {
        if (list->size() > Faults::max_rules) throw aws::validation_error("At most 256 rules");
        for (const auto& rule : *list) rules.push_back(read_rule(rule));
    } else {
        rules.push_back(read_rule(value));
    }
    return rules;
}

}  // namespace

void Faults::set(const json::value& rules) {
    auto read = read_rules(rules);
    const std::lock_guard lock(mutex_);
    rules_.clear();
    for (auto& rule : read)
        rules_.push_back({.rule = rule, .tokens = std::max(1.0, rule.calls_per_second), .refilled = {}});
    any_ = !rules_.empty();
}

void Faults::add(const json::value& rules) {
    auto read = read_rules(rules);
    const std::lock_guard lock(mutex_);
    if (rules_.size() + read.size() > max_rules) throw aws::validation_error("At most 256 rules");
    for (auto& rule : read)
        rules_.push_back({.rule = rule, .tokens = std::max(1.0, rule.calls_per_second), .refilled = {}});
    any_ = !rules_.empty();
}

void Faults::clear() {
    const std::lock_guard lock(mutex_);
    rules_.clear();
    any_ = false;
}

json::array Faults::list() const {
    const std::lock_guard lock(mutex_);
    json::array out;
    for (const auto& [rule, tokens, refilled] : rules_) {
        json::object object{{"service", rule.service},
                            {"operation", rule.operation},
                            {"region", rule.region},
                            {"probability", rule.probability}};
        if (rule.latency > Duration{}) object["latencyMs"] = rule.latency / std::chrono::milliseconds(1);
        if (rule.calls_per_second > 0) object["callsPerSecond"] = rule.calls_per_second;
        if (!rule.error_code.empty()) {
            object["error"] =
                json::object{{"code", rule.error_code}, {"message", rule.error_message}, {"status", rule.error_status}};
        }
        out.push_back(std::move(object));
    }
    return out;
}

bool Faults::matches(const FaultRule& rule, const Call& call) {
    return (rule.service.empty() || rule.service == call.service) &&
           (rule.operation.empty() || rule.operation == call.operation) &&
           (rule.region.empty() || rule.region == call.region);
}

void Faults::throttle(const Call& call) {
    const auto now = call.now();
    const std::lock_guard lock(mutex_);
    for (auto& state : rules_) {
        const auto rate = state.rule.calls_per_second;
        if (rate <= 0 || !matches(state.rule, call)) continue;
        if (state.refilled == Time{}) state.refilled = now;
        const auto passed = std::chrono::duration<double>(now - state.refilled).count();
        state.tokens = std::min(std::max(1.0, rate), state.tokens + passed * rate);
        state.refilled = now;
        if (state.tokens < 1) throw aws::throttling("Rate exceeded");
        state.tokens -= 1;
    }
}

Faults::Hit Faults::draw(Call& call) const {
    const std::lock_guard lock(mutex_);
    Hit hit;
    for (const auto& [rule, tokens, refilled] : rules_) {
        if (rule.calls_per_second > 0 || !matches(rule, call)) continue;
        if (rule.probability < 1 && call.random().fraction() >= rule.probability) continue;
        hit.latency = std::min(hit.latency + rule.latency, max_latency);
        if (!hit.error && !rule.error_code.empty()) hit.error = rule;
    }
    return hit;
}

}  // namespace cumulet::dispatch
