#include "services/sns/filter.h"

namespace cumulet::sns {
namespace {

using contracts::EventPattern;
using contracts::PatternDialect;

PatternDialect dialect(bool of_body) { return of_body ? PatternDialect::sns_body : PatternDialect::sns_attributes; }

/// "String.custom" is a String; lists and numbers are written as JSON. Nothing for what cannot be compared.
std::optional<json::value> comparable(const aws::sns::MessageAttributeValue& attribute) {
    const auto& type = attribute.DataType;
    if (type.starts_with("Binary") || !attribute.StringValue) return {};
    if (type == "String.Array" || type == "Number" || type.starts_with("Number.")) {
        auto value = parse_json(*attribute.StringValue);
        if (!value || (type == "String.Array" ? !value->is_array() : !value->is_number())) return {};
        return std::move(*value);
    }
    return json::value(*attribute.StringValue);
}

}  // namespace

const json::value& Filterable::attributes() {
    if (!attributes_) {
        auto& members = attributes_.emplace(json::object()).get_object();
        for (const auto& [name, attribute] : notification_.attributes) {
            if (auto value = comparable(attribute)) members[name] = std::move(*value);
        }
    }
    return *attributes_;
}

const json::value& Filterable::body() {
    if (!body_) {
        auto value = parse_json(notification_.message);
        body_ = value && value->is_object() ? std::move(*value) : json::value();
    }
    return *body_;
}

Filter::Filter(const Subscription& subscription) : of_body_(subscription.filters_body()) {
    const auto& policy = subscription.attribute("FilterPolicy");
    if (!policy.empty()) pattern_ = EventPattern::compile(policy, dialect(of_body_));
}

bool Filter::wants(Filterable& notification) const {
    return !pattern_ || pattern_->matches(of_body_ ? notification.body() : notification.attributes());
}

void check_filter_policy(std::string_view policy, bool of_body, bool subscribing) {
    try {
        EventPattern::compile(policy, dialect(of_body));
    } catch (const contracts::InvalidPattern& refusal) {
        throw invalid_parameter(fmt::format("{}{}", subscribing ? "Attributes Reason: " : "", refusal.what()));
    }
}

}  // namespace cumulet::sns
