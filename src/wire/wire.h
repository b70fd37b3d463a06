// AWS's protocols, seen from the server: what a request says, how an answer looks. All of it is driven by shape tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "contracts/error.h"
#include "contracts/shape.h"

namespace cumulet::wire {

using contracts::Operation;
using contracts::Protocol;
using contracts::Service;
using contracts::Shape;

/// A constraint of the contract that an input breaks, in AWS's words.
struct Violation {
    std::string path;        ///< "entries.1.member.id"
    std::string value;       ///< as AWS shows it: "null", "'x'", "" for what is sensitive
    std::string constraint;  ///< "Member must not be null"
};
using Violations = std::vector<Violation>;

/// A label of a REST path ("{Bucket}", "{Key+}"), percent-decoded.
struct UriLabel {
    std::string_view name;
    std::string value;
};
using UriLabels = std::vector<UriLabel>;

/// Which operation of a REST service a request means: by method, path, literal query parameters ("?uploads"), and where
/// those are not enough by the required query parameters and headers ("x-amz-copy-source").
class Routes {
  public:
    explicit Routes(const Service& service);
    Routes(Routes&&) noexcept;
    ~Routes();

    struct Match {
        const Operation* operation;
        UriLabels labels;
    };
    /// Nothing if the service has no such operation.
    std::optional<Match> find(const http::Request& request) const;

  private:
    struct Route;
    std::vector<Route> routes_;
};

/// True if the input's payload is handed to the operation as a stream; any other body must be whole before decoding.
bool takes_stream(const Operation& operation);

/// Fills `input`, a structure of operation.input's type, from a request; unknown members are ignored. Missing required
/// members and broken constraints are added to `violations`. Moves from request.body and request.stream.
/// Throws aws::Error (SerializationException and its kin) for what cannot be read at all.
void decode(Protocol protocol, const Service& service, const Operation& operation, http::Request& request,
            const UriLabels& labels, void* input, Violations& violations);

/// Adds what `value` breaks of `shape`'s lengths, ranges, patterns, enumerations and required members. decode calls it;
/// a neighbour's typed call needs it alone.
void validate(const Shape& shape, const void* value, Violations& violations);

/// "1 validation error detected: Value 'x' at 'queueName' failed to satisfy constraint: Member must …".
std::string validation_message(const Violations& violations);
/// The error that a service of this protocol gives for broken constraints. `violations` is not empty.
aws::Error validation_failure(Protocol protocol, const Service& service, const Violations& violations);

/// The answer that carries `output`, a structure of operation.output's type. A streaming payload passes through.
http::Response encode(Protocol protocol, const Service& service, const Operation& operation, const void* output,
                      std::string_view request_id);

/// The answer that carries an error. `service` is nullptr where the call did not get as far as to name one.
http::Response encode_error(Protocol protocol, const Service* service, const aws::Error& error,
                            std::string_view request_id);

}  // namespace cumulet::wire
