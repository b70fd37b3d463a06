// AWS::DynamoDB::GlobalTable for CloudFormation.
#pragma once

#include "contracts/client.h"
#include "contracts/resource.h"

namespace cumulet::dynamodb {

std::unique_ptr<contracts::ResourceType> global_table_type(contracts::Door& door);

}  // namespace cumulet::dynamodb
