#include "services/lambda/record_filter.h"

#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_filters = 10;

}  // namespace

RecordFilter::RecordFilter(const std::optional<aws::lambda::FilterCriteria>& criteria) {
    if (!criteria || !criteria->Filters) return;
    if (criteria->Filters->size() > most_filters) {
        throw invalid(fmt::format("Number of filters exceeds the limit of {}.", most_filters));
    }
    for (const auto& filter : *criteria->Filters) {
        try {
            patterns_.push_back(
                contracts::EventPattern::compile(filter.Pattern.value_or(""), contracts::PatternDialect::event_bridge));
        } catch (const contracts::InvalidPattern&) {
            throw invalid("Invalid filter pattern definition.");
        }
    }
}

bool RecordFilter::takes(json::object record) const {
    if (patterns_.empty()) return true;
    if (const auto* body = record.if_contains("body"); body && body->is_string()) {
        if (auto parsed = parse_json(std::string_view(body->as_string())); parsed && parsed->is_object()) {
            record["body"] = std::move(*parsed);
        }
    }
    const json::value event = std::move(record);
    return std::ranges::any_of(patterns_, [&](const auto& pattern) { return pattern.matches(event); });
}

}  // namespace cumulet::lambda
