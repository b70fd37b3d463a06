// What DynamoDB's expressions mean once they are read, and what they do to an item. Pure: no store, no clock.
// Attribute values are views into the request's ExpressionAttributeValues, which must outlive the expression.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contracts/attribute_value.h"

namespace cumulet::dynamodb {

using contracts::AttributeMap;
using contracts::AttributeType;
using contracts::AttributeValue;
using contracts::AttributeView;
using contracts::AttributeWriter;
using contracts::Decimal;
using contracts::Wording;

/// One step of a document path: the name of a map's member, or an index of a list.
struct Step {
    std::string name;
    int64_t index = -1;
    bool is_index() const { return index >= 0; }
    friend bool operator==(const Step&, const Step&) = default;
};
using Path = std::vector<Step>;

/// The value at `path` in `item`; nothing if there is none.
AttributeView find(AttributeView item, const Path& path);
/// "[a, [1], b]", as DynamoDB's errors write paths.
std::string text_of(const Path& path);

struct Operand {
    enum class Kind { path, value, size, if_not_exists, list_append, plus, minus };
    Kind kind = Kind::path;
    Path path;            // path
    AttributeView value;  // value
    std::vector<Operand> arguments;
};

enum class Comparator { equal, not_equal, less, less_or_equal, greater, greater_or_equal };

struct Condition {
    enum class Kind {
        all,       // parts
        any,       // parts
        negation,  // parts[0]
        comparison,
        between,
        in,
        attribute_exists,
        attribute_not_exists,
        attribute_type,
        begins_with,
        contains,
        misused,  // size alone; refused before anyone sees it
    };
    Kind kind = Kind::all;
    Comparator comparator = Comparator::equal;
    std::vector<Operand> operands;
    std::vector<Condition> parts;
};

/// True if `item` satisfies `condition`. An item that does not exist is an empty map.
bool holds(const Condition& condition, AttributeView item);

/// Calls `visit` with every path of the condition.
void each_path(const Condition& condition, const std::function<void(const Path&)>& visit);

struct Action {
    enum class Kind { set, remove, add, delete_ };
    Kind kind = Kind::set;
    Path path;
    Operand value;  // not of remove
};

struct Update {
    std::vector<Action> actions;
    bool by_attribute = false;  ///< it was AttributeUpdates: ADD also appends to lists, and errors have other words
    std::vector<Path> paths() const;
};

/// The item after `update`. Every operand is read from the item as it was. Throws aws::Error (ValidationException)
/// where a path or an operand does not fit the item.
AttributeMap apply(const Update& update, const AttributeMap& item);

/// The item after `update` of `old`, or, where that is nullptr, of an item that has nothing but `key`. Nothing where it
/// neither was nor comes to be: taking something away makes no item.
std::optional<AttributeMap> updated(const Update& update, const AttributeMap* old, const AttributeMap& key);

/// What of `item` lies at `paths`, in its own structure; lists keep the order of their indexes and close their gaps.
AttributeMap project(const std::vector<Path>& paths, AttributeView item);

/// Paths as a tree: what lies at one of them, and on the way to them.
struct PathTree {
    static constexpr size_t none = SIZE_MAX;
    size_t leaf = none;  ///< which path ends here
    std::map<std::string, PathTree, std::less<>> names;
    std::map<int64_t, PathTree> indexes;

    enum class Fit { fits, overlaps, conflicts };
    /// Adds path number `number`. One path inside another overlaps; a name where another has an index conflicts.
    Fit add(const Path& path, size_t number);
};

/// Gathers the paths that one update or projection names, and notices those that cannot stand beside each other.
class PathSet {
  public:
    PathTree::Fit add(const Path& path);
    /// What is wrong with the path that was added last, in DynamoDB's words.
    std::string problem(PathTree::Fit fit) const;

  private:
    PathTree tree_;
    std::vector<Path> paths_;
};
/// The first problem of `paths`, "" if none.
std::string path_problem(const std::vector<Path>& paths);

}  // namespace cumulet::dynamodb
