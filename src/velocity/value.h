// What Velocity's variables hold: Java's values as templates see them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/json.h"

namespace cumulet::velocity {

class Value;
class Map;
class Object;

/// A java.util.ArrayList.
struct List : std::vector<Value> {
    using std::vector<Value>::vector;
    int level = 0;  ///< how many lists and maps it stands in
};

/// Null, a boolean, a number, a string, or a list, map or object that all its holders share.
class Value {
  public:
    Value() = default;
    Value(bool value) : held_(value) {}
    Value(int64_t value) : held_(value) {}
    Value(int value) : held_(static_cast<int64_t>(value)) {}
    Value(size_t value) : held_(static_cast<int64_t>(value)) {}
    Value(double value) : held_(value) {}
    Value(std::string value) : held_(std::move(value)) {}
    Value(std::string_view value) : held_(std::string(value)) {}
    Value(const char* value) : held_(std::string(value)) {}
    Value(List value) : held_(std::make_shared<List>(std::move(value))) {}
    Value(Map value);
    Value(std::shared_ptr<List> value) : held_(std::move(value)) {}
    Value(std::shared_ptr<Map> value) : held_(std::move(value)) {}
    Value(std::shared_ptr<const Object> value) : held_(std::move(value)) {}

    bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
    bool is_number() const { return integer() || real(); }
    const bool* boolean() const { return std::get_if<bool>(&held_); }
    const int64_t* integer() const { return std::get_if<int64_t>(&held_); }
    const double* real() const { return std::get_if<double>(&held_); }
    const std::string* string() const { return std::get_if<std::string>(&held_); }
    List* list() const { return pointee<List>(); }
    Map* map() const { return pointee<Map>(); }
    const Object* object() const { return pointee<const Object>(); }
    /// Of a number.
    double to_double() const { return integer() ? static_cast<double>(*integer()) : *real(); }

    /// As a condition: only null and false are false.
    bool holds() const { return boolean() ? *boolean() : !is_null(); }
    /// As Velocity compares: numbers by value, others by what they say.
    bool equals(const Value& other) const;

  private:
    template <typename Held>
    Held* pointee() const {
        const auto* pointer = std::get_if<std::shared_ptr<Held>>(&held_);
        return pointer ? pointer->get() : nullptr;
    }

    std::variant<std::monostate, bool, int64_t, double, std::string, std::shared_ptr<List>, std::shared_ptr<Map>,
                 std::shared_ptr<const Object>>
        held_;
};

/// A java.util.LinkedHashMap: members in the order in which they were put.
class Map {
  public:
    const Value* find(std::string_view key) const;
    /// Puts or replaces; a replaced member keeps its place.
    void put(std::string key, Value value);
    /// False if there was none.
    bool erase(std::string_view key);
    size_t size() const { return members_.size(); }
    const std::vector<std::pair<std::string, Value>>& members() const { return members_; }

    int level = 0;  ///< how many lists and maps it stands in

  private:
    std::vector<std::pair<std::string, Value>> members_;
    std::unordered_map<std::string, size_t> positions_;
};

/// Something with methods of its own, such as $input and $util.
class Object {
  public:
    virtual ~Object() = default;
    /// The answer of a method; nothing if there is no such method.
    virtual std::optional<Value> call(std::string_view method, std::span<const Value> arguments) const = 0;
    /// A member; nothing if there is no such member.
    virtual std::optional<Value> member(std::string_view name) const;
};

inline Value::Value(Map value) : held_(std::make_shared<Map>(std::move(value))) {}

/// Lists and maps nest 128 deep at most.
struct TooDeep {};
inline constexpr int max_depth = 128;

/// What is put into a list or a map is a copy: so a value never contains itself, and its depth is known.
struct Copying {
    size_t left = 1'000'000;  ///< values that one rendering may still copy
    /// `level`: how deep the copy will stand. Throws TooDeep beyond 128, and where nothing is left.
    Value copy(const Value& value, int level);
};

/// As Java's toString writes it: {a=1, b=[x, y]}. Throws TooDeep.
std::string to_text(const Value& value);
/// Throws TooDeep.
std::string to_json(const Value& value);
Value from_json(const json::value& value, int level = 0);

}  // namespace cumulet::velocity
