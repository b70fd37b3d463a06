#include "services/dynamodb/table.h"

#include "base/arn.h"
#include "services/dynamodb/index_keys.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t max_hash_bytes = 2048;
constexpr size_t max_range_bytes = 1024;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

void check_key_value(const KeySchema& schema, std::string_view name, AttributeView value) {
    const auto size = value.is(AttributeType::N) ? 0 : value.content().size();
    if (size == 0 && !value.is(AttributeType::N)) {
        throw aws::validation_error(fmt::format(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty {} value. Key: {}",
            value.is(AttributeType::S) ? "string" : "binary", name));
    }
    if (schema.is_hash(name)) {
        if (size > max_hash_bytes) invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes");
    } else if (size > max_range_bytes) {
        invalid("Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
    }
}

bool too_large(const AttributeMap& item) {
    // Counting an item's size costs more than a look at its bytes, which are more than a quarter of it.
    return item.bytes().size() > max_item_bytes / 4 && item.size_bytes() > max_item_bytes;
}

void add_paths(std::vector<Path>& paths, const Operand& operand) {
    if (operand.kind == Operand::Kind::path) paths.push_back(operand.path);
    for (const auto& argument : operand.arguments) add_paths(paths, argument);
}

/// What an update changes and what it reads.
std::vector<Path> all_paths(const Update& update) {
    std::vector<Path> paths;
    for (const auto& action : update.actions) {
        paths.push_back(action.path);
        if (action.kind != Action::Kind::remove) add_paths(paths, action.value);
    }
    return paths;
}

/// The attributes of the keys, of those that `item` has.
AttributeMap pick(AttributeView item, std::initializer_list<const KeySchema*> keys) {
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    for (const auto* key : keys) {
        key->each([&](std::string_view name) {
            const auto value = item.find(name);
            if (!value) return;
            writer.key(name);
            writer.value(value);
        });
    }
    writer.end();
    return AttributeMap::from_bytes(std::move(bytes));
}

}  // namespace

bool KeySchema::is_hash(std::string_view attribute) const {
    return attribute == hash || std::ranges::find(more_hash, attribute, &KeyAttribute::name) != more_hash.end();
}

bool KeySchema::names(std::string_view attribute) const {
    return !all([&](std::string_view name) { return name != attribute; });
}

AttributeType KeySchema::type_of(std::string_view attribute) const {
    if (attribute == hash) return hash_type;
    for (const auto* more : {&more_hash, &more_range}) {
        const auto found = std::ranges::find(*more, attribute, &KeyAttribute::name);
        if (found != more->end()) return found->type;
    }
    return range_type;
}

bool Index::covers(AttributeView item) const {
    return key.all([&](std::string_view name) { return static_cast<bool>(item.find(name)); });
}

bool Index::holds(std::string_view attribute, const KeySchema& table_key) const {
    return projection == "ALL" || table_key.names(attribute) || key.names(attribute) ||
           std::ranges::find(non_key, attribute) != non_key.end();
}

const Index& Table::index(std::string_view index_name, std::string_view operation) const {
    for (const auto& index : indexes) {
        if (index.name != index_name) continue;
        if (index.readable) return index;
        throw aws::validation_error(fmt::format("Cannot read from backfilling global secondary index: {}", index_name));
    }
    if (std::ranges::find(vectors, index_name, &VectorSchema::name) != vectors.end()) {
        throw aws::validation_error(fmt::format("{} operation not supported on this index type", operation));
    }
    throw aws::validation_error(fmt::format("The table does not have the specified index: {}", index_name));
}

const VectorSchema& Table::vector_index(std::string_view index_name) const {
    for (const auto& index : vectors) {
        if (index.name != index_name) continue;
        if (index.readable) return index;
        throw aws::validation_error(fmt::format("Cannot search backfilling vector index: {}", index_name));
    }
    throw aws::validation_error(fmt::format("The table does not have the specified index: {}", index_name));
}

bool Table::indexes_rest() const {
    return std::ranges::all_of(indexes, &Index::readable) && std::ranges::all_of(vectors, &VectorSchema::readable);
}

void KeySchema::check_attribute(AttributeView attributes, std::string_view name) const {
    const auto value = attributes.find(name);
    if (!value.is(type_of(name))) throw aws::validation_error("The provided key element does not match the schema");
    check_key_value(*this, name, value);
}

void Table::check_key(const AttributeMap& candidate) const {
    candidate.check();
    if (candidate.count() != (key.has_range() ? 2u : 1u)) {
        throw aws::validation_error("The provided key element does not match the schema");
    }
    key.check_attribute(candidate.view(), key.hash);
    if (key.has_range()) key.check_attribute(candidate.view(), key.range);
}

void Table::check_item(const AttributeMap& item) const {
    item.check();
    const auto view = item.view();
    for (const auto* name : {&key.hash, &key.range}) {
        if (name->empty()) continue;
        const auto value = view.find(*name);
        if (!value) invalid(fmt::format("Missing the key {} in the item", *name));
        const auto expected = key.type_of(*name);
        if (value.type() != expected) {
            invalid(fmt::format("Type mismatch for key {} expected: {} actual: {}", *name, name_of(expected),
                                name_of(value.type())));
        }
        check_key_value(key, *name, value);
    }
    for (const bool global : {true, false}) {
        for (const auto& index : indexes) {
            if (index.global == global) check_index_key(index, view);
        }
    }
    for (const auto& index : vectors) check_vector(index, view);
    check_size(item);
}

void Table::check_updated(const AttributeMap& item) const {
    for (const auto& index : indexes) {
        const bool fits = index.key.all([&](std::string_view name) {
            const auto value = item.find(name);
            return !value || value.is(index.key.type_of(name));
        });
        if (!fits) {
            throw aws::validation_error(
                "The update expression attempted to update the secondary index key to unsupported type");
        }
        check_index_key(index, item.view());
    }
    for (const auto& index : vectors) check_vector(index, item.view());
    if (too_large(item)) throw aws::validation_error("Item size to update has exceeded the maximum allowed size");
}

AttributeMap Table::key_of(const AttributeMap& item) const { return pick(item.view(), {&key}); }

AttributeMap Table::key_of(const AttributeMap& item, const Index* index) const {
    if (!index) return key_of(item);
    return pick(item.view(), {&key, &index->key});
}

AttributeMap Table::projected(const AttributeMap& item, const Index& index) const {
    if (index.projection == "ALL") return item;
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    for (const auto& member : item.members()) {
        if (!index.holds(member.name, key)) continue;
        writer.key(member.name);
        writer.value(member.value);
    }
    writer.end();
    return AttributeMap::from_bytes(std::move(bytes));
}

void Table::check_paths(const std::vector<Path>& paths) const {
    const auto refuse = [](std::string_view kind, std::string_view name) {
        throw aws::validation_error(fmt::format(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {}: "
            "{}",
            kind, name));
    };
    for (const auto& path : paths) {
        if (path.size() > 1 && key.names(path[0].name)) refuse("Key", path[0].name);
    }
    for (const auto& path : paths) {
        if (path.size() == 1) continue;
        for (const auto& index : indexes) {
            if (index.key.names(path[0].name)) refuse("IndexKey", path[0].name);
        }
    }
}

void Table::check_paths(const Condition* condition) const {
    if (!condition) return;
    std::vector<Path> paths;
    each_path(*condition, [&](const Path& path) { paths.push_back(path); });
    check_paths(paths);
}

void Table::check_update(const Update& update) const {
    for (const auto& action : update.actions) {
        const auto& name = action.path[0].name;
        if (key.names(name)) {
            invalid(fmt::format("Cannot update attribute {}. This attribute is part of the key", name));
        }
        if (!update.by_attribute || action.kind == Action::Kind::remove) continue;
        // AttributeUpdates names its values, so their types are known before the item is.
        std::string bytes;
        AttributeWriter writer(bytes);
        writer.begin(AttributeType::M);
        writer.key(name);
        writer.value(action.value.value);
        writer.end();
        for (const auto& index : indexes) check_index_key(index, AttributeView(bytes));
    }
    check_paths(all_paths(update));
}

std::set<std::string_view> key_names(const Table& table) {
    auto names = key_names(table, nullptr);
    for (const auto& index : table.indexes) names.merge(key_names(table, &index));
    for (const auto& index : table.vectors) {
        if (index.hash) names.insert(index.hash->name);
        for (const auto& filter : index.filters) names.insert(filter.name);
    }
    return names;
}

std::set<std::string_view> key_names(const Table& table, const Index* index) {
    std::set<std::string_view> names;
    const auto add = [&](std::string_view name) { names.insert(name); };
    table.key.each(add);
    if (index) index->key.each(add);
    return names;
}

void check_size(const AttributeMap& item) {
    if (too_large(item)) throw aws::validation_error("Item size has exceeded the maximum allowed size");
}

void name_indexes(aws::dynamodb::TableDescription& description) {
    const auto name = [&](auto& indexes) {
        if (!indexes) return;
        for (auto& index : *indexes) index.IndexArn = *description.TableArn + "/index/" + *index.IndexName;
    };
    name(description.LocalSecondaryIndexes);
    name(description.GlobalSecondaryIndexes);
    name(description.VectorIndexes);
}

std::string table_name(std::string_view name_or_arn) {
    std::string name(name_or_arn);
    if (name.starts_with("arn:")) {
        const auto arn = Arn::parse(name);
        if (!arn || !arn->resource.starts_with("table/")) {
            throw aws::validation_error(fmt::format("Invalid table ARN: {}", name));
        }
        name = arn->resource.substr(6);
        name = name.substr(0, name.find('/'));
    }
    std::vector<std::string> broken;
    const auto refuse = [&](std::string_view constraint) {
        broken.push_back(
            fmt::format("Value '{}' at 'tableName' failed to satisfy constraint: Member must {}", name, constraint));
    };
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
    };
    if (!std::ranges::all_of(name, allowed)) refuse("satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    if (name.size() < 3) refuse("have length greater than or equal to 3");
    if (name.size() > 255) refuse("have length less than or equal to 255");
    if (!broken.empty()) {
        throw aws::validation_error(fmt::format("{} validation error{} detected: {}", broken.size(),
                                                broken.size() == 1 ? "" : "s", fmt::join(broken, "; ")));
    }
    return name;
}

}  // namespace cumulet::dynamodb
