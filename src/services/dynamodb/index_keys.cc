#include "services/dynamodb/index_keys.h"

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t max_hash_bytes = 2048;
constexpr size_t max_range_bytes = 1024;

size_t max_bytes(const KeySchema& key, std::string_view name) {
    return key.is_hash(name) ? max_hash_bytes : max_range_bytes;
}

}  // namespace

void check_index_key(const Index& index, AttributeView item) {
    constexpr std::string_view invalid = "One or more parameter values were invalid: ";
    index.key.each([&](std::string_view name) {
        const auto value = item.find(name);
        if (!value) return;
        const auto expected = index.key.type_of(name);
        if (value.type() != expected) {
            throw aws::validation_error(
                fmt::format("{}Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {}", invalid, name,
                            name_of(expected), name_of(value.type()), index.name));
        }
        if (expected == AttributeType::N) return;
        const auto size = value.content().size();
        if (size == 0) {
            throw aws::validation_error(fmt::format(
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                "supported. "
                "The AttributeValue for a key attribute cannot contain an empty {} value. IndexName: {}, IndexKey: {}",
                expected == AttributeType::S ? "string" : "binary", index.name, name));
        }
        if (size <= max_bytes(index.key, name)) return;
        throw aws::validation_error(
            fmt::format("{}Size limit exceeded for Index Key {} Actual Size: {} bytes Max Size: {} bytes IndexName: {}",
                        invalid, name, size, max_bytes(index.key, name), index.name));
    });
}

bool fits_index(const Index& index, AttributeView item) {
    return index.key.all([&](std::string_view name) {
        const auto value = item.find(name);
        if (!value.is(index.key.type_of(name))) return false;
        const auto size = value.content().size();
        return value.is(AttributeType::N) || (size > 0 && size <= max_bytes(index.key, name));
    });
}

}  // namespace cumulet::dynamodb
