// What the REST protocols put outside the body: labels, query parameters, headers, the status.
#pragma once

#include "wire/protocols.h"

namespace cumulet::wire {

/// Reads labels, query parameters and headers into the input.
void read_bindings(Incoming& in);
/// Adds the headers and the status that a structure's members ask for.
void write_bindings(const Shape& shape, const void* value, http::Response& response);

/// The member that is the whole body, or nullptr.
inline const Member* payload_of(const Shape& shape) {
    return shape.payload < 0 ? nullptr : &shape.members[size_t(shape.payload)];
}
bool has_body_members(const Shape& shape);
bool has_response_body(const Shape& shape);

/// Takes a payload that is no document (bytes, text, a stream) from the request. False if the payload is a document.
bool read_raw_payload(Incoming& in, const Member& payload);
/// Puts a payload that is no document into the response. False if it is one.
bool write_raw_payload(const Member& payload, const void* value, http::Response& response);

}  // namespace cumulet::wire
