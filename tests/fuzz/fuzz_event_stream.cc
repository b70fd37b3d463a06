#include <cassert>

#include "contracts/error.h"
#include "contracts/event_stream.h"

// Whatever frame is accepted must come back from its own encoding.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cumulet::contracts;
    EventReader reader;
    reader.feed({reinterpret_cast<const char*>(data), size});
    try {
        while (const auto event = reader.next()) {
            EventReader again;
            again.feed(encode_event(*event));
            assert(again.next() == event);
        }
    } catch (const aws::Error&) {
    }
    return 0;
}
