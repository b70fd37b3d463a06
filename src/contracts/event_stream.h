// application/vnd.amazon.eventstream: framed events with checksums.
// https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"

namespace cumulet::contracts {

struct Uuid {
    std::string bytes;  ///< sixteen
    friend bool operator==(const Uuid&, const Uuid&) = default;
};
struct EventBlob {
    std::string bytes;
    friend bool operator==(const EventBlob&, const EventBlob&) = default;
};

/// A header of an event; its types are the framing's.
struct EventHeader {
    std::string name;
    std::variant<bool, int8_t, int16_t, int32_t, int64_t, EventBlob, std::string, Time, Uuid> value;
    friend bool operator==(const EventHeader&, const EventHeader&) = default;
};

struct Event {
    std::vector<EventHeader> headers;
    std::string payload;

    /// The text of a header (":event-type"), "" if there is none.
    std::string_view header(std::string_view name) const;
    friend bool operator==(const Event&, const Event&) = default;
};

/// An event with the three headers that services use.
Event make_event(std::string event_type, std::string content_type, std::string payload);
/// An error that ends a stream.
Event make_exception(std::string exception_type, std::string payload);

/// One frame. Throws std::length_error for a header or payload beyond the framing's limits.
std::string encode_event(const Event& event);

/// Takes bytes as they arrive and gives whole events.
class EventReader {
  public:
    static constexpr size_t max_headers_bytes = 128 * 1024;
    static constexpr size_t max_frame_bytes = 24 * 1024 * 1024;

    void feed(std::string_view bytes) { buffer_ += bytes; }
    /// The next event, nothing if more bytes are needed. Throws aws::Error for a frame that is broken or too large;
    /// the stream cannot go on after that.
    std::optional<Event> next();
    /// True if no frame has begun: the stream may end here.
    bool at_boundary() const { return buffer_.empty(); }

  private:
    std::string buffer_;
};

}  // namespace cumulet::contracts
