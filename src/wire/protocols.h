// What each protocol does of decode, encode and encode_error; wire.cc chooses. A file per protocol.
#pragma once

#include "wire/value.h"

namespace cumulet::wire {

/// What decoding a request needs and finds.
struct Incoming {
    const Service& service;
    const Operation& operation;
    http::Request& request;
    const UriLabels& labels;
    void* input;
    Seen& seen;
    Violations& violations;
    Path path;  ///< the root
};

struct Outgoing {
    const Service& service;
    const Operation& operation;
    const void* output;
    std::string_view request_id;
};

/// An error on its way out. `service` may be nullptr.
struct Failure {
    Protocol protocol;
    const Service* service;
    const aws::Error& error;
    std::string_view request_id;
};

namespace aws_json {
void decode(Incoming& in);
http::Response encode(Protocol protocol, const Outgoing& out);
http::Response encode_error(const Failure& failure);
/// "com.amazonaws.sqs#QueueDoesNotExist": the error's name as the service qualifies it.
std::string qualified_code(const Service* service, std::string_view code);
}  // namespace aws_json

namespace query {
void decode(Incoming& in);
http::Response encode(const Outgoing& out);
http::Response encode_error(const Failure& failure);
}  // namespace query

namespace ec2 {
void decode(Incoming& in);
http::Response encode(const Outgoing& out);
http::Response encode_error(const Failure& failure);
}  // namespace ec2

namespace rest_json {
void decode(Incoming& in);
http::Response encode(const Outgoing& out);
http::Response encode_error(const Failure& failure);
}  // namespace rest_json

namespace rest_xml {
void decode(Incoming& in);
http::Response encode(const Outgoing& out);
http::Response encode_error(const Failure& failure);
}  // namespace rest_xml

namespace rpc_v2_cbor {
void decode(Incoming& in);
http::Response encode(const Outgoing& out);
http::Response encode_error(const Failure& failure);
}  // namespace rpc_v2_cbor

/// "Sender" or "Receiver".
inline std::string_view fault_of(const aws::Error& error) { return error.sender_fault ? "Sender" : "Receiver"; }
/// The code as the query protocol spells it.
inline std::string_view query_code_of(const aws::Error& error) {
    return error.query_code.empty() ? error.code : error.query_code;
}
/// The status of an error in JSON and CBOR: where a service also speaks the query protocol, the contract's status is
/// that protocol's alone.
inline int status_of(const Failure& failure) {
    if (!failure.service || !failure.service->query_compatible || !failure.error.shape()) return failure.error.status;
    return failure.error.sender_fault ? 400 : 500;
}
/// The error's member for its message ("message", "Message"), or nullptr.
const Member* message_member(const aws::Error& error);

}  // namespace cumulet::wire
