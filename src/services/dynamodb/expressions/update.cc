#include "contracts/error.h"
#include "services/dynamodb/expressions/expression.h"

namespace cumulet::dynamodb {

namespace {

[[noreturn]] void wrong_type() {
    throw aws::validation_error("An operand in the update expression has an incorrect data type");
}
[[noreturn]] void invalid_path() {
    throw aws::validation_error("The document path provided in the update expression is invalid for update");
}

/// What an action leaves at its path: a value, or nothing.
struct Edit {
    enum class Kind { put, remove, keep } kind = Kind::put;
    AttributeView value;  // in item or request
    AttributeValue made;  // or of this update

    static Edit put(AttributeView value) { return {.kind = Kind::put, .value = value}; }
    static Edit put(AttributeValue made) { return {.kind = Kind::put, .made = std::move(made)}; }
    AttributeView view() const { return value ? value : made.view(); }
};

AttributeValue append(AttributeView left, AttributeView right) {
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::L);
    for (const auto list : {left, right}) {
        for (const auto element : list.elements()) writer.value(element);
    }
    writer.end();
    return AttributeValue::from_bytes(std::move(bytes));
}

AttributeView evaluate(const Operand& operand, AttributeView item, std::deque<AttributeValue>& made) {
    const auto make = [&](AttributeValue value) {
        made.push_back(std::move(value));
        return made.back().view();
    };
    const auto argument = [&](size_t index) { return evaluate(operand.arguments[index], item, made); };
    switch (operand.kind) {
        case Operand::Kind::path: {
            const auto found = find(item, operand.path);
            if (!found) {
                throw aws::validation_error(
                    "The provided expression refers to an attribute that does not exist in the item");
            }
            return found;
        }
        case Operand::Kind::value: return operand.value;
        case Operand::Kind::if_not_exists: {
            const auto found = find(item, operand.arguments[0].path);
            return found ? found : argument(1);
        }
        case Operand::Kind::plus:
        case Operand::Kind::minus: {
            const auto left = argument(0), right = argument(1);
            if (!left.is(AttributeType::N) || !right.is(AttributeType::N)) wrong_type();
            const bool plus = operand.kind == Operand::Kind::plus;
            return make(AttributeValue::N(plus ? left.number() + right.number() : left.number() - right.number()));
        }
        case Operand::Kind::list_append: {
            const auto left = argument(0), right = argument(1);
            if (!left.is(AttributeType::L) || !right.is(AttributeType::L)) wrong_type();
            return make(append(left, right));
        }
        case Operand::Kind::size: break;
    }
    wrong_type();
}

/// `set` with the elements of `other`, or without them; nothing if no element is left.
AttributeValue combine(AttributeView set, AttributeView other, bool with) {
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(set.type());
    for (const auto element : set.elements()) {
        if (!other.contains(element)) writer.value(element);
    }
    if (with) {
        for (const auto element : other.elements()) writer.value(element);
    }
    const bool empty = writer.count() == 0;
    writer.end();
    return empty ? AttributeValue() : AttributeValue::from_bytes(std::move(bytes));
}

Edit edit_of(const Action& action, bool by_attribute, AttributeView item, std::deque<AttributeValue>& made) {
    if (action.kind == Action::Kind::set) return Edit::put(evaluate(action.value, item, made));
    if (action.kind == Action::Kind::remove) return {.kind = Edit::Kind::remove};
    const auto existing = find(item, action.path);
    const auto value = action.value.value;
    if (existing && existing.type() != value.type()) {
        if (by_attribute) throw aws::validation_error("Type mismatch for attribute to update");
        wrong_type();
    }
    if (action.kind == Action::Kind::add) {
        if (!existing) return Edit::put(value);
        if (value.is(AttributeType::N)) return Edit::put(AttributeValue::N(existing.number() + value.number()));
        if (value.is(AttributeType::L)) return Edit::put(append(existing, value));
        return Edit::put(combine(existing, value, true));
    }
    if (!existing) return {.kind = Edit::Kind::keep};
    auto left = combine(existing, value, false);
    if (!left) return {.kind = Edit::Kind::remove};
    return Edit::put(std::move(left));
}

class Rewriter {
  public:
    Rewriter(const std::vector<Edit>& edits, std::string& out) : edits_(edits), writer_(out) {}

    void rewrite_map(const PathTree& tree, AttributeView map) {
        writer_.begin(AttributeType::M);
        for (const auto& member : map.members()) {
            const auto child = tree.names.find(member.name);
            if (child == tree.names.end()) {
                writer_.key(member.name);
                writer_.value(member.value);
            } else if (!removes(child->second)) {
                writer_.key(member.name);
                rewrite(child->second, member.value);
            }
        }
        for (const auto& [name, child] : tree.names) {
            if (map.find(name)) continue;
            if (child.leaf == PathTree::none) invalid_path();
            if (edits_[child.leaf].kind != Edit::Kind::put) continue;
            writer_.key(name);
            writer_.value(edits_[child.leaf].view());
        }
        writer_.end();
    }

  private:
    bool removes(const PathTree& tree) const {
        return tree.leaf != PathTree::none && edits_[tree.leaf].kind == Edit::Kind::remove;
    }

    /// Writes what comes to stand where `value` stood.
    void rewrite(const PathTree& tree, AttributeView value) {
        if (tree.leaf != PathTree::none) {
            writer_.value(edits_[tree.leaf].kind == Edit::Kind::put ? edits_[tree.leaf].view() : value);
        } else if (!tree.names.empty()) {
            if (!value.is(AttributeType::M)) invalid_path();
            rewrite_map(tree, value);
        } else {
            if (!value.is(AttributeType::L)) invalid_path();
            rewrite_list(tree, value);
        }
    }

    void rewrite_list(const PathTree& tree, AttributeView list) {
        writer_.begin(AttributeType::L);
        int64_t index = 0;
        auto child = tree.indexes.begin();
        for (const auto element : list.elements()) {
            if (child != tree.indexes.end() && child->first == index) {
                if (!removes(child->second)) rewrite(child->second, element);
                ++child;
            } else {
                writer_.value(element);
            }
            ++index;
        }
        // What lies beyond the end is appended, in the order of the indexes.
        for (; child != tree.indexes.end(); ++child) {
            if (child->second.leaf == PathTree::none) invalid_path();
            if (edits_[child->second.leaf].kind == Edit::Kind::put) writer_.value(edits_[child->second.leaf].view());
        }
        writer_.end();
    }

    const std::vector<Edit>& edits_;
    AttributeWriter writer_;
};

/// Levels of lists and maps in `value`, itself included.
size_t levels(AttributeView value) {
    size_t deepest = 0;
    if (value.is(AttributeType::L)) {
        for (const auto element : value.elements()) deepest = std::max(deepest, levels(element));
        return deepest + 1;
    }
    if (value.is(AttributeType::M)) {
        for (const auto& member : value.members()) deepest = std::max(deepest, levels(member.value));
        return deepest + 1;
    }
    return 0;
}

}  // namespace

std::vector<Path> Update::paths() const {
    std::vector<Path> paths;
    for (const auto& action : actions) paths.push_back(action.path);
    return paths;
}

AttributeMap apply(const Update& update, const AttributeMap& item) {
    std::deque<AttributeValue> made;
    std::vector<Edit> edits;
    edits.reserve(update.actions.size());
    PathTree tree;
    for (const auto& action : update.actions) {
        tree.add(action.path, edits.size());
        edits.push_back(edit_of(action, update.by_attribute, item.view(), made));
        const auto& edit = edits.back();
        if (edit.kind == Edit::Kind::put &&
            action.path.size() - 1 + levels(edit.view()) > static_cast<size_t>(contracts::max_attribute_nesting)) {
            throw aws::validation_error("Nesting Levels have exceeded supported limits");
        }
    }
    std::string bytes;
    Rewriter(edits, bytes).rewrite_map(tree, item.view());
    return AttributeMap::from_bytes(std::move(bytes));
}

std::optional<AttributeMap> updated(const Update& update, const AttributeMap* old, const AttributeMap& key) {
    const auto takes_away = [](const Action& action) {
        return action.kind == Action::Kind::remove || action.kind == Action::Kind::delete_;
    };
    // DynamoDB does not look at paths when there is nothing to take away from.
    if (!old && !update.actions.empty() && std::ranges::all_of(update.actions, takes_away)) return std::nullopt;
    return apply(update, old ? *old : key);
}

}  // namespace cumulet::dynamodb
