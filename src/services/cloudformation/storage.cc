#include "services/cloudformation/storage.h"

namespace cumulet::cloudformation::storage {

namespace {

constexpr std::string_view service = "cloudformation";
constexpr size_t max_resources = 1000, max_change_sets = 1000, max_exports = 5000, max_operations = 10000;

store::Key key(const Place& place, std::string_view kind) {
    return store::Key(place.account, place.region, service, kind);
}

store::Key operation_key(const std::string& account, const std::string& region, const std::string& stack_id) {
    return store::Key("", "", service, "unfinished", account, region, stack_id);
}

template <typename T>
Task<std::vector<T>> all_under(store::Transaction& tx, store::Key prefix, size_t limit) {
    const auto entries =
        co_await tx.scan(store::Range::prefix(prefix), {.limit = limit, .max_bytes = size_t{256} << 20});
    std::vector<T> records;
    for (const auto& entry : entries) records.push_back(record::read<T>(entry.value));
    co_return records;
}

}  // namespace

Task<std::optional<Stack>> find_stack(store::Transaction& tx, Place place, std::string id) {
    const auto value = co_await tx.get(key(place, "stack") << id);
    if (!value) co_return std::nullopt;
    co_return record::read<Stack>(*value);
}

Task<std::string> stack_id_of(store::Transaction& tx, Place place, std::string name) {
    co_return (co_await tx.get(key(place, "name") << name)).value_or("");
}

void save_stack(store::Transaction& tx, const Place& place, const Stack& stack) {
    tx.put(key(place, "stack") << stack.id, record::write(stack));
    if (stack.gone())
        tx.erase(key(place, "name") << stack.name);
    else
        tx.put(key(place, "name") << stack.name, stack.id);
    tx.wake(topic_of(stack.id));
}

void erase_stack(store::Transaction& tx, const Place& place, const Stack& stack) {
    tx.erase(key(place, "stack") << stack.id);
    tx.erase(key(place, "name") << stack.name);
    for (const std::string_view kind : {"event", "change_set", "resource"}) {
        tx.erase_range(store::Range::prefix(key(place, kind) << stack.id));
    }
    tx.wake(topic_of(stack.id));
}

Task<std::vector<Stack>> stacks(store::Transaction& tx, Place place, std::string after, size_t limit) {
    auto range = store::Range::prefix(key(place, "stack"));
    if (!after.empty()) range.begin = (key(place, "stack") << after).bytes() + '\0';
    const auto entries = co_await tx.scan(range, {.limit = limit});
    std::vector<Stack> result;
    for (const auto& entry : entries) result.push_back(record::read<Stack>(entry.value));
    co_return result;
}

Task<std::optional<StackResource>> find_resource(store::Transaction& tx, Place place, std::string stack_id,
                                                 std::string logical_id) {
    const auto value = co_await tx.get(key(place, "resource") << stack_id << logical_id);
    if (!value) co_return std::nullopt;
    co_return record::read<StackResource>(*value);
}

void save_resource(store::Transaction& tx, const Place& place, const std::string& stack_id,
                   const StackResource& resource) {
    tx.put(key(place, "resource") << stack_id << resource.logical_id, record::write(resource));
}

Task<std::vector<StackResource>> resources(store::Transaction& tx, Place place, std::string stack_id) {
    return all_under<StackResource>(tx, key(place, "resource") << stack_id, max_resources);
}

Task<void> add_event(store::Transaction& tx, Place place, std::string stack_id, StackEvent event) {
    const auto prefix = key(place, "event") << stack_id;
    const auto newest = co_await tx.scan(store::Range::prefix(prefix), {.limit = 1, .order = store::Order::descending});
    int64_t number = 1;
    if (!newest.empty()) number = store::KeyReader(newest[0].key, prefix.bytes()).number() + 1;
    tx.put(key(place, "event") << stack_id << number, record::write(event));
    tx.wake(topic_of(stack_id));
}

Task<std::vector<StackEvent>> events(store::Transaction& tx, Place place, std::string stack_id, int64_t before,
                                     size_t limit, int64_t& oldest) {
    const auto prefix = key(place, "event") << stack_id;
    auto range = store::Range::prefix(prefix);
    if (before > 0) range.end = (key(place, "event") << stack_id << before).bytes();
    const auto entries = co_await tx.scan(range, {.limit = limit, .order = store::Order::descending});
    std::vector<StackEvent> result;
    for (const auto& entry : entries) {
        result.push_back(record::read<StackEvent>(entry.value));
        oldest = store::KeyReader(entry.key, prefix.bytes()).number();
    }
    co_return result;
}

Task<std::vector<ChangeSet>> change_sets(store::Transaction& tx, Place place, std::string stack_id) {
    return all_under<ChangeSet>(tx, key(place, "change_set") << stack_id, max_change_sets);
}

void save_change_set(store::Transaction& tx, const Place& place, const std::string& stack_id,
                     const ChangeSet& change_set) {
    tx.put(key(place, "change_set") << stack_id << change_set.id, record::write(change_set));
}

void erase_change_set(store::Transaction& tx, const Place& place, const std::string& stack_id,
                      const std::string& change_set_id) {
    tx.erase(key(place, "change_set") << stack_id << change_set_id);
}

Task<std::vector<Export>> exports(store::Transaction& tx, Place place) {
    const auto prefix = key(place, "export");
    const auto entries = co_await tx.scan(store::Range::prefix(prefix), {.limit = max_exports});
    std::vector<Export> result;
    for (const auto& entry : entries) {
        const auto value = parse_json(entry.value).value();
        result.push_back({.name = store::KeyReader(entry.key, prefix.bytes()).text(),
                          .stack_id = std::string(value.at(0).as_string()),
                          .value = std::string(value.at(1).as_string())});
    }
    co_return result;
}

void save_export(store::Transaction& tx, const Place& place, const Export& exported) {
    tx.put(key(place, "export") << exported.name, json::serialize(json::array{exported.stack_id, exported.value}));
}

void erase_export(store::Transaction& tx, const Place& place, const std::string& name) {
    tx.erase(key(place, "export") << name);
}

Task<std::vector<Import>> importers(store::Transaction& tx, Place place, std::string name) {
    const auto prefix = key(place, "import") << name;
    const auto entries = co_await tx.scan(store::Range::prefix(prefix), {.limit = max_resources});
    std::vector<Import> result;
    for (const auto& entry : entries) {
        result.push_back({.stack_id = store::KeyReader(entry.key, prefix.bytes()).text(), .stack_name = entry.value});
    }
    co_return result;
}

void save_import(store::Transaction& tx, const Place& place, const std::string& name, const Import& import) {
    tx.put(key(place, "import") << name << import.stack_id, import.stack_name);
}

void erase_import(store::Transaction& tx, const Place& place, const std::string& name, const std::string& stack_id) {
    tx.erase(key(place, "import") << name << stack_id);
}

void save_operation(store::Transaction& tx, const Operation& operation) {
    tx.put(operation_key(operation.account, operation.region, operation.stack_id), record::write(operation));
}

void erase_operation(store::Transaction& tx, const Operation& operation) {
    tx.erase(operation_key(operation.account, operation.region, operation.stack_id));
}

Task<std::optional<Operation>> find_operation(store::Transaction& tx, Place place, std::string stack_id) {
    const auto value = co_await tx.get(operation_key(place.account, place.region, stack_id));
    if (!value) co_return std::nullopt;
    co_return record::read<Operation>(*value);
}

Task<std::vector<Operation>> operations(store::Transaction& tx) {
    return all_under<Operation>(tx, store::Key("", "", service, "unfinished"), max_operations);
}

std::string topic_of(const std::string& stack_id) { return "cloudformation/" + stack_id; }

}  // namespace cumulet::cloudformation::storage
