// Policies that are attached to tables and streams. Keys: account, region, "dynamodb", "policy", resource of the ARN.
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

struct ResourcePolicy {
    std::string text;
    std::string revision;
};

/// `resource`: the end of the ARN, "table/orders".
Task<std::optional<ResourcePolicy>> find_policy(store::Transaction& tx, Scope scope, std::string resource);
/// Attaches a policy; its revision. Throws aws::Error if it is none, or too long.
std::string save_policy(store::Transaction& tx, Call& call, const Scope& scope, std::string_view resource,
                        const std::string& text);
/// Erases the policies of a table and its streams.
void erase_policies(store::Transaction& tx, const Scope& scope, std::string_view table_name);

}  // namespace cumulet::dynamodb
