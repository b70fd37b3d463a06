// From JSON's events to the stored form of attribute values.
#pragma once

#include "contracts/attribute_value.h"

namespace cumulet::contracts {

/// Takes the finished stored form, and what is wrong with it; its message is "" where nothing is.
using StoreAttributes = void (*)(void* target, std::string bytes, AttributeRefusal refusal);

/// Reads one attribute value, or with `map` a map of them by name. Throws aws::Error (SerializationException) where the
/// JSON has the wrong type.
std::unique_ptr<NativeBuilder> attribute_builder(bool map, StoreAttributes store, void* target);

}  // namespace cumulet::contracts
