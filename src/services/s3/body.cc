#include "services/s3/body.h"

#include "base/bytes.h"
#include "runtime/aws_chunked_stream.h"
#include "services/s3/errors.h"

namespace cumulet::s3 {
namespace {

/// Everything that is computed over a body while it passes.
class Sums {
  public:
    explicit Sums(const Expected& expected) {
        for (const auto& checksum : expected.checksums) want(checksum.algorithm);
        if (!expected.announced.empty()) want(expected.announced);
        want(expected.algorithm.empty() && !summers_.empty() ? summers_[0].algorithm()
             : expected.algorithm.empty()                    ? default_algorithm
                                                             : expected.algorithm);
    }
    void want(std::string_view algorithm) {
        if (std::ranges::find(summers_, algorithm, &Summer::algorithm) == summers_.end())
            summers_.emplace_back(algorithm);
    }
    void add(std::string_view bytes) {
        md5_.add(bytes);
        for (auto& summer : summers_) summer.add(bytes);
    }
    void finish() {
        md5 = md5_.finish();
        for (auto& summer : summers_) values[summer.algorithm()] = to_base64(summer.finish());
    }

    std::string md5;
    std::map<std::string, std::string, std::less<>> values;  ///< by algorithm, Base64

  private:
    Hasher md5_{Hasher::Algorithm::md5};
    std::vector<Summer> summers_;
};

void check_md5(const std::optional<std::string>& given, const std::string& computed) {
    if (!given || from_base64(*given) == computed) return;
    throw error("BadDigest", "The Content-MD5 you specified did not match what we received.", 400,
                {.ExpectedDigest = *given, .CalculatedDigest = to_base64(computed)});
}

void check_sum(const Checksum& given, const Sums& sums) {
    check_checksum_value(given.algorithm, given.value);
    const auto computed = sums.values.find(given.algorithm);
    if (computed != sums.values.end() && computed->second == given.value) return;
    throw error("BadDigest",
                fmt::format("The {} you specified did not match the calculated checksum.", given.algorithm));
}

/// Checksums that came behind the body.
std::vector<Checksum> trailing(ByteStream& body) {
    std::vector<Checksum> found;
    const auto* chunked = dynamic_cast<const AwsChunkedStream*>(&body);
    if (!chunked) return found;
    for (const auto& field : chunked->trailers()) {
        for (const auto algorithm : algorithms) {
            const auto name = fmt::format("x-amz-checksum-{}", to_lower(algorithm));
            if (equal_ignoring_case(field.name, name)) found.push_back({std::string(algorithm), field.value, ""});
        }
    }
    return found;
}

Task<std::optional<std::string>> read_piece(std::shared_ptr<ByteStream> body) {
    try {
        co_return co_await body->read();
    } catch (const StreamBroken&) {
        throw error("IncompleteBody",
                    "You did not provide the number of bytes specified by the Content-Length HTTP header.");
    }
}

void check_expected(const Expected& expected) {
    if (expected.md5) {
        const auto raw = from_base64(*expected.md5);
        if (!raw || raw->size() != 16) throw error("InvalidDigest", "The Content-MD5 you specified was invalid.");
    }
    for (const auto& checksum : expected.checksums) check_checksum_value(checksum.algorithm, checksum.value);
    if (expected.checksums.size() > 1) {
        throw invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    }
}

/// Segments one after the other, the first and the last perhaps in part.
class ContentStream final : public ByteStream {
  public:
    struct Piece {
        std::string blob;
        Slice slice;
    };
    ContentStream(store::Blobs& blobs, std::vector<Piece> pieces) : blobs_(blobs), pieces_(std::move(pieces)) {}

    Task<void> open() {
        const auto& piece = pieces_[next_++];
        current_ = co_await blobs_.read(piece.blob, piece.slice.offset, piece.slice.length);
    }
    Task<std::optional<std::string>> read() override {
        while (current_) {
            auto bytes = co_await current_->read();
            if (bytes) co_return std::move(bytes);
            current_.reset();
            if (next_ < pieces_.size()) co_await open();
        }
        co_return std::nullopt;
    }
    void cancel() override {
        next_ = pieces_.size();
        if (current_) current_->cancel();
    }

  private:
    store::Blobs& blobs_;
    std::vector<Piece> pieces_;
    size_t next_ = 0;
    std::shared_ptr<ByteStream> current_;
};

}  // namespace

Task<Received> receive(store::Blobs& blobs, std::shared_ptr<ByteStream> body, Expected expected) {
    check_expected(expected);
    Sums sums(expected);
    // A trailer may come whose algorithm nobody announced.
    if (dynamic_cast<AwsChunkedStream*>(body.get()) && expected.announced.empty() && expected.checksums.empty()) {
        for (const auto algorithm : algorithms) sums.want(algorithm);
    }

    Received received;
    std::unique_ptr<store::Blobs::Writer> writer;
    if (expected.as_blob) writer = co_await blobs.create();
    while (auto piece = co_await read_piece(body)) {
        received.size_bytes += piece->size();
        if (received.size_bytes > longest_body_bytes) {
            body->cancel();
            throw error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400,
                        {.ProposedSize = std::to_string(received.size_bytes),
                         .MaxSizeAllowed = std::to_string(longest_body_bytes)});
        }
        sums.add(*piece);
        if (!writer && received.size_bytes <= longest_inline_bytes) {
            received.content.bytes += *piece;
            continue;
        }
        if (!writer) {
            writer = co_await blobs.create();
            co_await writer->write(std::exchange(received.content.bytes, {}));
        }
        co_await writer->write(std::move(*piece));
    }

    sums.finish();
    check_md5(expected.md5, sums.md5);
    for (auto& checksum : trailing(*body)) expected.checksums.push_back(std::move(checksum));
    for (const auto& checksum : expected.checksums) check_sum(checksum, sums);

    received.md5_hex = to_hex(sums.md5);
    received.checksum.algorithm = !expected.algorithm.empty()   ? expected.algorithm
                                  : !expected.checksums.empty() ? expected.checksums[0].algorithm
                                  : !expected.announced.empty() ? expected.announced
                                                                : std::string(default_algorithm);
    received.checksum.value = sums.values.find(received.checksum.algorithm)->second;
    received.checksum.type = "FULL_OBJECT";
    if (writer) received.content.segments.push_back({co_await writer->finish(), received.size_bytes, ""});
    co_return received;
}

Task<std::shared_ptr<ByteStream>> open_content(store::Blobs& blobs, Content content, Slice slice) {
    if (content.segments.empty()) co_return stream_of(content.bytes.substr(slice.offset, slice.length));
    std::vector<ContentStream::Piece> pieces;
    uint64_t begin = 0;
    for (auto& segment : content.segments) {
        const uint64_t end = begin + segment.size_bytes;
        const uint64_t from = std::max(begin, slice.offset), until = std::min(end, slice.offset + slice.length);
        if (from < until) pieces.push_back({std::move(segment.blob), {from - begin, until - from}});
        begin = end;
    }
    if (pieces.empty()) co_return stream_of("");
    auto stream = std::make_shared<ContentStream>(blobs, std::move(pieces));
    co_await stream->open();
    co_return stream;
}

}  // namespace cumulet::s3
