#include "net/client_hello.h"

#include "base/bytes.h"

namespace cumulet::net {
namespace {

constexpr size_t record_head_bytes = 5;
constexpr uint8_t client_hello = 1;
constexpr uint16_t server_name_extension = 0;
constexpr uint8_t host_name = 0;

/// Reads big-endian numbers and vectors; whoever reads past the end gets nothing from then on.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    bool good() const { return good_; }
    bool empty() const { return bytes_.empty(); }
    std::string_view take(size_t count) {
        if (count > bytes_.size()) {
            good_ = false;
            bytes_ = {};
            return {};
        }
        const auto taken = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return taken;
    }
    size_t number(size_t width) {
        size_t value = 0;
        for (const unsigned char byte : take(width)) value = value << 8 | byte;
        return value;
    }
    /// What stands behind its own length.
    Reader vector(size_t width) { return Reader(take(number(width))); }

  private:
    std::string_view bytes_;
    bool good_ = true;
};

std::string name_in(Reader extension) {
    auto names = extension.vector(2);
    while (names.good() && !names.empty()) {
        const auto kind = names.number(1);
        const auto name = names.take(names.number(2));
        if (names.good() && kind == host_name) return to_lower(name);
    }
    return "";
}

}  // namespace

size_t hello_bytes(std::string_view bytes) {
    if (bytes.size() < record_head_bytes) return record_head_bytes;
    return record_head_bytes + Reader(bytes.substr(3)).number(2);
}

std::string read_server_name(std::string_view record) {
    Reader reader(record);
    reader.take(record_head_bytes);
    if (reader.number(1) != client_hello) return "";
    Reader hello = reader.vector(3);
    hello.take(2 + 32);  // version and random
    hello.vector(1);     // session id
    hello.vector(2);     // cipher suites
    hello.vector(1);     // compression
    Reader extensions = hello.vector(2);
    while (extensions.good() && !extensions.empty()) {
        const auto kind = extensions.number(2);
        const Reader extension = extensions.vector(2);
        if (extensions.good() && kind == server_name_extension) return name_in(extension);
    }
    return "";
}

}  // namespace cumulet::net
