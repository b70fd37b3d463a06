// Bodies that are checked as they pass: the aws-chunked encoding with its signatures and checksums, and S3's digests.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html

#include <charconv>

#include "base/aws_chunked.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/text.h"
#include "contracts/error.h"
#include "dispatch/steps.h"
#include "runtime/byte_stream.h"

namespace cumulet::dispatch {
namespace {

/// One of S3's flexible checksums, over the bytes so far.
class Checksum {
  public:
    explicit Checksum(std::string name) : name_(std::move(name)) {
        if (name_ == "x-amz-checksum-sha1") hasher_.emplace(Hasher::Algorithm::sha1);
        if (name_ == "x-amz-checksum-sha256") hasher_.emplace(Hasher::Algorithm::sha256);
    }
    static bool known(std::string_view name) {
        for (const std::string_view each : {"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}) {
            if (name.starts_with("x-amz-checksum-") && name.substr(15) == each) return true;
        }
        return false;
    }
    void add(std::string_view bytes) {
        if (hasher_) {
            hasher_->add(bytes);
        } else if (name_ == "x-amz-checksum-crc64nvme") {
            wide_ = crc64nvme(bytes, wide_);
        } else {
            narrow_ = name_ == "x-amz-checksum-crc32c" ? crc32c(bytes, narrow_) : crc32(bytes, narrow_);
        }
    }
    std::string finish() {
        if (hasher_) return to_base64(hasher_->finish());
        return to_base64(name_ == "x-amz-checksum-crc64nvme" ? big_endian(wide_) : big_endian(narrow_));
    }
    const std::string& name() const { return name_; }

  private:
    std::string name_;
    std::optional<Hasher> hasher_;
    uint32_t narrow_ = 0;
    uint64_t wide_ = 0;
};

[[noreturn]] void throw_incomplete_body() {
    throw aws::Error("IncompleteBody",
                     "You did not provide the number of bytes specified by the Content-Length HTTP header");
}

/// What an aws-chunked body is checked against.
struct Promise {
    std::optional<auth::ChunkVerifier> verifier;
    bool signed_trailers = false;
    std::optional<Checksum> checksum;
    std::optional<uint64_t> size_bytes;
};

class ChunkedDecoder : private AwsChunkedParser::Visitor {
  public:
    explicit ChunkedDecoder(Promise promise) : promise_(std::move(promise)) {}

    /// The decoded bytes of `bytes`.
    std::string put(std::string_view bytes) {
        guarded([&] { parser_.put(bytes, *this); });
        return std::exchange(decoded_, {});
    }
    void finish() {
        guarded([&] { parser_.finish(*this); });
        if (promise_.signed_trailers && !trailers_verified_) auth::throw_wrong_chunk_signature();
        if (promise_.size_bytes && *promise_.size_bytes != size_bytes_) throw_incomplete_body();
        if (promise_.checksum && expected_checksum_ && promise_.checksum->finish() != *expected_checksum_) {
            const auto algorithm = to_upper(promise_.checksum->name().substr(15));
            throw aws::Error("BadDigest",
                             fmt::format("The {} you specified did not match the calculated checksum.", algorithm));
        }
    }

  private:
    template <typename Parse>
    static void guarded(Parse parse) {
        try {
            parse();
        } catch (const MalformedChunks&) {
            throw_incomplete_body();
        }
    }
    void chunk(uint64_t, std::string_view signature) override { signature_ = signature; }
    void data(std::string_view bytes) override {
        if (promise_.verifier) promise_.verifier->add(bytes);
        if (promise_.checksum) promise_.checksum->add(bytes);
        size_bytes_ += bytes.size();
        decoded_.append(bytes);
    }
    void chunk_end() override {
        if (promise_.verifier && !promise_.verifier->finish_chunk(signature_)) auth::throw_wrong_chunk_signature();
    }
    void trailer(std::string_view name, std::string_view value) override {
        const auto lower = to_lower(name);
        if (lower == "x-amz-trailer-signature") {
            if (promise_.verifier && !promise_.verifier->finish_trailers(value, trailers_))
                auth::throw_wrong_chunk_signature();
            trailers_verified_ = true;
            return;
        }
        trailers_.append(lower).append(":").append(value).append("\n");
        if (promise_.checksum && promise_.checksum->name() == lower) expected_checksum_ = value;
    }

    AwsChunkedParser parser_;
    Promise promise_;
    std::string decoded_;
    std::string signature_;
    std::string trailers_;
    std::optional<std::string> expected_checksum_;
    bool trailers_verified_ = false;
    uint64_t size_bytes_ = 0;
};

class ChunkedBody : public ByteStream {
  public:
    ChunkedBody(std::shared_ptr<ByteStream> encoded, Promise promise)
        : encoded_(std::move(encoded)), decoder_(std::move(promise)) {}
    Task<std::optional<std::string>> read() override {
        while (!finished_) {
            auto piece = co_await encoded_->read();
            if (!piece) {
                finished_ = true;
                decoder_.finish();
                break;
            }
            auto decoded = decoder_.put(*piece);
            if (!decoded.empty()) co_return std::move(decoded);
        }
        co_return std::nullopt;
    }
    void cancel() override { encoded_->cancel(); }

  private:
    std::shared_ptr<ByteStream> encoded_;
    ChunkedDecoder decoder_;
    bool finished_ = false;
};

/// Passes bytes on and compares their SHA-256 at the end.
class DigestedBody : public ByteStream {
  public:
    DigestedBody(std::shared_ptr<ByteStream> body, std::string promised)
        : body_(std::move(body)), promised_(std::move(promised)), hasher_(Hasher::Algorithm::sha256) {}
    Task<std::optional<std::string>> read() override {
        if (finished_) co_return std::nullopt;
        auto piece = co_await body_->read();
        if (piece) {
            hasher_.add(*piece);
            co_return std::move(piece);
        }
        finished_ = true;
        const auto computed = to_hex(hasher_.finish());
        if (!equal_ignoring_case(computed, promised_)) auth::throw_wrong_digest(promised_, computed);
        co_return std::nullopt;
    }
    void cancel() override { body_->cancel(); }

  private:
    std::shared_ptr<ByteStream> body_;
    std::string promised_;
    Hasher hasher_;
    bool finished_ = false;
};

/// Content-Encoding without "aws-chunked", which is the transfer's and not the object's.
void strip_encoding(http::Headers& headers) {
    std::string rest;
    std::string_view list = headers.get("content-encoding");
    while (!list.empty()) {
        const auto end = list.find(',');
        auto part = list.substr(0, end);
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        if (part.empty() || part == "aws-chunked") continue;
        if (!rest.empty()) rest += ",";
        rest += part;
    }
    if (rest.empty()) {
        headers.erase("content-encoding");
    } else {
        headers.set("content-encoding", rest);
    }
}

Promise promise_of(const Passage& passage, auth::Payload payload) {
    const auto& headers = passage.request->headers;
    Promise promise;
    if (!passage.signing_key.empty() && payload != auth::Payload::streaming_unsigned_trailer) {
        promise.verifier.emplace(passage.signing_key, *passage.signature);
        promise.signed_trailers = payload == auth::Payload::streaming_signed_trailer;
    }
    const auto trailer = to_lower(headers.get("x-amz-trailer"));
    if (Checksum::known(trailer)) promise.checksum.emplace(trailer);
    if (const auto* length = headers.find("x-amz-decoded-content-length")) {
        uint64_t size = 0;
        const auto result = std::from_chars(length->data(), length->data() + length->size(), size);
        if (result.ec != std::errc() || result.ptr != length->data() + length->size()) throw_incomplete_body();
        promise.size_bytes = size;
    }
    return promise;
}

/// A checksum in a trailer comes too late for decoding: S3 is told its algorithm, and keeps what it computes.
void announce_checksum(const Promise& promise, http::Headers& headers) {
    constexpr std::string_view field = "x-amz-sdk-checksum-algorithm";
    if (!promise.checksum || headers.has(field)) return;
    headers.set(field, to_upper(promise.checksum->name().substr(15)));
}

}  // namespace

void unwrap_body(Passage& passage) {
    auto& request = *passage.request;
    const auto sha256 = request.headers.get("x-amz-content-sha256");
    const auto payload = auth::payload_of(sha256);
    if (!auth::is_aws_chunked(payload) && !request.headers.get("content-encoding").contains("aws-chunked")) {
        if (request.stream && passage.signature && payload == auth::Payload::hashed && !sha256.empty()) {
            request.stream = std::make_shared<DigestedBody>(std::move(request.stream), std::string(sha256));
        }
        return;
    }
    auto promise = promise_of(passage, payload);
    announce_checksum(promise, request.headers);
    strip_encoding(request.headers);
    if (promise.size_bytes) request.headers.set("content-length", std::to_string(*promise.size_bytes));
    if (request.stream) {
        request.stream_size = promise.size_bytes;
        request.stream = std::make_shared<ChunkedBody>(std::move(request.stream), std::move(promise));
    } else {
        ChunkedDecoder decoder(std::move(promise));
        request.body = decoder.put(request.body);
        decoder.finish();
    }
}

}  // namespace cumulet::dispatch
