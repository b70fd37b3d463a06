#include <cbor.h>

#include <cmath>

#include "base/bytes.h"
#include "wire/cbor.h"

namespace cumulet::wire {
namespace {

/// One item of the encoding, as libcbor's stateless decoder reports it.
struct Item {
    enum class Type : uint8_t {
        positive,
        negative,
        bytes,
        text,
        array,
        map,
        tag,
        number,
        boolean,
        null,
        undefined,
        stop
    } type = Type::undefined;
    bool indefinite = false;
    bool flag = false;
    uint64_t value = 0;  ///< an integer's magnitude (of a negative: -1 - value), a size, a tag
    double number = 0;
    std::string_view content;
};

using Type = Item::Type;

Item& item_of(void* context) { return *static_cast<Item*>(context); }

template <Type type, typename Word>
void integer(void* context, Word value) {
    item_of(context).type = type;
    item_of(context).value = value;
}
template <Type type>
void content(void* context, cbor_data data, size_t size) {
    item_of(context).type = type;
    item_of(context).content = {reinterpret_cast<const char*>(data), size};
}
template <Type type>
void sized(void* context, size_t size) {
    item_of(context).type = type;
    item_of(context).value = size;
}
template <Type type>
void open(void* context) {
    item_of(context).type = type;
    item_of(context).indefinite = true;
}
template <typename Float>
void number(void* context, Float value) {
    item_of(context).type = Type::number;
    item_of(context).number = double(value);
}
template <Type type>
void simple(void* context) {
    item_of(context).type = type;
}

const cbor_callbacks& callbacks() {
    static const cbor_callbacks made = [] {
        cbor_callbacks all = cbor_empty_callbacks;
        all.uint8 = integer<Type::positive, uint8_t>;
        all.uint16 = integer<Type::positive, uint16_t>;
        all.uint32 = integer<Type::positive, uint32_t>;
        all.uint64 = integer<Type::positive, uint64_t>;
        all.negint8 = integer<Type::negative, uint8_t>;
        all.negint16 = integer<Type::negative, uint16_t>;
        all.negint32 = integer<Type::negative, uint32_t>;
        all.negint64 = integer<Type::negative, uint64_t>;
        all.byte_string = content<Type::bytes>;
        all.byte_string_start = open<Type::bytes>;
        all.string = content<Type::text>;
        all.string_start = open<Type::text>;
        all.array_start = sized<Type::array>;
        all.indef_array_start = open<Type::array>;
        all.map_start = sized<Type::map>;
        all.indef_map_start = open<Type::map>;
        all.tag = integer<Type::tag, uint64_t>;
        all.float2 = number<float>;
        all.float4 = number<float>;
        all.float8 = number<double>;
        all.undefined = simple<Type::undefined>;
        all.null = simple<Type::null>;
        all.indef_break = simple<Type::stop>;
        all.boolean = [](void* context, bool value) {
            item_of(context).type = Type::boolean;
            item_of(context).flag = value;
        };
        return all;
    }();
    return made;
}

[[noreturn]] void malformed() { throw serialization_error("Unable to parse the request as CBOR"); }
[[noreturn]] void mismatch(const Path& path) {
    // Unverified: AWS's wording for a CBOR value of the wrong type.
    throw serialization_error(fmt::format("Unexpected value type in payload at '{}'", path.text()));
}

class Reader {
  public:
    Reader(std::string_view bytes, Violations& violations) : rest_(bytes), violations_(violations) {}

    bool at_end() const { return rest_.empty(); }

    Item next() {
        Item item;
        const auto result =
            cbor_stream_decode(reinterpret_cast<cbor_data>(rest_.data()), rest_.size(), &callbacks(), &item);
        if (result.status != CBOR_DECODER_FINISHED) malformed();
        rest_.remove_prefix(result.read);
        return item;
    }

    void read_structure(const Shape& shape, const Item& head, void* target, const Path& path, size_t depth,
                        Seen& seen) {
        if (head.type != Type::map) mismatch(path);
        each(head, [&](const Item& key_item) {
            const std::string key = text_of(key_item, path);
            const Item value = next();
            const auto* member = find_member(shape, key);
            if (!member || is_nothing(value)) return skip(value, depth + 1);
            see(seen, shape, *member);
            read(*member->shape, value, place_of(*member, target), path.member(*member), depth + 1);
        });
    }

  private:
    /// Calls visit(first item) for each element of an array, or each key of a map.
    template <typename Visit>
    void each(const Item& head, Visit visit) {
        if (head.indefinite) {
            for (Item item = next(); item.type != Type::stop; item = next()) visit(item);
        } else {
            // A size is only believed as far as the bytes behind it go: next() refuses to read past them.
            for (uint64_t i = 0; i < head.value; ++i) visit(next());
        }
    }

    static bool is_nothing(const Item& item) { return item.type == Type::null || item.type == Type::undefined; }

    static const Member* find_member(const Shape& shape, std::string_view key) {
        for (const auto& member : shape.members) {
            if (member.name == key) return &member;
        }
        return nullptr;
    }

    void skip(const Item& item, size_t depth) {
        if (depth > max_depth) malformed();
        switch (item.type) {
            case Type::stop: malformed();
            case Type::tag: return skip(next(), depth + 1);
            case Type::array: return each(item, [&](const Item& element) { skip(element, depth + 1); });
            case Type::map:
                return each(item, [&](const Item& key) {
                    skip(key, depth + 1);
                    skip(next(), depth + 1);
                });
            case Type::bytes:
            case Type::text:
                if (item.indefinite) content_of(item);
                return;
            default: return;
        }
    }

    /// The bytes of a string, its chunks joined.
    std::string content_of(const Item& item) {
        if (!item.indefinite) return std::string(item.content);
        std::string whole;
        for (Item chunk = next(); chunk.type != Type::stop; chunk = next()) {
            if (chunk.type != item.type || chunk.indefinite) malformed();
            whole += chunk.content;
        }
        return whole;
    }

    std::string text_of(const Item& item, const Path& path) {
        if (item.type != Type::text) mismatch(path);
        std::string text = content_of(item);
        if (!valid_utf8(text)) malformed();
        return text;
    }

    void read(const Shape& shape, const Item& item, void* target, const Path& path, size_t depth) {
        if (depth > max_depth) malformed();
        switch (shape.kind) {
            case Kind::structure: {
                Seen seen;
                read_structure(shape, item, target, path, depth, seen);
                if (shape.constrained) require_members(shape, seen, path, violations_);
                return;
            }
            case Kind::list: return read_list(shape, item, target, path, depth);
            case Kind::map: return read_map(shape, item, target, path, depth);
            case Kind::string: as<std::string>(target) = text_of(item, path); return;
            case Kind::blob:
                if (item.type != Type::bytes) mismatch(path);
                as<std::string>(target) = content_of(item);
                return;
            case Kind::boolean:
                if (item.type != Type::boolean) mismatch(path);
                as<bool>(target) = item.flag;
                return;
            case Kind::integer:
            case Kind::long_: return read_integer(shape, item, target, path);
            case Kind::float_:
            case Kind::double_: as<double>(target) = number_of(item, path); return;
            case Kind::timestamp: {
                if (item.type != Type::tag || item.value != 1) mismatch(path);
                const double seconds = number_of(next(), path);
                if (!std::isfinite(seconds)) mismatch(path);
                as<Time>(target) = from_epoch_seconds(seconds);
                return;
            }
            default: mismatch(path);
        }
    }

    void read_list(const Shape& shape, const Item& item, void* target, const Path& path, size_t depth) {
        if (item.type != Type::array) mismatch(path);
        size_t index = 0;
        each(item, [&](const Item& element) {
            if (is_nothing(element)) return;
            elements_.add();
            read(*shape.element, element, shape.ops->append(target), path.element(index++), depth + 1);
        });
    }

    void read_map(const Shape& shape, const Item& item, void* target, const Path& path, size_t depth) {
        if (item.type != Type::map) mismatch(path);
        each(item, [&](const Item& key_item) {
            const std::string key = text_of(key_item, path);
            const Item value = next();
            if (is_nothing(value)) return;
            elements_.add();
            read(*shape.element, value, shape.ops->insert(target, key), path.entry(key), depth + 1);
        });
    }

    static void read_integer(const Shape& shape, const Item& item, void* target, const Path& path) {
        if (item.type == Type::number) return set_integer(shape, item.number, target);
        if ((item.type != Type::positive && item.type != Type::negative) || item.value > INT64_MAX) mismatch(path);
        set_integer(shape, item.type == Type::positive ? int64_t(item.value) : -1 - int64_t(item.value), target);
    }

    static double number_of(const Item& item, const Path& path) {
        switch (item.type) {
            case Type::number: return item.number;
            case Type::positive: return double(item.value);
            case Type::negative: return -1 - double(item.value);
            default: mismatch(path);
        }
    }

    std::string_view rest_;
    Violations& violations_;
    ElementCount elements_;
};

}  // namespace

void read_cbor(std::string_view bytes, const Shape& shape, void* target, const Path& path, Seen& seen,
               Violations& violations) {
    Reader reader(bytes, violations);
    const Item head = reader.next();
    reader.read_structure(shape, head, target, path, 0, seen);
    if (!reader.at_end()) malformed();
}

}  // namespace cumulet::wire
