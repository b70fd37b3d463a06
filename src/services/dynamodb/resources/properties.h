// What the properties of CloudFormation's tables say, in the words of the API. Pure.
#pragma once

#include "contracts/dynamodb.h"
#include "contracts/reflect.h"
#include "contracts/resource.h"
#include "contracts/resource_tags.h"

namespace cumulet::dynamodb {

/// Throws aws::Error for a property that is not among `known`.
void check_known(const json::object& properties, std::string_view type, std::initializer_list<std::string_view> known);

/// Properties that operations take under the same name and in the same form.
json::object same_in_api(const json::object& properties, std::initializer_list<std::string_view> names);

/// The member `name`, or an empty object.
json::object object_or_empty(const json::object& properties, std::string_view name);
bool is_true(const json::object& object, std::string_view name);

/// SSESpecification names its switch otherwise than the API.
json::object encryption_in_api(const json::object& given);
std::map<std::string, std::string> tags_of(const json::object& properties);
/// The view of the table's stream, "" for none.
std::string view_of(const json::object& properties);
/// CreateTable's members that an import takes too.
json::object schema_in_api(const json::object& properties, const std::string& table);
/// All of CreateTable's members, but the tags.
json::object table_in_api(const json::object& properties, const std::string& table);

/// The global indexes by name, without what the API sets otherwise.
std::map<std::string, json::object> indexes_of(const json::object& properties);
/// The vector indexes by name. Nothing of one can be changed.
std::map<std::string, json::object> vector_indexes_of(const json::object& properties);
/// True if an index must be made anew to become the other.
bool other_index(const json::object& before, const json::object& after);

/// True if an attribute is defined with another type.
bool redefines_attribute(const json::object& before, const json::object& after);

template <typename Input>
Input request_of(std::string_view operation, const json::value& members) {
    Input request;
    contracts::from_json(*aws::dynamodb::service.find(operation)->input, &request, members);
    return request;
}

}  // namespace cumulet::dynamodb
