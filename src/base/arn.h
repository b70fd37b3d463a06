// Amazon Resource Names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cumulet {

/// arn:partition:service:region:account:resource
struct Arn {
    std::string partition = "aws";
    std::string service;
    std::string region;
    std::string account;
    std::string resource;

    /// Nothing if `text` does not have the six parts.
    static std::optional<Arn> parse(std::string_view text);
    std::string text() const;

    friend bool operator==(const Arn&, const Arn&) = default;
};

}  // namespace cumulet
