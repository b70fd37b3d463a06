#include "services/dynamodb/vectors/schema.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "contracts/error.h"
#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t max_hash_bytes = 2048;

constexpr std::pair<std::string_view, Distance> distances[] = {
    {"COSINE", Distance::cosine}, {"EUCLIDEAN", Distance::euclidean}, {"DOT_PRODUCT", Distance::dot_product}};

void check_partition(const VectorSchema& index, AttributeView value) {
    constexpr std::string_view invalid = "One or more parameter values were invalid: ";
    const auto& [name, type] = *index.hash;
    if (value.type() != type) {
        throw aws::validation_error(
            fmt::format("{}Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {}", invalid, name,
                        contracts::name_of(type), contracts::name_of(value.type()), index.name));
    }
    if (type == AttributeType::N) return;
    const auto size = value.content().size();
    if (size == 0) {
        throw aws::validation_error(fmt::format(
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
            "The AttributeValue for a key attribute cannot contain an empty {} value. IndexName: {}, IndexKey: {}",
            type == AttributeType::S ? "string" : "binary", index.name, name));
    }
    if (size <= max_hash_bytes) return;
    throw aws::validation_error(
        fmt::format("{}Size limit exceeded for Index Key {} Actual Size: {} bytes Max Size: {} bytes IndexName: {}",
                    invalid, name, size, max_hash_bytes, index.name));
}

bool fits_partition(const VectorSchema& index, AttributeView value) {
    if (!value.is(index.hash->type)) return false;
    const auto size = value.content().size();
    return size > 0 && size <= max_hash_bytes;
}

}  // namespace

std::string_view name_of(Distance distance) {
    for (const auto& [name, each] : distances) {
        if (each == distance) return name;
    }
    return "";
}

Distance distance_named(std::string_view name) {
    for (const auto& [each, distance] : distances) {
        if (each == name) return distance;
    }
    throw std::runtime_error(fmt::format("'{}' is no distance function", name));
}

const VectorSchema::Element* VectorSchema::element(std::string_view attribute_name) const {
    if (hash && hash->name == attribute_name) return &*hash;
    const auto filter = std::ranges::find(filters, attribute_name, &Element::name);
    return filter == filters.end() ? nullptr : &*filter;
}

bool VectorSchema::holds(std::string_view attribute_name, const KeySchema& table_key) const {
    return projection == "ALL" || table_key.names(attribute_name) || element(attribute_name) ||
           std::ranges::find(non_key, attribute_name) != non_key.end();
}

bool VectorSchema::projects_vector() const {
    return projection == "ALL" || std::ranges::find(non_key, attribute) != non_key.end();
}

bool VectorSchema::covers(AttributeView item) const {
    return item.find(attribute) && (!hash || fits_partition(*this, item.find(hash->name)));
}

void check_vector(const VectorSchema& index, AttributeView item) {
    constexpr std::string_view invalid = "One or more parameter values were invalid. Invalid ";
    if (index.hash) {
        if (const auto value = item.find(index.hash->name)) check_partition(index, value);
    }
    const auto vector = item.find(index.attribute);
    if (!vector) return;
    if (!vector.is(AttributeType::L)) {
        throw aws::validation_error(
            fmt::format("{}type for parameter {}, Expected: 32-bit floating point number list IndexName: {}", invalid,
                        index.attribute, index.name));
    }
    if (vector.count() != index.dimensions) {
        throw aws::validation_error(fmt::format("{}size for parameter {}, Expected: {}, Actual: {} IndexName: {}",
                                                invalid, index.attribute, index.dimensions, vector.count(),
                                                index.name));
    }
    size_t at = 0;
    for (const auto number : vector.elements()) {
        // Unverified: the words for a number that 32 bits cannot hold.
        if (!number.is(AttributeType::N) || !float_of(number)) {
            throw aws::validation_error(fmt::format(
                "{}type for parameter {}[{}], Expected: 32-bit floating point number, Actual: {}. IndexName: {}",
                invalid, index.attribute, at, contracts::name_of(number.type()), index.name));
        }
        ++at;
    }
}

std::optional<float> float_of(AttributeView number) {
    const auto text = number.number().text();
    float value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) return value;
    // Out of range: too large, or so small that it is nothing.
    double wide = 0;
    std::from_chars(text.data(), text.data() + text.size(), wide);
    if (std::abs(wide) > double{std::numeric_limits<float>::max()}) return std::nullopt;
    return static_cast<float>(wide);
}

std::optional<std::vector<float>> vector_of(const VectorSchema& index, AttributeView item) {
    const auto list = item.find(index.attribute);
    if (!list.is(AttributeType::L) || list.count() != index.dimensions) return std::nullopt;
    std::vector<float> vector;
    vector.reserve(index.dimensions);
    for (const auto number : list.elements()) {
        const auto value = number.is(AttributeType::N) ? float_of(number) : std::nullopt;
        if (!value) return std::nullopt;
        vector.push_back(*value);
    }
    return vector;
}

AttributeMap projected(const VectorSchema& index, const KeySchema& table_key, const AttributeMap& item) {
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    for (const auto& member : item.members()) {
        if (member.name == index.attribute || !index.holds(member.name, table_key)) continue;
        writer.key(member.name);
        writer.value(member.value);
    }
    writer.end();
    return AttributeMap::from_bytes(std::move(bytes));
}

bool same_entry(const VectorSchema& index, const KeySchema& table_key, const AttributeMap& old,
                const AttributeMap& item) {
    return old.find(index.attribute) == item.find(index.attribute) &&
           projected(index, table_key, old) == projected(index, table_key, item);
}

size_t metered_bytes(const VectorSchema& index, AttributeView rest) {
    size_t bytes = sizeof(float) * index.dimensions + index.attribute.size();
    for (const auto& member : rest.members()) bytes += member.name.size() + member.value.size_bytes();
    return bytes;
}

size_t metered_write(const VectorSchema& index, const KeySchema& table_key, const AttributeMap* old,
                     const AttributeMap* item) {
    const bool was = old && index.covers(old->view()), is = item && index.covers(item->view());
    const auto cost = [&](const AttributeMap& whole) {
        return std::max(least_metered_bytes, metered_bytes(index, projected(index, table_key, whole).view()));
    };
    if (!was || !is) return (was ? cost(*old) : 0) + (is ? cost(*item) : 0);
    if (same_entry(index, table_key, *old, *item)) return 0;
    const bool moves = index.hash && !(old->find(index.hash->name) == item->find(index.hash->name));
    return moves ? cost(*old) + cost(*item) : std::max(cost(*old), cost(*item));
}

}  // namespace cumulet::dynamodb
