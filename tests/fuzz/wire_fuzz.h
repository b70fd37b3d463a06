// What the fuzz targets of the wire share: bytes become a request for one of a service's operations, which is decoded,
// and encoded again where that worked. Anything but an aws::Error is a finding.
#pragma once

#include <cstdint>

#include "wire/wire.h"

namespace cumulet::wire {

/// The first byte chooses the operation. In REST protocols the bytes up to a line feed are the target and, up to a
/// second one, the value of each header that the operation knows; the rest is the body.
inline int fuzz(Protocol protocol, const Service& service, const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const auto& operation = service.operations[data[0] % service.operations.size()];
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto line = [&] {
        const auto end = bytes.find('\n');
        const auto taken = bytes.substr(0, end);
        bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
        return taken;
    };
    http::Request request;
    request.method = operation.method;
    request.set_target("/");
    UriLabels labels;
    if (protocol == Protocol::rest_json || protocol == Protocol::rest_xml) {
        request.set_target("/" + std::string(line()));
        const auto value = line();
        for (const auto& member : operation.input->members) {
            if (member.location == contracts::Location::header || member.location == contracts::Location::headers) {
                request.headers.add(std::string(member.wire_name), std::string(value));
            } else if (member.location == contracts::Location::uri) {
                labels.push_back({member.wire_name, std::string(value)});
            }
        }
        static const Routes routes(service);
        (void)routes.find(request);
    }
    request.body = bytes;
    const std::shared_ptr<void> input(operation.new_input(), operation.delete_input);
    Violations violations;
    try {
        decode(protocol, service, operation, request, labels, input.get(), violations);
        if (!violations.empty()) throw validation_failure(protocol, service, violations);
    } catch (const aws::Error& error) {
        (void)encode_error(protocol, &service, error, "id");
        return 0;
    }
    // What was decoded can be encoded, as if an operation answered with its own input.
    Operation echo = operation;
    echo.output = operation.input;
    (void)encode(protocol, service, echo, input.get(), "id");
    return 0;
}

}  // namespace cumulet::wire
