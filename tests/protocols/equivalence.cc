#include "equivalence.h"

#include <cbor.h>

#include <cmath>
#include <pugixml.hpp>

#include "base/bytes.h"

namespace cumulet::vectors {
namespace {

using contracts::Kind;

json::value number_or_name(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return value;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    return first == text.npos ? "" : std::string(text.substr(first, text.find_last_not_of(blank) - first + 1));
}

bool is_request_id(std::string_view name) {
    return name == "requestId" || name == "RequestId" || name == "RequestID" || name == "HostId" ||
           name == "ResponseMetadata";
}

/// True for an entry of a map, whose order means nothing.
bool is_entry(const json::value& element) {
    for (const auto* key : {"key", "K", "Attribute", "OuterKey", "InnerKey"}) {
        if (find(element.at("children"), key)) return true;
    }
    return false;
}

json::value element_tree(const pugi::xml_node& node) {
    json::object attributes, children;
    std::string text;
    for (const auto attribute : node.attributes()) attributes[attribute.name()] = attribute.value();
    for (const auto child : node.children()) {
        if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
        if (child.type() != pugi::node_element || is_request_id(child.name())) continue;
        auto& same = children[child.name()];
        if (!same.is_array()) same = json::array();
        same.get_array().push_back(element_tree(child));
    }
    for (auto& [name, same] : children) {
        auto& siblings = same.get_array();
        if (!std::ranges::all_of(siblings, is_entry)) continue;
        std::ranges::sort(siblings, {}, [](const json::value& element) { return json::serialize(element); });
    }
    return {{"attributes", attributes},
            {"children", children},
            {"text", children.empty() && !trimmed(text).empty() ? text : ""}};
}

json::value cbor_value(cbor_item_t* item) {
    const auto content = [](const void* data, size_t size) {
        return std::string(static_cast<const char*>(data), size);
    };
    switch (cbor_typeof(item)) {
        case CBOR_TYPE_UINT: return double(cbor_get_int(item));
        case CBOR_TYPE_NEGINT: return -1 - double(cbor_get_int(item));
        case CBOR_TYPE_BYTESTRING: {
            std::string whole;
            if (cbor_bytestring_is_definite(item)) {
                whole = content(cbor_bytestring_handle(item), cbor_bytestring_length(item));
            } else {
                for (size_t i = 0; i < cbor_bytestring_chunk_count(item); ++i) {
                    auto* chunk = cbor_bytestring_chunks_handle(item)[i];
                    whole += content(cbor_bytestring_handle(chunk), cbor_bytestring_length(chunk));
                }
            }
            return {{"bytes", to_base64(whole)}};
        }
        case CBOR_TYPE_STRING: {
            std::string whole;
            if (cbor_string_is_definite(item)) {
                whole = content(cbor_string_handle(item), cbor_string_length(item));
            } else {
                for (size_t i = 0; i < cbor_string_chunk_count(item); ++i) {
                    auto* chunk = cbor_string_chunks_handle(item)[i];
                    whole += content(cbor_string_handle(chunk), cbor_string_length(chunk));
                }
            }
            return json::string(whole);
        }
        case CBOR_TYPE_ARRAY: {
            json::array array;
            for (size_t i = 0; i < cbor_array_size(item); ++i) {
                array.push_back(cbor_value(cbor_array_handle(item)[i]));
            }
            return array;
        }
        case CBOR_TYPE_MAP: {
            json::object object;
            for (size_t i = 0; i < cbor_map_size(item); ++i) {
                const auto pair = cbor_map_handle(item)[i];
                object[cbor_value(pair.key).as_string()] = cbor_value(pair.value);
            }
            return object;
        }
        case CBOR_TYPE_TAG: {
            auto* tagged = cbor_tag_item(item);  // a reference of its own
            json::value value = cbor_value(tagged);
            cbor_decref(&tagged);
            return value;
        }
        case CBOR_TYPE_FLOAT_CTRL:
            if (cbor_float_ctrl_is_ctrl(item)) return cbor_is_bool(item) ? json::value(cbor_get_bool(item)) : nullptr;
            return number_or_name(cbor_float_get_float(item));
    }
    return nullptr;
}

}  // namespace

json::value normalised(const contracts::Shape& shape, const json::value& value) {
    switch (shape.kind) {
        case Kind::structure: {
            json::object object;
            for (const auto& member : shape.members) {
                const auto* at = find(value, member.name);
                if (!at || (at->is_null() && member.shape->kind != Kind::document)) continue;
                if (member.shape->kind == Kind::body || member.shape->kind == Kind::event_stream) continue;
                object[member.name] = normalised(*member.shape, *at);
            }
            return object;
        }
        case Kind::list: {
            json::array array;
            for (const auto& element : value.as_array()) {
                array.push_back(element.is_null() ? element : normalised(*shape.element, element));
            }
            return array;
        }
        case Kind::map: {
            json::object object;
            for (const auto& [key, element] : value.as_object()) {
                object[key] = element.is_null() ? element : normalised(*shape.element, element);
            }
            return object;
        }
        case Kind::blob: {
            const auto& text = value.as_string();
            return json::string(to_base64({text.data(), text.size()}));
        }
        default: return plain(value);
    }
}

json::value plain(const json::value& value) {
    if (value.is_number()) return number_or_name(value.to_number<double>());
    if (const auto* array = value.if_array()) {
        json::array out;
        for (const auto& element : *array) out.push_back(plain(element));
        return out;
    }
    if (const auto* object = value.if_object()) {
        json::object out;
        for (const auto& [key, member] : *object) out[key] = plain(member);
        return out;
    }
    return value;
}

json::value xml_tree(std::string_view text) {
    pugi::xml_document document;
    if (!document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata)) {
        return json::string(text);
    }
    return {{"root", document.document_element().name()}, {"tree", element_tree(document.document_element())}};
}

json::value cbor_tree(std::string_view bytes) {
    cbor_load_result result;
    auto* item = cbor_load(reinterpret_cast<cbor_data>(bytes.data()), bytes.size(), &result);
    if (!item) return nullptr;
    json::value tree = cbor_value(item);
    cbor_decref(&item);
    return tree;
}

}  // namespace cumulet::vectors
