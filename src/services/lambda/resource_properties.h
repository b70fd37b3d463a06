// Reading what CloudFormation's templates say about Lambda's resources.
#pragma once

#include "contracts/lambda.h"
#include "contracts/reflect.h"
#include "contracts/resource_tags.h"

namespace cumulet::lambda {

template <typename Request>
Request request_of(std::string_view operation, const json::object& members) {
    Request request;
    contracts::from_json(*aws::lambda::service.find(operation)->input, &request, members);
    return request;
}

/// What of `properties` the operation's request knows. Throws if one is neither that nor in `others`.
inline json::object only_members(std::string_view operation, const json::object& properties,
                                 std::initializer_list<std::string_view> others = {}) {
    const auto& known = aws::lambda::service.find(operation)->input->members;
    for (const auto& [name, value] : properties) {
        const bool is_known =
            std::any_of(known.begin(), known.end(), [&](const auto& member) { return member.name == name; });
        if (!is_known && std::find(others.begin(), others.end(), name) == others.end()) {
            throw aws::not_implemented("lambda", operation, name);
        }
    }
    json::object members;
    for (const auto& member : known) {
        if (const auto* value = properties.if_contains(member.name)) members[member.name] = *value;
    }
    return members;
}

inline std::string text_of(const json::object& properties, std::string_view name) {
    return std::string(string_or(properties, name));
}

/// AWS::Lambda::Version and Alias.
void add_published_resource_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door);
/// AWS::Lambda::LayerVersion, LayerVersionPermission, Url, EventInvokeConfig and CodeSigningConfig.
void add_further_resource_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door);

}  // namespace cumulet::lambda
