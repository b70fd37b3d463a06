#include "contracts/error.h"

namespace aws {

Error validation_error(std::string message) { return Error("ValidationException", std::move(message), 400); }

Error access_denied(std::string message) { return Error("AccessDeniedException", std::move(message), 403); }

Error not_implemented(std::string_view service, std::string_view operation, std::string_view detail) {
    std::string message = fmt::format("Cumulet does not implement {}.{}", service, operation);
    if (!detail.empty()) message += fmt::format(": {}", detail);
    return Error("NotImplemented", std::move(message), 501, false);
}

Error internal_failure(std::string message) { return Error("InternalFailure", std::move(message), 500, false); }

Error throttling(std::string message) { return Error("ThrottlingException", std::move(message), 400); }

std::unique_ptr<Error> make_error(const cumulet::contracts::Shape& shape) {
    return std::unique_ptr<Error>(shape.new_error());
}

}  // namespace aws
