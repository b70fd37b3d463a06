#include "services/dynamodb/transfer/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <array>

namespace cumulet::dynamodb {

namespace {

constexpr int gzip_window = 15 + 16;  // zlib's way of asking for gzip's frame
constexpr size_t buffer_bytes = 64 * 1024;

class Gunzip final : public Decompressor {
  public:
    Gunzip() {
        if (inflateInit2(&stream_, gzip_window) != Z_OK) throw std::bad_alloc();
    }
    ~Gunzip() override { inflateEnd(&stream_); }

    std::string add(std::string_view piece) override {
        std::string text;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        stream_.avail_in = static_cast<uInt>(piece.size());
        while (stream_.avail_in > 0) {
            if (ended_) {  // a file may be several frames, one after the other
                inflateReset(&stream_);
                ended_ = false;
            }
            stream_.next_out = buffer_.data();
            stream_.avail_out = buffer_bytes;
            const int result = inflate(&stream_, Z_NO_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END) throw BadArchive("not in GZIP format");
            text.append(reinterpret_cast<char*>(buffer_.data()), buffer_bytes - stream_.avail_out);
            ended_ = result == Z_STREAM_END;
        }
        return text;
    }
    void finish() override {
        if (!ended_) throw BadArchive("the GZIP file ends early");
    }

  private:
    z_stream stream_{};
    bool ended_ = true;
    std::array<Bytef, buffer_bytes> buffer_;
};

class Unzstd final : public Decompressor {
  public:
    Unzstd() : stream_(ZSTD_createDStream()) {
        if (!stream_) throw std::bad_alloc();
    }
    ~Unzstd() override { ZSTD_freeDStream(stream_); }

    std::string add(std::string_view piece) override {
        std::string text;
        ZSTD_inBuffer in{piece.data(), piece.size(), 0};
        bool full = false;
        while (in.pos < in.size || full) {
            ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
            left_ = ZSTD_decompressStream(stream_, &out, &in);
            if (ZSTD_isError(left_)) throw BadArchive("not in ZSTD format");
            text.append(buffer_.data(), out.pos);
            full = out.pos == out.size;
        }
        return text;
    }
    void finish() override {
        if (left_ != 0) throw BadArchive("the ZSTD file ends early");
    }

  private:
    ZSTD_DStream* stream_;
    size_t left_ = 0;
    std::array<char, buffer_bytes> buffer_;
};

class Plain final : public Decompressor {
  public:
    std::string add(std::string_view piece) override { return std::string(piece); }
};

}  // namespace

struct Gzip::State {
    z_stream stream{};
    std::string out;
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
    if (deflateInit2(&state_->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc();
    }
}

Gzip::~Gzip() { deflateEnd(&state_->stream); }

void Gzip::feed(std::string_view piece, bool last) {
    std::array<Bytef, buffer_bytes> buffer;
    auto& stream = state_->stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<uInt>(piece.size());
    do {
        stream.next_out = buffer.data();
        stream.avail_out = buffer_bytes;
        deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
        state_->out.append(reinterpret_cast<char*>(buffer.data()), buffer_bytes - stream.avail_out);
    } while (stream.avail_out == 0);
}

std::string Gzip::finish() {
    feed("", true);
    return std::move(state_->out);
}

std::unique_ptr<Decompressor> decompressor(std::string_view type) {
    if (type == "GZIP") return std::make_unique<Gunzip>();
    if (type == "ZSTD") return std::make_unique<Unzstd>();
    return std::make_unique<Plain>();
}

}  // namespace cumulet::dynamodb
