#include "wire/form.h"

#include <charconv>
#include <map>

namespace cumulet::wire {
namespace {

constexpr size_t max_parameters = 10'000;

/// The parameters as a tree: "Tag.1.Key" is the child "Key" of the child "1" of the child "Tag".
struct Node {
    const std::string* value = nullptr;
    std::map<std::string_view, Node> children;

    const Node* child(std::string_view name) const {
        const auto found = children.find(name);
        return found == children.end() ? nullptr : &found->second;
    }
};

[[noreturn]] void malformed(std::string message) { throw aws::Error("MalformedQueryString", std::move(message), 404); }

void plant(Node& root, const std::vector<http::Parameter>& parameters) {
    for (const auto& parameter : parameters) {
        Node* node = &root;
        std::string_view rest = parameter.name;
        for (size_t depth = 0;; ++depth) {
            if (depth > max_depth) malformed("A parameter's name has too many parts");
            const auto dot = rest.find('.');
            node = &node->children[rest.substr(0, dot)];
            if (dot == rest.npos) break;
            rest.remove_prefix(dot + 1);
        }
        node->value = &parameter.value;
    }
}

/// The children whose names are numbers, in the order of those.
std::vector<const Node*> numbered(const Node& node) {
    std::map<uint64_t, const Node*> found;
    for (const auto& [name, child] : node.children) {
        uint64_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && end == name.data() + name.size()) found.emplace(number, &child);
    }
    std::vector<const Node*> nodes;
    nodes.reserve(found.size());
    for (const auto& [number, child] : found) nodes.push_back(child);
    return nodes;
}

class Reader {
  public:
    Reader(XmlNames names, Violations& violations) : names_(names), violations_(violations) {}

    void read_structure(const Shape& shape, const Node& node, void* target, const Path& path, Seen& seen) {
        for (const auto& member : shape.members) {
            const auto name = names_ == XmlNames::ec2 ? member.ec2_name : member.query_name;
            const auto* child = find(node, name);
            if (!child) continue;
            see(seen, shape, member);
            read(*member.shape, &member, *child, place_of(member, target), path.member(member));
        }
    }

  private:
    /// A name may itself have dots ("Filter.member").
    static const Node* find(const Node& node, std::string_view name) {
        const auto dot = name.find('.');
        if (dot == name.npos) return node.child(name);
        const auto* child = node.child(name.substr(0, dot));
        return child ? find(*child, name.substr(dot + 1)) : nullptr;
    }

    void read(const Shape& shape, const Member* member, const Node& node, void* target, const Path& path) {
        switch (shape.kind) {
            case Kind::structure: {
                Seen seen;
                read_structure(shape, node, target, path, seen);
                if (shape.constrained) require_members(shape, seen, path, violations_);
                return;
            }
            case Kind::list: return read_list(shape, member, node, target, path);
            case Kind::map: return read_map(shape, member, node, target, path);
            default:
                if (!node.value) {
                    throw serialization_error(fmt::format("A value is expected at '{}'", path.text()));
                }
                read_scalar(shape, format_of(member, shape, TimestampFormat::iso8601), *node.value, target);
        }
    }

    /// Where the numbered children are: here, or below the name that a list which is not flattened puts between.
    const Node& elements_of(const Shape& shape, const Member* member, const Node& node, std::string_view between) {
        if (names_ == XmlNames::ec2 || (member && member->flattened) || shape.flattened) return node;
        const auto* below = node.child(between);
        return below ? *below : node;
    }

    void read_list(const Shape& shape, const Member* member, const Node& node, void* target, const Path& path) {
        size_t index = 0;
        for (const auto* element : numbered(elements_of(shape, member, node, shape.element_name))) {
            read(*shape.element, nullptr, *element, shape.ops->append(target), path.element(index++));
        }
    }

    void read_map(const Shape& shape, const Member* member, const Node& node, void* target, const Path& path) {
        for (const auto* entry : numbered(elements_of(shape, member, node, "entry"))) {
            const auto* key = entry->child(shape.key_name);
            if (!key || !key->value) throw serialization_error(fmt::format("A key is expected at '{}'", path.text()));
            void* place = shape.ops->insert(target, *key->value);
            if (const auto* value = entry->child(shape.element_name)) {
                read(*shape.element, nullptr, *value, place, path.entry(*key->value));
            }
        }
    }

    XmlNames names_;
    Violations& violations_;
};

}  // namespace

void read_form(const http::Request& request, const Shape& shape, void* target, XmlNames names, const Path& path,
               Seen& seen, Violations& violations) {
    std::vector<http::Parameter> parameters = http::parse_query(request.query);
    const auto in_body = http::parse_query(request.body);
    parameters.insert(parameters.end(), in_body.begin(), in_body.end());
    if (parameters.size() > max_parameters) malformed("The request has too many parameters");
    Node root;
    plant(root, parameters);
    Reader(names, violations).read_structure(shape, root, target, path, seen);
}

}  // namespace cumulet::wire
