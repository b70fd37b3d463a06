// Calls of a neighbour as its users write them: for API Gateway's AWS integrations, whose requests are mapped by
// templates and so have no type.
#pragma once

#include <optional>

#include "base/arn.h"
#include "base/http.h"
#include "runtime/call.h"
#include "runtime/task.h"

namespace cumulet::contracts {

struct ServiceRequest {
    std::string service;    ///< as its endpoint is named: "sqs", "states", "dynamodb"
    std::string subdomain;  ///< what stands before that in the host, "" if nothing: S3's bucket
    std::string action;     ///< "SendMessage"; "" if the path says which
    http::Request message;  ///< method, target, headers and body in the service's own protocol
};

/// A request for what "arn:aws:apigateway:<region>:[<subdomain>.]<service>:action/<Name>[&<query>]" or
/// "…:path/<path>" names: its message is a
/// target alone. Nothing if it names neither.
std::optional<ServiceRequest> service_named_by(const Arn& integration);

class WireDoor {
  public:
    virtual ~WireDoor() = default;
    /// Takes the steps of every call but authentication: the caller's principal calls. Errors are answers too.
    virtual Task<http::Response> forward(Call& caller, ServiceRequest request) = 0;
};

}  // namespace cumulet::contracts
