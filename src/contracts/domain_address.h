// How operations name a custom domain. A header of its own: few of those who know domains need it.
#pragma once

#include <optional>
#include <string>

namespace cumulet::contracts {

struct DomainAddress {
    std::string name;
    std::optional<std::string> id;  ///< of a private domain
};
/// "arn:aws:apigateway:<region>:<account>:/domainnames/<name>[+<id>]"; nothing if the text is none of these.
std::optional<DomainAddress> parse_domain_arn(const std::string& text);

}  // namespace cumulet::contracts
