// What generated tables are made of: how containers and optionals are reached, and the thunks of operations.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contracts/box.h"
#include "contracts/error.h"
#include "contracts/shape.h"

namespace cumulet::contracts {

/// A list's ops, by the type of its elements.
template <typename T>
inline constexpr Ops list_ops = {
    .size = [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
    .at = [](const void* list, size_t index) -> const void* {
        return &(*static_cast<const std::vector<T>*>(list))[index];
    },
    .append = [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); },
};

/// A map's ops, by the type of its values.
template <typename T>
inline constexpr Ops map_ops = {
    .size = [](const void* map) { return static_cast<const std::map<std::string, T>*>(map)->size(); },
    .insert = [](void* map, std::string key) -> void* {
        return &(*static_cast<std::map<std::string, T>*>(map))[std::move(key)];
    },
    .each =
        [](const void* map, void (*visit)(void* context, const std::string& key, const void* value), void* context) {
            for (const auto& [key, value] : *static_cast<const std::map<std::string, T>*>(map))
                visit(context, key, &value);
        },
};

template <typename T>
inline constexpr OptionalOps optional_ops = {
    .get = [](const void* optional) -> const void* {
        const auto& value = *static_cast<const std::optional<T>*>(optional);
        return value ? &*value : nullptr;
    },
    .emplace = [](void* optional) -> void* { return &static_cast<std::optional<T>*>(optional)->emplace(); },
};

template <typename T>
inline constexpr OptionalOps box_ops = {
    .get = [](const void* box) -> const void* {
        const auto& value = *static_cast<const Box<T>*>(box);
        return value ? &*value : nullptr;
    },
    .emplace = [](void* box) -> void* { return &static_cast<Box<T>*>(box)->emplace(); },
};

template <typename T>
void* new_value() {
    return new T();
}
template <typename T>
void delete_value(void* value) {
    delete static_cast<T*>(value);
}
template <typename T>
aws::Error* new_error() {
    return new T();
}

template <typename Api, typename Input, typename Output, Task<Output> (Api::*method)(Call&, Input)>
Task<void> invoke_method(AnyApi& api, Call& call, void* input, void* output) {
    Output result = co_await (static_cast<Api&>(api).*method)(call, std::move(*static_cast<Input*>(input)));
    // Built anew, not assigned: every structure would need its assignment compiled for this alone.
    std::destroy_at(static_cast<Output*>(output));
    std::construct_at(static_cast<Output*>(output), std::move(result));
}

}  // namespace cumulet::contracts
