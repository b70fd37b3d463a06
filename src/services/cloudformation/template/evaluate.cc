#include "services/cloudformation/template/evaluate.h"

#include "base/bytes.h"
#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/references.h"

namespace cumulet::cloudformation {

namespace {

constexpr size_t max_evaluation_depth = 256;
constexpr size_t max_text_bytes = 1 << 20;
constexpr size_t max_evaluated_bytes = size_t{32} << 20;

}  // namespace

std::optional<std::string> scalar_text(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_object() || value.is_array() || value.is_null()) return std::nullopt;
    if (value.is_double()) return fmt::format("{}", value.get_double());
    return json::serialize(value);
}

std::optional<json::value> Evaluator::value(const json::value& expression) {
    if (++depth_ > max_evaluation_depth) refuse("Template error: expressions are nested too deep");
    struct Leave {
        size_t& depth;
        ~Leave() { --depth; }
    } leave{depth_};
    if (const auto* members = expression.if_object()) return object(*members);
    if (const auto* elements = expression.if_array()) {
        json::array result;
        for (const auto& element : *elements) {
            if (auto evaluated = value(element)) result.push_back(std::move(*evaluated));
        }
        return result;
    }
    if (expression.is_string() && expression.get_string().find("{{resolve:") != json::string::npos) {
        refuse("Dynamic references are not supported by Cumulet: {}", std::string_view(expression.get_string()));
    }
    return expression;
}

std::optional<json::value> Evaluator::object(const json::object& members) {
    if (members.size() == 1) {
        const std::string_view name = members.begin()->key();
        const auto& argument = members.begin()->value();
        if (name == "Ref" && argument.is_string() && argument.get_string() == "AWS::NoValue") return std::nullopt;
        if (name == "Ref" || name.starts_with("Fn::")) {
            auto made = name == "Ref" ? ref(argument) : function(name.substr(4), argument);
            if (made) spend(*made);
            return made;
        }
    }
    json::object result;
    for (const auto& [key, member] : members) {
        if (auto evaluated = value(member)) result.emplace(key, std::move(*evaluated));
    }
    return result;
}

void Evaluator::spend(const json::value& made) {
    if (const auto* text = made.if_string()) {
        spent_bytes_ += text->size();
    } else if (const auto* elements = made.if_array()) {
        for (const auto& element : *elements) spend(element);
    } else if (const auto* members = made.if_object()) {
        for (const auto& [key, member] : *members) spend(member);
    }
    spent_bytes_ += sizeof(json::value);
    if (spent_bytes_ > max_evaluated_bytes) refuse("Template error: the values of this template are too large");
}

std::optional<json::value> Evaluator::function(std::string_view name, const json::value& argument) {
    if (name == "If") return choose(argument);
    if (name == "GetAtt") return get_att(argument);
    if (name == "Sub") return sub(argument);
    if (name == "Join") return join(argument);
    if (name == "Select") return select(argument);
    if (name == "Split") return split(argument);
    if (name == "FindInMap") return find_in_map(argument);
    if (name == "ImportValue") return import_value(argument);
    if (name == "Base64") return json::string(to_base64(text(argument, "Fn::Base64")));
    if (name == "GetAZs") {
        auto region = text(argument, "Fn::GetAZs");
        if (region.empty()) region = scope_.region;
        return json::array{region + "a", region + "b", region + "c"};
    }
    if (name == "Cidr") {
        const auto parts = list(argument, "Template error: Fn::Cidr requires a list of two or three parameters");
        if (parts.size() < 2 || parts.size() > 3)
            refuse("Template error: Fn::Cidr requires a list of two or three parameters");
        const auto number = [&](size_t index) -> int64_t {
            const auto digits = scalar_text(parts[index]).value_or("");
            if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos) {
                refuse("Template error: Fn::Cidr requires numbers as its second and third parameter");
            }
            return std::stoi(digits);
        };
        return cidr_blocks(scalar_text(parts[0]).value_or(""), number(1), parts.size() == 3 ? number(2) : 8);
    }
    if (name == "Length") {
        return static_cast<int64_t>(list(argument, "Template error: Fn::Length requires a list").size());
    }
    if (name == "ToJsonString") {
        const auto evaluated = required(argument);
        if (!evaluated.is_object() && !evaluated.is_array())
            refuse("Template error: Fn::ToJsonString requires an object or a list");
        return json::string(json::serialize(evaluated));
    }
    if (name == "And" || name == "Or" || name == "Not" || name == "Equals") {
        json::object condition_call;
        condition_call.emplace(fmt::format("Fn::{}", name), argument);
        return boolean(condition_call);
    }
    refuse("Template error: the function Fn::{} is not supported", name);
}

json::value Evaluator::required(const json::value& expression) {
    auto evaluated = value(expression);
    if (!evaluated) refuse("Template error: AWS::NoValue is not allowed here");
    return std::move(*evaluated);
}

json::array Evaluator::list(const json::value& expression, std::string_view message) {
    auto evaluated = required(expression);
    if (!evaluated.is_array()) refuse("{}", message);
    return std::move(evaluated.get_array());
}

std::string Evaluator::text(const json::value& expression, std::string_view where) {
    auto evaluated = scalar_text(required(expression));
    if (!evaluated) refuse("Template error: {} requires a string", where);
    return std::move(*evaluated);
}

json::value Evaluator::pseudo(std::string_view name) {
    if (name == "AWS::AccountId") return json::string(scope_.account);
    if (name == "AWS::Region") return json::string(scope_.region);
    if (name == "AWS::Partition") return json::string(scope_.partition);
    if (name == "AWS::URLSuffix") return json::string(scope_.url_suffix);
    if (name == "AWS::StackName") return json::string(scope_.stack_name);
    if (name == "AWS::StackId") return json::string(scope_.stack_id);
    if (name == "AWS::NotificationARNs") {
        json::array arns;
        for (const auto& arn : scope_.notification_arns) arns.emplace_back(arn);
        return arns;
    }
    refuse("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", name);
}

json::value Evaluator::ref(const json::value& argument) {
    if (!argument.is_string()) refuse("Template format error: Every Ref object must have a single String value.");
    const std::string_view name = argument.get_string();
    if (is_pseudo_parameter(name)) return pseudo(name);
    if (const auto parameter = scope_.parameters.find(name); parameter != scope_.parameters.end())
        return parameter->second;
    if (const auto resource = scope_.resources.find(name); resource != scope_.resources.end()) {
        return json::string(resource->second.physical_id);
    }
    if (scope_.foresee && template_.resource(name)) return json::string(known_after_apply);
    refuse("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", name);
}

json::value Evaluator::get_att(const json::value& argument) {
    auto target = get_att_target(argument);
    if (target.attribute == "?") target.attribute = text(argument.get_array()[1], "Fn::GetAtt");
    return attribute(target.name, target.attribute);
}

json::value Evaluator::attribute(std::string_view name, const std::string& attribute_name) {
    const auto resource = scope_.resources.find(name);
    if (resource != scope_.resources.end()) {
        if (const auto* found = resource->second.attributes.if_contains(attribute_name)) return *found;
    }
    if (scope_.foresee && template_.resource(name)) return json::string(known_after_apply);
    if (resource == scope_.resources.end()) {
        refuse("Template format error: Unresolved resource dependencies [{}] in the Resources block of the template",
               name);
    }
    const auto* definition = template_.resource(name);
    refuse("Template error: resource {} does not support attribute type {} in Fn::GetAtt{}", name, attribute_name,
           definition ? fmt::format(" ({})", definition->type) : "");
}

json::value Evaluator::sub(const json::value& argument) {
    const auto* parts = argument.if_array();
    const json::object* variables = nullptr;
    if (parts && parts->size() == 2) variables = (*parts)[1].if_object();
    const auto& pattern = variables ? (*parts)[0] : argument;
    if (!pattern.is_string()) {
        refuse(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
            "string "
            "as first argument, and an optional second argument to specify a mapping of values to replace in the "
            "string");
    }
    std::string result;
    for (const auto& piece : split_sub(pattern.get_string())) {
        if (!piece.variable) {
            result += piece.text;
        } else if (const auto* given = variables ? variables->if_contains(piece.text) : nullptr) {
            result += text(*given, "Fn::Sub");
        } else if (const auto dot = piece.text.find('.'); dot != std::string::npos) {
            const auto found =
                scalar_text(attribute(std::string_view(piece.text).substr(0, dot), piece.text.substr(dot + 1)));
            if (!found) refuse("Template error: Fn::Sub variable {} is not a string", piece.text);
            result += *found;
        } else {
            const auto found = scalar_text(ref(json::string(piece.text)));
            if (!found) refuse("Template error: Fn::Sub variable {} is not a string", piece.text);
            result += *found;
        }
        if (result.size() > max_text_bytes) refuse("Template error: the result of Fn::Sub is too long");
    }
    return json::string(result);
}

json::value Evaluator::join(const json::value& argument) {
    constexpr std::string_view wrong =
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
        "strings to be "
        "joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
    const auto* parts = argument.if_array();
    if (!parts || parts->size() != 2 || !(*parts)[0].is_string()) refuse("{}", wrong);
    const std::string_view delimiter = (*parts)[0].get_string();
    std::string result;
    bool first = true;
    const auto elements = required((*parts)[1]);
    if (scope_.foresee && elements.is_string()) return elements;
    if (!elements.is_array()) refuse("{}", wrong);
    for (const auto& element : elements.get_array()) {
        const auto piece = scalar_text(element);
        if (!piece) refuse("{}", wrong);
        if (!std::exchange(first, false)) result += delimiter;
        result += *piece;
        if (result.size() > max_text_bytes) refuse("Template error: the result of Fn::Join is too long");
    }
    return json::string(result);
}

json::value Evaluator::select(const json::value& argument) {
    constexpr std::string_view wrong =
        "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
    const auto* parts = argument.if_array();
    if (!parts || parts->size() != 2) refuse("{}", wrong);
    const auto index_text = text((*parts)[0], "Fn::Select");
    if (index_text.empty() || index_text.size() > 9 ||
        index_text.find_first_not_of("0123456789") != std::string::npos) {
        refuse("{}", wrong);
    }
    auto elements = required((*parts)[1]);
    if (scope_.foresee && elements.is_string()) return elements;
    if (!elements.is_array()) refuse("{}", wrong);
    const auto index = std::stoul(index_text);
    if (index >= elements.get_array().size()) {
        if (scope_.foresee) return json::string(known_after_apply);
        refuse("Template error: Fn::Select  cannot select nonexistent value at index {}", index);
    }
    return elements.get_array()[index];
}

json::value Evaluator::split(const json::value& argument) {
    constexpr std::string_view wrong =
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be "
        "split or "
        "a function that returns a string to be split.";
    const auto* parts = argument.if_array();
    if (!parts || parts->size() != 2 || !(*parts)[0].is_string() || (*parts)[0].get_string().empty())
        refuse("{}", wrong);
    const std::string_view delimiter = (*parts)[0].get_string();
    const auto whole = scalar_text(required((*parts)[1]));
    if (!whole) refuse("{}", wrong);
    json::array pieces;
    std::string_view rest = *whole;
    while (true) {
        const auto at = rest.find(delimiter);
        pieces.emplace_back(rest.substr(0, at));
        if (at == std::string_view::npos) return pieces;
        rest.remove_prefix(at + delimiter.size());
    }
}

json::value Evaluator::find_in_map(const json::value& argument) {
    const auto* parts = argument.if_array();
    if (!parts || parts->size() < 3 || parts->size() > 4) {
        refuse(
            "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the "
            "attribute for "
            "return value");
    }
    const auto map = text((*parts)[0], "Fn::FindInMap"), top = text((*parts)[1], "Fn::FindInMap"),
               second = text((*parts)[2], "Fn::FindInMap");
    const auto* found = template_.mappings.if_contains(map);
    if (!found && parts->size() == 3)
        refuse("Template error: Mapping named '{}' is not present in the 'Mappings' section of template.", map);
    if (found) found = found->get_object().if_contains(top);
    if (found) found = found->get_object().if_contains(second);
    if (found) return *found;
    if (parts->size() == 4 && (*parts)[3].is_object()) {
        if (const auto* fallback = (*parts)[3].get_object().if_contains("DefaultValue")) return required(*fallback);
    }
    refuse("Template error: Unable to get mapping for {}::{}::{}", map, top, second);
}

json::value Evaluator::import_value(const json::value& argument) {
    for (const auto& reference : references_in(argument)) {
        if (template_.resource(reference.name)) {
            refuse(
                "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, "
                "or "
                "Fn::GetAZs");
        }
    }
    const auto name = text(argument, "Fn::ImportValue");
    const auto found = scope_.exports.find(name);
    if (found == scope_.exports.end()) refuse("No export named {} found.", name);
    imported_.insert(name);
    return json::string(found->second);
}

std::optional<json::value> Evaluator::choose(const json::value& argument) {
    const auto* parts = argument.if_array();
    if (!parts || parts->size() != 3 || !(*parts)[0].is_string()) {
        refuse("Template error: Fn::If requires a list argument with three elements");
    }
    return value(condition((*parts)[0].get_string()) ? (*parts)[1] : (*parts)[2]);
}

bool Evaluator::condition(std::string_view name) {
    if (const auto known = conditions_.find(name); known != conditions_.end()) return known->second;
    const auto* expression = template_.conditions.if_contains(name);
    if (!expression) refuse("Template error: unresolved condition dependency {} in Fn::If", name);
    const bool holds = boolean(*expression);
    conditions_.emplace(name, holds);
    return holds;
}

bool Evaluator::boolean(const json::value& expression) {
    if (++depth_ > max_evaluation_depth) refuse("Template error: expressions are nested too deep");
    struct Leave {
        size_t& depth;
        ~Leave() { --depth; }
    } leave{depth_};
    const auto* call = expression.if_object();
    if (!call || call->size() != 1)
        refuse("Template format error: Every Condition member must be a string or a condition function.");
    const std::string_view name = call->begin()->key();
    const auto& argument = call->begin()->value();
    if (name == "Condition" && argument.is_string()) return condition(argument.get_string());
    const auto* parts = argument.if_array();
    if (name == "Fn::Equals") {
        if (!parts || parts->size() != 2)
            refuse("Template error: every Fn::Equals object requires a list of 2 string parameters.");
        const auto left = required((*parts)[0]), right = required((*parts)[1]);
        const auto left_text = scalar_text(left), right_text = scalar_text(right);
        return left_text && right_text ? *left_text == *right_text : left == right;
    }
    if (name == "Fn::Not") {
        if (!parts || parts->size() != 1)
            refuse("Template error: every Fn::Not object requires one boolean parameter.");
        return !boolean((*parts)[0]);
    }
    if (name == "Fn::And" || name == "Fn::Or") {
        if (!parts || parts->size() < 2 || parts->size() > 10) {
            refuse("Template error: every {} object requires a list of at least 2 and at most 10 boolean parameters.",
                   name);
        }
        const auto holds = [&](const json::value& part) { return boolean(part); };
        return name == "Fn::And" ? std::ranges::all_of(*parts, holds) : std::ranges::any_of(*parts, holds);
    }
    refuse("Template format error: {} is not a condition function", name);
}

json::object Evaluator::properties(const ResourceDefinition& resource) {
    json::object result;
    for (const auto& [key, expression] : resource.properties) {
        if (auto evaluated = value(expression)) result.emplace(key, std::move(*evaluated));
    }
    return result;
}

json::array cidr_blocks(const std::string& block, int64_t count, int64_t bits) {
    unsigned a = 0, b = 0, c = 0, d = 0, length = 0;
    char rest = 0;
    if (std::sscanf(block.c_str(), "%3u.%3u.%3u.%3u/%2u%c", &a, &b, &c, &d, &length, &rest) != 5 || a > 255 ||
        b > 255 || c > 255 || d > 255 || length > 32) {
        refuse("Template error: Fn::Cidr requires an IPv4 block, such as 10.0.0.0/16: {}", block);
    }
    if (count < 1 || count > 256) refuse("Template error: Fn::Cidr requires a count from 1 to 256");
    if (bits < 1 || bits > 32 - static_cast<int64_t>(length)) {
        refuse("Template error: Fn::Cidr cannot take blocks of {} bits from {}", bits, block);
    }
    const uint64_t step = uint64_t{1} << bits;
    const uint64_t size = uint64_t{1} << (32 - length);
    if (step * static_cast<uint64_t>(count) > size)
        refuse("Template error: Fn::Cidr cannot take {} blocks from {}", count, block);
    const uint64_t base = ((uint64_t{a} << 24) | (b << 16) | (c << 8) | d) & ~(size - 1);
    json::array blocks;
    for (int64_t i = 0; i < count; ++i) {
        const uint64_t start = base + step * static_cast<uint64_t>(i);
        blocks.emplace_back(fmt::format("{}.{}.{}.{}/{}", (start >> 24) & 255, (start >> 16) & 255, (start >> 8) & 255,
                                        start & 255, 32 - bits));
    }
    return blocks;
}

}  // namespace cumulet::cloudformation
