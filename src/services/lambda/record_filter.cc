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

bool RecordFilter::takes(const json::value& record) const {
    const auto taken = [&](const json::value& event) {
        return std::ranges::any_of(patterns_, [&](const auto& pattern) { return pattern.matches(event); });
    };
    if (patterns_.empty()) return true;
    const auto* body = find(record, "body");
    auto parsed =
        body && body->is_string() ? parse_json(std::string_view(body->as_string())) : std::unexpected(std::string());
    if (!parsed || !parsed->is_object()) return taken(record);
    auto opened = record;
    opened.as_object()["body"] = std::move(*parsed);
    return taken(opened);
}

}  // namespace cumulet::lambda
