#include <pugixml.hpp>

#include "wire/xml.h"

namespace cumulet::wire {
namespace {

[[noreturn]] void malformed() {
    throw aws::Error("MalformedXML",
                     "The XML you provided was not well-formed or did not validate against our published schema");
}

/// The name of an element or attribute without its namespace's prefix.
std::string_view local_name(std::string_view name) {
    const auto colon = name.find(':');
    return colon == name.npos ? name : name.substr(colon + 1);
}

class Reader {
  public:
    explicit Reader(Violations& violations) : violations_(violations) {}

    void read(const Shape& shape, const Member* member, pugi::xml_node node, void* target, const Path& path,
              size_t depth) {
        if (depth > max_depth) malformed();
        switch (shape.kind) {
            case Kind::structure: {
                Seen seen;
                read_structure(shape, node, target, path, depth, seen);
                if (shape.constrained) require_members(shape, seen, path, violations_);
                return;
            }
            case Kind::list:
                for (const auto element : node.children()) {
                    if (element.type() != pugi::node_element) continue;
                    read_element(shape, element, target, path, depth);
                }
                return;
            case Kind::map:
                for (const auto entry : node.children()) {
                    if (entry.type() == pugi::node_element) read_entry(shape, entry, target, path, depth);
                }
                return;
            default: read_text(shape, member, text_of(node), target);
        }
    }

    void read_structure(const Shape& shape, pugi::xml_node node, void* target, const Path& path, size_t depth,
                        Seen& seen) {
        for (const auto child : node.children()) {
            if (child.type() != pugi::node_element) continue;
            const auto* member = find_member(shape, local_name(child.name()), false);
            if (!member) continue;
            const bool first = !seen.test(index_of(shape, *member));
            void* place = first ? place_of(*member, target) : const_cast<void*>(value_of(*member, target));
            see(seen, shape, *member);
            const bool flattened = member->flattened || member->shape->flattened;
            if (flattened && member->shape->kind == Kind::list) {
                read_element(*member->shape, child, place, path.member(*member), depth + 1);
            } else if (flattened && member->shape->kind == Kind::map) {
                read_entry(*member->shape, child, place, path.member(*member), depth + 1);
            } else {
                read(*member->shape, member, child, place, path.member(*member), depth + 1);
            }
        }
        for (const auto attribute : node.attributes()) {
            if (const auto* member = find_member(shape, local_name(attribute.name()), true)) {
                see(seen, shape, *member);
                read_text(*member->shape, member, attribute.value(), place_of(*member, target));
            }
        }
    }

  private:
    static size_t index_of(const Shape& shape, const Member& member) {
        return std::min(size_t(&member - shape.members.data()), Seen().size() - 1);
    }

    static const Member* find_member(const Shape& shape, std::string_view name, bool attribute) {
        for (const auto& member : shape.members) {
            if (member.xml_attribute != attribute || member.location != Location::body) continue;
            if (local_name(member.wire_name) == name) return &member;
        }
        return nullptr;
    }

    void read_element(const Shape& list, pugi::xml_node element, void* target, const Path& path, size_t depth) {
        elements_.add();
        const size_t index = list.ops->size(target);
        read(*list.element, nullptr, element, list.ops->append(target), path.element(index), depth + 1);
    }

    void read_entry(const Shape& map, pugi::xml_node entry, void* target, const Path& path, size_t depth) {
        pugi::xml_node key, value;
        for (const auto child : entry.children()) {
            if (local_name(child.name()) == map.key_name) key = child;
            if (local_name(child.name()) == map.element_name) value = child;
        }
        if (!key) malformed();
        elements_.add();
        const std::string name = text_of(key);
        void* place = map.ops->insert(target, name);
        if (value) read(*map.element, nullptr, value, place, path.entry(name), depth + 1);
    }

    static std::string text_of(pugi::xml_node node) {
        std::string text;
        for (const auto child : node.children()) {
            if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
        }
        return text;
    }

    static void read_text(const Shape& shape, const Member* member, std::string_view text, void* target) {
        try {
            read_scalar(shape, format_of(member, shape, TimestampFormat::iso8601), text, target);
        } catch (const aws::Error&) {
            malformed();
        }
    }

    Violations& violations_;
    ElementCount elements_;
};

}  // namespace

void read_xml(std::string_view text, const Shape& shape, void* target, const Path& path, Seen& seen,
              Violations& violations) {
    pugi::xml_document document;
    constexpr auto options =
        pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_ws_pcdata | pugi::parse_doctype;
    const auto result = document.load_buffer(text.data(), text.size(), options, pugi::encoding_utf8);
    const auto root = document.document_element();
    // A document type may define entities, which no client of AWS does.
    const auto is_type = [](pugi::xml_node node) { return node.type() == pugi::node_doctype; };
    if (!result || !root || std::ranges::any_of(document.children(), is_type)) malformed();
    Reader reader(violations);
    if (shape.kind == Kind::structure) {
        reader.read_structure(shape, root, target, path, 0, seen);
    } else {
        reader.read(shape, nullptr, root, target, path, 0);
    }
}

}  // namespace cumulet::wire
