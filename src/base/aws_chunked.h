// The `aws-chunked` content encoding: chunks that carry signatures, and trailing fields. A parser of bytes in any
// splits. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cumulet {

struct MalformedChunks : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class AwsChunkedParser {
  public:
    /// Told what was found, in its order.
    class Visitor {
      public:
        virtual ~Visitor() = default;
        /// A chunk begins. `signature` is "" where the encoding has none. The last chunk has size 0.
        virtual void chunk(uint64_t size_bytes, std::string_view signature) = 0;
        /// Bytes of the current chunk, never empty.
        virtual void data(std::string_view bytes) = 0;
        /// All bytes of the current chunk were told; for the last one, before the trailers.
        virtual void chunk_end() = 0;
        virtual void trailer(std::string_view name, std::string_view value) = 0;
    };

    /// Consumes all of `bytes`. Throws MalformedChunks, and so does everything that follows it.
    void put(std::string_view bytes, Visitor& visitor);
    /// The end of the bytes. Throws MalformedChunks unless the last chunk and its trailers were complete.
    void finish(Visitor& visitor);

  private:
    enum class State { size_line, data, data_end, trailers, complete, broken };

    std::string_view take_data(std::string_view bytes, Visitor& visitor);
    void line(std::string_view text, Visitor& visitor);
    void size_line(std::string_view text, Visitor& visitor);
    void trailer_line(std::string_view text, Visitor& visitor);
    [[noreturn]] void fail(const char* reason);

    State state_ = State::size_line;
    std::string line_;
    uint64_t remaining_ = 0;
    size_t trailer_bytes_ = 0;
    bool last_ = false;
};

}  // namespace cumulet
