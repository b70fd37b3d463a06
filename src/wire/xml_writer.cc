#include "wire/protocols.h"
#include "wire/xml.h"

namespace cumulet::wire {
namespace {

void append_namespace(std::string& out, std::string_view uri, std::string_view prefix) {
    if (uri.empty()) return;
    out += prefix.empty() ? " xmlns" : " xmlns:";
    out += prefix;
    out += "=\"";
    append_xml_text(out, uri);
    out += '"';
}

void open(std::string& out, std::string_view name) {
    out += '<';
    out += name;
}

void close(std::string& out, std::string_view name) {
    out += "</";
    out += name;
    out += '>';
}

std::string_view name_of(const Member& member, XmlNames names) {
    return names == XmlNames::query ? member.query_name : member.wire_name;
}

bool is_flattened(const Member* member, const Shape& shape) { return (member && member->flattened) || shape.flattened; }

void append_elements(std::string& out, const Shape& shape, const void* list, std::string_view name, XmlNames names) {
    for (size_t i = 0, size = shape.ops->size(list); i < size; ++i) {
        const void* element = shape.ops->at(list, i);
        if (shape.element_xml_namespace.empty()) {
            append_xml(out, *shape.element, element, name, names, nullptr);
        } else {
            Member in_namespace;
            in_namespace.shape = shape.element;
            in_namespace.xml_namespace = shape.element_xml_namespace;
            append_xml(out, *shape.element, element, name, names, &in_namespace);
        }
    }
}

/// `flattened` is the member, where the entries have its name.
void append_entries(std::string& out, const Shape& shape, const void* map, std::string_view name, XmlNames names,
                    const Member* flattened) {
    each_entry(shape, map, [&](const std::string& key, const void* value) {
        open(out, name);
        if (flattened) append_namespace(out, flattened->xml_namespace, flattened->xml_prefix);
        out += '>';
        open(out, shape.key_name);
        out += '>';
        append_xml_text(out, key);
        close(out, shape.key_name);
        append_xml(out, *shape.element, value, shape.element_name, names, nullptr);
        close(out, name);
    });
}

void append_collection(std::string& out, const Shape& shape, const void* value, std::string_view name, XmlNames names,
                       const Member* member) {
    const bool flattened = is_flattened(member, shape);
    if (!flattened) {
        open(out, name);
        if (member) append_namespace(out, member->xml_namespace, member->xml_prefix);
        out += '>';
    }
    if (shape.kind == Kind::list) {
        append_elements(out, shape, value, flattened ? name : shape.element_name, names);
    } else {
        append_entries(out, shape, value, flattened ? name : "entry", names, flattened ? member : nullptr);
    }
    if (!flattened) close(out, name);
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\r': out += "&#xD;"; break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
                    out += c;
                } else {
                    // No XML 1.0 document may hold these; AWS sends the reference all the same.
                    out += "&#x";
                    if (c >= 16) out += digits[size_t(c) >> 4];
                    out += digits[size_t(c) & 15];
                    out += ';';
                }
        }
    }
}

void append_xml(std::string& out, const Shape& shape, const void* value, std::string_view name, XmlNames names,
                const Member* member) {
    switch (shape.kind) {
        case Kind::list:
        case Kind::map: append_collection(out, shape, value, name, names, member); return;
        case Kind::body:
        case Kind::event_stream:
        case Kind::document:
        case Kind::native: return;  // no XML protocol has them inside a message
        default: break;
    }
    open(out, name);
    if (shape.kind == Kind::structure) {
        if (member && member->xml_namespace != shape.xml_namespace) {
            append_namespace(out, member->xml_namespace, member->xml_prefix);
        }
        // In the query protocols the root's namespace is the only one of a structure.
        append_xml_attributes(out, shape, value, names == XmlNames::rest);
        out += '>';
        append_xml_members(out, shape, value, names);
    } else {
        if (member) append_namespace(out, member->xml_namespace, member->xml_prefix);
        out += '>';
        if (shape.kind == Kind::string) {
            append_xml_text(out, as<std::string>(value));
        } else {
            append_scalar(out, shape, format_of(member, shape, TimestampFormat::iso8601), value);
        }
    }
    close(out, name);
}

void append_xml_attributes(std::string& out, const Shape& shape, const void* value, bool with_namespace) {
    if (with_namespace) append_namespace(out, shape.xml_namespace, shape.xml_prefix);
    for (const auto& member : shape.members) {
        const void* at = member.xml_attribute ? value_of(member, value) : nullptr;
        if (!at) continue;
        std::string text;
        append_scalar(text, *member.shape, format_of(&member, *member.shape, TimestampFormat::iso8601), at);
        out += ' ';
        out += member.wire_name;
        out += "=\"";
        append_xml_text(out, text);
        out += '"';
    }
}

void append_xml_members(std::string& out, const Shape& shape, const void* value, XmlNames names,
                        const Member* skipped) {
    for (const auto& member : shape.members) {
        if (!in_response_body(member) || member.xml_attribute || &member == skipped) continue;
        if (const void* at = value_of(member, value)) {
            append_xml(out, *member.shape, at, name_of(member, names), names, &member);
        }
    }
}

void append_xml_error(std::string& out, const aws::Error& error, std::string_view code, XmlNames names) {
    out += "<Code>";
    append_xml_text(out, code);
    out += "</Code>";
    if (!error.message.empty()) {
        out += "<Message>";
        append_xml_text(out, error.message);
        out += "</Message>";
    }
    if (const auto* shape = error.shape()) {
        append_xml_members(out, *shape, error.self(), names, message_member(error));
    }
}

}  // namespace cumulet::wire
