// Values to and from CBOR (RFC 8949), as rpcv2Cbor uses it.
#pragma once

#include "wire/value.h"

namespace cumulet::wire {

/// Fills a structure. At the top, members found are noted in `seen`; inside, missing required members become
/// violations. Throws SerializationException for bytes that are no CBOR, too deep, or of the wrong types.
void read_cbor(std::string_view bytes, const Shape& shape, void* target, const Path& path, Seen& seen,
               Violations& violations);

void append_cbor(std::string& out, const Shape& shape, const void* value);
/// The members of a structure without its beginning and end.
void append_cbor_members(std::string& out, const Shape& shape, const void* value);
void append_cbor_text(std::string& out, std::string_view text);

/// An indefinite map's ends.
inline constexpr char cbor_map_begin = '\xBF';
inline constexpr char cbor_break = '\xFF';

}  // namespace cumulet::wire
