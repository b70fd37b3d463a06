// The many ways to name a function: name, partial ARN, ARN, each with or without a version or alias.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/call.h"

namespace cumulet::lambda {

inline constexpr std::string_view latest = "$LATEST";

/// Which function a caller means.
struct FunctionName {
    std::string account;
    std::string region;
    std::string name;
    std::string qualifier;  ///< a version or an alias, "" if the caller named none

    /// arn:aws:lambda:…:function:name, with the qualifier if there is one.
    std::string arn() const;
    std::string unqualified_arn() const;
    /// True for "7" and "$LATEST", false for an alias.
    bool names_version() const;
    /// True for what may be the name of an alias: "live", but neither "7" nor "$latest".
    bool names_alias() const;
};

/// Reads `text` ("thumbnail", "thumbnail:v1", "123456789012:function:thumbnail", "arn:aws:lambda:…") as `call` means
/// it. Throws ResourceNotFoundException for another region's function and InvalidParameterValueException where the
/// name's qualifier is not `qualifier`.
FunctionName parse_function_name(const Call& call, std::string_view text,
                                 const std::optional<std::string>& qualifier = {});

/// What a function that is to be made may be called; `text` is how the caller wrote it. Throws AccessDeniedException
/// for another account's and InvalidParameterValueException for a name that is too long.
void check_new_name(const Call& call, const FunctionName& name, std::string_view text);

}  // namespace cumulet::lambda
