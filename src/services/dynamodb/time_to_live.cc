// UpdateTimeToLive and DescribeTimeToLive, and the developers' endpoint that removes expired items at once.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/replicas.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

/// Throws aws::Error (ValidationException) unless the table may go over to `wanted`.
void check_change(const Table& table, const TimeToLiveSpecification& wanted) {
    const bool enabled = !table.time_to_live.empty();
    if (!wanted.Enabled && !enabled) throw aws::validation_error("TimeToLive is already disabled");
    if (enabled && table.time_to_live != wanted.AttributeName) {
        throw aws::validation_error(fmt::format(
            "TimeToLive is active on a different AttributeName: current AttributeName is {}", table.time_to_live));
    }
    if (wanted.Enabled && enabled) throw aws::validation_error("TimeToLive is already enabled");
}

Task<void> set_time_to_live(store::Transaction& tx, Scope scope, DescribedTable table, std::string attribute) {
    table.time_to_live = std::move(attribute);
    if (table.time_to_live.empty()) {
        erase_expiries(tx, scope, table);
    } else {
        co_await schedule_expiry(tx, scope, table);
    }
    save_table(tx, scope, table);
}

}  // namespace

Task<DescribeTimeToLiveOutput> Service::describe_time_to_live(Call& call, DescribeTimeToLiveInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto table = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<DescribedTable> { co_return co_await load_named_table(tx, scope, name); });
    TimeToLiveDescription description{.TimeToLiveStatus = table.time_to_live.empty() ? "DISABLED" : "ENABLED"};
    if (!table.time_to_live.empty()) description.AttributeName = table.time_to_live;
    co_return DescribeTimeToLiveOutput{.TimeToLiveDescription = std::move(description)};
}

Task<UpdateTimeToLiveOutput> Service::update_time_to_live(Call& call, UpdateTimeToLiveInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto& wanted = request.TimeToLiveSpecification;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto table = co_await load_named_table(tx, scope, name);
        check_change(table, wanted);
        for (auto& [region, replica] : co_await load_replicas(tx, scope, table)) {
            co_await set_time_to_live(tx, {scope.account, region}, std::move(replica),
                                      wanted.Enabled ? wanted.AttributeName : "");
        }
        co_await set_time_to_live(tx, scope, std::move(table), wanted.Enabled ? wanted.AttributeName : "");
    });
    co_return UpdateTimeToLiveOutput{.TimeToLiveSpecification = wanted};
}

Task<http::Response> Service::serve(Call&, http::Request request) {
    if (request.method != "DELETE" || request.path != expired_path) co_return http::Response{.status = 404};
    co_await due_.finish(std::string(expire_kind));
    const auto count = due_.take_handled(std::string(expire_kind));
    co_return http::Response{.headers = {{"Content-Type", "application/json"}},
                             .body = fmt::format(R"({{"ExpiredItems": {}}})", count)};
}

}  // namespace cumulet::dynamodb
