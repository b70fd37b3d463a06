#include "velocity/value.h"

#include <charconv>
#include <cmath>

namespace cumulet::velocity {
namespace {

/// Double.toString: at least one digit after the point; an exponent beyond ten million and below a thousandth.
std::string java_double(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    const auto magnitude = std::abs(value);
    if (magnitude == 0 || (magnitude >= 1e-3 && magnitude < 1e7)) {
        auto text = fmt::format("{}", value);
        return text.contains('.') ? text : text + ".0";
    }
    std::array<char, 32> buffer{};  // the shortest form, such as -1.2345678901234567e-308, has 24 characters at most
    const auto end = std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific).ptr;
    const std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));
    const auto split = text.find('e');
    const auto digits = text.substr(0, split);
    return fmt::format("{}{}E{}", digits, digits.contains('.') ? "" : ".0",
                       std::stoi(std::string(text.substr(split + 1))));
}

void append_text(std::string& out, const Value& value, int depth) {
    if (depth > max_depth) throw TooDeep{};
    if (value.is_null()) {
        out += "null";
    } else if (const auto* boolean = value.boolean()) {
        out += *boolean ? "true" : "false";
    } else if (const auto* integer = value.integer()) {
        out += std::to_string(*integer);
    } else if (const auto* real = value.real()) {
        out += java_double(*real);
    } else if (const auto* string = value.string()) {
        out += *string;
    } else if (const auto* list = value.list()) {
        out += '[';
        for (const auto& element : *list) {
            if (&element != list->data()) out += ", ";
            append_text(out, element, depth + 1);
        }
        out += ']';
    } else if (const auto* map = value.map()) {
        out += '{';
        for (const auto& member : map->members()) {
            if (&member != map->members().data()) out += ", ";
            out.append(member.first) += '=';
            append_text(out, member.second, depth + 1);
        }
        out += '}';
    }
}

void append_json(std::string& out, const Value& value, int depth) {
    if (depth > max_depth) throw TooDeep{};
    if (const auto* string = value.string()) {
        append_json_string(out, *string);
    } else if (const auto* real = value.real()) {
        out += std::isfinite(*real) ? json::serialize(json::value(*real)) : "null";
    } else if (const auto* list = value.list()) {
        out += '[';
        for (const auto& element : *list) {
            if (&element != list->data()) out += ',';
            append_json(out, element, depth + 1);
        }
        out += ']';
    } else if (const auto* map = value.map()) {
        out += '{';
        for (const auto& member : map->members()) {
            if (&member != map->members().data()) out += ',';
            append_json_string(out, member.first);
            out += ':';
            append_json(out, member.second, depth + 1);
        }
        out += '}';
    } else {
        append_text(out, value, depth);
    }
}

}  // namespace

const Value* Map::find(std::string_view key) const {
    const auto found = positions_.find(std::string(key));
    return found == positions_.end() ? nullptr : &members_[found->second].second;
}

void Map::put(std::string key, Value value) {
    const auto [position, added] = positions_.try_emplace(key, members_.size());
    if (added) {
        members_.emplace_back(std::move(key), std::move(value));
    } else {
        members_[position->second].second = std::move(value);
    }
}

bool Map::erase(std::string_view key) {
    const auto found = positions_.find(std::string(key));
    if (found == positions_.end()) return false;
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(found->second));
    positions_.clear();
    for (size_t i = 0; i < members_.size(); ++i) positions_.emplace(members_[i].first, i);
    return true;
}

std::optional<Value> Object::member(std::string_view) const { return std::nullopt; }

bool Value::equals(const Value& other) const {
    if (is_number() && other.is_number()) {
        if (integer() && other.integer()) return *integer() == *other.integer();
        return to_double() == other.to_double();
    }
    if (is_null() || other.is_null()) return is_null() && other.is_null();
    if (object() || other.object()) return object() == other.object();
    return to_text(*this) == to_text(other);
}

Value Copying::copy(const Value& value, int level) {
    const auto* list = value.list();
    const auto* map = value.map();
    if (left == 0 || level > max_depth) throw TooDeep{};
    --left;
    if (list) {
        List copied;
        copied.level = level;
        copied.reserve(list->size());
        for (const auto& element : *list) copied.push_back(copy(element, level + 1));
        return copied;
    }
    if (!map) return value;
    Map copied;
    copied.level = level;
    for (const auto& [key, member] : map->members()) copied.put(key, copy(member, level + 1));
    return copied;
}

std::string to_text(const Value& value) {
    std::string out;
    append_text(out, value, 0);
    return out;
}

std::string to_json(const Value& value) {
    std::string out;
    append_json(out, value, 0);
    return out;
}

Value from_json(const json::value& value, int level) {
    switch (value.kind()) {
        case json::kind::null: return {};
        case json::kind::bool_: return value.get_bool();
        case json::kind::int64: return value.get_int64();
        case json::kind::uint64: return static_cast<double>(value.get_uint64());
        case json::kind::double_: return value.get_double();
        case json::kind::string: return std::string_view(value.get_string());
        case json::kind::array: {
            List list;
            list.level = level;
            list.reserve(value.get_array().size());
            for (const auto& element : value.get_array()) list.push_back(from_json(element, level + 1));
            return list;
        }
        case json::kind::object: {
            Map map;
            map.level = level;
            for (const auto& member : value.get_object())
                map.put(std::string(member.key()), from_json(member.value(), level + 1));
            return map;
        }
    }
    return {};
}

}  // namespace cumulet::velocity
