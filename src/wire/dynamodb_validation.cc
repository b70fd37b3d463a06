#include "wire/dynamodb_validation.h"

#include <algorithm>
#include <array>
#include <span>

namespace cumulet::wire {

namespace {

constexpr std::string_view return_values_refused =
    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, "
    "NONE]";
constexpr std::string_view conditional_operator_refused =
    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]";

bool is_item_write(std::string_view operation) {
    return operation == "PutItem" || operation == "UpdateItem" || operation == "DeleteItem";
}

/// The first members to be checked, in their order.
std::span<const std::string_view> checked_first(std::string_view operation) {
    static constexpr std::array put{std::string_view("returnConsumedCapacity"), std::string_view("tableName"),
                                    std::string_view("item"), std::string_view("returnValues"),
                                    std::string_view("returnItemCollectionMetrics")};
    static constexpr std::array change{
        std::string_view("returnConsumedCapacity"),      std::string_view("tableName"),
        std::string_view("returnItemCollectionMetrics"), std::string_view("returnValues"),
        std::string_view("conditionalOperator"),         std::string_view("key")};
    static constexpr std::array transaction{std::string_view("clientRequestToken")};
    static constexpr std::array indexes{std::string_view("globalSecondaryIndexes")};
    if (operation == "PutItem") return put;
    if (is_item_write(operation)) return change;
    if (operation == "TransactWriteItems") return transaction;
    if (operation == "CreateTable") return indexes;
    return {};
}

std::string_view member_of(const Violation& violation) {
    return std::string_view(violation.path).substr(0, violation.path.find('.'));
}

bool is_about_pattern(const Violation& violation) { return violation.constraint.contains("regular expression"); }

/// Members in DynamoDB's order; of one value its pattern first; and what is written before what is read.
void arrange(std::string_view operation, Violations& violations) {
    const auto first = checked_first(operation);
    const auto place = [&](const Violation& violation) {
        return std::ranges::find(first, member_of(violation)) - first.begin();
    };
    for (size_t at = 1; at < violations.size(); ++at) {
        for (size_t to = at; to > 0 && place(violations[to]) < place(violations[to - 1]); --to) {
            std::swap(violations[to], violations[to - 1]);
        }
    }
    for (size_t at = 1; at < violations.size(); ++at) {
        auto& one = violations[at - 1];
        auto& next = violations[at];
        constexpr std::string_view read = "readCapacityUnits", write = "writeCapacityUnits";
        const bool units = one.path.ends_with(read) && next.path.ends_with(write) &&
                           one.path.size() + write.size() == next.path.size() + read.size();
        if (units || (one.path == next.path && is_about_pattern(next) && !is_about_pattern(one))) std::swap(one, next);
    }
}

/// "requestItems.orders.member.keys" as "RequestItems.orders.member.Keys".
std::string capitalised(std::string path) {
    for (const size_t at : {size_t{0}, path.rfind('.') + 1}) path[at] = static_cast<char>(std::toupper(path[at]));
    return path;
}

std::string without_value(const Violation& violation, std::string path) {
    return fmt::format("Value at '{}' failed to satisfy constraint: {}", path, violation.constraint);
}

std::string in_usual_words(const Violation& violation) {
    if (violation.value.empty()) return without_value(violation, violation.path);
    return fmt::format("Value {} at '{}' failed to satisfy constraint: {}", violation.value, violation.path,
                       violation.constraint);
}

std::string words_of(std::string_view operation, const Violation& violation) {
    const auto member = member_of(violation);
    if (is_item_write(operation) && member == "returnValues") return std::string(return_values_refused);
    if (is_item_write(operation) && member == "conditionalOperator") return std::string(conditional_operator_refused);
    if (operation == "BatchGetItem" && (violation.path == member || violation.path.ends_with(".member.keys"))) {
        if (member == "requestItems") return without_value(violation, capitalised(violation.path));
    }
    if (operation == "BatchWriteItem" && violation.path.ends_with(".member")) {
        const auto table = violation.path.substr(member.size() + 1, violation.path.size() - member.size() - 8);
        if (violation.value != "'[]'") return without_value(violation, fmt::format("RequestItems.{}.member", table));
        return fmt::format(
            "Value '{{{}=[]}}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
            "[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]",
            table);
    }
    return in_usual_words(violation);
}

std::string counted(std::span<const std::string> texts) {
    return fmt::format("{} validation error{} detected: {}", texts.size(), texts.size() == 1 ? "" : "s",
                       fmt::join(texts, "; "));
}

}  // namespace

std::string dynamodb_validation_message(std::string_view operation, Violations violations) {
    arrange(operation, violations);
    const auto about = [&](std::string_view member) {
        return std::ranges::find(violations, member, [](const Violation& violation) { return violation.path; });
    };
    std::vector<std::string> texts;
    // Where a member is missing, DynamoDB does not get as far as to its newer words.
    const bool missing = std::ranges::any_of(violations, [](const Violation& each) { return each.value == "null"; });
    if (missing) {
        for (const auto& violation : violations) texts.push_back(in_usual_words(violation));
        return counted(texts);
    }
    if (const auto table = about("tableName"); is_item_write(operation) && table != violations.end()) {
        if (table->value == "''") return counted(std::array{without_value(*table, "TableName")});
    }
    if (operation == "UpdateItem" && about("returnValues") != violations.end()) {
        return counted(std::array{std::string(return_values_refused)});
    }
    if (operation == "Query" && about("conditionalOperator") != violations.end()) {
        return std::string(conditional_operator_refused);
    }
    if (operation == "BatchWriteItem" && about("requestItems") != violations.end()) {
        return "The requestItems parameter is required for BatchWriteItem";
    }
    for (const auto& violation : violations) texts.push_back(words_of(operation, violation));
    return counted(texts);
}

aws::Error validation_failure(Protocol protocol, const Service& service, std::string_view operation,
                              const Violations& violations) {
    if (service.name != "dynamodb") return validation_failure(protocol, service, violations);
    return aws::Error("ValidationException", dynamodb_validation_message(operation, violations));
}

}  // namespace cumulet::wire
