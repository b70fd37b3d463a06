#include "contracts/domain_address.h"

#include "base/arn.h"

namespace cumulet::contracts {

std::optional<DomainAddress> parse_domain_arn(const std::string& text) {
    constexpr std::string_view prefix = "/domainnames/";
    const auto arn = Arn::parse(text);
    if (!arn || arn->service != "apigateway" || !arn->resource.starts_with(prefix)) return std::nullopt;
    const auto name = arn->resource.substr(prefix.size());
    if (name.empty() || name.contains('/')) return std::nullopt;
    const auto plus = name.find('+');
    if (plus == std::string::npos) return DomainAddress{name, std::nullopt};
    return DomainAddress{name.substr(0, plus), name.substr(plus + 1)};
}

}  // namespace cumulet::contracts
