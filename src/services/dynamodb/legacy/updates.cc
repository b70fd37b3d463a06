#include "services/dynamodb/legacy/updates.h"

#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

Action action_of(const std::string& attribute, const aws::dynamodb::AttributeValueUpdate& update) {
    const std::string_view name = update.Action ? std::string_view(*update.Action) : "PUT";
    Action action{.path = {Step{.name = attribute}}};
    if (update.Value) update.Value->check();
    if (!update.Value) {
        if (name != "DELETE") invalid("Only DELETE action is allowed when no attribute value is specified");
        action.kind = Action::Kind::remove;
        return action;
    }
    const auto value = update.Value->view();
    const auto type = value.type();
    action.value = {.kind = Operand::Kind::value, .value = value};
    if (name == "DELETE") {
        if (!value.is_set()) {
            invalid(fmt::format("DELETE action with value is not supported for the type {}", name_of(type)));
        }
        action.kind = Action::Kind::delete_;
    } else if (name == "ADD") {
        if (!value.is_set() && type != AttributeType::N && type != AttributeType::L) {
            invalid(fmt::format("ADD action is not supported for the type {}", name_of(type)));
        }
        action.kind = Action::Kind::add;
    }
    return action;
}

}  // namespace

Update update_of(const std::map<std::string, aws::dynamodb::AttributeValueUpdate>& updates) {
    Update update{.by_attribute = true};
    for (const auto& [attribute, change] : updates) update.actions.push_back(action_of(attribute, change));
    return update;
}

}  // namespace cumulet::dynamodb
