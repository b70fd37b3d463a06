#include "wire/json_reader.h"

#include <boost/json/basic_parser_impl.hpp>
#include <cmath>

#include "base/bytes.h"
#include "base/json.h"
#include "contracts/boolean_text.h"

namespace cumulet::wire {
namespace {

using boost::system::error_code;
using Text = boost::json::string_view;

std::string_view view(Text text) { return {text.data(), text.size()}; }

/// The Java class that AWS names when a scalar is expected.
std::string_view java_name(Kind kind) {
    switch (kind) {
        case Kind::boolean: return "Boolean";
        case Kind::integer: return "Integer";
        case Kind::long_: return "Long";
        case Kind::float_: return "Float";
        case Kind::double_: return "Double";
        default: return "String";
    }
}

/// The place that the next value goes to, and what it must be there.
struct Slot {
    const Shape* shape = nullptr;  ///< nullptr: nobody knows the value, it is skipped
    const Member* member = nullptr;
    void* target = nullptr;
};

/// Boost.JSON calls this for each event. Three ways to take one: by the tables; skipped; or handed on, to a native
/// type's builder or into a document.
class Reader {
  public:
    static constexpr size_t max_object_size = size_t(-1);
    static constexpr size_t max_array_size = size_t(-1);
    static constexpr size_t max_key_size = size_t(-1);
    static constexpr size_t max_string_size = size_t(-1);

    Reader(const Shape& shape, void* target, JsonDialect dialect, const Path& path, Seen& seen, Violations& violations)
        : root_{&shape, nullptr, target}, dialect_(dialect), path_(path), seen_(seen), violations_(violations) {
        frames_.reserve(8);
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }

    bool on_object_begin(error_code&) {
        if (taken_elsewhere([](auto& builder) { builder.begin_object(); }, +1)) return true;
        const Slot slot = next_slot(true);
        if (begin_elsewhere(
                slot, [](auto& builder) { builder.begin_object(); }, +1))
            return true;
        switch (slot.shape->kind) {
            case Kind::structure:
            case Kind::map: frames_.push_back({slot.shape, slot.target}); return true;
            default: throw serialization_error("Start of structure or map found where not expected");
        }
    }

    bool on_object_end(size_t, error_code&) {
        if (taken_elsewhere([](auto& builder) { builder.end_object(); }, -1)) return true;
        if (frames_.size() == 1) {
            seen_ |= frames_.back().seen;
        } else if (frames_.back().shape->kind == Kind::structure && frames_.back().shape->constrained) {
            check_required();
        }
        frames_.pop_back();
        return true;
    }

    bool on_array_begin(error_code&) {
        if (taken_elsewhere([](auto& builder) { builder.begin_array(); }, +1)) return true;
        const Slot slot = next_slot(true);
        if (begin_elsewhere(
                slot, [](auto& builder) { builder.begin_array(); }, +1))
            return true;
        switch (slot.shape->kind) {
            case Kind::list: frames_.push_back({slot.shape, slot.target}); return true;
            case Kind::map:
                throw serialization_error(
                    fmt::format("Unrecognized collection type java.util.Map<java.lang.String, {}>",
                                class_of(*slot.shape->element)));
            case Kind::structure:
                throw serialization_error(fmt::format("Unrecognized collection type class {}", class_of(*slot.shape)));
            case Kind::blob: throw serialization_error("Unrecognized collection type class java.nio.ByteBuffer");
            default:
                throw serialization_error(fmt::format("Unrecognized collection type class {}", class_of(*slot.shape)));
        }
    }

    bool on_array_end(size_t, error_code&) {
        if (taken_elsewhere([](auto& builder) { builder.end_array(); }, -1)) return true;
        frames_.pop_back();
        return true;
    }

    bool on_key_part(Text part, size_t, error_code&) {
        if (skipping_ == 0) text_.append(part.data(), part.size());
        return true;
    }
    bool on_key(Text part, size_t, error_code&) {
        if (skipping_ != 0) return true;
        const std::string_view key = whole(part);
        if (elsewhere_ != 0) {
            auto event = [&](auto& builder) { builder.key(key); };
            pass_on(event);
        } else if (auto& frame = frames_.back(); frame.shape->kind == Kind::map) {
            frame.key = key;
        } else {
            frame.member = find_member(frame, key);
        }
        text_.clear();
        return true;
    }

    bool on_string_part(Text part, size_t, error_code&) {
        if (skipping_ == 0) text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(Text part, size_t, error_code&) {
        if (skipping_ != 0) return true;
        if (elsewhere_ != 0) {
            const auto text = whole(part);
            auto event = [&](auto& builder) { builder.string(text); };
            pass_on(event);
        } else if (const Slot slot = next_slot(true); !begin_elsewhere(
                       slot, [&](auto& builder) { builder.string(whole(part)); }, 0)) {
            set_string(slot, whole(part));
        }
        text_.clear();
        return true;
    }

    bool on_number_part(Text part, error_code&) {
        if (skipping_ == 0) text_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(int64_t value, Text part, error_code&) { return on_number(value, part); }
    bool on_uint64(uint64_t value, Text part, error_code&) { return on_number(double(value), part); }
    bool on_double(double value, Text part, error_code&) { return on_number(value, part); }

    bool on_bool(bool value, error_code&) {
        if (taken_elsewhere([&](auto& builder) { builder.boolean(value); }, 0)) return true;
        const Slot slot = next_slot(true);
        if (begin_elsewhere(
                slot, [&](auto& builder) { builder.boolean(value); }, 0))
            return true;
        if (slot.shape->kind != Kind::boolean) refuse(slot, value ? "TRUE_VALUE" : "FALSE_VALUE");
        as<bool>(slot.target) = value;
        return true;
    }

    bool on_null(error_code&) {
        if (taken_elsewhere([](auto& builder) { builder.null(); }, 0)) return true;
        // A null member is an absent one; a null element is dropped. Documents know null.
        const Slot slot = next_slot(false);
        if (slot.shape && slot.shape->kind == Kind::document) {
            begin_elsewhere(
                next_slot(true), [](auto& builder) { builder.null(); }, 0);
        }
        return true;
    }

    bool on_comment_part(Text, error_code&) { return true; }
    bool on_comment(Text, error_code&) { return true; }

  private:
    struct Frame {
        const Shape* shape;
        void* target;
        const Member* member = nullptr;  ///< of a structure: the one that was named last
        size_t count = 0;                ///< of a structure: where the search for the next name begins
        std::string key;                 ///< of a map
        Seen seen;
    };

    /// Builds a json::value from events.
    class Document {
      public:
        void null() { count(), stack_.push_null(); }
        void boolean(bool value) { count(), stack_.push_bool(value); }
        void number(std::string_view text) {
            count();
            const json::value value = json::parse(Text{text.data(), text.size()});
            if (value.is_int64()) {
                stack_.push_int64(value.get_int64());
            } else if (value.is_uint64()) {
                stack_.push_uint64(value.get_uint64());
            } else {
                stack_.push_double(value.get_double());
            }
        }
        void string(std::string_view text) { count(), stack_.push_string({text.data(), text.size()}); }
        void key(std::string_view text) {
            stack_.push_key({text.data(), text.size()});
            ++open_.back().size;
        }
        void begin_object() { count(), open_.push_back({false}); }
        void end_object() {
            stack_.push_object(open_.back().size);
            open_.pop_back();
        }
        void begin_array() { count(), open_.push_back({true}); }
        void end_array() {
            stack_.push_array(open_.back().size);
            open_.pop_back();
        }
        void reset() {
            stack_.reset();
            open_.clear();
        }
        json::value release() { return stack_.release(); }

      private:
        struct Open {
            bool array;
            size_t size = 0;
        };
        /// An object counts its keys, an array each value that begins in it.
        void count() {
            if (!open_.empty() && open_.back().array) ++open_.back().size;
        }

        json::value_stack stack_;
        std::vector<Open> open_;
    };

    std::string_view whole(Text last_part) {
        if (text_.empty()) return view(last_part);
        text_.append(last_part.data(), last_part.size());
        return text_;
    }

    /// Where the next value goes. With `make`, an optional member, an element or an entry is made there.
    Slot next_slot(bool make) {
        if (frames_.empty()) return root_;
        auto& frame = frames_.back();
        if (make && frame.shape->kind != Kind::structure) elements_.add();
        switch (frame.shape->kind) {
            case Kind::structure: {
                if (!frame.member) return {};
                if (!make) return {frame.member->shape, frame.member, nullptr};
                see(frame.seen, *frame.shape, *frame.member);
                return {frame.member->shape, frame.member, place_of(*frame.member, frame.target)};
            }
            case Kind::list:
                if (make) ++frame.count;
                return {frame.shape->element, nullptr, make ? frame.shape->ops->append(frame.target) : nullptr};
            default:
                return {frame.shape->element, nullptr,
                        make ? frame.shape->ops->insert(frame.target, frame.key) : nullptr};
        }
    }

    const Member* find_member(Frame& frame, std::string_view key) {
        const auto members = frame.shape->members;
        const bool top = frames_.size() == 1;
        // Clients mostly send members in the contract's order, so the search begins behind the last one.
        for (size_t i = 0; i < members.size(); ++i) {
            const size_t at = frame.count + i < members.size() ? frame.count + i : frame.count + i - members.size();
            const auto& member = members[at];
            if ((dialect_.names == JsonNames::wire ? member.wire_name : member.name) != key) continue;
            if (top && member.location != Location::body) return nullptr;
            frame.count = at + 1 < members.size() ? at + 1 : 0;
            return &member;
        }
        return nullptr;
    }

    /// Hands an event to what is being skipped or built, if anything is. `change` is what it does to the nesting.
    template <typename Event>
    bool taken_elsewhere(Event event, int change) {
        if (skipping_ != 0) {
            skipping_ = size_t(int64_t(skipping_) + change);
            if (skipping_ == 1 && change < 0) skipping_ = 0;
            return true;
        }
        if (elsewhere_ == 0) return false;
        pass_on(event);
        elsewhere_ = size_t(int64_t(elsewhere_) + change);
        if (elsewhere_ == 1 && change < 0) finish_elsewhere();
        return true;
    }

    /// Begins skipping or building if the slot asks for it. `change` is 0 for a scalar, which also ends it.
    template <typename Event>
    bool begin_elsewhere(const Slot& slot, Event event, int change) {
        if (!slot.shape) {
            if (change > 0) skipping_ = 2;
            return true;
        }
        if (slot.shape->kind == Kind::native) {
            builder_ = slot.shape->native->build(slot.target);
        } else if (slot.shape->kind == Kind::document) {
            document_.reset();
            document_target_ = slot.target;
        } else {
            return false;
        }
        elsewhere_ = change > 0 ? 2 : 1;
        pass_on(event);
        if (change == 0) finish_elsewhere();
        return true;
    }

    template <typename Event>
    void pass_on(Event& event) {
        if (builder_)
            event(*builder_);
        else
            event(document_);
    }

    void finish_elsewhere() {
        elsewhere_ = 0;
        if (builder_) {
            builder_.reset();
        } else {
            as<json::value>(document_target_) = document_.release();
        }
    }

    template <typename Number>
    bool on_number(Number value, Text part) {
        if (skipping_ != 0) return true;
        const auto number = whole(part);
        if (!taken_elsewhere([&](auto& builder) { builder.number(number); }, 0)) {
            const Slot slot = next_slot(true);
            if (!begin_elsewhere(
                    slot, [&](auto& builder) { builder.number(number); }, 0))
                set_number(slot, value);
        }
        text_.clear();
        return true;
    }

    template <typename Number>
    void set_number(const Slot& slot, Number value) {
        switch (slot.shape->kind) {
            case Kind::integer:
            case Kind::long_: set_integer(*slot.shape, value, slot.target); break;
            case Kind::float_:
            case Kind::double_: as<double>(slot.target) = double(value); break;
            case Kind::timestamp: as<Time>(slot.target) = from_epoch_seconds(double(value)); break;
            default: refuse(slot, std::is_integral_v<Number> ? "NUMBER_VALUE" : "DECIMAL_VALUE");
        }
    }

    void set_string(const Slot& slot, std::string_view text) {
        switch (slot.shape->kind) {
            case Kind::string: as<std::string>(slot.target) = text; return;
            case Kind::blob: return set_blob(slot, text);
            case Kind::timestamp: {
                const auto format = format_of(slot.member, *slot.shape, TimestampFormat::epoch_seconds);
                const auto time = parse_timestamp(text, format);
                if (!time) throw serialization_error("STRING_VALUE cannot be converted to milliseconds since epoch");
                as<Time>(slot.target) = *time;
                return;
            }
            case Kind::boolean: {
                if (!dialect_.boolean_words) refuse(slot, "STRING_VALUE");
                const auto value = contracts::boolean_of(text);
                if (!value) throw serialization_error("Unexpected token received from parser");
                as<bool>(slot.target) = *value;
                return;
            }
            case Kind::float_:
            case Kind::double_:
                if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
                    as<double>(slot.target) = *parse_double(text);
                    return;
                }
                [[fallthrough]];
            default: refuse(slot, "STRING_VALUE");
        }
    }

    static void set_blob(const Slot& slot, std::string_view text) {
        auto bytes = from_base64(text);
        if (!bytes) {
            if (text.size() % 4 != 0) {
                throw serialization_error(
                    fmt::format("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.size()));
            }
            // The spelling is AWS's.
            throw serialization_error("Invalid last non-pad Base64 character dectected");
        }
        as<std::string>(slot.target) = std::move(*bytes);
    }

    /// What AWS's own decoder calls the type.
    std::string class_of(const Shape& shape) const {
        const bool scalar = shape.kind <= Kind::timestamp && shape.kind != Kind::blob;
        return scalar ? fmt::format("java.lang.{}", java_name(shape.kind))
                      : fmt::format("{}{}", dialect_.java_package, shape.name);
    }

    [[noreturn]] static void refuse(const Slot& slot, std::string_view found) {
        switch (slot.shape->kind) {
            case Kind::blob: throw serialization_error("only base-64-encoded strings are convertible to bytes");
            case Kind::list:
            case Kind::map: throw serialization_error("Unexpected field type");
            case Kind::structure:
                throw serialization_error(slot.member ? "Unexpected field type" : "Unexpected value type in payload");
            case Kind::timestamp:
                throw serialization_error(fmt::format("{} cannot be converted to milliseconds since epoch", found));
            default:
                throw serialization_error(
                    fmt::format("{} cannot be converted to {}", found, java_name(slot.shape->kind)));
        }
    }

    void check_required() {
        const auto& frame = frames_.back();
        for (size_t i = 0; i < frame.shape->members.size() && i < frame.seen.size(); ++i) {
            if (frame.shape->members[i].required && !frame.seen.test(i)) return report_missing();
        }
    }
    void report_missing() {
        std::vector<Path> chain;
        chain.reserve(frames_.size() + 1);
        chain.push_back(path_);
        for (size_t i = 0; i + 1 < frames_.size(); ++i) {
            const auto& frame = frames_[i];
            const auto& above = chain.back();
            switch (frame.shape->kind) {
                case Kind::structure: chain.push_back(above.member(*frame.member)); break;
                case Kind::list: chain.push_back(above.element(frame.count - 1)); break;
                default: chain.push_back(above.entry(frame.key));
            }
        }
        require_members(*frames_.back().shape, frames_.back().seen, chain.back(), violations_);
    }

    Slot root_;
    JsonDialect dialect_;
    const Path& path_;
    Seen& seen_;
    Violations& violations_;
    std::vector<Frame> frames_;
    ElementCount elements_;
    std::string text_;      ///< the parts of a text that arrived in parts
    size_t skipping_ = 0;   ///< 0, or one more than the nesting inside the unknown value
    size_t elsewhere_ = 0;  ///< the same for a native value or a document
    std::unique_ptr<contracts::NativeBuilder> builder_;
    Document document_;
    void* document_target_ = nullptr;
};

}  // namespace

void read_json(std::string_view text, const Shape& shape, void* target, JsonDialect dialect, const Path& path,
               Seen& seen, Violations& violations) {
    boost::json::parse_options options;
    options.max_depth = 2 * max_depth;  // an attribute value of DynamoDB takes two levels for each of its own
    boost::json::basic_parser<Reader> parser(options, shape, target, dialect, path, seen, violations);
    error_code error;
    const size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (error || read != text.size()) {
        // Unverified: AWS's own text differs between services; botocore shows it as it is.
        throw serialization_error(error == boost::json::error::too_deep ? "The request is nested too deeply"
                                                                        : "Unable to parse the request as JSON");
    }
}

}  // namespace cumulet::wire
