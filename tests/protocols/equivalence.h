// When two bodies say the same: JSON by value, XML and CBOR as trees.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "contracts/shape.h"

namespace cumulet::vectors {

/// A case's values in the form of contracts::to_json: blobs in Base64, numbers as doubles, nulls absent.
json::value normalised(const contracts::Shape& shape, const json::value& value);
/// Numbers as doubles, nulls absent.
json::value plain(const json::value& value);

/// An XML document as JSON: {"name", "attributes", "children" by name, "text"}. Request ids are left out, and the order
/// of elements of different names is.
json::value xml_tree(std::string_view text);
/// A CBOR value as JSON: bytes as {"bytes": Base64}, tags dropped.
json::value cbor_tree(std::string_view bytes);

}  // namespace cumulet::vectors
