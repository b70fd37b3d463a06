#include "runtime/aws_chunked_stream.h"

namespace cumulet {
namespace {

constexpr size_t max_trailers = 32;

/// Gathers the decoded bytes and the trailers, and has the verifier look on.
class Collector : public AwsChunkedParser::Visitor {
  public:
    explicit Collector(ChunkVerifier* verifier) : verifier_(verifier) {}

    void chunk(uint64_t size_bytes, std::string_view signature) override {
        if (verifier_) verifier_->begin(size_bytes, signature);
    }
    void data(std::string_view bytes) override {
        if (verifier_) verifier_->data(bytes);
        decoded += bytes;
        total_bytes += bytes.size();
    }
    void chunk_end() override {
        if (verifier_) verifier_->end();
    }
    void trailer(std::string_view name, std::string_view value) override {
        if (trailers.size() >= max_trailers) throw MalformedChunks("too many trailers");
        trailers.push_back({std::string(name), std::string(value)});
    }
    void finish() {
        if (verifier_) verifier_->trailers(trailers);
    }

    std::string decoded;
    uint64_t total_bytes = 0;
    std::vector<http::Header> trailers;

  private:
    ChunkVerifier* verifier_;
};

}  // namespace

class AwsChunkedStream::Decoder {
  public:
    Decoder(std::optional<uint64_t> decoded_size, std::shared_ptr<ChunkVerifier> verifier)
        : collector(verifier.get()), decoded_size_(decoded_size), verifier_(std::move(verifier)) {}

    void put(std::string_view encoded) {
        try {
            parser_.put(encoded, collector);
        } catch (const MalformedChunks& error) {
            throw StreamBroken(error.what());
        }
        if (decoded_size_ && collector.total_bytes > *decoded_size_) throw StreamBroken("longer than declared");
    }
    void finish() {
        if (std::exchange(finished_, true)) return;
        try {
            parser_.finish(collector);
        } catch (const MalformedChunks& error) {
            throw StreamBroken(error.what());
        }
        if (decoded_size_ && collector.total_bytes != *decoded_size_) throw StreamBroken("shorter than declared");
        collector.finish();
    }

    Collector collector;

  private:
    AwsChunkedParser parser_;
    std::optional<uint64_t> decoded_size_;
    std::shared_ptr<ChunkVerifier> verifier_;
    bool finished_ = false;
};

AwsChunkedStream::AwsChunkedStream(std::shared_ptr<ByteStream> encoded, std::optional<uint64_t> decoded_size,
                                   std::shared_ptr<ChunkVerifier> verifier)
    : encoded_(std::move(encoded)), decoder_(std::make_unique<Decoder>(decoded_size, std::move(verifier))) {}

AwsChunkedStream::~AwsChunkedStream() = default;

Task<std::optional<std::string>> AwsChunkedStream::read() {
    auto& decoded = decoder_->collector.decoded;
    while (decoded.empty()) {
        const auto piece = co_await encoded_->read();
        if (!piece) {
            decoder_->finish();
            co_return std::nullopt;
        }
        decoder_->put(*piece);
    }
    co_return std::exchange(decoded, {});
}

const std::vector<http::Header>& AwsChunkedStream::trailers() const { return decoder_->collector.trailers; }

AwsChunkedBody decode_aws_chunked(std::string_view encoded, ChunkVerifier* verifier) {
    Collector collector(verifier);
    AwsChunkedParser parser;
    parser.put(encoded, collector);
    parser.finish(collector);
    collector.finish();
    return {std::move(collector.decoded), std::move(collector.trailers)};
}

}  // namespace cumulet
