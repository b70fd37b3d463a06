#include "services/apigateway/patch.h"

#include <charconv>

namespace cumulet::apigateway {
namespace {

using aws::apigateway::BadRequestException;
using aws::apigateway::PatchOperation;
using Segments = std::vector<std::string>;

bool is_any(std::string_view segment) { return segment.starts_with('{'); }

bool matches(const Segments& pattern, const Segments& path) {
    if (pattern.size() != path.size()) return false;
    for (size_t i = 0; i < path.size(); ++i) {
        if (!is_any(pattern[i]) && pattern[i] != path[i]) return false;
    }
    return true;
}

bool allows(const PatchRule& rule, std::string_view operation) {
    auto rest = rule.operations;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(' '), rest.size());
        if (rest.substr(0, end) == operation) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

[[noreturn]] void refuse_path(const PatchTable& table, std::string_view operation, std::string_view path) {
    if (table.words == PatchWords::names_path) throw BadRequestException(fmt::format("Invalid patch path {}", path));
    std::string known;
    for (const auto& rule : table.rules) {
        if (!allows(rule, operation)) continue;
        if (!known.empty()) known += ", ";
        known += rule.path;
    }
    throw BadRequestException(
        fmt::format("Invalid patch path  '{}' specified for op '{}'. {}", path, operation,
                    known.empty() ? "Please choose supported operations" : fmt::format("Must be one of: [{}]", known)));
}

[[noreturn]] void refuse_operation(const PatchTable& table, const PatchRule& rule, std::string_view operation,
                                   std::string_view path) {
    if (table.words == PatchWords::lists_paths) refuse_path(table, operation, path);
    std::string known(rule.operations);
    for (size_t space = known.find(' '); space != std::string::npos; space = known.find(' ', space + 2))
        known.replace(space, 1, ", ");
    throw BadRequestException(fmt::format("Invalid patch operation specified. Must be one of: [{}]", known));
}

const PatchRule& rule_of(const PatchTable& table, std::string_view operation, std::string_view path,
                         const Segments& segments) {
    const PatchRule* other = nullptr;
    for (const auto& rule : table.rules) {
        if (!matches(split_pointer(rule.path), segments)) continue;
        if (allows(rule, operation)) return rule;
        other = &rule;
    }
    if (!other) refuse_path(table, operation, path);
    refuse_operation(table, *other, operation, path);
}

/// Where in the record a rule leads: its own segments, with those of the path where it has braces.
Segments target_of(const PatchRule& rule, const Segments& segments) {
    if (rule.into.empty()) return segments;
    const auto pattern = split_pointer(rule.path);
    Segments target = split_pointer(rule.into);
    for (auto& segment : target) {
        if (!is_any(segment)) continue;
        for (size_t i = 0; i < pattern.size(); ++i)
            if (pattern[i] == segment) segment = segments[i];
    }
    return target;
}

template <typename Number>
Number number_of(const PatchRule& rule, const PatchOperation& patch) {
    const auto text = patch.value.value_or("");
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
        if (!rule.refusal.empty()) throw BadRequestException(std::string(rule.refusal));
        // Unverified: the words.
        throw BadRequestException(fmt::format("Invalid value '{}' specified for path {}", text, *patch.path));
    }
    return number;
}

json::value value_of(const PatchRule& rule, const PatchOperation& patch) {
    switch (rule.kind) {
        case Patched::flag: return patch.value == "true";
        case Patched::number: return number_of<int64_t>(rule, patch);
        case Patched::real: return number_of<double>(rule, patch);
        default: return json::string(patch.value.value_or(""));
    }
}

void erase_element(json::array& list, std::string_view element) {
    const auto found = std::ranges::find_if(list, [&](const json::value& each) {
        return each.is_string() && std::string_view(each.as_string()) == element;
    });
    if (found != list.end()) list.erase(found);
}

void patch_list(json::object& holder, const std::string& name, std::string_view operation,
                const std::optional<std::string>& gone, const std::optional<std::string>& added) {
    auto& value = holder[name];
    if (!value.is_array()) value.emplace_array();
    auto& list = value.as_array();
    if (gone) erase_element(list, *gone);
    if (added) {
        erase_element(list, *added);
        list.emplace_back(*added);
    }
    if (list.empty() && operation != "replace") holder.erase(name);
}

void apply(json::object& record, const PatchRule& rule, std::string_view operation, const PatchOperation& patch,
           const Segments& segments) {
    auto target = target_of(rule, segments);
    std::string element;
    if (rule.kind == Patched::named_element) {
        element = target.back();
        target.pop_back();
    }
    auto* holder = &record;
    for (size_t i = 0; i + 1 < target.size(); ++i) {
        auto* next = holder->if_contains(target[i]);
        if (!next || !next->is_object()) {
            if (operation == "remove") return;
            next = &((*holder)[target[i]] = json::object());
        }
        holder = &next->as_object();
    }
    const auto& name = target.back();
    if (rule.kind == Patched::named_element) {
        const bool gone = operation != "add";
        std::optional<std::string> added;
        if (operation == "add") added = element;
        if (operation == "replace") added = patch.value.value_or("");
        patch_list(*holder, name, operation, gone ? std::optional(element) : std::nullopt, added);
    } else if (rule.kind == Patched::valued_element) {
        const auto value = patch.value.value_or("");
        if (operation == "replace") (*holder)[name] = json::array();
        patch_list(*holder, name, operation, operation == "remove" ? std::optional(value) : std::nullopt,
                   operation == "remove" ? std::nullopt : std::optional(value));
    } else if (operation == "remove" || (rule.kind == Patched::number && patch.value.value_or("").empty())) {
        holder->erase(name);
        // A map or structure that is empty now is none.
        if (holder->empty() && target.size() == 2) record.erase(target.front());
    } else {
        (*holder)[name] = value_of(rule, patch);
    }
}

/// "copy": the value at `from` to `path`, both members of the record.
void copy(json::object& record, const PatchOperation& patch, const Segments& target) {
    const json::value* from = nullptr;
    const json::object* holder = &record;
    for (const auto& segment : split_pointer(patch.from.value_or(""))) {
        from = holder ? holder->if_contains(segment) : nullptr;
        if (!from) break;
        holder = from->if_object();
    }
    if (!from) {
        // Unverified: the words.
        throw BadRequestException(fmt::format("Invalid patch from path {}", patch.from.value_or("")));
    }
    const json::value value = *from;
    record[target.back()] = value;
}

}  // namespace

std::vector<std::string> split_pointer(std::string_view pointer) {
    Segments segments;
    if (pointer.starts_with('/')) pointer.remove_prefix(1);
    while (true) {
        const auto end = std::min(pointer.find('/'), pointer.size());
        std::string segment;
        for (size_t i = 0; i < end; ++i) {
            const bool escaped = pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '1' || pointer[i + 1] == '0');
            segment += escaped ? (pointer[i + 1] == '1' ? '/' : '~') : pointer[i];
            if (escaped) ++i;
        }
        segments.push_back(std::move(segment));
        if (end == pointer.size()) return segments;
        pointer.remove_prefix(end + 1);
    }
}

void apply_patches(json::object& record, const PatchTable& table, const Patches& patches) {
    if (!patches) return;
    for (const auto& patch : *patches) {
        const auto path = patch.path.value_or("");
        const auto operation = patch.op.value_or("");
        const auto segments = split_pointer(path);
        const auto& rule = rule_of(table, operation, path, segments);
        if (operation == "copy") {
            copy(record, patch, segments);
        } else {
            apply(record, rule, operation, patch, segments);
        }
    }
}

}  // namespace cumulet::apigateway
