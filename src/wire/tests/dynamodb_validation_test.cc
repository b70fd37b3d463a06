#include "wire/dynamodb_validation.h"

#include <gtest/gtest.h>

namespace cumulet::wire {
namespace {

const Violation units{"returnConsumedCapacity", "'x'", "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"};
const Violation values{"returnValues", "'x'", "Member must satisfy enum value set: [ALL_NEW, NONE]"};
const Violation metrics{"returnItemCollectionMetrics", "'x'", "Member must satisfy enum value set: [SIZE, NONE]"};
const Violation no_name{"tableName", "''", "Member must have length greater than or equal to 1"};
const Violation no_key{"key", "null", "Member must not be null"};
const std::string newer_values =
    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, "
    "NONE]";

std::string usual(const Violation& violation) {
    return "Value " + violation.value + " at '" + violation.path +
           "' failed to satisfy constraint: " + violation.constraint;
}

// The orders and words of https://github.com/paritysuite/dynamodb-conformance, verified on AWS in October 2026.
TEST(DynamoDbValidation, ListsMembersInDynamoDBsOrder) {
    EXPECT_EQ(dynamodb_validation_message("PutItem", {values, units, metrics}),
              "3 validation errors detected: " + usual(units) + "; " + newer_values + "; " + usual(metrics));
    EXPECT_EQ(dynamodb_validation_message("DeleteItem", {values, units}),
              "2 validation errors detected: " + usual(units) + "; " + newer_values);
    const Violation global{"globalSecondaryIndexes.1.member.indexName", "'zz'", "Member must have length"};
    const Violation local{"localSecondaryIndexes.1.member.indexName", "'aa'", "Member must have length"};
    EXPECT_EQ(dynamodb_validation_message("CreateTable", {local, global}),
              "2 validation errors detected: " + usual(global) + "; " + usual(local));
    const Violation token{"clientRequestToken", "'long'", "Member must have length less than or equal to 36"};
    EXPECT_EQ(dynamodb_validation_message("TransactWriteItems", {units, token}),
              "2 validation errors detected: " + usual(token) + "; " + usual(units));
}

TEST(DynamoDbValidation, TellsOneMistakeAloneWhereDynamoDBDoes) {
    EXPECT_EQ(dynamodb_validation_message("PutItem", {no_name, values}),
              "1 validation error detected: Value at 'TableName' failed to satisfy constraint: Member must have length "
              "greater than or equal to 1");
    EXPECT_EQ(dynamodb_validation_message("UpdateItem", {values, units}),
              "1 validation error detected: " + newer_values);
    const Violation joined{"conditionalOperator", "'XOR'", "Member must satisfy enum value set: [OR, AND]"};
    EXPECT_EQ(dynamodb_validation_message("Query", {values, joined}),
              "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]");
}

TEST(DynamoDbValidation, HasItsOlderWordsWhereAMemberIsMissing) {
    EXPECT_EQ(dynamodb_validation_message("UpdateItem", {no_name, no_key, values, units}),
              "4 validation errors detected: " + usual(units) + "; " + usual(no_name) + "; " + usual(values) + "; " +
                  usual(no_key));
}

TEST(DynamoDbValidation, NamesPartsOfBatches) {
    EXPECT_EQ(dynamodb_validation_message("BatchGetItem", {{"requestItems", "'{}'", "Member must have length"}}),
              "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have "
              "length");
    EXPECT_EQ(
        dynamodb_validation_message("BatchGetItem",
                                    {{"requestItems.t.member.keys", "'[]'", "Member must have length"}}),
        "1 validation error detected: Value at 'RequestItems.t.member.Keys' failed to satisfy constraint: Member must "
        "have length");
    EXPECT_EQ(dynamodb_validation_message("BatchWriteItem", {{"requestItems", "'{}'", "Member must have length"}}),
              "The requestItems parameter is required for BatchWriteItem");
    EXPECT_EQ(
        dynamodb_validation_message("BatchWriteItem", {{"requestItems.t.member", "'[]'", "Member must have length"}}),
        "1 validation error detected: Value '{t=[]}' at 'requestItems' failed to satisfy constraint: Map value must "
        "satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than "
        "or equal to 1]");
    EXPECT_EQ(
        dynamodb_validation_message("BatchWriteItem", {{"requestItems.t.member", "'[W]'", "Member must have length"}}),
        "1 validation error detected: Value at 'RequestItems.t.member' failed to satisfy constraint: Member must have "
        "length");
}

// The order of https://github.com/architect/dynalite, verified on AWS.
TEST(DynamoDbValidation, TellsOfPatternsBeforeLengthsAndOfWritesBeforeReads) {
    const Violation length{"tableName", "'a;'", "Member must have length greater than or equal to 3"};
    const Violation pattern{"tableName", "'a;'", "Member must satisfy regular expression pattern: [a-z]+"};
    const Violation read{"provisionedThroughput.readCapacityUnits", "'0'", "Member must have value"};
    const Violation write{"provisionedThroughput.writeCapacityUnits", "'0'", "Member must have value"};
    EXPECT_EQ(dynamodb_validation_message("UpdateTable", {length, pattern, read, write}),
              "4 validation errors detected: " + usual(pattern) + "; " + usual(length) + "; " + usual(write) + "; " +
                  usual(read));
}

}  // namespace
}  // namespace cumulet::wire
