#include "velocity/methods.h"

#include <re2/re2.h>

#include <cmath>

#include "base/bytes.h"
#include "base/text.h"

namespace cumulet::velocity {
namespace {

using Arguments = std::span<const Value>;

constexpr size_t max_regex_bytes = 4096;

std::unique_ptr<re2::RE2> regex_of(const std::string& pattern) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    if (pattern.size() > max_regex_bytes) return nullptr;
    auto regex = std::make_unique<re2::RE2>(pattern, options);
    return regex->ok() ? std::move(regex) : nullptr;
}

/// Java's "$1" and "\$" as RE2's "\1" and "$".
std::string rewrite_of(std::string_view replacement) {
    std::string out;
    for (size_t i = 0; i < replacement.size(); ++i) {
        const bool more = i + 1 < replacement.size();
        if (replacement[i] == '$' && more && std::isdigit(static_cast<unsigned char>(replacement[i + 1]))) {
            out.append(1, '\\').push_back(replacement[++i]);
        } else if (replacement[i] == '\\') {
            if (more) ++i;
            if (replacement[i] == '\\') out.push_back('\\');
            out.push_back(replacement[i]);
        } else {
            out.push_back(replacement[i]);
        }
    }
    return out;
}

Value replace_matches(const std::string& text, const std::string& pattern, const std::string& replacement, bool all) {
    const auto regex = regex_of(pattern);
    const auto rewrite = rewrite_of(replacement);
    std::string error;
    if (!regex || !regex->CheckRewriteString(rewrite, &error)) return {};
    auto out = text;
    if (all) {
        re2::RE2::GlobalReplace(&out, *regex, rewrite);
    } else {
        re2::RE2::Replace(&out, *regex, rewrite);
    }
    return out;
}

std::string replace_text(std::string_view text, std::string_view what, std::string_view with) {
    std::string out;
    if (what.empty()) return std::string(text);
    for (size_t at = 0; at <= text.size();) {
        const auto found = std::min(text.find(what, at), text.size());
        out.append(text.substr(at, found - at));
        if (found == text.size()) break;
        out.append(with);
        at = found + what.size();
        if (out.size() > max_text_bytes) break;
    }
    return out;
}

/// String.split: trailing empty parts are left out.
Value split(const std::string& text, const std::string& pattern) {
    const auto regex = regex_of(pattern);
    if (!regex) return {};
    List parts;
    re2::StringPiece rest(text);
    re2::StringPiece match;
    size_t begin = 0;
    for (size_t at = 0; at <= text.size() && regex->Match(text, at, text.size(), re2::RE2::UNANCHORED, &match, 1);) {
        const auto found = static_cast<size_t>(match.data() - text.data());
        const auto after = found + match.size();
        if (match.empty() && found >= text.size()) break;
        if (!(match.empty() && found == 0)) {
            parts.emplace_back(std::string_view(text).substr(begin, found - begin));
            begin = after;
        }
        at = match.empty() ? after + 1 : after;
        if (parts.size() >= max_elements) break;
    }
    parts.emplace_back(std::string_view(text).substr(begin));
    while (parts.size() > 1 && parts.back().string()->empty()) parts.pop_back();
    return parts;
}

Value position(size_t found) { return found == std::string::npos ? Value(-1) : Value(found); }

Value substring(const std::string& text, Arguments arguments) {
    const auto from = arguments[0].integer();
    const auto until = arguments.size() > 1 ? arguments[1].integer() : nullptr;
    const auto size = static_cast<int64_t>(text.size());
    const auto end = until ? *until : size;
    if (!from || *from < 0 || *from > end || end > size) return {};
    return std::string_view(text).substr(static_cast<size_t>(*from), static_cast<size_t>(end - *from));
}

Value string_method_with_text(const std::string& text, std::string_view method, Arguments arguments) {
    const auto argument = to_text(arguments[0]);
    if (method == "equals") return arguments[0].string() && text == argument;
    if (method == "equalsIgnoreCase") return to_lower(text) == to_lower(argument);
    if (method == "startsWith") return text.starts_with(argument);
    if (method == "endsWith") return text.ends_with(argument);
    if (method == "contains") return text.contains(argument);
    if (method == "indexOf") return position(text.find(argument));
    if (method == "lastIndexOf") return position(text.rfind(argument));
    if (method == "concat") return text + argument;
    if (method == "compareTo") return text.compare(argument) < 0 ? -1 : text == argument ? 0 : 1;
    if (method == "split") return split(text, argument);
    if (method == "matches") {
        const auto regex = regex_of(argument);
        return regex ? Value(re2::RE2::FullMatch(text, *regex)) : Value();
    }
    if (arguments.size() < 2) return {};
    const auto second = to_text(arguments[1]);
    if (method == "replace") return replace_text(text, argument, second);
    if (method == "replaceAll") return replace_matches(text, argument, second, true);
    if (method == "replaceFirst") return replace_matches(text, argument, second, false);
    return {};
}

Value string_method(const std::string& text, std::string_view method, Arguments arguments) {
    if (method == "length" || method == "size") return text.size();
    if (method == "isEmpty") return text.empty();
    if (method == "toString") return text;
    if (method == "trim") return trimmed(text, " \t\r\n");
    if (method == "toLowerCase") return to_lower(text);
    if (method == "toUpperCase") return to_upper(text);
    if (arguments.empty()) return {};
    if (method == "substring") return substring(text, arguments);
    if (method == "charAt") {
        const auto* at = arguments[0].integer();
        if (!at || *at < 0 || static_cast<size_t>(*at) >= text.size()) return {};
        return std::string(1, text[static_cast<size_t>(*at)]);
    }
    return string_method_with_text(text, method, arguments);
}

Value number_method(const Value& number, std::string_view method, Arguments arguments) {
    if (method == "intValue" || method == "longValue") return static_cast<int64_t>(number.to_double());
    if (method == "doubleValue" || method == "floatValue") return number.to_double();
    if (method == "toString") return to_text(number);
    if (arguments.empty()) return {};
    if (method == "equals") return arguments[0].is_number() && number.equals(arguments[0]);
    if (method == "compareTo" && arguments[0].is_number()) {
        const auto order = number.to_double() <=> arguments[0].to_double();
        return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    return {};
}

Value change_list(List& list, std::string_view method, Arguments arguments, Copying& copying) {
    const auto value = copying.copy(arguments.back(), list.level + 1);
    const auto* index = arguments.front().integer();
    const bool has_room = list.size() < max_elements;
    if (method == "add" && arguments.size() == 1 && has_room) {
        list.push_back(value);
        return true;
    }
    if (method == "addAll") {
        const auto* added = value.list();
        if (!added || added->size() + list.size() > max_elements) return {};
        list.insert(list.end(), added->begin(), added->end());
        return !added->empty();
    }
    if (!index || *index < 0 || static_cast<size_t>(*index) > list.size()) return {};
    const auto at = list.begin() + *index;
    if (method == "add" && has_room) {
        list.insert(at, value);
        return {};
    }
    if (at == list.end() || (method != "set" && method != "remove")) return {};
    auto former = *at;
    if (method == "set" && arguments.size() == 2) *at = value;
    if (method == "remove") list.erase(at);
    return former;
}

Value list_method(const Value& receiver, std::string_view method, Arguments arguments, Copying& copying) {
    auto& list = *receiver.list();
    if (method == "size") return list.size();
    if (method == "isEmpty") return list.empty();
    if (method == "toString") return to_text(receiver);
    if (method == "clear") {
        list.clear();
        return {};
    }
    if (arguments.empty()) return {};
    if (method == "get") return element_of(receiver, arguments[0]);
    const auto equals = [&](const Value& each) { return each.equals(arguments[0]); };
    if (method == "contains") return std::ranges::any_of(list, equals);
    if (method == "indexOf") {
        const auto found = std::ranges::find_if(list, equals);
        return found == list.end() ? -1 : static_cast<int64_t>(found - list.begin());
    }
    if (method == "equals") return receiver.equals(arguments[0]);
    return change_list(list, method, arguments, copying);
}

Value view_of(const Map& map, std::string_view method) {
    List list;
    for (const auto& [key, value] : map.members()) {
        if (method == "keySet") {
            list.emplace_back(key);
        } else if (method == "values") {
            list.push_back(value);
        } else {
            Map entry;
            entry.put("key", key);
            entry.put("value", value);
            list.emplace_back(std::move(entry));
        }
    }
    return list;
}

Value change_map(Map& map, std::string_view method, Arguments arguments, Copying& copying) {
    if (method == "remove") {
        const auto key = to_text(arguments[0]);
        const auto* found = map.find(key);
        auto former = found ? *found : Value();
        map.erase(key);
        return former;
    }
    if (method == "putAll") {
        const auto copy = copying.copy(arguments[0], map.level);
        const auto* added = copy.map();
        if (!added || added->size() + map.size() > max_elements) return {};
        for (const auto& [key, value] : added->members()) map.put(key, value);
        return {};
    }
    if ((method != "put" && method != "putIfAbsent") || arguments.size() < 2 || map.size() >= max_elements) return {};
    auto key = to_text(arguments[0]);
    const auto* found = map.find(key);
    auto former = found ? *found : Value();
    if (method == "put" || former.is_null()) map.put(std::move(key), copying.copy(arguments[1], map.level + 1));
    return former;
}

Value map_method(const Value& receiver, std::string_view method, Arguments arguments, Copying& copying) {
    auto& map = *receiver.map();
    if (method == "size") return map.size();
    if (method == "isEmpty") return map.size() == 0;
    if (method == "keySet" || method == "values" || method == "entrySet") return view_of(map, method);
    if (method == "toString") return to_text(receiver);
    if (arguments.empty()) {
        // An entry of entrySet().
        if (method == "getKey") return member_of(receiver, "key");
        return method == "getValue" ? member_of(receiver, "value") : Value();
    }
    if (method == "get" || method == "getOrDefault") {
        const auto* found = map.find(to_text(arguments[0]));
        if (found) return *found;
        return arguments.size() > 1 ? arguments[1] : Value();
    }
    if (method == "containsKey") return map.find(to_text(arguments[0])) != nullptr;
    if (method == "containsValue") {
        return std::ranges::any_of(map.members(), [&](const auto& each) { return each.second.equals(arguments[0]); });
    }
    if (method == "equals") return receiver.equals(arguments[0]);
    return change_map(map, method, arguments, copying);
}

}  // namespace

Value call_method(const Value& receiver, std::string_view method, Arguments arguments, Copying& copying) {
    if (const auto* object = receiver.object()) return object->call(method, arguments).value_or(Value());
    if (const auto* text = receiver.string()) return string_method(*text, method, arguments);
    if (receiver.is_number()) return number_method(receiver, method, arguments);
    if (receiver.list()) return list_method(receiver, method, arguments, copying);
    if (receiver.map()) return map_method(receiver, method, arguments, copying);
    if (const auto* boolean = receiver.boolean()) {
        if (method == "toString") return *boolean ? "true" : "false";
        if (method == "equals" && !arguments.empty()) return arguments[0].boolean() && receiver.equals(arguments[0]);
    }
    return {};
}

Value member_of(const Value& receiver, std::string_view name) {
    if (const auto* map = receiver.map()) {
        const auto* found = map->find(name);
        return found ? *found : Value();
    }
    if (const auto* object = receiver.object()) return object->member(name).value_or(Value());
    if (const auto* text = receiver.string(); text && name == "empty") return text->empty();
    if (const auto* list = receiver.list(); list && name == "empty") return list->empty();
    return {};
}

Value element_of(const Value& receiver, const Value& index) {
    if (receiver.map()) return member_of(receiver, to_text(index));
    const auto* list = receiver.list();
    const auto* at = index.integer();
    if (!list || !at || *at < 0 || static_cast<size_t>(*at) >= list->size()) return {};
    return (*list)[static_cast<size_t>(*at)];
}

}  // namespace cumulet::velocity
