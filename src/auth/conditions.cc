#include "auth/conditions.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>

#include "base/bytes.h"

namespace cumulet::auth {
namespace {

/// Compares one value of the request with one of the policy. Negation is the operator's, not the comparison's.
using Compare = bool (*)(std::string_view asked, std::string_view stated);

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> instant(std::string_view text) {
    if (const auto time = parse_iso8601(text)) return epoch_seconds(*time);
    if (text.size() == 10 && text[4] == '-') {
        if (const auto time = parse_iso8601(std::string(text) + "T00:00:00Z")) return epoch_seconds(*time);
    }
    return number(text);
}

template <std::optional<double> (*read)(std::string_view), typename Relation>
bool compare(std::string_view asked, std::string_view stated) {
    const auto left = read(asked);
    const auto right = read(stated);
    return left && right && Relation()(*left, *right);
}

bool equal(std::string_view asked, std::string_view stated) { return asked == stated; }
bool like(std::string_view asked, std::string_view stated) { return matches_wildcard(stated, asked); }
bool arn_like(std::string_view asked, std::string_view stated) { return matches_arn(stated, asked); }

bool equal_binary(std::string_view asked, std::string_view stated) {
    const auto bytes = from_base64(stated);
    return asked == stated || (bytes && asked == *bytes);
}

struct Address {
    std::array<unsigned char, 16> bytes{};
    int bits = 0;  // 32 or 128, 0 if unreadable
};

Address read_address(std::string_view text) {
    Address address;
    const std::string terminated(text);
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
        address.bits = 32;
    } else if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
        address.bits = 128;
    }
    return address;
}

bool in_network(std::string_view asked, std::string_view network) {
    const auto slash = network.find('/');
    const auto base = read_address(network.substr(0, slash));
    const auto address = read_address(asked);
    if (base.bits == 0 || base.bits != address.bits) return false;
    int prefix = base.bits;
    if (slash != std::string_view::npos) {
        const auto length = number(network.substr(slash + 1));
        if (!length || *length < 0 || *length > base.bits) return false;
        prefix = static_cast<int>(*length);
    }
    for (int bit = 0; bit < prefix; bit += 8) {
        const auto mask = static_cast<unsigned char>(prefix - bit >= 8 ? 0xff : 0xff << (8 - (prefix - bit)));
        if ((base.bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
    }
    return true;
}

struct Operator {
    std::string_view name;
    Compare compare;  // nullptr for Null, which looks at no value
    bool negated = false;
    bool pattern = false;
};

constexpr Operator operators[] = {
    {"StringEquals", equal},
    {"StringNotEquals", equal, true},
    {"StringEqualsIgnoreCase", equal_ignoring_case},
    {"StringNotEqualsIgnoreCase", equal_ignoring_case, true},
    {"StringLike", like, false, true},
    {"StringNotLike", like, true, true},
    {"NumericEquals", compare<number, std::equal_to<>>},
    {"NumericNotEquals", compare<number, std::equal_to<>>, true},
    {"NumericLessThan", compare<number, std::less<>>},
    {"NumericLessThanEquals", compare<number, std::less_equal<>>},
    {"NumericGreaterThan", compare<number, std::greater<>>},
    {"NumericGreaterThanEquals", compare<number, std::greater_equal<>>},
    {"DateEquals", compare<instant, std::equal_to<>>},
    {"DateNotEquals", compare<instant, std::equal_to<>>, true},
    {"DateLessThan", compare<instant, std::less<>>},
    {"DateLessThanEquals", compare<instant, std::less_equal<>>},
    {"DateGreaterThan", compare<instant, std::greater<>>},
    {"DateGreaterThanEquals", compare<instant, std::greater_equal<>>},
    {"Bool", equal_ignoring_case},
    {"BinaryEquals", equal_binary},
    {"IpAddress", in_network},
    {"NotIpAddress", in_network, true},
    {"ArnEquals", arn_like, false, true},
    {"ArnNotEquals", arn_like, true, true},
    {"ArnLike", arn_like, false, true},
    {"ArnNotLike", arn_like, true, true},
    {"Null", nullptr},
};

const Operator* find_operator(std::string_view name) {
    for (const auto& candidate : operators) {
        if (candidate.name == name) return &candidate;
    }
    return nullptr;
}

}  // namespace

bool is_condition_operator(std::string_view name) { return find_operator(name) != nullptr; }

bool read_operator(std::string_view text, Condition& condition) {
    if (text.starts_with("ForAllValues:")) {
        condition.set = Condition::Set::all_values;
        text.remove_prefix(13);
    } else if (text.starts_with("ForAnyValue:")) {
        condition.set = Condition::Set::any_value;
        text.remove_prefix(12);
    }
    if (text.ends_with("IfExists")) {
        condition.if_exists = true;
        text.remove_suffix(8);
    }
    condition.operator_name = text;
    return is_condition_operator(text) && !(text == "Null" && condition.if_exists);
}

bool holds(const Condition& condition, const ConditionContext& context, bool variables) {
    const auto* test = find_operator(condition.operator_name);
    if (!test) return false;
    const auto* asked = context.find(condition.key);
    const bool present = asked && !asked->empty();
    if (!test->compare) {
        return std::ranges::any_of(condition.values,
                                   [&](const auto& value) { return equal_ignoring_case(value, "true") != present; });
    }
    if (!present) {
        if (condition.if_exists || condition.set == Condition::Set::all_values) return true;
        return test->negated && condition.set == Condition::Set::none;
    }
    std::vector<std::string> stated;
    for (const auto& value : condition.values) {
        if (!variables || !value.contains("${")) {
            stated.push_back(value);
        } else if (auto expanded = expand_variables(value, context, test->pattern)) {
            stated.push_back(std::move(*expanded));
        }
    }
    const auto matches = [&](const std::string& value) {
        return std::ranges::any_of(stated, [&](const auto& candidate) { return test->compare(value, candidate); });
    };
    switch (condition.set) {
        case Condition::Set::all_values:
            return std::ranges::all_of(*asked, [&](const auto& value) { return matches(value) != test->negated; });
        case Condition::Set::any_value:
            return std::ranges::any_of(*asked, [&](const auto& value) { return matches(value) != test->negated; });
        case Condition::Set::none: break;
    }
    return std::ranges::any_of(*asked, matches) != test->negated;
}

}  // namespace cumulet::auth
