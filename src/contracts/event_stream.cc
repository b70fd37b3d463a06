#include "contracts/event_stream.h"

#include "base/hash.h"
#include "contracts/error.h"

namespace cumulet::contracts {
namespace {

constexpr size_t prelude_bytes = 12;
constexpr size_t checksum_bytes = 4;

enum Type : uint8_t { true_ = 0, false_, byte, short_, integer, long_, bytes, text, timestamp, uuid };

template <typename Word>
void append_word(std::string& out, Word value) {
    for (int shift = int(sizeof value * 8) - 8; shift >= 0; shift -= 8) out += char(uint64_t(value) >> shift & 0xFF);
}

[[noreturn]] void broken() {
    // Unverified: AWS's own wording.
    throw aws::Error("SerializationException", "The event stream is malformed");
}

/// Reads big-endian words from the front of bytes.
struct Cursor {
    std::string_view rest;

    std::string_view take(size_t size) {
        if (rest.size() < size) broken();
        const auto taken = rest.substr(0, size);
        rest.remove_prefix(size);
        return taken;
    }
    template <typename Word>
    Word word() {
        uint64_t value = 0;
        for (const char c : take(sizeof(Word))) value = value << 8 | static_cast<uint8_t>(c);
        return Word(value);
    }
};

struct ValueWriter {
    std::string& out;

    void operator()(bool value) { out += char(value ? true_ : false_); }
    void operator()(int8_t value) { head(byte, value); }
    void operator()(int16_t value) { head(short_, value); }
    void operator()(int32_t value) { head(integer, value); }
    void operator()(int64_t value) { head(long_, value); }
    void operator()(const EventBlob& value) { sized(bytes, value.bytes); }
    void operator()(const std::string& value) { sized(text, value); }
    void operator()(Time value) { head(timestamp, epoch_millis(value)); }
    void operator()(const Uuid& value) {
        if (value.bytes.size() != 16) throw std::length_error("A UUID has sixteen bytes");
        out += char(uuid);
        out += value.bytes;
    }

    template <typename Word>
    void head(Type type, Word value) {
        out += char(type);
        append_word(out, value);
    }
    void sized(Type type, std::string_view value) {
        if (value.size() > 32767) throw std::length_error("An event's header holds at most 32767 bytes");
        head(type, uint16_t(value.size()));
        out += value;
    }
};

EventHeader read_header(Cursor& cursor) {
    EventHeader header;
    header.name = cursor.take(cursor.word<uint8_t>());
    if (header.name.empty()) broken();
    switch (cursor.word<uint8_t>()) {
        case true_: header.value = true; break;
        case false_: header.value = false; break;
        case byte: header.value = cursor.word<int8_t>(); break;
        case short_: header.value = cursor.word<int16_t>(); break;
        case integer: header.value = cursor.word<int32_t>(); break;
        case long_: header.value = cursor.word<int64_t>(); break;
        case bytes: header.value = EventBlob{std::string(cursor.take(cursor.word<uint16_t>()))}; break;
        case text: header.value = std::string(cursor.take(cursor.word<uint16_t>())); break;
        case timestamp: {
            const auto millis = cursor.word<int64_t>();
            constexpr int64_t limit = INT64_MAX / 1000;
            if (millis > limit || millis < -limit) broken();
            header.value = Time{std::chrono::milliseconds{millis}};
            break;
        }
        case uuid: header.value = Uuid{std::string(cursor.take(16))}; break;
        default: broken();
    }
    return header;
}

}  // namespace

std::string_view Event::header(std::string_view name) const {
    for (const auto& each : headers) {
        const auto* value = std::get_if<std::string>(&each.value);
        if (each.name == name && value) return *value;
    }
    return "";
}

Event make_event(std::string event_type, std::string content_type, std::string payload) {
    return {{{":event-type", std::move(event_type)},
             {":content-type", std::move(content_type)},
             {":message-type", std::string("event")}},
            std::move(payload)};
}

Event make_exception(std::string exception_type, std::string payload) {
    return {{{":exception-type", std::move(exception_type)},
             {":content-type", std::string("application/json")},
             {":message-type", std::string("exception")}},
            std::move(payload)};
}

std::string encode_event(const Event& event) {
    std::string headers;
    for (const auto& header : event.headers) {
        if (header.name.empty() || header.name.size() > 255) {
            throw std::length_error("The name of an event's header has 1 to 255 bytes");
        }
        headers += char(header.name.size());
        headers += header.name;
        std::visit(ValueWriter{headers}, header.value);
    }
    const size_t total = prelude_bytes + headers.size() + event.payload.size() + checksum_bytes;
    if (headers.size() > EventReader::max_headers_bytes || total > EventReader::max_frame_bytes) {
        throw std::length_error("The event is too large for its framing");
    }
    std::string frame;
    frame.reserve(total);
    append_word(frame, uint32_t(total));
    append_word(frame, uint32_t(headers.size()));
    frame += big_endian(crc32(frame));
    frame += headers;
    frame += event.payload;
    frame += big_endian(crc32(frame));
    return frame;
}

std::optional<Event> EventReader::next() {
    if (buffer_.size() < prelude_bytes) return std::nullopt;
    Cursor prelude{std::string_view(buffer_).substr(0, prelude_bytes)};
    const auto total = prelude.word<uint32_t>();
    const auto headers_size = prelude.word<uint32_t>();
    if (prelude.word<uint32_t>() != crc32(std::string_view(buffer_).substr(0, 8))) broken();
    if (total > max_frame_bytes || headers_size > max_headers_bytes) broken();
    if (total < prelude_bytes + checksum_bytes + headers_size) broken();
    if (buffer_.size() < total) return std::nullopt;

    const auto frame = std::string_view(buffer_).substr(0, total);
    Cursor checksum{frame.substr(total - checksum_bytes)};
    if (checksum.word<uint32_t>() != crc32(frame.substr(0, total - checksum_bytes))) broken();
    Event event;
    Cursor headers{frame.substr(prelude_bytes, headers_size)};
    while (!headers.rest.empty()) event.headers.push_back(read_header(headers));
    event.payload = frame.substr(prelude_bytes + headers_size, total - prelude_bytes - headers_size - checksum_bytes);
    buffer_.erase(0, total);
    return event;
}

}  // namespace cumulet::contracts
