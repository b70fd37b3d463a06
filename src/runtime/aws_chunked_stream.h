// A body in `aws-chunked` encoding, decoded as it is read.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/aws_chunked.h"
#include "base/http.h"
#include "runtime/byte_stream.h"

namespace cumulet {

/// Checks the signatures of chunks and trailers. What it throws goes to the stream's reader.
class ChunkVerifier {
  public:
    virtual ~ChunkVerifier() = default;
    virtual void begin(uint64_t size_bytes, std::string_view signature) = 0;
    virtual void data(std::string_view bytes) = 0;
    /// The chunk is complete: throws if its signature is wrong.
    virtual void end() = 0;
    /// After the last chunk; `trailers` holds x-amz-trailer-signature too.
    virtual void trailers(const std::vector<http::Header>& trailers) = 0;
};

/// Reads the decoded bytes. A chunk's bytes may be read before its signature was checked: only the end of the stream
/// says that all were right, so whoever reads keeps nothing before it.
class AwsChunkedStream : public ByteStream {
  public:
    /// `decoded_size` is X-Amz-Decoded-Content-Length: a different total throws StreamBroken.
    AwsChunkedStream(std::shared_ptr<ByteStream> encoded, std::optional<uint64_t> decoded_size,
                     std::shared_ptr<ChunkVerifier> verifier = nullptr);
    ~AwsChunkedStream() override;

    Task<std::optional<std::string>> read() override;
    void cancel() override { encoded_->cancel(); }

    /// Trailing fields, complete at the stream's end.
    const std::vector<http::Header>& trailers() const;

  private:
    class Decoder;
    std::shared_ptr<ByteStream> encoded_;
    std::unique_ptr<Decoder> decoder_;
};

/// Decodes a body that is in memory already. Throws MalformedChunks, and what `verifier` throws.
struct AwsChunkedBody {
    std::string bytes;
    std::vector<http::Header> trailers;
};
AwsChunkedBody decode_aws_chunked(std::string_view encoded, ChunkVerifier* verifier = nullptr);

}  // namespace cumulet
