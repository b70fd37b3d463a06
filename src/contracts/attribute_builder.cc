// Attribute values from JSON's events. What is refused, and in which words, is what DynamoDB answers.
#include "contracts/attribute_builder.h"

#include <set>

#include "base/bytes.h"
#include "contracts/boolean_text.h"
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

/// Follows the events of one attribute value, or of a map of them, and writes the stored form. A value that DynamoDB
/// does not allow is noted, something else stands in for it, and reading goes on.
class Builder final : public NativeBuilder {
  public:
    Builder(bool map, StoreAttributes store, void* target)
        : writer_(bytes_), map_(map), store_(store), target_(target) {
        places_.reserve(16);
    }

    void null() override {
        if (places_.empty()) return;  // an absent member: the target stays as it was made
        switch (place().kind) {
            case Place::ignored:
            case Place::value: return after_scalar();
            case Place::set:
                return invalid_parameter(
                    fmt::format("An {} set may not have a null as a member", set_word(place().type)));
            default: refuse(empty_value); writer_.null();
        }
    }

    void boolean(bool value) override {
        if (ignoring()) return after_scalar();
        expect_scalar();
        if (place().type != AttributeType::BOOL && place().type != AttributeType::NULL_) {
            cannot_convert(value ? "TRUE_VALUE" : "FALSE_VALUE");
        }
        write_boolean(value);
        after_scalar();
    }

    void number(std::string_view text) override {
        if (ignoring()) return after_scalar();
        expect_scalar();
        cannot_convert(text.find_first_of(".eE") == std::string_view::npos ? "NUMBER_VALUE" : "DECIMAL_VALUE");
    }

    void string(std::string_view text) override {
        if (ignoring()) return after_scalar();
        expect_scalar();
        if (place().kind == Place::set) {
            add_element(text);
            return;
        }
        switch (place().type) {
            case AttributeType::S:
                if (claim()) writer_.string(text);
                break;
            case AttributeType::N: {
                const auto number = read_number(text);
                if (claim()) writer_.number(number);
                break;
            }
            case AttributeType::B: {
                const auto bytes = decode_binary(text);
                if (claim()) writer_.binary(bytes);
                break;
            }
            case AttributeType::BOOL:
            case AttributeType::NULL_: write_boolean(read_boolean(text)); break;
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
            if (claim() && nest())
                open_map();
            else
                places_.push_back({.kind = Place::ignored});
        } else {
            serialization_error("Start of structure or map found where not expected");
        }
    }

    void key(std::string_view text) override {
        Place& at = place();
        if (at.kind == Place::map) {
            if (text.size() > max_name_bytes)
                invalid_parameter("Size of attribute name exceeds maximum of 65535 bytes");
            if (text.empty()) refuse_empty_name();
            writer_.key(text.substr(0, max_name_bytes));
            if (places_.size() == 1) member_ = text;
        } else if (at.kind == Place::value) {
            name_type(at, text);
        }
    }

    void end_object() override {
        const Place ended = place();
        places_.pop_back();
        if (ended.kind == Place::value) {
            if (ended.several) refuse(several_values);
            if (!ended.claimed) {
                refuse(empty_value);
                writer_.null();
            }
        }
        if (ended.kind == Place::map) {
            if (!places_.empty()) --nesting_;
            writer_.end();
        }
        if (places_.empty())
            store_(target_, std::move(bytes_), {refused_member_, refusal_, older_refusal_});
        else
            after_scalar();
    }

    void begin_array() override {
        if (places_.empty()) serialization_error(map_ ? unexpected_map : unexpected_value);
        if (ignoring()) {
            places_.push_back({.kind = Place::ignored});
            return;
        }
        const Place& at = place();
        if (at.kind != Place::value || !at.named) serialization_error(unexpected_value);
        const auto type = at.type;
        switch (type) {
            case AttributeType::L: return open_collection(Place::list, type);
            case AttributeType::SS:
            case AttributeType::NS:
            case AttributeType::BS: return open_collection(Place::set, type);
            case AttributeType::S:
            case AttributeType::N: serialization_error("Unrecognized collection type class java.lang.String");
            case AttributeType::B: serialization_error("Unrecognized collection type class java.nio.ByteBuffer");
            case AttributeType::M: serialization_error(unexpected_map);
            default: serialization_error("Unrecognized collection type class java.lang.Boolean");
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
    static constexpr size_t max_name_bytes = 65535;
    static constexpr const char* empty_value =
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
    static constexpr const char* several_values =
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
    static constexpr const char* unexpected_value =
        "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue";
    static constexpr const char* unexpected_map =
        "Unrecognized collection type java.util.Map<java.lang.String, "
        "com.amazonaws.dynamodb.v20120810.AttributeValue>";

    struct Place {
        enum Kind : uint8_t { value, list, set, map, ignored } kind;
        AttributeType type = AttributeType::S;  // value: what the last key named; list, set: itself
        bool named = false;                     // value: a key was read whose value has not come yet
        bool unknown = false;                   // value: the key names no type
        bool claimed = false;                   // value: it has its one type
        bool several = false;                   // value: and others
    };

    /// How much a mistake matters: the gravest is told, and of several the first.
    enum class Gravity : uint8_t { none, empty_name_inside, usual, empty_name };

    void refuse(std::string_view message, std::string_view older_message, Gravity gravity = Gravity::usual) {
        if (gravity <= gravity_) return;
        gravity_ = gravity;
        refusal_ = message;
        older_refusal_ = older_message;
        refused_member_ = member_;
    }
    void refuse(std::string_view message) { refuse(message, message); }
    void refuse_empty_name() {
        constexpr std::string_view message = "Empty attribute name";
        refuse(message, message, places_.size() == 1 ? Gravity::empty_name : Gravity::empty_name_inside);
    }
    void invalid_parameter(std::string_view message) {
        refuse(fmt::format("One or more parameter values were invalid: {}", message));
    }
    Decimal read_number(std::string_view text) {
        try {
            return Decimal::parse(text);
        } catch (const aws::Error& error) {
            refuse(error.message, older_words(text));
            return Decimal();
        }
    }
    static std::string older_words(std::string_view text) {
        try {
            Decimal::parse(text, Wording::older);
            return "";
        } catch (const aws::Error& error) {
            return error.message;
        }
    }
    static bool read_boolean(std::string_view text) {
        const auto value = boolean_of(text);
        if (!value) serialization_error("Unexpected token received from parser");
        return *value;
    }
    void write_boolean(bool value) {
        if (place().type == AttributeType::BOOL) {
            if (claim()) writer_.boolean(value);
            return;
        }
        if (!value) invalid_parameter("Null attribute value types must have the value of true");
        if (claim()) writer_.null();
    }

    Place& place() { return places_.back(); }
    bool ignoring() const {
        if (places_.empty()) {  // a scalar where an object belongs
            serialization_error(map_ ? "Unexpected field type" : "Unexpected value type in payload");
        }
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

    /// The value takes its one type, now that something stands behind the key; false if it has one already.
    bool claim() {
        if (place().claimed) {
            place().several = true;
            return false;
        }
        place().claimed = true;
        return true;
    }

    void after_scalar() {
        if (!places_.empty() && place().kind == Place::value) place().named = false;
    }

    /// A scalar may stand only behind a type's name or in a set.
    void expect_scalar() {
        if (place().kind == Place::set || (place().kind == Place::value && place().named)) return;
        serialization_error("Unexpected value type in payload");
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

    /// One level deeper; false, and NULL in its place, if there are too many.
    bool nest() {
        if (nesting_ == max_attribute_nesting) {
            refuse(
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond "
                "supported limit");
            writer_.null();
            return false;
        }
        ++nesting_;
        return true;
    }

    void open_map() {
        writer_.begin(AttributeType::M);
        places_.push_back({.kind = Place::map, .type = AttributeType::M});
    }

    void open_collection(Place::Kind kind, AttributeType type) {
        if (!claim() || (kind == Place::list && !nest())) {
            places_.push_back({.kind = Place::ignored});
            return;
        }
        writer_.begin(type);
        places_.push_back({.kind = kind, .type = type});
    }

    void add_element(std::string_view text) {
        switch (place().type) {
            case AttributeType::SS:
                writer_.string(text);
                keep(text);
                break;
            case AttributeType::NS: writer_.number(read_number(text)); break;
            default: {
                const auto bytes = decode_binary(text);
                writer_.binary(bytes);
                keep(bytes);
            }
        }
    }

    void keep(std::string_view element) {
        if (elements_.size() < max_elements_in_error) elements_.emplace_back(element);
    }

    void end_set(AttributeType type) {
        if (writer_.count() == 0) {
            invalid_parameter(type == AttributeType::BS ? "Binary sets should not be empty"
                                                        : fmt::format("An {} set  may not be empty", set_word(type)));
        }
        if (writer_.end() > 0) refuse_repetition(type);
        elements_.clear();
    }

    void refuse_repetition(AttributeType type) {
        constexpr std::string_view invalid = "One or more parameter values were invalid: ";
        if (type == AttributeType::NS) {
            constexpr std::string_view message = "Input collection contains duplicates";
            return refuse(fmt::format("{}{}.", invalid, message), message);
        }
        const bool binary = type == AttributeType::BS;
        const auto shown = [&](const std::vector<std::string>& elements, std::string_view quote,
                               std::string_view separator) {
            std::vector<std::string> texts;
            for (const auto& element : elements) {
                texts.push_back(fmt::format("{0}{1}{0}", quote, binary ? to_base64(element) : element));
            }
            return fmt::format("{}Input collection [{}]{} contains duplicates.", invalid, fmt::join(texts, separator),
                               binary ? "of type BS" : "");
        };
        refuse(shown(as_current_layer_lists(), "\"", binary ? "," : ", "), shown(elements_, "", ", "));
    }

    /// The elements in their order up to the first that comes again, and the others as they were sent.
    std::vector<std::string> as_current_layer_lists() const {
        std::set<std::string> before;
        auto at = elements_.begin();
        while (at != elements_.end() && before.insert(*at).second) ++at;
        std::vector<std::string> listed(before.begin(), before.end());
        listed.insert(listed.end(), at, elements_.end());
        return listed;
    }

    static constexpr size_t max_elements_in_error = 100;

    std::string bytes_;
    AttributeWriter writer_;
    std::vector<Place> places_;
    std::string member_;  // of the map, being read
    Gravity gravity_ = Gravity::none;
    std::string refusal_;
    std::string older_refusal_;
    std::string refused_member_;
    std::vector<std::string> elements_;  // of the set being read, for the words of an error
    int nesting_ = 0;
    bool map_;
    StoreAttributes store_;
    void* target_;
};

}  // namespace

std::unique_ptr<NativeBuilder> attribute_builder(bool map, StoreAttributes store, void* target) {
    return std::make_unique<Builder>(map, store, target);
}

}  // namespace cumulet::contracts
