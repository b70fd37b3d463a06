#include "contracts/reflect.h"

#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "base/time.h"
#include "contracts/error.h"

namespace cumulet::contracts {
namespace {

template <typename T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}

json::value structure_to_json(const Shape& shape, const void* value) {
    json::object object;
    for (const Member& member : shape.members) {
        const void* at = static_cast<const char*>(value) + member.offset;
        if (member.optional) at = member.optional->get(at);
        if (!at || member.shape->kind == Kind::body || member.shape->kind == Kind::event_stream) continue;
        object[member.name] = to_json(*member.shape, at);
    }
    return object;
}

json::value list_to_json(const Shape& shape, const void* value) {
    json::array array;
    for (size_t i = 0, size = shape.ops->size(value); i < size; ++i) {
        array.push_back(to_json(*shape.element, shape.ops->at(value, i)));
    }
    return array;
}

json::value map_to_json(const Shape& shape, const void* value) {
    struct Context {
        const Shape& element;
        json::object object;
    } context{*shape.element, {}};
    shape.ops->each(
        value,
        [](void* context, const std::string& key, const void* element) {
            auto& [shape, object] = *static_cast<Context*>(context);
            object[key] = to_json(shape, element);
        },
        &context);
    return std::move(context.object);
}

/// Where in the document decoding is: one entry per level, on the stack of the functions below.
struct Path {
    const Path* parent = nullptr;
    std::string_view name;
    size_t index = 0;

    std::string text() const {
        if (!parent) return "";
        const std::string above = parent->text();
        if (name.empty()) return fmt::format("{}[{}]", above, index);
        return above.empty() ? std::string(name) : fmt::format("{}.{}", above, name);
    }
};

[[noreturn]] void refuse(const Path& path, std::string_view problem) {
    const std::string text = path.text();
    throw aws::validation_error(text.empty() ? std::string(problem) : fmt::format("{}: {}", text, problem));
}

void fill(const Shape& shape, void* value, const json::value& source, const Path& path);

void fill_structure(const Shape& shape, void* value, const json::value& source, const Path& path) {
    if (!source.is_object()) refuse(path, "an object is expected");
    for (const auto& [name, given] : source.get_object()) {
        const auto member = std::ranges::find(shape.members, std::string_view(name), &Member::name);
        const Path here{&path, name};
        if (member == shape.members.end()) refuse(here, "no such member");
        if (given.is_null() && member->shape->kind != Kind::document) continue;
        if (member->shape->kind == Kind::body || member->shape->kind == Kind::event_stream) {
            refuse(here, "a stream has no JSON form");
        }
        void* at = static_cast<char*>(value) + member->offset;
        fill(*member->shape, member->optional ? member->optional->emplace(at) : at, given, here);
    }
    for (const Member& member : shape.members) {
        if (member.required && !source.get_object().contains(member.name)) {
            refuse(Path{&path, member.name}, "required, but absent");
        }
    }
}

void fill_list(const Shape& shape, void* value, const json::value& source, const Path& path) {
    if (!source.is_array()) refuse(path, "a list is expected");
    for (size_t i = 0; i < source.get_array().size(); ++i) {
        fill(*shape.element, shape.ops->append(value), source.get_array()[i], Path{&path, "", i});
    }
}

void fill_map(const Shape& shape, void* value, const json::value& source, const Path& path) {
    if (!source.is_object()) refuse(path, "an object is expected");
    for (const auto& [key, given] : source.get_object()) {
        fill(*shape.element, shape.ops->insert(value, std::string(key)), given, Path{&path, key});
    }
}

template <typename T>
T number(const json::value& source, const Path& path) {
    if (const auto* text = source.if_string()) {
        T result{};
        const char* end = text->data() + text->size();
        const auto [stopped, error] = std::from_chars(text->data(), end, result);
        if (error == std::errc() && stopped == end) return result;
    } else if (source.is_number()) {
        boost::system::error_code error;
        const T result = source.to_number<T>(error);
        if (!error) return result;
    }
    refuse(path, std::is_integral_v<T> ? "a whole number is expected" : "a number is expected");
}

bool boolean(const json::value& source, const Path& path) {
    if (source.is_bool()) return source.get_bool();
    if (source.is_string() && source.get_string() == "true") return true;
    if (source.is_string() && source.get_string() == "false") return false;
    refuse(path, "true or false is expected");
}

std::string text(const json::value& source, const Path& path) {
    if (source.is_string()) return std::string(source.get_string());
    if (source.is_bool()) return source.get_bool() ? "true" : "false";
    if (source.is_number()) return json::serialize(source);
    refuse(path, "text is expected");
}

std::string bytes(const json::value& source, const Path& path) {
    if (!source.is_string()) refuse(path, "Base64 text is expected");
    auto decoded = from_base64(source.get_string());
    if (!decoded) refuse(path, "Base64 text is expected");
    return *std::move(decoded);
}

void feed(NativeBuilder& builder, const json::value& source) {
    switch (source.kind()) {
        case json::kind::null: return builder.null();
        case json::kind::bool_: return builder.boolean(source.get_bool());
        case json::kind::string: return builder.string(source.get_string());
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_: return builder.number(json::serialize(source));
        case json::kind::array:
            builder.begin_array();
            for (const json::value& element : source.get_array()) feed(builder, element);
            return builder.end_array();
        case json::kind::object:
            builder.begin_object();
            for (const auto& [key, element] : source.get_object()) {
                builder.key(key);
                feed(builder, element);
            }
            return builder.end_object();
    }
}

void fill(const Shape& shape, void* value, const json::value& source, const Path& path) {
    switch (shape.kind) {
        case Kind::boolean: *static_cast<bool*>(value) = boolean(source, path); return;
        case Kind::integer: *static_cast<int32_t*>(value) = number<int32_t>(source, path); return;
        case Kind::long_: *static_cast<int64_t*>(value) = number<int64_t>(source, path); return;
        case Kind::float_:
        case Kind::double_: *static_cast<double*>(value) = number<double>(source, path); return;
        case Kind::string: *static_cast<std::string*>(value) = text(source, path); return;
        case Kind::blob: *static_cast<std::string*>(value) = bytes(source, path); return;
        case Kind::timestamp: *static_cast<Time*>(value) = from_epoch_seconds(number<double>(source, path)); return;
        case Kind::structure: return fill_structure(shape, value, source, path);
        case Kind::list: return fill_list(shape, value, source, path);
        case Kind::map: return fill_map(shape, value, source, path);
        case Kind::document: *static_cast<json::value*>(value) = source; return;
        case Kind::native: return feed(*shape.native->build(value), source);
        case Kind::body:
        case Kind::event_stream: refuse(path, "a stream has no JSON form");
    }
}

}  // namespace

json::value to_json(const Shape& shape, const void* value) {
    switch (shape.kind) {
        case Kind::boolean: return as<bool>(value);
        case Kind::integer: return as<int32_t>(value);
        case Kind::long_: return as<int64_t>(value);
        case Kind::float_:
        case Kind::double_: return as<double>(value);
        case Kind::string: return json::value(as<std::string>(value));
        case Kind::blob: return json::value(to_base64(as<std::string>(value)));
        case Kind::timestamp: return epoch_seconds(as<Time>(value));
        case Kind::structure: return structure_to_json(shape, value);
        case Kind::list: return list_to_json(shape, value);
        case Kind::map: return map_to_json(shape, value);
        case Kind::document: return as<json::value>(value);
        case Kind::native: {
            std::string text;
            shape.native->append_json(text, value);
            return parse_json(text).value();
        }
        case Kind::body:
        case Kind::event_stream: return nullptr;
    }
    return nullptr;
}

void from_json(const Shape& shape, void* value, const json::value& source) { fill(shape, value, source, Path{}); }

}  // namespace cumulet::contracts
