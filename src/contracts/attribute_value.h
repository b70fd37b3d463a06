// DynamoDB's attribute values and items as flat bytes: what is stored, compared and encoded, without a tree in between.
//
// A value is a tag and what follows it. A tag names a type and the version of its form: a new form gets a new tag.
//     01 S, 03 B            length (LEB128), bytes
//     02 N                  length (one byte), a Decimal's stored form
//     04 BOOL false, 05 BOOL true, 06 NULL
//     07 SS, 08 NS, 09 BS, 0a L   size (u32, little endian: bytes after it), count (u32), that many values
//     0b M                  size, count, then per member: length of its name (LEB128), name, value
// Sets hold their elements in ascending order and maps their members by name, each once, so equal values are equal
// bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "contracts/decimal.h"
#include "contracts/shape.h"

namespace cumulet::contracts {

enum class AttributeType : uint8_t { S, N, B, BOOL, NULL_, SS, NS, BS, L, M };
/// AWS's name: "S", "NULL".
std::string_view name_of(AttributeType type);

/// Levels of lists and maps inside each other that an attribute may have; what is in the last is the 32nd.
constexpr int max_attribute_nesting = 31;

class AttributeElements;
class AttributeMembers;

/// One value inside bytes that live elsewhere, or nothing. Copying is free; every access of the wrong type is a bug.
class AttributeView {
  public:
    AttributeView() = default;
    /// The value that `bytes` begins with; what follows it is not looked at. Empty bytes: nothing.
    explicit AttributeView(std::string_view bytes);

    explicit operator bool() const { return !bytes_.empty(); }
    /// Exactly this value's stored form.
    std::string_view bytes() const { return bytes_; }
    AttributeType type() const;
    bool is(AttributeType type) const { return *this && this->type() == type; }
    bool is_set() const { return is(AttributeType::SS) || is(AttributeType::NS) || is(AttributeType::BS); }

    /// The text of S, the bytes of B, the sortable bytes of N.
    std::string_view content() const;
    Decimal number() const { return Decimal::load(content()); }
    bool boolean() const { return bytes_[0] == 5; }
    /// Elements of a list or set, members of a map.
    size_t count() const;
    /// Of a list or set.
    AttributeElements elements() const;
    /// The element at `index` of a list; nothing beyond its end.
    AttributeView at(size_t index) const;
    /// True if a set holds `element`.
    bool contains(AttributeView element) const;
    /// Of a map.
    AttributeMembers members() const;
    /// The member `name` of a map; nothing if there is none.
    AttributeView find(std::string_view name) const;

    /// Bytes that DynamoDB counts for this value in an item's size.
    size_t size_bytes() const;
    /// {"S":"text"}, as the API writes it.
    void append_json(std::string& out) const;

    friend bool operator==(AttributeView a, AttributeView b) { return a.bytes_ == b.bytes_; }

  private:
    std::string_view body() const { return bytes_.substr(9); }
    std::string_view bytes_;
};

class AttributeElements {
  public:
    class iterator {
      public:
        explicit iterator(std::string_view rest) : rest_(rest), value_(rest) {}
        AttributeView operator*() const { return value_; }
        iterator& operator++() {
            rest_.remove_prefix(value_.bytes().size());
            value_ = AttributeView(rest_);
            return *this;
        }
        bool operator!=(const iterator& other) const { return rest_.size() != other.rest_.size(); }

      private:
        std::string_view rest_;
        AttributeView value_;
    };
    explicit AttributeElements(std::string_view body) : body_(body) {}
    iterator begin() const { return iterator(body_); }
    iterator end() const { return iterator({}); }

  private:
    std::string_view body_;
};

struct AttributeMember {
    std::string_view name;
    AttributeView value;
};

class AttributeMembers {
  public:
    class iterator {
      public:
        explicit iterator(std::string_view rest) : rest_(rest) { read(); }
        const AttributeMember& operator*() const { return member_; }
        const AttributeMember* operator->() const { return &member_; }
        iterator& operator++() {
            rest_ = std::string_view(member_.value.bytes().end(), rest_.end());
            read();
            return *this;
        }
        bool operator!=(const iterator& other) const { return rest_.size() != other.rest_.size(); }

      private:
        void read();
        std::string_view rest_;
        AttributeMember member_;
    };
    explicit AttributeMembers(std::string_view body) : body_(body) {}
    iterator begin() const { return iterator(body_); }
    iterator end() const { return iterator({}); }

  private:
    std::string_view body_;
};

/// What is wrong with a value that was received, in AWS's words, and the member of the map it stands in.
struct AttributeRefusal {
    std::string_view member;
    std::string_view message;
    std::string_view older_message;
    std::string_view in(Wording wording) const { return wording == Wording::older ? older_message : message; }
};

/// A value that owns its bytes; default-constructed it is none. One that was received may be refused: then it holds
/// what is wrong with it, and NULL stands where it was, so that services refuse it in the order in which AWS does.
class AttributeValue {
  public:
    AttributeValue() = default;
    explicit AttributeValue(AttributeView view) : bytes_(view.bytes()) {}
    static AttributeValue S(std::string_view text);
    static AttributeValue N(const Decimal& number);
    static AttributeValue B(std::string_view bytes);
    static AttributeValue BOOL(bool value);
    /// From bytes that `bytes()` gave.
    static AttributeValue from_bytes(std::string bytes);
    /// Makes it a refused one.
    void refuse(AttributeRefusal refusal);
    std::optional<AttributeRefusal> refusal() const;
    /// Throws aws::Error (ValidationException) if the value is refused, or none.
    void check(Wording wording = Wording::current) const;

    AttributeView view() const;
    const std::string& bytes() const& { return bytes_; }
    std::string bytes() && { return std::move(bytes_); }
    explicit operator bool() const { return !bytes_.empty(); }

    friend bool operator==(const AttributeValue&, const AttributeValue&) = default;

  private:
    std::string bytes_;
};

/// An item, a key, or any other set of named values: the stored form of an M. Default-constructed it is empty. One that
/// was received may be refused, as an AttributeValue may.
class AttributeMap {
  public:
    AttributeMap() = default;
    explicit AttributeMap(AttributeView map) : bytes_(map.bytes()) {}
    /// From bytes that `bytes()` gave; throws std::runtime_error if they are no map.
    static AttributeMap from_bytes(std::string bytes);
    /// From JSON as the API writes it, {"pk":{"S":"a"}}. Throws aws::Error for what attribute_map_native throws or
    /// refuses.
    static AttributeMap from_json(std::string_view text);

    void refuse(AttributeRefusal refusal);
    std::optional<AttributeRefusal> refusal() const;
    /// Throws aws::Error (ValidationException) if the map is refused.
    void check(Wording wording = Wording::current) const;

    AttributeView view() const;
    std::string_view bytes() const& { return view().bytes(); }
    std::string bytes() &&;
    AttributeView find(std::string_view name) const { return view().find(name); }
    AttributeMembers members() const { return view().members(); }
    size_t count() const { return bytes_.empty() ? 0 : view().count(); }
    bool empty() const { return count() == 0; }
    /// The item's size as DynamoDB counts it: names and values.
    size_t size_bytes() const;
    std::string json() const;

    friend bool operator==(const AttributeMap& a, const AttributeMap& b) { return a.bytes() == b.bytes(); }

  private:
    std::string bytes_;
};

/// Writes values one after the other. Members and elements may come in any order: `end` sorts them.
class AttributeWriter {
  public:
    explicit AttributeWriter(std::string& out) : out_(&out) {}

    void string(std::string_view text);
    void number(const Decimal& number);
    void binary(std::string_view bytes);
    void boolean(bool value);
    void null();
    void value(AttributeView value);

    /// Opens an SS, NS, BS, L or M.
    void begin(AttributeType type);
    /// The name of the next member of a map.
    void key(std::string_view name);
    /// Closes it. Of elements or names that came more than once the last stays; the number of those dropped is
    /// returned.
    size_t end();
    /// Elements or members that the innermost open collection has so far.
    size_t count() const { return open_.back().count; }

  private:
    struct Open {
        AttributeType type;
        size_t start;  // of the tag
        uint32_t count = 0;
        bool sorted = true;
        size_t last_key = 0;  // where the last member's name or element begins
    };
    void element_begins();
    size_t sort(Open& open);

    std::string* out_;
    std::vector<Open> open_;
};

/// Codecs for members of these types: from JSON's events straight to the stored form, and back to text. A value of the
/// wrong JSON type is a SerializationException; one that DynamoDB does not allow is decoded as refused.
extern const Native attribute_value_native;
extern const Native attribute_map_native;

}  // namespace cumulet::contracts
