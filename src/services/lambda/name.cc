#include "services/lambda/name.h"

#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

std::pair<std::string, std::string> split_last(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == text.npos) return {std::string(text), ""};
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

bool all_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

}  // namespace

std::string FunctionName::unqualified_arn() const {
    return fmt::format("arn:aws:lambda:{}:{}:function:{}", region, account, name);
}

std::string FunctionName::arn() const {
    return qualifier.empty() ? unqualified_arn() : fmt::format("{}:{}", unqualified_arn(), qualifier);
}

bool FunctionName::names_version() const { return qualifier == latest || all_digits(qualifier); }

FunctionName parse_function_name(const Call& call, std::string_view text, const std::optional<std::string>& qualifier) {
    constexpr std::string_view marker = "function:";
    FunctionName found{.account = call.account, .region = call.region};
    if (text.starts_with("arn:")) {
        const auto arn = Arn::parse(text);
        if (!arn || arn->service != "lambda" || !arn->resource.starts_with(marker)) {
            throw user_fault<aws::lambda::InvalidParameterValueException>("Invalid function ARN: " + std::string(text));
        }
        if (arn->region != call.region) {
            throw user_fault<aws::lambda::ResourceNotFoundException>(
                fmt::format("Functions from '{}' are not reachable in this region ('{}')", arn->region, call.region));
        }
        found.account = arn->account;
        std::tie(found.name, found.qualifier) = split_last(std::string_view(arn->resource).substr(marker.size()));
    } else {
        if (const auto at = text.find(marker); at == 0) {
            text.remove_prefix(marker.size());
        } else if (at != text.npos && text[at - 1] == ':' && all_digits(text.substr(0, at - 1))) {
            found.account = text.substr(0, at - 1);
            text.remove_prefix(at + marker.size());
        }
        std::tie(found.name, found.qualifier) = split_last(text);
    }
    if (qualifier && !qualifier->empty()) {
        if (!found.qualifier.empty() && found.qualifier != *qualifier) {
            throw user_fault<aws::lambda::InvalidParameterValueException>(
                "The derived qualifier from the function name does not match the specified qualifier.");
        }
        found.qualifier = *qualifier;
    }
    return found;
}

}  // namespace cumulet::lambda
