// The tags of a table.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "contracts/dynamodb.h"
#include "runtime/call.h"

namespace cumulet::dynamodb {

/// Gives `tags` those that are `added`. Throws aws::Error for characters that DynamoDB does not allow, for a key that
/// comes twice, and for more than 50 tags.
void add_tags(std::map<std::string, std::string>& tags, const std::vector<aws::dynamodb::Tag>& added);

/// Throws aws::Error for keys that only AWS itself gives, as CloudFormation does.
void check_not_reserved(const Call& call, const std::vector<aws::dynamodb::Tag>& added);

}  // namespace cumulet::dynamodb
