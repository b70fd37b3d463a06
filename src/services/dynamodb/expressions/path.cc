#include "services/dynamodb/expressions/expression.h"

namespace cumulet::dynamodb {

AttributeView find(AttributeView item, const Path& path) {
    for (const auto& step : path) {
        if (step.is_index()) {
            item = item.is(AttributeType::L) ? item.at(static_cast<size_t>(step.index)) : AttributeView();
        } else {
            item = item.is(AttributeType::M) ? item.find(step.name) : AttributeView();
        }
        if (!item) break;
    }
    return item;
}

std::string text_of(const Path& path) {
    std::string text = "[";
    for (const auto& step : path) {
        if (text.size() > 1) text += ", ";
        text += step.is_index() ? fmt::format("[{}]", step.index) : step.name;
    }
    return text + "]";
}

PathTree::Fit PathTree::add(const Path& path, size_t number) {
    PathTree* node = this;
    for (const auto& step : path) {
        if (node->leaf != none) return Fit::overlaps;
        if (step.is_index() ? !node->names.empty() : !node->indexes.empty()) return Fit::conflicts;
        node = step.is_index() ? &node->indexes[step.index] : &node->names[step.name];
    }
    if (node->leaf != none || !node->names.empty() || !node->indexes.empty()) return Fit::overlaps;
    node->leaf = number;
    return Fit::fits;
}

namespace {

/// True if one path lies inside the other, or they are the same.
bool overlap(const Path& one, const Path& two) {
    const size_t common = std::min(one.size(), two.size());
    return std::equal(one.begin(), one.begin() + static_cast<ptrdiff_t>(common), two.begin());
}

/// True if one path has a name where the other has an index, behind a common beginning.
bool conflict(const Path& one, const Path& two) {
    for (size_t step = 0; step < std::min(one.size(), two.size()); ++step) {
        if (one[step].is_index() != two[step].is_index()) return true;
        if (one[step] != two[step]) return false;
    }
    return false;
}

}  // namespace

PathTree::Fit PathSet::add(const Path& path) {
    const auto fit = tree_.add(path, paths_.size());
    paths_.push_back(path);
    return fit;
}

std::string PathSet::problem(PathTree::Fit fit) const {
    if (fit == PathTree::Fit::fits) return "";
    const bool overlaps = fit == PathTree::Fit::overlaps;
    const Path& path = paths_.back();
    const auto earlier = std::find_if(paths_.begin(), paths_.end() - 1, [&](const Path& other) {
        return overlaps ? overlap(other, path) : conflict(other, path);
    });
    return fmt::format(
        "Two document paths {} with each other; must remove or rewrite one of these paths; path one: {}, path two: {}",
        overlaps ? "overlap" : "conflict", text_of(*earlier), text_of(path));
}

std::string path_problem(const std::vector<Path>& paths) {
    PathSet set;
    for (const auto& path : paths) {
        if (const auto fit = set.add(path); fit != PathTree::Fit::fits) return set.problem(fit);
    }
    return "";
}

namespace {

/// True if anything in `value` lies at a leaf of `tree`.
bool reaches(const PathTree& tree, AttributeView value) {
    if (tree.leaf != PathTree::none) return true;
    for (const auto& [name, child] : tree.names) {
        const auto member = value.is(AttributeType::M) ? value.find(name) : AttributeView();
        if (member && reaches(child, member)) return true;
    }
    for (const auto& [index, child] : tree.indexes) {
        const auto element = value.is(AttributeType::L) ? value.at(static_cast<size_t>(index)) : AttributeView();
        if (element && reaches(child, element)) return true;
    }
    return false;
}

void write_parts(const PathTree& tree, AttributeView value, AttributeWriter& writer) {
    if (tree.leaf != PathTree::none) {
        writer.value(value);
        return;
    }
    writer.begin(value.type());
    for (const auto& [name, child] : tree.names) {
        const auto member = value.find(name);
        if (!member || !reaches(child, member)) continue;
        writer.key(name);
        write_parts(child, member, writer);
    }
    for (const auto& [index, child] : tree.indexes) {
        const auto element = value.at(static_cast<size_t>(index));
        if (element && reaches(child, element)) write_parts(child, element, writer);
    }
    writer.end();
}

}  // namespace

AttributeMap project(const std::vector<Path>& paths, AttributeView item) {
    PathTree tree;
    for (size_t index = 0; index < paths.size(); ++index) tree.add(paths[index], index);
    std::string bytes;
    AttributeWriter writer(bytes);
    write_parts(tree, item, writer);
    return AttributeMap::from_bytes(std::move(bytes));
}

}  // namespace cumulet::dynamodb
