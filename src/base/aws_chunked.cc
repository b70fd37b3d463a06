#include "base/aws_chunked.h"

#include <charconv>

#include "base/text.h"

namespace cumulet {
namespace {

// A size line carries a size and one signature; trailers are checksums and a signature.
constexpr size_t max_line_bytes = 4096;
constexpr size_t max_trailer_bytes = 16 << 10;
constexpr uint64_t max_chunk_bytes = 5ull << 30;
constexpr std::string_view signature_extension = "chunk-signature=";

}  // namespace

void AwsChunkedParser::fail(const char* reason) {
    state_ = State::broken;
    throw MalformedChunks(reason);
}

void AwsChunkedParser::put(std::string_view bytes, Visitor& visitor) {
    if (state_ == State::broken) fail("broken before");
    while (!bytes.empty()) {
        if (state_ == State::data) {
            bytes = take_data(bytes, visitor);
            continue;
        }
        if (state_ == State::complete) fail("bytes behind the last chunk");
        const auto end = bytes.find('\n');
        line_.append(bytes.substr(0, end));
        if (line_.size() > max_line_bytes) fail("a line is too long");
        if (end == bytes.npos) return;
        bytes.remove_prefix(end + 1);
        if (!line_.ends_with('\r')) fail("a line does not end with CR LF");
        line_.pop_back();
        const auto text = std::exchange(line_, {});
        line(text, visitor);
    }
}

std::string_view AwsChunkedParser::take_data(std::string_view bytes, Visitor& visitor) {
    const auto piece = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(remaining_, bytes.size())));
    visitor.data(piece);
    remaining_ -= piece.size();
    if (remaining_ == 0) {
        state_ = State::data_end;
        visitor.chunk_end();
    }
    return bytes.substr(piece.size());
}

void AwsChunkedParser::line(std::string_view text, Visitor& visitor) {
    switch (state_) {
        case State::size_line: return size_line(text, visitor);
        case State::data_end:
            if (!text.empty()) fail("a chunk is longer than its size");
            state_ = State::size_line;
            return;
        case State::trailers: return trailer_line(text, visitor);
        default: fail("a line out of place");
    }
}

void AwsChunkedParser::size_line(std::string_view text, Visitor& visitor) {
    const auto semicolon = text.find(';');
    const auto digits = text.substr(0, semicolon);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), remaining_, 16);
    if (error != std::errc() || end != digits.data() + digits.size() || remaining_ > max_chunk_bytes) {
        fail("a bad chunk size");
    }
    std::string_view signature;
    if (semicolon != text.npos) {
        signature = text.substr(semicolon + 1);
        if (!signature.starts_with(signature_extension)) fail("an unknown chunk extension");
        signature.remove_prefix(signature_extension.size());
        if (signature.empty()) fail("an empty chunk signature");
    }
    last_ = remaining_ == 0;
    visitor.chunk(remaining_, signature);
    if (last_) visitor.chunk_end();
    state_ = last_ ? State::trailers : State::data;
}

void AwsChunkedParser::trailer_line(std::string_view text, Visitor& visitor) {
    if (text.empty()) {
        state_ = State::complete;
        return;
    }
    trailer_bytes_ += text.size();
    if (trailer_bytes_ > max_trailer_bytes) fail("the trailers are too long");
    const auto colon = text.find(':');
    if (colon == text.npos || colon == 0) fail("a bad trailer");
    visitor.trailer(trimmed(text.substr(0, colon)), trimmed(text.substr(colon + 1)));
}

// Some clients leave out the empty line that ends the trailers, or the line end of the last trailer.
void AwsChunkedParser::finish(Visitor& visitor) {
    if (state_ == State::trailers) {
        if (line_.ends_with('\r')) line_.pop_back();
        const auto text = std::exchange(line_, {});
        if (!text.empty()) trailer_line(text, visitor);
        state_ = State::complete;
    }
    if (state_ != State::complete) fail("ended within a chunk");
}

}  // namespace cumulet
