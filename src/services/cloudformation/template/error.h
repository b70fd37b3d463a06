// What is wrong with a template or its parameters, in AWS's words.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace cumulet::cloudformation {

/// The caller's template, parameter or expression is wrong. The service answers it as ValidationError, a deployment as
/// the reason of a failed resource.
struct TemplateError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws a TemplateError with a formatted message.
template <typename... Arguments>
[[noreturn]] void refuse(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    throw TemplateError(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace cumulet::cloudformation
