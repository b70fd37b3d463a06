#include "base/gzip.h"

#include <zlib.h>

#include <array>
#include <memory>
#include <new>

namespace cumulet {

namespace {

constexpr int zlib_window = 15;
constexpr int gzip_window = zlib_window + 16;  // zlib's way of asking for GZIP's frame

std::string compressed(std::string_view text, int window) {
    constexpr int usual_memory = 8;
    z_stream stream{};
    const int ready =
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, usual_memory, Z_DEFAULT_STRATEGY);
    if (ready != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, deflateEnd);
    std::string bytes(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::bad_alloc();
    bytes.resize(stream.total_out);
    return bytes;
}

std::optional<std::string> decompressed(std::string_view bytes, size_t max_bytes, int window) {
    z_stream stream{};
    if (inflateInit2(&stream, window) != Z_OK) throw std::bad_alloc();
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

}  // namespace

std::optional<std::string> gunzip(std::string_view bytes, size_t max_bytes) {
    return decompressed(bytes, max_bytes, gzip_window);
}
std::optional<std::string> undeflate(std::string_view bytes, size_t max_bytes) {
    return decompressed(bytes, max_bytes, zlib_window);
}

std::string gzip(std::string_view text) { return compressed(text, gzip_window); }
std::string deflated(std::string_view text) { return compressed(text, zlib_window); }

}  // namespace cumulet
