// Attribute values from JSON, and to it.
#include <boost/json/basic_parser_impl.hpp>

#include "base/bytes.h"
#include "base/json.h"
#include "contracts/attribute_builder.h"
#include "contracts/error.h"

namespace cumulet::contracts {

namespace {

template <typename Value>
std::unique_ptr<NativeBuilder> build(void* target) {
    return attribute_builder(
        std::same_as<Value, AttributeMap>,
        [](void* value, std::string bytes, AttributeRefusal refusal) {
            auto& made = *static_cast<Value*>(value);
            made = Value::from_bytes(std::move(bytes));
            if (!refusal.message.empty()) made.refuse(refusal);
        },
        target);
}

/// Feeds a builder from Boost.JSON's parser.
struct ParserEvents {
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;
    using Error = boost::json::error_code;

    bool on_document_begin(Error&) { return true; }
    bool on_document_end(Error&) { return true; }
    bool on_object_begin(Error&) { return builder->begin_object(), true; }
    bool on_object_end(std::size_t, Error&) { return builder->end_object(), true; }
    bool on_array_begin(Error&) { return builder->begin_array(), true; }
    bool on_array_end(std::size_t, Error&) { return builder->end_array(), true; }
    bool on_key_part(boost::json::string_view part, std::size_t, Error&) { return text.append(part), true; }
    bool on_key(boost::json::string_view part, std::size_t, Error&) {
        text.append(part);
        builder->key(text);
        text.clear();
        return true;
    }
    bool on_string_part(boost::json::string_view part, std::size_t, Error&) { return text.append(part), true; }
    bool on_string(boost::json::string_view part, std::size_t, Error&) {
        text.append(part);
        builder->string(text);
        text.clear();
        return true;
    }
    bool on_number_part(boost::json::string_view part, Error&) { return text.append(part), true; }
    bool on_number(boost::json::string_view part) {
        text.append(part);
        builder->number(text);
        text.clear();
        return true;
    }
    bool on_int64(int64_t, boost::json::string_view part, Error&) { return on_number(part); }
    bool on_uint64(uint64_t, boost::json::string_view part, Error&) { return on_number(part); }
    bool on_double(double, boost::json::string_view part, Error&) { return on_number(part); }
    bool on_bool(bool value, Error&) { return builder->boolean(value), true; }
    bool on_null(Error&) { return builder->null(), true; }
    bool on_comment_part(boost::json::string_view, Error&) { return true; }
    bool on_comment(boost::json::string_view, Error&) { return true; }

    std::unique_ptr<NativeBuilder> builder;
    std::string text;
};

void append_elements(std::string& out, AttributeView list, bool with_types) {
    out.push_back('[');
    bool first = true;
    for (const auto element : list.elements()) {
        if (!first) out.push_back(',');
        first = false;
        if (with_types)
            element.append_json(out);
        else if (element.is(AttributeType::N))
            out.append(fmt::format("\"{}\"", element.number().text()));
        else if (element.is(AttributeType::B))
            out.append(fmt::format("\"{}\"", to_base64(element.content())));
        else
            append_json_string(out, element.content());
    }
    out.push_back(']');
}

void append_members(std::string& out, AttributeView map) {
    out.push_back('{');
    bool first = true;
    for (const auto& member : map.members()) {
        if (!first) out.push_back(',');
        first = false;
        append_json_string(out, member.name);
        out.push_back(':');
        member.value.append_json(out);
    }
    out.push_back('}');
}

}  // namespace

void AttributeView::append_json(std::string& out) const {
    if (!*this) {
        out.append("null");
        return;
    }
    switch (type()) {
        case AttributeType::S:
            out.append("{\"S\":");
            append_json_string(out, content());
            break;
        case AttributeType::N:
            out.append("{\"N\":\"");
            number().append_text(out);
            out.push_back('"');
            break;
        case AttributeType::B:
            out.append("{\"B\":\"");
            out.append(to_base64(content()));
            out.push_back('"');
            break;
        case AttributeType::BOOL: out.append(boolean() ? "{\"BOOL\":true" : "{\"BOOL\":false"); break;
        case AttributeType::NULL_: out.append("{\"NULL\":true"); break;
        case AttributeType::SS:
            out.append("{\"SS\":");
            append_elements(out, *this, false);
            break;
        case AttributeType::NS:
            out.append("{\"NS\":");
            append_elements(out, *this, false);
            break;
        case AttributeType::BS:
            out.append("{\"BS\":");
            append_elements(out, *this, false);
            break;
        case AttributeType::L:
            out.append("{\"L\":");
            append_elements(out, *this, true);
            break;
        case AttributeType::M:
            out.append("{\"M\":");
            append_members(out, *this);
            break;
    }
    out.push_back('}');
}

AttributeMap AttributeMap::from_json(std::string_view text) {
    AttributeMap map;
    boost::json::parse_options options;
    options.max_depth = 4 * max_attribute_nesting;
    boost::json::basic_parser<ParserEvents> parser(options);
    parser.handler().builder = build<AttributeMap>(&map);
    boost::json::error_code error;
    const size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error || used != text.size() || map.bytes_.empty())
        throw aws::Error("SerializationException", "The value is no JSON object");
    map.check();
    return map;
}

const Native attribute_value_native = {
    .build = build<AttributeValue>,
    .append_json = [](std::string& out,
                      const void* value) { static_cast<const AttributeValue*>(value)->view().append_json(out); },
};

const Native attribute_map_native = {
    .build = build<AttributeMap>,
    .append_json = [](std::string& out,
                      const void* value) { append_members(out, static_cast<const AttributeMap*>(value)->view()); },
};

}  // namespace cumulet::contracts
