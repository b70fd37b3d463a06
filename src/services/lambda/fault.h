// Lambda's errors say in a member of their own whose fault they are.
#pragma once

#include "contracts/lambda.h"

namespace cumulet::lambda {

/// An error of the caller: its Type is "User".
template <typename Exception>
Exception user_fault(std::string message) {
    Exception error(std::move(message));
    error.Type = "User";
    return error;
}

inline aws::lambda::InvalidParameterValueException invalid(std::string message) {
    return user_fault<aws::lambda::InvalidParameterValueException>(std::move(message));
}

inline aws::lambda::ResourceNotFoundException function_not_found(const std::string& arn) {
    return user_fault<aws::lambda::ResourceNotFoundException>("Function not found: " + arn);
}

inline aws::lambda::ResourceNotFoundException alias_not_found(const std::string& arn) {
    return user_fault<aws::lambda::ResourceNotFoundException>("Cannot find alias arn: " + arn);
}

}  // namespace cumulet::lambda
