#include "services/lambda/workers/exchange.h"

#include <charconv>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"

namespace cumulet::lambda {
namespace {

constexpr size_t max_head_bytes = 32 << 10;
constexpr size_t max_line_bytes = 4 << 10;
constexpr uint64_t max_dropped_bytes = uint64_t{1} << 30;

template <typename Number>
bool parse_number(std::string_view text, Number& number, int base) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::expected<std::optional<RuntimeRequest>, std::string> RequestReader::next() {
    while (true) {
        std::expected<bool, std::string> advanced = false;
        bool whole = false;
        if (auto piece = take_piece()) return piece;
        switch (part_) {
            case Part::head:
                advanced = read_head();
                if (advanced && *advanced && in_pieces && in_pieces(request_)) {
                    streams_ = true;
                    auto head = request_;
                    head.part = RuntimeRequest::Part::head;
                    return head;
                }
                whole = advanced && *advanced && part_ == Part::sized_body && left_ == 0;
                break;
            case Part::sized_body: advanced = whole = take_body(left_); break;
            case Part::chunk_size: advanced = read_chunk_size(); break;
            case Part::chunk:
                if (take_body(left_)) {
                    part_ = Part::chunk_end;
                    advanced = true;
                }
                break;
            case Part::chunk_end:
            case Part::trailers:
                if (const auto line = take_line()) {
                    advanced = true;
                    whole = part_ == Part::trailers && line->empty();
                    if (const auto colon = line->find(':'); part_ == Part::trailers && colon != line->npos) {
                        request_.headers.add(std::string(line->substr(0, colon)),
                                             std::string(trimmed(line->substr(colon + 1))));
                    }
                    if (part_ == Part::chunk_end) {
                        if (!line->empty()) return std::unexpected("a chunk is longer than it says");
                        part_ = Part::chunk_size;
                    }
                } else if (buffer_.size() - position_ > max_line_bytes) {
                    return std::unexpected("a trailer is too long");
                }
                break;
        }
        if (!advanced) return std::unexpected(advanced.error());
        if (whole) {
            part_ = Part::head;
            if (std::exchange(streams_, false)) request_.part = RuntimeRequest::Part::end;
            return std::exchange(request_, {});
        }
        if (!*advanced) return std::nullopt;
    }
}

std::optional<RuntimeRequest> RequestReader::take_piece() {
    if (!streams_ || left_ == 0 || position_ == buffer_.size()) return std::nullopt;
    if (part_ != Part::sized_body && part_ != Part::chunk) return std::nullopt;
    const auto here = std::min<uint64_t>(left_, buffer_.size() - position_);
    RuntimeRequest piece{.part = RuntimeRequest::Part::piece, .body = buffer_.substr(position_, here)};
    position_ += here;
    left_ -= here;
    if (position_ > (64 << 10)) {
        buffer_.erase(0, position_);
        position_ = 0;
    }
    return piece;
}

std::expected<bool, std::string> RequestReader::read_head() {
    if (position_ > 0) {
        buffer_.erase(0, position_);
        position_ = 0;
    }
    const auto end = buffer_.find("\r\n\r\n");
    if (end == buffer_.npos || end > max_head_bytes) {
        if (buffer_.size() > max_head_bytes) return std::unexpected("the request's head is too long");
        return false;
    }
    const std::string_view head(buffer_.data(), end);
    const auto first_end = std::min(head.find("\r\n"), head.size());
    const auto first = head.substr(0, first_end);
    const auto space = first.find(' ');
    const auto last = first.rfind(' ');
    if (space == first.npos || space == last || !first.substr(last + 1).starts_with("HTTP/1.")) {
        return std::unexpected("that is no HTTP/1.1 request");
    }
    request_.method = first.substr(0, space);
    request_.path = first.substr(space + 1, last - space - 1);
    request_.keep_alive = first.ends_with("1.1");
    for (size_t at = first_end + 2; at < head.size();) {
        const auto line_end = std::min(head.find("\r\n", at), head.size());
        const auto line = head.substr(at, line_end - at);
        const auto colon = line.find(':');
        if (colon == line.npos || colon == 0) return std::unexpected("a header field has no name");
        request_.headers.add(std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
        at = line_end + 2;
    }
    position_ = end + 4;
    if (equal_ignoring_case(request_.headers.get("connection"), "close")) request_.keep_alive = false;
    const auto* size = request_.headers.find("content-length");
    left_ = 0;
    part_ = Part::sized_body;
    if (equal_ignoring_case(request_.headers.get("transfer-encoding"), "chunked")) {
        if (size) return std::unexpected("a body has two lengths");
        part_ = Part::chunk_size;
    } else if (size && !parse_number(*size, left_, 10)) {
        return std::unexpected("the Content-Length is no number");
    }
    if (left_ > max_dropped_bytes) return std::unexpected("the body is too long");
    return true;
}

std::expected<bool, std::string> RequestReader::read_chunk_size() {
    const auto line = take_line();
    if (!line) {
        if (buffer_.size() - position_ > max_line_bytes) return std::unexpected("a chunk's size is too long");
        return false;
    }
    if (!parse_number(trimmed(line->substr(0, line->find(';'))), left_, 16) || left_ > max_dropped_bytes) {
        return std::unexpected("a chunk's size is no number");
    }
    part_ = left_ == 0 ? Part::trailers : Part::chunk;
    return true;
}

bool RequestReader::take_body(uint64_t& left) {
    const auto here = std::min<uint64_t>(left, buffer_.size() - position_);
    if (request_.body.size() + here > max_response_bytes) request_.too_large = true;
    if (!request_.too_large) {
        request_.body.append(buffer_, position_, here);
    } else {
        request_.body.clear();
    }
    position_ += here;
    left -= here;
    if (position_ > (64 << 10)) {
        buffer_.erase(0, position_);
        position_ = 0;
    }
    return left == 0;
}

std::optional<std::string_view> RequestReader::take_line() {
    const auto end = buffer_.find("\r\n", position_);
    if (end == buffer_.npos) return std::nullopt;
    const std::string_view line(buffer_.data() + position_, end - position_);
    position_ = end + 2;
    return line;
}

std::string answer_text(const Answer& answer) {
    auto text =
        fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\n", answer.status, http::reason(answer.status));
    for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\r\n", name, value);
    return text + fmt::format("Content-Length: {}\r\n\r\n{}", answer.body.size(), answer.body);
}

std::string answer_text(int status, std::string_view body) {
    return answer_text({.status = status, .body = std::string(body), .headers = {}});
}

std::string error_text(std::string_view message, std::string_view type) {
    std::string text = R"({"errorMessage":)";
    append_json_string(text, message);
    text += R"(,"errorType":)";
    append_json_string(text, type);
    text += "}";
    return text;
}

}  // namespace cumulet::lambda
