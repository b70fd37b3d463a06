// Resource policies: documents of statements that are added and removed one by one. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace cumulet::lambda {

/// {"AWS":…} for an account or an ARN, {"Service":…} for anything else but "*".
json::value principal_of(std::string_view principal);
/// Throws InvalidParameterValueException for what is neither everyone, an account, an ARN nor a service of AWS.
void check_principal(std::string_view principal);
/// A policy's revision follows from its text.
std::string policy_revision(std::string_view document);
/// A whole document as it is kept: its statements are a list. Throws InvalidParameterValueException for what is no
/// policy.
std::string checked_policy(const std::string& document);
/// `document` ("" for none) with one more statement. Throws ResourceConflictException if it has one of that Sid, and
/// PolicyLengthExceededException.
std::string with_statement(const std::string& document, json::object statement);
/// `document` without the statement of that Sid, "" if none is left. Throws ResourceNotFoundException.
std::string without_statement(const std::string& document, std::string_view sid);
/// True if a statement's principal is everyone or the account.
bool allows_account(const std::string& document, std::string_view account);

}  // namespace cumulet::lambda
