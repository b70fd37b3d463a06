// Bytes that arrive piece by piece, pulled by their reader: reading slowly slows the writer.
#pragma once

#include <optional>
#include <string>

#include "runtime/task.h"

namespace cumulet {

class ByteStream {
  public:
    virtual ~ByteStream() = default;
    /// The next piece, never empty; nothing at the end. Throws StreamBroken if the sender went away or broke its
    /// framing.
    virtual Task<std::optional<std::string>> read() = 0;
    /// The reader does not want the rest.
    virtual void cancel() {}
};

struct StreamBroken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A stream of one piece that is in memory already.
std::shared_ptr<ByteStream> stream_of(std::string bytes);
/// Reads to the end. Throws StreamTooLong past `max_bytes`.
Task<std::string> read_all(std::shared_ptr<ByteStream> stream, size_t max_bytes);
struct StreamTooLong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace cumulet
