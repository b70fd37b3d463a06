#include "services/dynamodb/vectors/rows.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t items_a_step = 500;
constexpr size_t bytes_a_step = 2 << 20;

/// "" if the index cannot hold the item.
std::string row_of(const Table& table, const VectorSchema& index, const AttributeMap& item) {
    const auto vector = vector_of(index, item.view());
    if (!vector) return "";
    std::string bytes(reinterpret_cast<const char*>(vector->data()), vector->size() * sizeof(float));
    bytes += projected(index, table.key, item).bytes();
    return bytes;
}

/// Puts the item's row, where it is to have one.
void put_row(store::Transaction& tx, const Scope& scope, const Table& table, const VectorSchema& index,
             const AttributeMap& item) {
    if (!index.covers(item.view())) return;
    auto row = row_of(table, index, item);
    if (!row.empty()) tx.put(vector_place(scope, table, index, item.view()), std::move(row));
}

void write_element(AttributeWriter& writer, const VectorSchema::Element& element) {
    writer.begin(AttributeType::L);
    writer.string(element.name);
    writer.string(contracts::name_of(element.type));
    writer.end();
}

VectorSchema::Element read_element(AttributeView list) {
    const auto type = list.at(1).content();
    return {.name = std::string(list.at(0).content()),
            .type = type == "S"   ? AttributeType::S
                    : type == "N" ? AttributeType::N
                                  : AttributeType::B};
}

void write_vector(AttributeWriter& writer, const VectorSchema& index) {
    writer.begin(AttributeType::M);
    const auto text = [&](std::string_view key, std::string_view value) {
        writer.key(key);
        writer.string(value);
    };
    text("name", index.name);
    text("number", std::to_string(index.number));
    text("attribute", index.attribute);
    text("dimensions", std::to_string(index.dimensions));
    text("distance", name_of(index.distance));
    text("projection", index.projection);
    if (index.hash) {
        writer.key("hash");
        write_element(writer, *index.hash);
    }
    writer.key("filters");
    writer.begin(AttributeType::L);
    for (const auto& filter : index.filters) write_element(writer, filter);
    writer.end();
    writer.key("non_key");
    writer.begin(AttributeType::L);
    for (const auto& name : index.non_key) writer.string(name);
    writer.end();
    if (!index.readable) {
        writer.key("unreadable");
        writer.boolean(true);
    }
    writer.end();
}

VectorSchema read_vector(AttributeView record) {
    const auto text = [&](std::string_view key) { return std::string(record.find(key).content()); };
    VectorSchema index{.name = text("name"),
                       .number = std::stoull(text("number")),
                       .attribute = text("attribute"),
                       .dimensions = std::stoul(text("dimensions")),
                       .distance = distance_named(text("distance")),
                       .projection = text("projection"),
                       .readable = !record.find("unreadable")};
    if (const auto hash = record.find("hash")) index.hash = read_element(hash);
    for (const auto filter : record.find("filters").elements()) index.filters.push_back(read_element(filter));
    for (const auto name : record.find("non_key").elements()) index.non_key.emplace_back(name.content());
    return index;
}

}  // namespace

VectorRow::VectorRow(const VectorSchema& index, std::string_view bytes)
    : vector(bytes.substr(0, index.dimensions * sizeof(float))), rest(bytes.substr(vector.size())) {}

void save_vectors(store::Transaction& tx, const Scope& scope, const Table& table, const AttributeMap* old,
                  const AttributeMap* item) {
    for (const auto& index : table.vectors) {
        if (old && item && same_entry(index, table.key, *old, *item)) continue;
        if (old && index.covers(old->view())) tx.erase(vector_place(scope, table, index, old->view()));
        if (item) put_row(tx, scope, table, index, *item);
    }
}

Task<std::optional<std::string>> fill_vectors(store::Transaction& tx, Scope scope, const Table& table,
                                              const VectorSchema& index, std::string cursor) {
    auto range = scan_range(scope, table, nullptr, 0, 1);
    if (!cursor.empty()) range.begin = std::move(cursor) + '\0';
    const auto entries = co_await tx.scan(range, {.limit = items_a_step, .max_bytes = bytes_a_step});
    if (entries.empty()) co_return std::nullopt;
    for (const auto& entry : entries) {
        put_row(tx, scope, table, index, AttributeMap::from_bytes(entry.value));
    }
    co_return entries.back().key;
}

store::Range all_vectors(const Scope& scope, const VectorSchema& index) {
    return scan_range(scope, Table{.number = index.number}, nullptr, 0, 1);
}

void erase_vectors(store::Transaction& tx, const Scope& scope, const VectorSchema& index) {
    tx.erase_range(all_vectors(scope, index));
}

void write_vectors(AttributeWriter& writer, const std::vector<VectorSchema>& indexes) {
    writer.begin(AttributeType::L);
    for (const auto& index : indexes) write_vector(writer, index);
    writer.end();
}

std::vector<VectorSchema> read_vectors(AttributeView list) {
    std::vector<VectorSchema> indexes;
    if (!list) return indexes;
    for (const auto record : list.elements()) indexes.push_back(read_vector(record));
    return indexes;
}

}  // namespace cumulet::dynamodb
