#include <gtest/gtest.h>

#include "runtime/aws_chunked_stream.h"
#include "runtime/reactor.h"

namespace cumulet {
namespace {

using Trailers = std::vector<std::pair<std::string, std::string>>;

Trailers pairs(const std::vector<http::Header>& trailers) {
    Trailers result;
    for (const auto& trailer : trailers) result.emplace_back(trailer.name, trailer.value);
    return result;
}

/// Writes down what it is shown; refuses the chunk whose signature is "bad".
struct Witness final : ChunkVerifier {
    void begin(uint64_t size_bytes, std::string_view signature) override {
        seen += fmt::format("{}:{}(", size_bytes, signature);
        bad = signature == "bad";
    }
    void data(std::string_view bytes) override { seen += bytes; }
    void end() override {
        if (bad) throw std::runtime_error("the signature does not match");
        seen += ")";
    }
    void trailers(const std::vector<http::Header>& trailers) override { seen += fmt::format("+{}", trailers.size()); }
    std::string seen;
    bool bad = false;
};

/// Gives `bytes` in pieces of `step`.
struct Dripping final : ByteStream {
    Dripping(std::string all, size_t size) : bytes(std::move(all)), step(size) {}
    Task<std::optional<std::string>> read() override {
        if (at >= bytes.size()) co_return std::nullopt;
        auto piece = bytes.substr(at, step);
        at += piece.size();
        co_return piece;
    }
    std::string bytes;
    size_t step;
    size_t at = 0;
};

std::string read(std::shared_ptr<ByteStream> stream) {
    Clock clock;
    Reactor reactor(clock, Random(1));
    return reactor.block_on(read_all(std::move(stream), 1 << 20));
}

const std::string signed_chunks =
    "5;chunk-signature=aa\r\nhello\r\n6;chunk-signature=bb\r\n world\r\n0;chunk-signature=cc\r\n"
    "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature: dd\r\n\r\n";

TEST(AwsChunked, DecodesChunksSignaturesAndTrailersInAnySplit) {
    for (size_t step = 1; step <= signed_chunks.size(); ++step) {
        const auto witness = std::make_shared<Witness>();
        const auto stream =
            std::make_shared<AwsChunkedStream>(std::make_shared<Dripping>(signed_chunks, step), 11, witness);
        EXPECT_EQ(read(stream), "hello world");
        EXPECT_EQ(witness->seen, "5:aa(hello)6:bb( world)0:cc()+2") << step;
        EXPECT_EQ(pairs(stream->trailers()),
                  (Trailers{{"x-amz-checksum-crc32c", "sOO8/Q=="}, {"x-amz-trailer-signature", "dd"}}));
    }
}

TEST(AwsChunked, DecodesWhatIsInMemory) {
    struct Row {
        std::string encoded;
        std::string decoded;
        Trailers trailers;
    };
    const Row rows[] = {
        {"0\r\n\r\n", "", {}},
        {"0\r\n", "", {}},  // without the last empty line, as some clients send it
        {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789", {}},
        {"a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
         "0123456789",
         {{"x-amz-checksum-crc32", "AAAAAA=="}}},
        {"2\r\n\r\n\r\n0\r\na:b\r\n", "\r\n", {{"a", "b"}}},
        {"2\r\n\r\n\r\n0\r\na:b", "\r\n", {{"a", "b"}}},
    };
    for (const auto& row : rows) {
        const auto body = decode_aws_chunked(row.encoded);
        EXPECT_EQ(body.bytes, row.decoded) << row.encoded;
        EXPECT_EQ(pairs(body.trailers), row.trailers) << row.encoded;
    }
}

TEST(AwsChunked, RefusesWhatIsMalformed) {
    const std::string rows[] = {"",
                                "5\r\nhel",
                                "5\r\nhello",
                                "5\r\nhello\r\n",
                                "5\r\nhello!\r\n0\r\n\r\n",
                                "x\r\n",
                                "-1\r\n",
                                "0x5\r\nhello\r\n0\r\n\r\n",
                                "5\nhello\n0\n\n",
                                "5;chunk-signature=\r\nhello\r\n0\r\n\r\n",
                                "5;other=1\r\nhello\r\n0\r\n\r\n",
                                "10000000000000000\r\n",
                                "FFFFFFFFFFFFFFFF\r\n",
                                "0\r\n\r\nmore",
                                "0\r\nno trailer\r\n\r\n",
                                "0\r\n:empty name\r\n\r\n",
                                std::string(10'000, '0'),
                                "0\r\n" + std::string(10'000, 'x')};
    for (const auto& row : rows) EXPECT_THROW(decode_aws_chunked(row), MalformedChunks) << row.substr(0, 40);
}

TEST(AwsChunked, HoldsTheDeclaredLength) {
    for (const uint64_t declared : {10, 12}) {
        EXPECT_THROW(read(std::make_shared<AwsChunkedStream>(stream_of(signed_chunks), declared)), StreamBroken);
    }
}

TEST(AwsChunked, EndsAtAChunkWhoseSignatureIsWrong) {
    const auto witness = std::make_shared<Witness>();
    const auto stream = std::make_shared<AwsChunkedStream>(
        stream_of("1;chunk-signature=aa\r\nx\r\n1;chunk-signature=bad\r\ny\r\n0;chunk-signature=cc\r\n\r\n"), 2,
        witness);
    EXPECT_THROW(read(stream), std::runtime_error);
    EXPECT_THROW(decode_aws_chunked("1;chunk-signature=bad\r\ny\r\n0;chunk-signature=c\r\n\r\n", witness.get()),
                 std::runtime_error);
}

}  // namespace
}  // namespace cumulet
