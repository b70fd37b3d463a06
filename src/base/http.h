// An HTTP message as plain data: no sockets, no parser.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cumulet {

class ByteStream;  // runtime/byte_stream.h

namespace http {

struct Header {
    std::string name;
    std::string value;
};

/// Header fields in their order; names compare without regard to case.
class Headers {
  public:
    Headers() = default;
    Headers(std::initializer_list<Header> fields) : fields_(fields) {}

    /// The first value of `name`, or nullptr.
    const std::string* find(std::string_view name) const;
    /// The first value of `name`, or "".
    std::string_view get(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }

    void add(std::string name, std::string value);
    /// Replaces all fields of that name.
    void set(std::string_view name, std::string value);
    void erase(std::string_view name);

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    size_t size() const { return fields_.size(); }
    void clear() { fields_.clear(); }

  private:
    std::vector<Header> fields_;
};

/// `target` is what stood on the request line; `path` and `query` are its two halves, still percent-encoded.
struct Request {
    std::string method;
    std::string target;
    std::string path;
    std::string query;
    Headers headers;
    std::string body;                     ///< the whole body, unless `stream` is set
    std::shared_ptr<ByteStream> stream;   ///< a body that arrives piece by piece
    std::optional<uint64_t> stream_size;  ///< length of the stream in bytes, where the caller declared it
    std::string remote_address;           ///< "127.0.0.1"
    bool tls = false;

    /// Sets target, path and query.
    void set_target(std::string new_target);
    std::string_view host() const { return headers.get("host"); }
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;                    ///< the whole body, unless `stream` is set
    std::shared_ptr<ByteStream> stream;  ///< a body sent as it is read; chunked unless `stream_size` is set
    std::optional<uint64_t> stream_size;
};

struct Parameter {
    std::string name;
    std::string value;
};
/// The parameters of a query string or an urlencoded form, decoded, in their order.
std::vector<Parameter> parse_query(std::string_view query);
/// The standard reason phrase ("Not Found"), "" for an unknown status.
std::string_view reason(int status);

}  // namespace http
}  // namespace cumulet
