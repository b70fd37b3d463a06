#include "wire/pattern.h"

// A pattern comes from a contract, but rewriting it must hold for any text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), std::min<size_t>(size, 512));
    const auto half = bytes.size() / 2;
    (void)cumulet::wire::Pattern(bytes.substr(0, half)).matches(bytes.substr(half));
    return 0;
}
