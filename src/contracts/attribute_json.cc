// Attribute values between JSON and their stored form. What is refused, and in which words, is what DynamoDB answers.
#include <boost/json/basic_parser_impl.hpp>

#include "base/bytes.h"
#include "base/json.h"
#include "contracts/attribute_value.h"
#include "contracts/error.h"

namespace cumulet::contracts {

namespace {

[[noreturn]] void serialization_error(std::string message) {
    throw aws::Error("SerializationException", std::move(message));
}

std::string decode_binary(std::string_view text) {
    if (text.size() % 4 != 0) {
        serialization_error(
            fmt::format("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.size()));
    }
    const auto standard = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
               c == '=';
    };
    for (const char character : text) {
        if (!standard(character)) serialization_error(fmt::format("Invalid Base64 character: '{}'", character));
    }
    auto bytes = from_base64(text);
    if (!bytes) serialization_error("Invalid last non-pad Base64 character dectected");
    return std::move(*bytes);
}

/// Follows the events of one attribute value, or of a map of them, and writes the stored form.
class Builder final : public NativeBuilder {
  public:
    Builder(bool map, void (*store)(void* target, std::string bytes), void* target)
        : writer_(bytes_), map_(map), store_(store), target_(target) {
        places_.reserve(16);
    }

    void null() override {
        if (places_.empty()) {  // an absent member: the target stays as it was made
            return;
        }
        switch (place().kind) {
            case Place::ignored:
            case Place::value: after_scalar(); return;
            case Place::set:
                invalid_parameter(fmt::format("An {} set may not have a null as a member", set_word(place().type)));
            default: refuse(empty_value);
        }
    }

    void boolean(bool value) override {
        if (ignoring()) return after_scalar();
        expect_scalar(value ? "TRUE_VALUE" : "FALSE_VALUE");
        if (place().type == AttributeType::BOOL) {
            claim();
            writer_.boolean(value);
        } else if (place().type == AttributeType::NULL_) {
            claim();
            if (!value) invalid_parameter("Null attribute value types must have the value of true");
            writer_.null();
        } else {
            cannot_convert(value ? "TRUE_VALUE" : "FALSE_VALUE");
        }
        after_scalar();
    }

    void number(std::string_view) override {
        if (ignoring()) return after_scalar();
        expect_scalar("NUMBER_VALUE");
        cannot_convert("NUMBER_VALUE");
    }

    void string(std::string_view text) override {
        if (ignoring()) return after_scalar();
        expect_scalar("STRING_VALUE");
        if (place().kind == Place::set) {
            add_element(text);
            return;
        }
        switch (place().type) {
            case AttributeType::S:
                claim();
                writer_.string(text);
                break;
            case AttributeType::N:
                claim();
                writer_.number(read_number(text));
                break;
            case AttributeType::B:
                claim();
                writer_.binary(decode_binary(text));
                break;
            case AttributeType::BOOL:
            case AttributeType::NULL_: cannot_convert("STRING_VALUE");
            default: serialization_error("Unexpected field type");
        }
        after_scalar();
    }

    void begin_object() override {
        if (places_.empty()) {
            if (map_)
                open_map();
            else
                places_.push_back({.kind = Place::value});
            return;
        }
        if (ignoring()) {
            places_.push_back({.kind = Place::ignored});
        } else if (place().kind == Place::map || place().kind == Place::list) {
            places_.push_back({.kind = Place::value});
        } else if (place().kind == Place::value && place().type == AttributeType::M) {
            claim();
            open_map();
        } else {
            serialization_error("Start of structure or map found where not expected.");
        }
    }

    void key(std::string_view text) override {
        Place& at = place();
        if (at.kind == Place::map) {
            if (text.size() > 65535) {
                invalid_parameter("Size of attribute name exceeds maximum of 65535 bytes");
            }
            writer_.key(text);
            if (places_.size() == 1) {
                placeholder_.clear();
                if (text.starts_with(':')) placeholder_ = text;
            }
        } else if (at.kind == Place::value) {
            name_type(at, text);
        }
    }

    void end_object() override {
        const Place ended = place();
        places_.pop_back();
        if (ended.kind == Place::value && !ended.claimed) refuse(empty_value);
        if (ended.kind == Place::map) {
            if (!places_.empty()) --nesting_;
            writer_.end();
        }
        if (places_.empty())
            store_(target_, std::move(bytes_));
        else
            after_scalar();
    }

    void begin_array() override {
        if (places_.empty()) serialization_error("Unrecognized collection type class java.util.ArrayList");
        if (ignoring()) {
            places_.push_back({.kind = Place::ignored});
            return;
        }
        const Place& at = place();
        if (at.kind != Place::value || !at.named) serialization_error("Unrecognized collection type");
        const auto type = at.type;
        switch (type) {
            case AttributeType::L:
                claim();
                nest();
                writer_.begin(type);
                places_.push_back({.kind = Place::list, .type = type});
                break;
            case AttributeType::SS:
            case AttributeType::NS:
            case AttributeType::BS:
                claim();
                writer_.begin(type);
                places_.push_back({.kind = Place::set, .type = type});
                break;
            case AttributeType::S:
            case AttributeType::N: serialization_error("Unrecognized collection type class java.lang.String");
            case AttributeType::B: serialization_error("Unrecognized collection type class java.nio.ByteBuffer");
            default: serialization_error("Unrecognized collection type");
        }
    }

    void end_array() override {
        const Place ended = place();
        places_.pop_back();
        if (ended.kind == Place::list) {
            --nesting_;
            writer_.end();
        } else if (ended.kind == Place::set) {
            end_set(ended.type);
        }
        after_scalar();
    }

  private:
    static constexpr const char* empty_value =
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";

    struct Place {
        enum Kind : uint8_t { value, list, set, map, ignored } kind;
        AttributeType type = AttributeType::S;  // value: what the last key named; list, set: itself
        bool named = false;                     // value: a key was read whose value has not come yet
        bool unknown = false;                   // value: the key names no type
        bool claimed = false;                   // value: it has its one type
    };

    /// Only ExpressionAttributeValues has names that begin with a colon; its values are refused in words of their own.
    [[noreturn]] void refuse(std::string_view message) const {
        if (placeholder_.empty()) throw aws::validation_error(std::string(message));
        throw aws::validation_error(
            fmt::format("ExpressionAttributeValues contains invalid value: {} for key {}", message, placeholder_));
    }
    [[noreturn]] void invalid_parameter(std::string_view message) const {
        refuse(fmt::format("One or more parameter values were invalid: {}", message));
    }
    Decimal read_number(std::string_view text) const {
        try {
            return Decimal::parse(text);
        } catch (const aws::Error& error) {
            refuse(error.message);
        }
    }

    Place& place() { return places_.back(); }
    bool ignoring() const {
        if (places_.empty()) serialization_error("Expected null");  // a scalar where an object belongs
        const Place& at = places_.back();
        return at.kind == Place::ignored || (at.kind == Place::value && at.named && at.unknown);
    }

    static std::string_view set_word(AttributeType type) { return type == AttributeType::NS ? "number" : "string"; }

    void name_type(Place& at, std::string_view text) {
        constexpr std::pair<std::string_view, AttributeType> types[] = {
            {"S", AttributeType::S},       {"N", AttributeType::N},        {"B", AttributeType::B},
            {"BOOL", AttributeType::BOOL}, {"NULL", AttributeType::NULL_}, {"SS", AttributeType::SS},
            {"NS", AttributeType::NS},     {"BS", AttributeType::BS},      {"L", AttributeType::L},
            {"M", AttributeType::M}};
        at.named = true;
        at.unknown = true;
        for (const auto& [name, type] : types) {
            if (name == text) {
                at.type = type;
                at.unknown = false;
            }
        }
    }

    /// The value takes its one type, now that something stands behind the key.
    void claim() {
        if (place().claimed) {
            refuse(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                "datatypes");
        }
        place().claimed = true;
    }

    void after_scalar() {
        if (!places_.empty() && place().kind == Place::value) place().named = false;
    }

    /// A scalar may stand only behind a type's name or in a set.
    void expect_scalar(std::string_view found) {
        if (place().kind == Place::set || (place().kind == Place::value && place().named)) return;
        serialization_error(fmt::format("{} cannot be converted to AttributeValue", found));
    }

    [[noreturn]] void cannot_convert(std::string_view found) {
        const auto type = place().type;
        std::string_view wanted = "String";
        if (type == AttributeType::BOOL || type == AttributeType::NULL_) wanted = "Boolean";
        if (type == AttributeType::B || type == AttributeType::BS) {
            serialization_error("only base-64-encoded strings are convertible to bytes");
        }
        if (place().kind == Place::value && type > AttributeType::NULL_) serialization_error("Unexpected field type");
        serialization_error(fmt::format("{} cannot be converted to {}", found, wanted));
    }

    void nest() {
        if (++nesting_ > max_attribute_nesting) {
            refuse("Nesting Levels have exceeded supported limits");
        }
    }

    void open_map() {
        if (!places_.empty()) nest();  // the item itself is no level
        writer_.begin(AttributeType::M);
        places_.push_back({.kind = Place::map, .type = AttributeType::M});
    }

    void add_element(std::string_view text) {
        switch (place().type) {
            case AttributeType::SS:
                if (text.empty()) invalid_parameter("An string set may not have a empty string as a member");
                writer_.string(text);
                break;
            case AttributeType::NS: writer_.number(read_number(text)); break;
            default:
                if (text.empty()) invalid_parameter("Binary sets may not contain null or empty values");
                writer_.binary(decode_binary(text));
        }
        if (writer_.count() <= max_elements_in_error) {
            if (!elements_.empty()) elements_.append(", ");
            elements_.append(text);
        }
    }

    void end_set(AttributeType type) {
        if (writer_.count() == 0) {
            if (type == AttributeType::BS) invalid_parameter("Binary sets should not be empty");
            invalid_parameter(fmt::format("An {} set  may not be empty", set_word(type)));
        }
        if (writer_.end() > 0) {
            if (type == AttributeType::NS) refuse("Input collection contains duplicates");
            invalid_parameter(fmt::format("Input collection [{}]{} contains duplicates.", elements_,
                                          type == AttributeType::BS ? "of type BS" : ""));
        }
        elements_.clear();
    }

    static constexpr size_t max_elements_in_error = 100;

    std::string bytes_;
    AttributeWriter writer_;
    std::vector<Place> places_;
    std::string placeholder_;  // the member being read, if it is one
    std::string elements_;     // of the set being read, for the words of an error
    int nesting_ = 0;
    bool map_;
    void (*store_)(void* target, std::string bytes);
    void* target_;
};

std::unique_ptr<NativeBuilder> build_value(void* target) {
    return std::make_unique<Builder>(
        false,
        [](void* value, std::string bytes) {
            *static_cast<AttributeValue*>(value) = AttributeValue::from_bytes(std::move(bytes));
        },
        target);
}

std::unique_ptr<NativeBuilder> build_map(void* target) {
    return std::make_unique<Builder>(
        true,
        [](void* value, std::string bytes) {
            *static_cast<AttributeMap*>(value) = AttributeMap::from_bytes(std::move(bytes));
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
    parser.handler().builder = build_map(&map);
    boost::json::error_code error;
    const size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error || used != text.size() || map.bytes_.empty()) serialization_error("The value is no JSON object");
    return map;
}

const Native attribute_value_native = {
    .build = build_value,
    .append_json = [](std::string& out,
                      const void* value) { static_cast<const AttributeValue*>(value)->view().append_json(out); },
};

const Native attribute_map_native = {
    .build = build_map,
    .append_json = [](std::string& out,
                      const void* value) { append_members(out, static_cast<const AttributeMap*>(value)->view()); },
};

}  // namespace cumulet::contracts
