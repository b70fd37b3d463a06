#include "services/dynamodb/partiql/values.h"

#include <set>

#include "contracts/error.h"

namespace cumulet::dynamodb::partiql {

namespace {

using Kind = Expression::Kind;

[[noreturn]] void refuse(std::string message) { throw aws::validation_error(std::move(message)); }

Decimal read_number(const std::string& text, const std::string& place) {
    try {
        return Decimal::parse(text, Wording::older);
    } catch (const aws::Error& error) {
        refuse(fmt::format("{} under {}", error.message, place));
    }
}

/// What errors call an expression that is no value.
std::string_view shown(const Expression& expression) {
    if (expression.kind == Kind::call || expression.kind == Kind::operation) return expression.name;
    if (expression.kind == Kind::path) return expression.token.text;
    return "statement";
}

}  // namespace

Values::Values(const Statement& statement, const Parameters* parameters) : parameters_(parameters) {
    if (statement.parameters != (parameters ? parameters->size() : 0)) {
        refuse("Number of parameters in request and statement don't match.");
    }
    if (!parameters) return;
    for (const auto& parameter : *parameters) {
        parameter.check(Wording::older);
    }
}

bool Values::is_value(const Expression& expression) {
    switch (expression.kind) {
        case Kind::text:
        case Kind::number:
        case Kind::boolean:
        case Kind::null:
        case Kind::missing:
        case Kind::parameter:
        case Kind::list:
        case Kind::bag:
        case Kind::structure: return true;
        default: return false;
    }
}

AttributeView Values::value_of(const Expression& expression) {
    if (expression.kind == Kind::parameter) return (*parameters_)[expression.parameter].view();
    std::string bytes;
    AttributeWriter writer(bytes);
    write(expression, writer, "root", 0);
    made_.push_back(AttributeValue::from_bytes(std::move(bytes)));
    return made_.back().view();
}

AttributeMap Values::item_of(const Expression& expression) {
    if (expression.kind == Kind::parameter && value_of(expression).is(AttributeType::M)) {
        return AttributeMap(value_of(expression));
    }
    if (expression.kind != Kind::structure) {
        refuse(
            "Unsupported format in item expression. Please use struct format {...} to express item values for insert "
            "statement.");
    }
    std::string bytes;
    AttributeWriter writer(bytes);
    write_members(expression, writer, "root", 0, true);
    return AttributeMap::from_bytes(std::move(bytes));
}

void Values::write(const Expression& expression, AttributeWriter& writer, const std::string& place, size_t depth) {
    const bool collection = expression.kind == Kind::list || expression.kind == Kind::structure;
    if (collection && depth >= static_cast<size_t>(contracts::max_attribute_nesting)) {
        refuse(
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
            "limit");
    }
    switch (expression.kind) {
        case Kind::text: return writer.string(expression.name);
        case Kind::number: return writer.number(read_number(expression.name, place));
        case Kind::boolean: return writer.boolean(expression.name == "true");
        case Kind::null: return writer.null();
        case Kind::parameter: return writer.value((*parameters_)[expression.parameter].view());
        case Kind::missing: refuse("MISSING must be compared using IS operator");
        case Kind::list:
            writer.begin(AttributeType::L);
            for (size_t index = 0; index < expression.children.size(); ++index) {
                write(expression.children[index], writer, fmt::format("{}[{}]", place, index), depth + 1);
            }
            writer.end();
            return;
        case Kind::bag: return write_bag(expression, writer, place);
        case Kind::structure: return write_members(expression, writer, place, depth + 1, false);
        default:
            refuse(fmt::format("Unsupported data type: {} under key {} at {}", shown(expression), place,
                               expression.token.position()));
    }
}

void Values::write_bag(const Expression& bag, AttributeWriter& writer, const std::string& place) {
    if (bag.children.empty()) refuse("Empty bags are not supported");
    std::vector<AttributeView> elements;
    std::vector<std::string> shown_elements;
    for (const auto& child : bag.children) {
        if (!is_value(child)) {
            refuse(fmt::format("Unsupported data type: {} under key {} at {}", shown(child), place,
                               child.token.position()));
        }
        elements.push_back(value_of(child));
        const auto element = elements.back();
        shown_elements.push_back(element.is(AttributeType::N)   ? element.number().text()
                                 : element.is(AttributeType::S) ? std::string(element.content())
                                                                : "");
    }
    const auto type = elements[0].type();
    const bool fits = type <= AttributeType::B &&
                      std::ranges::all_of(elements, [&](AttributeView element) { return element.type() == type; });
    if (!fits) refuse("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags");
    writer.begin(type == AttributeType::S   ? AttributeType::SS
                 : type == AttributeType::N ? AttributeType::NS
                                            : AttributeType::BS);
    for (const auto element : elements) writer.value(element);
    if (writer.end() == 0) return;
    refuse(fmt::format("One or more parameter values were invalid: Input collection [{}] contains duplicates.",
                       fmt::join(shown_elements, ", ")));
}

void Values::write_members(const Expression& structure, AttributeWriter& writer, const std::string& place, size_t depth,
                           bool item) {
    std::set<std::string_view> names;
    writer.begin(AttributeType::M);
    for (size_t index = 0; index < structure.children.size(); index += 2) {
        const auto& key = structure.children[index];
        if (key.kind != Kind::text) {
            refuse(fmt::format("Tuple keys must be of type String. Actual type: {} under {}", shown(key), place));
        }
        if (!names.insert(key.name).second) {
            refuse(fmt::format("Duplicate keys in tuple. Key: {} under {}", key.name, place));
        }
        writer.key(key.name);
        write(structure.children[index + 1], writer, item ? place : fmt::format("{}.{}", place, key.name), depth);
    }
    writer.end();
}

}  // namespace cumulet::dynamodb::partiql
