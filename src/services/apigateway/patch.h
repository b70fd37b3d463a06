// PATCH as API Gateway has it: each kind of record has its own table of paths and of what may be done there. Pure.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
#pragma once

#include <span>

#include "base/json.h"
#include "contracts/apigateway.h"
#include "contracts/reflect.h"

namespace cumulet::apigateway {

using Patches = std::optional<std::vector<aws::apigateway::PatchOperation>>;

/// What a path leads to, in the record's JSON form.
enum class Patched : uint8_t {
    text,           ///< a member, or an entry of a map
    flag,           ///< "true", and anything else for false
    number,         ///< a whole number; no value removes it
    real,           ///< a number
    named_element,  ///< of a list: the path's last segment is the element
    valued_element  ///< of a list: the value is the element
};

struct PatchRule {
    std::string_view path;        ///< "/variables/{name}": a segment in braces is any
    std::string_view operations;  ///< "add remove replace"
    Patched kind = Patched::text;
    std::string_view into = "";     ///< the record's path where it is not `path`: "/throttle/burstLimit"
    std::string_view refusal = "";  ///< AWS's words for a value that is no number
};

/// AWS words its refusals in two ways.
enum class PatchWords : uint8_t { lists_paths, names_path };

struct PatchTable {
    std::span<const PatchRule> rules;
    PatchWords words = PatchWords::lists_paths;
};

/// The segments of a JSON pointer, unescaped.
std::vector<std::string> split_pointer(std::string_view pointer);

/// Applies `patches` to a record in its JSON form. Throws BadRequestException for what the table does not allow.
void apply_patches(json::object& record, const PatchTable& table, const Patches& patches);

/// The same to a record, whose table of members is the output of `operation` ("GetStage").
template <typename T>
T patched(const T& record, std::string_view operation, const PatchTable& table, const Patches& patches) {
    const auto& shape = *aws::apigateway::service.find(operation)->output;
    auto json = contracts::to_json(shape, &record);
    apply_patches(json.as_object(), table, patches);
    T result;
    contracts::from_json(shape, &result, json);
    return result;
}

}  // namespace cumulet::apigateway
