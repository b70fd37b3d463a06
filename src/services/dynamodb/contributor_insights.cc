// Contributor insights: switched on, off, described and listed. Nothing is measured.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContributorInsights.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContributorInsights.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListContributorInsights.html
#include "base/bytes.h"
#include "services/dynamodb/beside.h"
#include "services/dynamodb/service.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

constexpr int32_t most_listed = 100;
constexpr std::string_view usual_mode = "ACCESSED_AND_THROTTLED_KEYS";

struct Insights {
    bool enabled = false;
    std::string mode{usual_mode};
    Time changed;

    static Insights read(std::string_view value) {
        store::RecordReader reader(value);
        const bool enabled = reader.boolean();
        auto mode = reader.text();
        return {.enabled = enabled, .mode = std::move(mode), .changed = reader.time()};
    }
    std::string bytes() const { return store::RecordWriter(1).boolean(enabled).text(mode).time(changed).take(); }
    std::string status() const { return enabled ? "ENABLED" : "DISABLED"; }
};

/// Throws ResourceNotFoundException unless the table is there, with the index if one is named.
Task<DescribedTable> load_subject(store::Transaction& tx, Scope scope, std::string name,
                                  std::optional<std::string> index) {
    auto table = co_await load_named_table(tx, std::move(scope), name);
    const auto matches = [&](const Index& each) { return each.global && each.name == *index; };
    if (index && std::ranges::none_of(table.indexes, matches)) {
        throw ResourceNotFoundException(
            fmt::format("Requested resource not found: Index: {} not found for table: {}", *index, name));
    }
    co_return table;
}

/// The names of the CloudWatch rules: of partition keys and, where there is a sort key, of both; of those that are
/// accessed most, unless only those that are throttled are wanted.
std::vector<std::string> rules_of(const DescribedTable& table, const std::optional<std::string>& index,
                                  std::string_view mode) {
    const auto& key = index ? table.index(*index).key : table.key;
    const auto subject = fmt::format("{}{}{}-{}", table.name, index ? "-" : "", index.value_or(""),
                                     epoch_millis(*table.description.CreationDateTime));
    std::vector<std::string> rules;
    for (const std::string_view kind : {"PKC", "PKT", "SKC", "SKT"}) {
        if (kind[0] == 'S' && !key.has_range()) continue;
        if (kind[2] == 'C' && mode == "THROTTLED_KEYS") continue;
        rules.push_back(fmt::format("DynamoDBContributorInsights-{}-{}", kind, subject));
    }
    return rules;
}

}  // namespace

Task<UpdateContributorInsightsOutput> Service::update_contributor_insights(Call& call,
                                                                           UpdateContributorInsightsInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto index = request.IndexName.value_or("");
    const bool enable = request.ContributorInsightsAction == "ENABLE";
    bool same = false;
    const auto insights = co_await store_.transact([&](store::Transaction& tx) -> Task<Insights> {
        co_await load_subject(tx, scope, name, request.IndexName);
        Insights changed;
        if (const auto known = co_await find_beside(tx, scope, insights_kind, name, index)) {
            changed = Insights::read(known->value);
        }
        const Insights before = changed;
        changed.enabled = enable;
        changed.changed = call.now();
        if (request.ContributorInsightsMode || enable) {
            changed.mode = request.ContributorInsightsMode.value_or(std::string(usual_mode));
        }
        same = enable && before.enabled && before.mode == changed.mode;
        put_beside(tx, scope, insights_kind, {.table = name, .name = index, .value = changed.bytes()});
        co_return changed;
    });
    co_return UpdateContributorInsightsOutput{.TableName = name,
                                              .IndexName = request.IndexName,
                                              .ContributorInsightsStatus = same     ? "ENABLED"
                                                                           : enable ? "ENABLING"
                                                                                    : "DISABLING",
                                              .ContributorInsightsMode = insights.mode};
}

Task<DescribeContributorInsightsOutput> Service::describe_contributor_insights(
    Call& call, DescribeContributorInsightsInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<DescribeContributorInsightsOutput> {
        const auto table = co_await load_subject(tx, scope, name, request.IndexName);
        const auto known = co_await find_beside(tx, scope, insights_kind, name, request.IndexName.value_or(""));
        DescribeContributorInsightsOutput output{.TableName = name, .IndexName = request.IndexName};
        const auto insights = known ? Insights::read(known->value) : Insights();
        output.ContributorInsightsStatus = insights.status();
        if (!known) co_return output;
        output.LastUpdateDateTime = insights.changed;
        output.ContributorInsightsMode = insights.mode;
        if (insights.enabled) output.ContributorInsightsRuleList = rules_of(table, request.IndexName, insights.mode);
        co_return output;
    });
}

Task<ListContributorInsightsOutput> Service::list_contributor_insights(Call& call,
                                                                       ListContributorInsightsInput request) {
    const Scope scope(call);
    const auto limit = static_cast<size_t>(std::clamp(request.MaxResults.value_or(most_listed), 1, most_listed));
    std::string after;
    if (request.NextToken) {
        const auto place = from_base64(*request.NextToken);
        // Unverified: the words.
        if (!place) throw aws::validation_error("Invalid NextToken");
        after = *place;
    }
    auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Beside>> {
        const auto name = request.TableName ? table_name(*request.TableName) : "";
        if (!name.empty()) co_await load_named_schema(tx, scope, name);
        co_return co_await list_beside(tx, scope, insights_kind, name, after, limit + 1);
    });
    ListContributorInsightsOutput output;
    auto& summaries = output.ContributorInsightsSummaries.emplace();
    for (const auto& each : found) {
        if (summaries.size() == limit) {
            output.NextToken = to_base64(place_of(scope, insights_kind, found[limit - 1]));
            break;
        }
        const auto insights = Insights::read(each.value);
        auto& summary = summaries.emplace_back();
        summary.TableName = each.table;
        if (!each.name.empty()) summary.IndexName = each.name;
        summary.ContributorInsightsStatus = insights.status();
        summary.ContributorInsightsMode = insights.mode;
    }
    co_return output;
}

}  // namespace cumulet::dynamodb
