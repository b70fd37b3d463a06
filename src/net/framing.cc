#include "net/framing.h"

#include <boost/beast/http/basic_parser.hpp>

#include "base/bytes.h"

namespace cumulet::net {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;
using beast::http::field;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

constexpr auto refused = boost::system::errc::protocol_error;

/// Beast's parser, filling `fields` and appending the body to `body`.
template <bool is_request>
class Parser final : public beast::http::basic_parser<is_request> {
  public:
    using Start = std::conditional_t<is_request, http::Request, http::Response>;

    Parser(const FramingLimits& limits, Start& message) : limits_(limits), message_(message), body_(&message.body) {
        this->header_limit(static_cast<uint32_t>(limits.max_head_bytes));
        this->body_limit(boost::none);
    }

    size_t put_bytes(std::string_view bytes) {
        const bool in_head = !this->is_header_done();
        if (in_head) {
            if (const auto blank = leading_blank_line(bytes)) return *blank;
            refuse_long_request_line(bytes);
        }
        this->eager(!in_head);
        error_code error;
        const auto used = this->put({bytes.data(), bytes.size()}, error);
        consumed_ += used;
        if (error && error != beast::http::error::need_more) fail(error);
        if (in_head) refuse_folded_fields(bytes.substr(0, used));
        return used;
    }

    void set_body(std::string* target) { body_ = target; }
    bool started() const { return consumed_ > 0; }
    bool http_1_0() const { return version_ == 10; }

  private:
    [[noreturn]] void fail(error_code error) {
        if (refusal_) throw FramingError(refusal_, reason_);
        if (error == beast::http::error::header_limit) throw FramingError(431, "the head is too large");
        throw FramingError(400, error.message());
    }

    void refuse(int status, const char* reason, error_code& error) {
        refusal_ = status;
        reason_ = reason;
        error = make_error_code(refused);
    }

    // One blank line before a request is skipped (RFC 9112, 2.2). Says how many bytes to skip; 0 waits for more of
    // them.
    std::optional<size_t> leading_blank_line(std::string_view bytes) {
        if (!is_request || consumed_ > 0 || blank_line_ || !bytes.starts_with('\r')) return std::nullopt;
        if (bytes.size() == 1) return 0;
        if (bytes[1] != '\n') return std::nullopt;
        blank_line_ = true;
        return 2;
    }

    // Beast unfolds them; others read the continuation as a field.
    void refuse_folded_fields(std::string_view head) {
        for (auto at = head.find('\n'); at != head.npos && at + 1 < head.size(); at = head.find('\n', at + 1)) {
            if (head[at + 1] == ' ' || head[at + 1] == '\t') throw FramingError(400, "a folded header field");
        }
    }

    void refuse_long_request_line(std::string_view bytes) {
        if (!is_request || version_ != 0 || bytes.size() <= limits_.max_request_line_bytes) return;
        if (bytes.substr(0, limits_.max_request_line_bytes).find('\n') == bytes.npos) {
            throw FramingError(414, "the request line is too long");
        }
    }

    void on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                         error_code& error) override {
        version_ = version;
        if constexpr (is_request) {
            if (method.size() + target.size() > limits_.max_request_line_bytes) {
                return refuse(414, "the request line is too long", error);
            }
            message_.method = view(method);
            take_target(view(target), error);
        }
    }

    // The absolute form names the host that counts (RFC 9112, 3.2.2).
    void take_target(std::string_view target, error_code& error) {
        if constexpr (is_request) {
            if (target.starts_with('/') || target == "*") {
                message_.set_target(std::string(target));
                return;
            }
            const auto mark = target.find("://");
            const auto scheme = to_lower(target.substr(0, mark));
            if (mark == target.npos || (scheme != "http" && scheme != "https")) {
                return refuse(400, "a bad request target", error);
            }
            target.remove_prefix(mark + 3);
            const auto end = std::min(target.find_first_of("/?"), target.size());
            absolute_host_ = target.substr(0, end);
            if (absolute_host_.empty()) return refuse(400, "a bad request target", error);
            target.remove_prefix(end);
            message_.set_target(target.starts_with('/') ? std::string(target) : "/" + std::string(target));
        }
    }

    void on_response_impl(int status, string_view, int version, error_code&) override {
        version_ = version;
        if constexpr (!is_request) message_.status = status;
    }

    void on_field_impl(field name, string_view name_text, string_view value, error_code& error) override {
        if (this->is_header_done()) {  // a trailer frames nothing and is not part of the message
            if (++trailers_ > limits_.max_header_count) refuse(431, "too many trailers", error);
            return;
        }
        if (message_.headers.size() >= limits_.max_header_count) {
            return refuse(431, "too many header fields", error);
        }
        if (name == field::transfer_encoding) {
            if (version_ == 10) return refuse(400, "Transfer-Encoding in HTTP/1.0", error);
            if (!equal_ignoring_case(view(value), "chunked")) {
                return refuse(is_request ? 501 : 400, "an unknown transfer encoding", error);
            }
        } else if (name == field::content_length) {
            if (has_length_ || value.empty() || value.find_first_not_of("0123456789") != value.npos) {
                return refuse(400, "a bad Content-Length", error);
            }
            has_length_ = true;
        } else if (name == field::host && is_request) {
            if (has_host_) return refuse(400, "more than one Host", error);
            has_host_ = true;
        }
        message_.headers.add(std::string(view(name_text)), std::string(view(value)));
    }

    void on_header_impl(error_code& error) override {
        if constexpr (is_request) {
            if (!has_host_ && version_ == 11) return refuse(400, "no Host", error);
            if (!absolute_host_.empty()) message_.headers.set("Host", absolute_host_);
        }
    }

    void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
        // Memory follows the bytes that came, not those that were promised.
        if (length) body_->reserve(static_cast<size_t>(std::min<uint64_t>(*length, 64 << 10)));
    }
    size_t on_body_impl(string_view bytes, error_code&) override {
        body_->append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
    size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code&) override {
        body_->append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_finish_impl(error_code&) override {}

    const FramingLimits& limits_;
    Start& message_;
    std::string* body_;
    std::string absolute_host_;
    const char* reason_ = "";
    int refusal_ = 0;
    int version_ = 0;
    size_t consumed_ = 0;
    size_t trailers_ = 0;
    bool blank_line_ = false;
    bool has_length_ = false;
    bool has_host_ = false;
};

/// The part of MessageParser that does not depend on the kind of message.
template <typename Interface, bool is_request>
class Framing : public Interface {
  public:
    explicit Framing(FramingLimits limits) : limits_(limits) {}

    size_t put(std::string_view bytes) override { return parser_->put_bytes(bytes); }
    bool started() const override { return parser_->started(); }
    bool head_done() const override { return parser_->is_header_done(); }
    bool done() const override { return parser_->is_done(); }
    bool keep_alive() const override { return parser_->keep_alive(); }
    std::optional<uint64_t> body_remaining() const override {
        if (parser_->is_done()) return 0;
        const auto remaining = parser_->content_length_remaining();
        return remaining ? std::optional<uint64_t>(*remaining) : std::nullopt;
    }
    void set_body_target(std::string* target) override { parser_->set_body(target); }

  protected:
    const FramingLimits limits_;
    std::optional<Parser<is_request>> parser_;
};

class Requests final : public Framing<RequestParser, true> {
  public:
    using Framing::Framing;
    void begin(http::Request& request) override { parser_.emplace(limits_, request); }
    bool http_1_0() const override { return parser_->http_1_0(); }
};

class Responses final : public Framing<ResponseParser, false> {
  public:
    using Framing::Framing;
    void begin(http::Response& response, bool answers_head) override {
        parser_.emplace(limits_, response);
        parser_->skip(answers_head);
    }
    void put_end() override {
        if (!parser_->started()) throw FramingError(502, "closed before an answer");
        error_code error;
        parser_->put_eof(error);
        if (error) throw FramingError(502, error.message());
    }
};

}  // namespace

std::unique_ptr<RequestParser> RequestParser::make(FramingLimits limits) { return std::make_unique<Requests>(limits); }
std::unique_ptr<ResponseParser> ResponseParser::make(FramingLimits limits) {
    return std::make_unique<Responses>(limits);
}

}  // namespace cumulet::net
