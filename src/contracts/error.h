// Errors that a caller gets, as AWS shapes them. Thrown by whoever notices, encoded once at the edge.
#pragma once

#include <exception>
#include <string>

#include "contracts/shape.h"

namespace aws {

/// The base of every generated error. What a contract adds to code and message are members of the derived type.
class Error : public std::exception {
  public:
    Error(std::string code, std::string message, int status = 400, bool sender_fault = true)
        : code(std::move(code)), message(std::move(message)), status(status), sender_fault(sender_fault) {}

    const char* what() const noexcept override { return message.c_str(); }
    /// The table of the error's own members, nullptr for an error outside the contract. Offsets count from self().
    virtual const cumulet::contracts::Shape* shape() const { return nullptr; }
    virtual const void* self() const { return this; }

    std::string code;
    std::string query_code;  ///< the older code of an awsQueryCompatible service, "" if the same
    std::string message;
    int status;
    bool sender_fault;
};

/// Errors that every service knows, by the names of AWS's "Common Error Types". A protocol that spells one differently
/// (S3's AccessDenied) does so where it encodes it.
Error validation_error(std::string message);
Error access_denied(std::string message);
/// 501: the operation, or a parameter of it, is not built.
Error not_implemented(std::string_view service, std::string_view operation, std::string_view detail = "");
Error internal_failure(std::string message);
Error throttling(std::string message);

/// An error of the contract by its table (one with an error_code), to be filled through the table.
std::unique_ptr<Error> make_error(const cumulet::contracts::Shape& shape);

}  // namespace aws
