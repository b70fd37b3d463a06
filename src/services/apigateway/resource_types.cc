// What the resource types of this folder share: properties as members, patches, tags.

#include "services/apigateway/resource_types.h"

#include "contracts/error.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

json::value in_members_names(const contracts::Shape& shape, const json::value& value);

json::object object_in_members_names(const contracts::Shape& shape, const json::object& properties) {
    json::object result;
    for (const auto& [name, value] : properties) {
        std::string member(name);
        if (!member.empty()) member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
        const auto found = std::ranges::find(shape.members, std::string_view(member), &contracts::Member::name);
        // What is not known keeps its name, so that the complaint about it has that.
        if (found == shape.members.end()) {
            result[name] = value;
        } else {
            result[member] = in_members_names(*found->shape, value);
        }
    }
    return result;
}

json::value in_members_names(const contracts::Shape& shape, const json::value& value) {
    if (shape.kind == contracts::Kind::structure && value.is_object())
        return object_in_members_names(shape, value.as_object());
    if (shape.kind == contracts::Kind::list && value.is_array()) {
        json::array list;
        for (const auto& element : value.as_array()) list.push_back(in_members_names(*shape.element, element));
        return list;
    }
    if (shape.kind == contracts::Kind::map && value.is_object()) {
        json::object map;
        for (const auto& [key, member] : value.as_object()) map[key] = in_members_names(*shape.element, member);
        return map;
    }
    // A template may write a document where AWS wants its text.
    if (shape.kind == contracts::Kind::string && (value.is_object() || value.is_array()))
        return json::string(json::serialize(value));
    return value;
}

std::string plain_text(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

}  // namespace

json::object in_members_names(const contracts::Shape& shape, const json::object& properties) {
    return object_in_members_names(shape, properties);
}

json::object without(json::object properties, std::initializer_list<std::string_view> names) {
    for (const auto name : names) properties.erase(name);
    return properties;
}

std::string text_of(const json::object& properties, std::string_view name) {
    const auto* value = properties.if_contains(name);
    return value ? plain_text(*value) : "";
}

const json::object& object_of(const json::object& properties, std::string_view name) {
    static const json::object none;
    const auto* value = properties.if_contains(name);
    return value && value->is_object() ? value->as_object() : none;
}

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return result;
}

namespace {

/// Texts that `one` has in its list `name` and `other` has not.
std::vector<std::string> texts_only_in(const json::object& one, const json::object& other, std::string_view name) {
    const auto texts = [name](const json::object& properties) {
        std::vector<std::string> list;
        const auto* value = properties.if_contains(name);
        if (!value || !value->is_array()) return list;
        for (const auto& each : value->as_array())
            if (each.is_string()) list.emplace_back(each.as_string());
        return list;
    };
    const auto others = texts(other);
    auto own = texts(one);
    std::erase_if(own, [&](const std::string& text) { return std::ranges::find(others, text) != others.end(); });
    return own;
}

}  // namespace

void patch_named_elements(std::vector<PatchOperation>& patches, const json::object& before, const json::object& after,
                          std::string_view name, const std::string& path) {
    for (const auto& text : texts_only_in(before, after, name)) add_patch(patches, "remove", path + escaped(text), "");
    for (const auto& text : texts_only_in(after, before, name)) add_patch(patches, "add", path + escaped(text), "");
}

void patch_valued_elements(std::vector<PatchOperation>& patches, const json::object& before, const json::object& after,
                           std::string_view name, const std::string& path) {
    for (const auto& text : texts_only_in(after, before, name)) add_patch(patches, "add", path, text);
    for (const auto& text : texts_only_in(before, after, name)) add_patch(patches, "remove", path, text);
}

void patch_endpoint(std::vector<PatchOperation>& patches, const json::object& before, const json::object& after) {
    const auto gone = texts_only_in(before, after, "Types");
    const auto fresh = texts_only_in(after, before, "Types");
    if (gone.size() == 1 && fresh.size() == 1) {
        add_patch(patches, "replace", "/endpointConfiguration/types/" + gone[0], fresh[0]);
    } else {
        for (const auto& type : fresh) add_patch(patches, "add", "/endpointConfiguration/types/" + type, "");
        for (const auto& type : gone) add_patch(patches, "remove", "/endpointConfiguration/types/" + type, "");
    }
    patch_valued_elements(patches, before, after, "VpcEndpointIds", "/endpointConfiguration/vpcEndpointIds");
    if (after.contains("IpAddressType") && contracts::any_differs(before, after, {"IpAddressType"}))
        add_patch(patches, "replace", "/endpointConfiguration/ipAddressType", text_of(after, "IpAddressType"));
}

void add_patch(std::vector<PatchOperation>& patches, std::string op, std::string path, std::string value) {
    PatchOperation patch;
    patch.op = std::move(op);
    patch.path = std::move(path);
    patch.value = std::move(value);
    patches.push_back(std::move(patch));
}

std::vector<PatchOperation> patches_for(const json::object& before, const json::object& after,
                                        std::initializer_list<PatchedProperty> properties) {
    std::vector<PatchOperation> patches;
    for (const auto& property : properties) {
        if (contracts::any_differs(before, after, {property.name}))
            add_patch(patches, "replace", std::string(property.path), text_of(after, property.name));
    }
    return patches;
}

contracts::Resource resource_with(std::string id, std::string_view attribute) {
    contracts::Resource resource;
    if (!attribute.empty()) resource.attributes[attribute] = id;
    resource.physical_id = std::move(id);
    return resource;
}

Task<void> replace_tags(Call& call, Client gateway, std::string path, std::map<std::string, std::string> tags) {
    const auto arn = fmt::format("arn:aws:apigateway:{}::{}", call.region, path);
    std::vector<std::string> gone;
    const auto present = co_await gateway.get_tags(call, {.resourceArn = arn});
    for (const auto& [key, value] : present.tags.value_or(std::map<std::string, std::string>())) {
        if (!tags.contains(key) && !contracts::is_own_tag(key)) gone.push_back(key);
    }
    if (!gone.empty()) co_await gateway.untag_resource(call, {arn, std::move(gone)});
    if (!tags.empty()) co_await gateway.tag_resource(call, {arn, std::move(tags)});
}

bool PartOfApi::needs_replacement(const json::object& before, const json::object& after) const {
    return std::ranges::any_of(
        lasting_, [&](std::string_view property) { return contracts::any_differs(before, after, {property}); });
}

Task<void> PartOfApi::remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                             json::object properties) {
    try {
        co_await erase(call, text_of(properties, "RestApiId"), std::move(physical_id));
    } catch (const NotFoundException&) {
        // gone already, or its API is
    }
}

}  // namespace cumulet::apigateway
