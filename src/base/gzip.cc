#include "base/gzip.h"

#include <zlib.h>

#include <array>
#include <memory>
#include <new>

namespace cumulet {

namespace {

constexpr int gzip_window = 15 + 16;  // zlib's way of asking for GZIP's frame

}  // namespace

std::optional<std::string> gunzip(std::string_view bytes, size_t max_bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, gzip_window) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::array<Bytef, 16 * 1024> buffer;
    std::string text;
    int result = Z_OK;
    do {
        if (result == Z_STREAM_END) inflateReset(&stream);
        stream.next_out = buffer.data();
        stream.avail_out = buffer.size();
        result = inflate(&stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END) return std::nullopt;
        text.append(reinterpret_cast<char*>(buffer.data()), buffer.size() - stream.avail_out);
        if (text.size() > max_bytes) return std::nullopt;
    } while (stream.avail_in > 0 || result != Z_STREAM_END);
    return text;
}

}  // namespace cumulet
