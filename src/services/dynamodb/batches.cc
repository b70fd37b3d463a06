// BatchGetItem and BatchWriteItem: many items of several tables in one request.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
#include "contracts/reflect.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/write.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t max_gets = 100;
constexpr size_t max_writes = 25;
/// Documented as 16 MB, which is 52 items of 300 KB: a megabyte is a million here, and not a kilobyte a thousand.
constexpr size_t max_response_bytes = 16'000'000;

[[noreturn]] void refuse_duplicates() { throw aws::validation_error("Provided list of item keys contains duplicates"); }

/// Throws aws::Error if one of the names of `requests`, a map, is no table's. `show` writes the map as DynamoDB does.
template <typename Requests, typename Show>
void check_names(const Requests& requests, const Show& show) {
    constexpr size_t max_shown_bytes = 8192;
    const auto refused = [](const auto& request) {
        try {
            table_name(request.first);
        } catch (const aws::Error& error) {
            return error.message.contains(" at 'tableName'");
        }
        return false;
    };
    if (std::ranges::none_of(requests, refused)) return;
    throw aws::validation_error(fmt::format(
        "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy "
        "constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal "
        "to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]",
        show().substr(0, max_shown_bytes)));
}

/// How much of a batch throughput lets in.
class Admission {
  public:
    explicit Admission(Spending& spending) : spending_(spending) {}

    /// True if a part that costs `cost` may be done; then it is noted.
    bool admits(const std::string& table, Access access, const Consumption& cost) {
        if (auto lack = spending_.shortage(table, access, cost)) {
            lack_ = std::move(lack);
            return false;
        }
        spending_.use(table, access, cost);
        any_ = true;
        return true;
    }
    /// Throws what Shortage::raise throws if nothing at all could be done.
    void check() const {
        if (lack_ && !any_) lack_->raise();
    }

  private:
    Spending& spending_;
    std::optional<Shortage> lack_;
    bool any_ = false;
};

/// One table's part of a BatchGetItem, read and checked.
struct Gets {
    std::string name;
    const KeysAndAttributes* wanted;
    std::optional<std::vector<Path>> projection;
};

/// Throws aws::Error for keys that are refused or come twice.
void check_keys(const std::vector<AttributeMap>& keys) {
    std::set<std::string_view> seen;
    for (const auto& key : keys) {
        key.check();
        if (!seen.insert(key.bytes()).second) refuse_duplicates();
    }
}

/// One form for all tables of a request.
void check_forms_of_all(const BatchGetItemInput& request) {
    const auto any = [&](auto member) {
        return std::ranges::any_of(request.RequestItems,
                                   [&](const auto& part) { return (part.second.*member).has_value(); });
    };
    check_forms({{"ProjectionExpression", any(&KeysAndAttributes::ProjectionExpression)}},
                {{"AttributesToGet", any(&KeysAndAttributes::AttributesToGet)}});
}

std::vector<Gets> check_gets(const BatchGetItemInput& request) {
    check_names(request.RequestItems, [&] {
        const auto shown = contracts::to_json(*aws::dynamodb::service.find("BatchGetItem")->input, &request);
        return std::string(json::serialize(shown.at("RequestItems")));
    });
    check_forms_of_all(request);
    size_t count = 0;
    std::vector<Gets> all;
    for (const auto& [name, wanted] : request.RequestItems) {
        count += wanted.Keys.size();
        const Parameter projected{"ProjectionExpression", wanted.ProjectionExpression.has_value()};
        check_placeholder_use(wanted, {}, {projected});
        const auto attributes = attribute_paths(wanted.AttributesToGet);
        auto placeholders = placeholders_of(wanted);
        all.push_back(
            {.name = table_name(name),
             .wanted = &wanted,
             .projection = projected.given ? projection_of(wanted.ProjectionExpression, placeholders) : attributes});
        placeholders.check_all_used();
        check_keys(wanted.Keys);
    }
    if (count > max_gets) throw aws::validation_error("Too many items requested for the BatchGetItem call");
    return all;
}

/// Reads one table's items until `budget_bytes` is used up; what is left goes into `unprocessed`.
Task<std::vector<AttributeMap>> read_gets(store::Transaction& tx, Scope scope, const Gets& gets, size_t& budget_bytes,
                                          Admission& admission, Consumption& used, KeysAndAttributes& unprocessed) {
    const auto table = co_await load_table(tx, scope, gets.name);
    if (gets.projection) table.check_paths(*gets.projection);
    const bool consistent = gets.wanted->ConsistentRead.value_or(false);
    std::vector<AttributeMap> items;
    for (const auto& key : gets.wanted->Keys) {
        table.check_key(key);
        auto place = item_key(scope, table, key.view());
        if (budget_bytes == 0) {
            unprocessed.Keys.push_back(key);
            continue;
        }
        auto item = co_await load_item(tx, std::move(place));
        const size_t size_bytes = item ? item->size_bytes() : 0;
        if (size_bytes > budget_bytes) {
            budget_bytes = 0;
            unprocessed.Keys.push_back(key);
            continue;
        }
        const Consumption cost{.table = read_units(size_bytes, consistent)};
        if (!admission.admits(gets.name, Access::read, cost)) {
            unprocessed.Keys.push_back(key);
            continue;
        }
        budget_bytes -= size_bytes;
        used.table += cost.table;
        if (item) items.push_back(gets.projection ? project(*gets.projection, item->view()) : std::move(*item));
    }
    co_return items;
}

}  // namespace

Task<BatchGetItemOutput> Service::batch_get_item(Call& call, BatchGetItemInput request) {
    const auto all = check_gets(request);
    co_await permit_parts(call, request);
    const Scope scope(call);

    Spending spending(throttle_, call.now());
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<BatchGetItemOutput> {
        spending.restart();
        BatchGetItemOutput output;
        output.Responses.emplace();
        output.UnprocessedKeys.emplace();
        size_t budget_bytes = max_response_bytes;
        Admission admission(spending);
        for (const auto& gets : all) {
            if (spending) co_await spending.learn(tx, scope, gets.name);
            Consumption used;
            KeysAndAttributes unprocessed = *gets.wanted;
            unprocessed.Keys.clear();
            (*output.Responses)[gets.name] =
                co_await read_gets(tx, scope, gets, budget_bytes, admission, used, unprocessed);
            if (!unprocessed.Keys.empty()) output.UnprocessedKeys->emplace(gets.name, std::move(unprocessed));
            if (auto capacity = used.report(request.ReturnConsumedCapacity, gets.name)) {
                if (!output.ConsumedCapacity) output.ConsumedCapacity.emplace();
                output.ConsumedCapacity->push_back(std::move(*capacity));
            }
        }
        admission.check();
        co_return output;
    });
}

namespace {

std::string shown(std::string_view type, std::string_view member, const AttributeMap& values) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : values.members()) {
        parts.push_back(fmt::format("{}=", name));
        value.append_json(parts.back());
    }
    return fmt::format("{}({}={{{}}})", type, member, fmt::join(parts, ", "));
}

/// RequestItems as Java prints it.
std::string shown(const BatchWriteItemInput& request) {
    std::vector<std::string> tables;
    for (const auto& [name, writes] : request.RequestItems) {
        std::vector<std::string> parts;
        for (const auto& write : writes) {
            const auto put = write.PutRequest ? shown("PutRequest", "item", write.PutRequest->Item) : "null";
            const auto remove = write.DeleteRequest ? shown("DeleteRequest", "key", write.DeleteRequest->Key) : "null";
            parts.push_back(fmt::format("WriteRequest(putRequest={}, deleteRequest={})", put, remove));
        }
        tables.push_back(fmt::format("{}=[{}]", name, fmt::join(parts, ", ")));
    }
    return fmt::format("{{{}}}", fmt::join(tables, ", "));
}

void check_writes(const BatchWriteItemInput& request) {
    check_names(request.RequestItems, [&] { return shown(request); });
    size_t count = 0;
    for (const auto& [name, writes] : request.RequestItems) {
        count += writes.size();
        for (const auto& write : writes) {
            if (write.PutRequest.has_value() == write.DeleteRequest.has_value()) {
                throw aws::validation_error(
                    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                    "supported "
                    "datatypes");
            }
            if (write.PutRequest) {
                write.PutRequest->Item.check(Wording::older);
                check_size(write.PutRequest->Item);
            } else {
                write.DeleteRequest->Key.check(Wording::older);
            }
        }
    }
    if (count > max_writes) throw aws::validation_error("Too many items requested for the BatchWriteItem call");
}

/// A batch says of an item without its key what it says of a key.
void check_put(const Table& table, const AttributeMap& item) {
    for (const auto* name : {&table.key.hash, &table.key.range}) {
        if (!name->empty() && !item.find(*name).is(table.key.type_of(*name))) {
            throw aws::validation_error("The provided key element does not match the schema");
        }
    }
    table.check_item(item);
}

/// Makes one table's writes; those that throughput does not let in are returned.
Task<std::vector<WriteRequest>> write_all(store::Transaction& tx, Scope scope, std::string name,
                                          const std::vector<WriteRequest>& writes, bool count_units,
                                          Admission& admission, Consumption& used, CollectionMetrics& metrics) {
    const auto table = co_await load_table(tx, scope, name);
    std::vector<WriteRequest> unprocessed;
    std::set<std::string> seen;
    for (const auto& write : writes) {
        const auto* item = write.PutRequest ? &write.PutRequest->Item : nullptr;
        if (item)
            check_put(table, *item);
        else
            table.check_key(write.DeleteRequest->Key);
        const auto key = item_key(scope, table, item ? item->view() : write.DeleteRequest->Key.view());
        if (!seen.insert(key).second) refuse_duplicates();
        std::optional<AttributeMap> old;
        if (table.needs_old() || count_units) old = co_await load_item(tx, key);
        if (count_units) {
            Consumption cost;
            cost.add_write(table, pointer(old), item);
            if (!admission.admits(name, Access::write, cost)) {
                unprocessed.push_back(write);
                continue;
            }
            used.add(cost);
        }
        co_await write_item(tx, scope, table, key, pointer(old), item);
        metrics.add(table, item ? item->view() : write.DeleteRequest->Key.view());
    }
    co_return unprocessed;
}

}  // namespace

Task<BatchWriteItemOutput> Service::batch_write_item(Call& call, BatchWriteItemInput request) {
    check_writes(request);
    co_await permit_parts(call, request);
    const Scope scope(call);

    Spending spending(throttle_, call.now());
    const bool count_units = spending || wants_capacity(request.ReturnConsumedCapacity);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<BatchWriteItemOutput> {
        spending.restart();
        Admission admission(spending);
        BatchWriteItemOutput output;
        output.UnprocessedItems.emplace();
        CollectionMetrics metrics(request.ReturnItemCollectionMetrics);
        for (const auto& [given_name, writes] : request.RequestItems) {
            const auto name = table_name(given_name);
            if (spending) co_await spending.learn(tx, scope, name);
            Consumption used;
            auto unprocessed = co_await write_all(tx, scope, name, writes, count_units, admission, used, metrics);
            if (!unprocessed.empty()) output.UnprocessedItems->emplace(given_name, std::move(unprocessed));
            if (auto capacity = used.report(request.ReturnConsumedCapacity, name)) {
                if (!output.ConsumedCapacity) output.ConsumedCapacity.emplace();
                output.ConsumedCapacity->push_back(std::move(*capacity));
            }
        }
        admission.check();
        output.ItemCollectionMetrics = std::move(metrics).report();
        co_return output;
    });
}

}  // namespace cumulet::dynamodb
