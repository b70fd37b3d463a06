#include "services/dynamodb/throughput.h"

namespace cumulet::dynamodb {

namespace {

namespace model = aws::dynamodb;

constexpr int64_t most_units = 40'000;  // of a table or index, by AWS's default quota
constexpr int64_t unit_bound = 1'000'000'000'000;
constexpr int64_t on_demand_reads_per_second = 12'000;
constexpr int64_t on_demand_writes_per_second = 4'000;
constexpr int64_t free_decreases_a_day = 4;
constexpr auto pause_between_decreases = 1h;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

void check_quota(const ThroughputOf& whose, std::string_view kind, int64_t units) {
    if (units <= most_units) return;
    const std::string asked = whose.index.empty() ? fmt::format("{}, {}", kind, units)
                                                  : fmt::format("{} for index {}, {}", kind, whose.index, units);
    const std::string_view scope = whose.index.empty() ? "table" : "index";
    throw model::LimitExceededException(
        fmt::format("The requested {}, is above the per {} maximum for the account in {}. Per {} maximum: {}. Refer to "
                    "the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
                    asked, scope, whose.region, scope, most_units));
}

void check_changes(const ThroughputOf& whose, const model::ProvisionedThroughputDescription& is,
                   const model::ProvisionedThroughput& wanted) {
    if (is.ReadCapacityUnits != wanted.ReadCapacityUnits || is.WriteCapacityUnits != wanted.WriteCapacityUnits) return;
    const bool table = whose.index.empty();
    const std::string subject = table ? "the table" : "the index " + whose.index;
    const std::string holder = table ? "the table" : "index " + whose.index;
    throw aws::validation_error(fmt::format(
        "The provisioned throughput for {} will not change. The requested value equals the current value. Current "
        "ReadCapacityUnits provisioned for {}: {}. Requested ReadCapacityUnits: {}. Current WriteCapacityUnits "
        "provisioned for {}: {}. Requested WriteCapacityUnits: {}. Refer to the Amazon DynamoDB Developer Guide for "
        "current limits and how to request higher limits.",
        subject, holder, *is.ReadCapacityUnits, wanted.ReadCapacityUnits, holder, *is.WriteCapacityUnits,
        wanted.WriteCapacityUnits));
}

/// "Friday, October 9, 2026 at 12:21:34 AM Coordinated Universal Time"
std::string in_words(Time time) {
    using namespace std::chrono;
    static constexpr std::array days = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    static constexpr std::array months = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};
    const auto day = floor<std::chrono::days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(time - day));
    const auto hour = clock.hours().count();
    return fmt::format("{}, {} {}, {} at {}:{:02}:{:02} {} Coordinated Universal Time", days[weekday(day).c_encoding()],
                       months[static_cast<unsigned>(date.month()) - 1], static_cast<unsigned>(date.day()),
                       static_cast<int>(date.year()), hour % 12 == 0 ? 12 : hour % 12, clock.minutes().count(),
                       clock.seconds().count(), hour < 12 ? "AM" : "PM");
}

void count_decrease(model::ProvisionedThroughputDescription& throughput, Time now) {
    const auto today = throughput.NumberOfDecreasesToday.value_or(0);
    if (today >= free_decreases_a_day && throughput.LastDecreaseDateTime) {
        const auto next = *throughput.LastDecreaseDateTime + pause_between_decreases;
        if (now < next) {
            throw model::LimitExceededException(fmt::format(
                "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After "
                "the first {} decreases, each subsequent decrease in the same UTC day can be performed at most once "
                "every 3600 seconds. Number of decreases today: {}. Last decrease at {}. Next decrease can be made at "
                "{}",
                free_decreases_a_day, today, in_words(*throughput.LastDecreaseDateTime), in_words(next)));
        }
    }
    throughput.NumberOfDecreasesToday = today + 1;
    throughput.LastDecreaseDateTime = now;
}

void change_maximum(const ThroughputOf& whose, std::string_view name, std::optional<int64_t>& maximum,
                    const std::optional<int64_t>& wanted, bool is_new) {
    if (!wanted) return;
    if (*wanted == -1 && !is_new) {
        maximum.reset();
        return;
    }
    if (*wanted < 1) {
        invalid(fmt::format("Requested {} for OnDemandThroughput for {} is outside of valid range", name,
                            whose.index.empty() ? "table" : "index : " + whose.index));
    }
    if (*wanted > most_units) {
        throw model::LimitExceededException(fmt::format(
            "Subscriber limit exceeded: Requested {} for OnDemandThroughput for {} exceeds TableMax{}CapacityUnits of "
            "the account in region {}",
            name, whose.index.empty() ? "table" : "index : " + whose.index,
            name.starts_with("MaxRead") ? "Read" : "Write", whose.region));
    }
    maximum = wanted;
}

void raise(const ThroughputOf& whose, std::string_view name, std::optional<int64_t>& warm,
           const std::optional<int64_t>& wanted, bool is_new) {
    if (!wanted) return;
    const auto subject = whose.index.empty() ? std::string("table") : "index " + whose.index;
    if (*wanted < warm.value_or(0)) {
        invalid(is_new ? fmt::format("Requested {} for WarmThroughput for {} is lower than initial throughput for "
                                     "OnDemand",
                                     name, subject)
                       : fmt::format("Requested {} for WarmThroughput for {} is lower than current WarmThroughput, "
                                     "decreasing WarmThroughput is not supported",
                                     name, subject));
    }
    warm = wanted;
}

}  // namespace

void check_bounds(std::string_view index, const std::optional<model::ProvisionedThroughput>& given) {
    if (!given) return;
    for (const auto& [kind, units] :
         {std::pair("Read", given->ReadCapacityUnits), std::pair("Write", given->WriteCapacityUnits)}) {
        if (units <= unit_bound) continue;
        throw aws::validation_error(fmt::format("Given value {} for {}CapacityUnits is out of bounds{}{}", units, kind,
                                                index.empty() ? "" : " for index ", index));
    }
}

model::ProvisionedThroughputDescription new_throughput(const ThroughputOf& whose,
                                                       const std::optional<model::ProvisionedThroughput>& given) {
    if (given) {
        check_quota(whose, "ReadCapacityUnits", given->ReadCapacityUnits);
        check_quota(whose, "WriteCapacityUnits", given->WriteCapacityUnits);
    }
    return {.NumberOfDecreasesToday = 0,
            .ReadCapacityUnits = given ? given->ReadCapacityUnits : 0,
            .WriteCapacityUnits = given ? given->WriteCapacityUnits : 0};
}

void refresh_decreases(model::ProvisionedThroughputDescription& throughput, Time now) {
    using std::chrono::days, std::chrono::floor;
    const auto& last = throughput.LastDecreaseDateTime;
    if (last && floor<days>(*last) != floor<days>(now)) throughput.NumberOfDecreasesToday = 0;
}

void change_throughput(const ThroughputOf& whose, model::ProvisionedThroughputDescription& throughput,
                       const model::ProvisionedThroughput& wanted, Time now) {
    check_changes(whose, throughput, wanted);
    check_quota(whose, "ReadCapacityUnits", wanted.ReadCapacityUnits);
    check_quota(whose, "WriteCapacityUnits", wanted.WriteCapacityUnits);
    refresh_decreases(throughput, now);
    const bool less = wanted.ReadCapacityUnits < *throughput.ReadCapacityUnits ||
                      wanted.WriteCapacityUnits < *throughput.WriteCapacityUnits;
    const bool more = wanted.ReadCapacityUnits > *throughput.ReadCapacityUnits ||
                      wanted.WriteCapacityUnits > *throughput.WriteCapacityUnits;
    if (less) count_decrease(throughput, now);
    if (more) throughput.LastIncreaseDateTime = now;
    throughput.ReadCapacityUnits = wanted.ReadCapacityUnits;
    throughput.WriteCapacityUnits = wanted.WriteCapacityUnits;
}

void change_on_demand(const ThroughputOf& whose, std::optional<model::OnDemandThroughput>& throughput,
                      const model::OnDemandThroughput& wanted, bool is_new) {
    auto changed = throughput.value_or(model::OnDemandThroughput());
    change_maximum(whose, "MaxReadRequestUnits", changed.MaxReadRequestUnits, wanted.MaxReadRequestUnits, is_new);
    change_maximum(whose, "MaxWriteRequestUnits", changed.MaxWriteRequestUnits, wanted.MaxWriteRequestUnits, is_new);
    throughput.reset();
    if (changed.MaxReadRequestUnits || changed.MaxWriteRequestUnits) throughput = changed;
}

model::TableWarmThroughputDescription initial_warmth(const model::ProvisionedThroughputDescription& provisioned) {
    const bool on_demand = provisioned.ReadCapacityUnits.value_or(0) == 0;
    return {.ReadUnitsPerSecond = on_demand ? on_demand_reads_per_second : provisioned.ReadCapacityUnits,
            .WriteUnitsPerSecond = on_demand ? on_demand_writes_per_second : provisioned.WriteCapacityUnits,
            .Status = "ACTIVE"};
}

void change_warmth(const ThroughputOf& whose, model::TableWarmThroughputDescription& warm,
                   const model::WarmThroughput& wanted, bool is_new) {
    raise(whose, "ReadUnitsPerSecond", warm.ReadUnitsPerSecond, wanted.ReadUnitsPerSecond, is_new);
    raise(whose, "WriteUnitsPerSecond", warm.WriteUnitsPerSecond, wanted.WriteUnitsPerSecond, is_new);
}

void warm_up(model::TableWarmThroughputDescription& warm, const model::ProvisionedThroughputDescription& provisioned) {
    const auto least = initial_warmth(provisioned);
    warm.ReadUnitsPerSecond = std::max(warm.ReadUnitsPerSecond.value_or(0), *least.ReadUnitsPerSecond);
    warm.WriteUnitsPerSecond = std::max(warm.WriteUnitsPerSecond.value_or(0), *least.WriteUnitsPerSecond);
    warm.Status = "ACTIVE";
}

}  // namespace cumulet::dynamodb
