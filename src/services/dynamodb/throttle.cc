#include "services/dynamodb/throttle.h"

namespace cumulet::dynamodb {

namespace {

namespace model = aws::dynamodb;

/// The units a second that are written in a description: provisioned, or as the maximum on demand.
struct Units {
    double read = 0;
    double write = 0;
};

Units units_of(bool on_demand, const std::optional<model::ProvisionedThroughputDescription>& provisioned,
               const std::optional<model::OnDemandThroughput>& maximum) {
    const auto number = [](const std::optional<int64_t>& units) { return static_cast<double>(units.value_or(0)); };
    if (!on_demand && provisioned) {
        return {number(provisioned->ReadCapacityUnits), number(provisioned->WriteCapacityUnits)};
    }
    if (on_demand && maximum) return {number(maximum->MaxReadRequestUnits), number(maximum->MaxWriteRequestUnits)};
    return {};
}

/// What the table itself is asked for: its local indexes share its throughput.
double own_units(const Consumption& consumption) {
    double units = consumption.table;
    for (const auto& [name, more] : consumption.local_indexes) units += more;
    return units;
}

std::string reason_of(const Shortage& shortage) {
    return fmt::format("{}{}{}", shortage.of_index ? "Index" : "Table",
                       shortage.access == Access::read ? "Read" : "Write",
                       shortage.on_demand ? "MaxOnDemandThroughputExceeded" : "ProvisionedThroughputExceeded");
}

}  // namespace

std::string_view Shortage::message() const {
    if (on_demand) return "Throughput exceeds the maximum OnDemandThroughput configured on table or index";
    if (of_index) {
        return "The level of configured provisioned throughput for one or more global secondary indexes of the table "
               "was "
               "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary "
               "indexes with the UpdateTable API.";
    }
    return "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
           "provisioning level with the UpdateTable API.";
}

void Shortage::raise() const {
    const std::vector<model::ThrottlingReason> reasons = {{.reason = reason_of(*this), .resource = arn}};
    if (on_demand) {
        model::ThrottlingException error{std::string(message())};
        error.throttlingReasons = reasons;
        throw error;
    }
    model::ProvisionedThroughputExceededException error{std::string(message())};
    error.ThrottlingReasons = reasons;
    throw error;
}

model::CancellationReason Shortage::reason() const {
    return {.Code = on_demand ? "ThrottlingError" : "ProvisionedThroughputExceeded", .Message = std::string(message())};
}

double Throttle::left(const Limit& limit, Time since, Time now) {
    const std::lock_guard lock(mutex_);
    const auto known = allowances_.find(limit.key);
    const auto allowance = known == allowances_.end() ? Allowance(limit.units_a_second, since) : known->second;
    return allowance.left(limit.units_a_second, now);
}

void Throttle::take(const Limit& limit, double units, Time since, Time now) {
    const std::lock_guard lock(mutex_);
    if (allowances_.size() >= most_allowances) allowances_.clear();
    allowances_.try_emplace(limit.key, limit.units_a_second, since)
        .first->second.take(units, limit.units_a_second, now);
}

Spending::~Spending() {
    for (const auto& [name, known] : tables_) {
        const auto take = [&](const Limits& limits) {
            for (const auto access : {Access::read, Access::write}) {
                const auto at = static_cast<size_t>(access);
                if (limits.used[at] > 0 && limits.of[at].units_a_second > 0)
                    throttle_->take(limits.of[at], limits.used[at], known.since, now_);
            }
        };
        take(known.table);
        for (const auto& [index, limits] : known.indexes) take(limits);
    }
}

void Spending::restart() {
    tables_.clear();
    attempted_ = 0;
}

Spending::Limits Spending::limits_of(const Scope& scope, uint64_t number, std::string arn) {
    Limits limits{.arn = std::move(arn)};
    for (const auto access : {Access::read, Access::write}) {
        limits.of[static_cast<size_t>(access)].key =
            fmt::format("{}/{}/{}/{}", scope.account, scope.region, number, access == Access::read ? "read" : "write");
    }
    return limits;
}

Task<void> Spending::learn(store::Transaction& tx, Scope scope, std::string table) {
    if (!throttle_ || tables_.contains(table)) co_return;
    const auto found = co_await find_table(tx, scope, table);
    if (!found) co_return;
    const auto& description = found->description;
    const auto& billing = description.BillingModeSummary;
    const bool on_demand = billing && billing->BillingMode == "PAY_PER_REQUEST";
    const auto fill = [&](Limits& limits, const Units& units) {
        limits.on_demand = on_demand;
        limits.of[static_cast<size_t>(Access::read)].units_a_second = units.read;
        limits.of[static_cast<size_t>(Access::write)].units_a_second = units.write;
    };
    const auto arn = description.TableArn.value_or("");
    TableLimits known{.table = limits_of(scope, found->number, arn),
                      .since = description.CreationDateTime.value_or(now_)};
    fill(known.table, units_of(on_demand, description.ProvisionedThroughput, description.OnDemandThroughput));
    for (const auto& index : found->indexes) {
        if (!index.global || !description.GlobalSecondaryIndexes) continue;
        auto& limits = known.indexes[index.name];
        limits = limits_of(scope, index.number, fmt::format("{}/index/{}", arn, index.name));
        for (const auto& described : *description.GlobalSecondaryIndexes) {
            if (described.IndexName != index.name) continue;
            fill(limits, units_of(on_demand, described.ProvisionedThroughput, described.OnDemandThroughput));
        }
    }
    tables_.emplace(std::move(table), std::move(known));
}

Task<void> Spending::enter(store::Transaction& tx, Scope scope, std::string table, Access access, const Index* index) {
    if (!throttle_) co_return;
    restart();
    co_await learn(tx, std::move(scope), table);
    Consumption wanted;
    if (index && index->global)
        wanted.global_indexes[index->name] = 1;
    else
        wanted.table = 1;
    if (const auto lack = shortage(table, access, wanted)) lack->raise();
}

bool Spending::is_short(const TableLimits& known, const Limits& limits, Access access) const {
    const auto at = static_cast<size_t>(access);
    if (limits.of[at].units_a_second <= 0) return false;
    return throttle_->left(limits.of[at], known.since, now_) - limits.used[at] <= 0;
}

std::optional<Shortage> Spending::shortage(const std::string& table, Access access, const Consumption& wanted) const {
    const auto known = tables_.find(table);
    if (known == tables_.end()) return std::nullopt;
    const auto& limits = known->second.table;
    if (own_units(wanted) > 0 && is_short(known->second, limits, access)) {
        return Shortage{.access = access, .on_demand = limits.on_demand, .arn = limits.arn};
    }
    for (const auto& [name, units] : wanted.global_indexes) {
        const auto index = known->second.indexes.find(name);
        if (index == known->second.indexes.end() || !is_short(known->second, index->second, access)) continue;
        return Shortage{.access = access, .on_demand = limits.on_demand, .arn = index->second.arn, .of_index = true};
    }
    return std::nullopt;
}

void Spending::use(const std::string& table, Access access, const Consumption& used) {
    const auto known = tables_.find(table);
    if (known == tables_.end()) return;
    const auto at = static_cast<size_t>(access);
    known->second.table.used[at] += own_units(used);
    for (const auto& [name, units] : used.global_indexes) {
        const auto index = known->second.indexes.find(name);
        if (index != known->second.indexes.end()) index->second.used[at] += units;
    }
}

void Spending::attempt(const std::string& table, const AttributeMap* old) {
    if (!throttle_) return;
    attempted_ = write_units(old, nullptr);
    use(table, Access::write, {.table = attempted_});
}

void Spending::write(const Table& table, const AttributeMap* old, const AttributeMap* item) {
    if (const auto lack = try_write(table, old, item)) lack->raise();
}

std::optional<Shortage> Spending::try_write(const Table& table, const AttributeMap* old, const AttributeMap* item,
                                            double factor) {
    if (!throttle_) return std::nullopt;
    Consumption wanted;
    wanted.add_write(table, old, item);
    if (factor != 1) {
        wanted.table *= factor;
        for (auto* indexes : {&wanted.local_indexes, &wanted.global_indexes}) {
            for (auto& [name, units] : *indexes) units *= factor;
        }
    }
    auto asked = wanted;
    if (const double attempted = std::exchange(attempted_, 0); attempted > 0) {
        // The table has let the write in already.
        wanted.table -= attempted;
        asked.table = 0;
        asked.local_indexes.clear();
    }
    if (auto lack = shortage(table.name, Access::write, asked)) return lack;
    use(table.name, Access::write, wanted);
    return std::nullopt;
}

}  // namespace cumulet::dynamodb
