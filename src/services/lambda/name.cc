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

std::string_view without(std::string_view beginning, std::string_view text) {
    if (text.starts_with(beginning)) text.remove_prefix(beginning.size());
    return text;
}

std::string_view after_colon(std::string_view text) {
    return text.substr(std::min(text.find(':'), text.size() - 1) + 1);
}

/// True for "123456789012:function:…".
bool starts_with_account(std::string_view text) {
    const auto colon = text.find(':');
    return colon == 12 && all_digits(text.substr(0, colon));
}

/// Takes what stands before the first ':' where `text` begins as `fits` says.
template <typename Fits>
std::string take_part(std::string_view& text, Fits fits) {
    const auto colon = text.find(':');
    if (colon == text.npos || !fits(text)) return "";
    std::string part(text.substr(0, colon));
    text.remove_prefix(colon + 1);
    return part;
}

}  // namespace

std::string FunctionName::unqualified_arn() const {
    return fmt::format("arn:aws:lambda:{}:{}:function:{}", region, account, name);
}

std::string FunctionName::arn() const {
    return qualifier.empty() ? unqualified_arn() : fmt::format("{}:{}", unqualified_arn(), qualifier);
}

bool FunctionName::names_version() const { return qualifier == latest || all_digits(qualifier); }

bool FunctionName::names_alias() const {
    const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
    return !qualifier.empty() && !names_version() && std::ranges::all_of(qualifier, fits);
}

FunctionName parse_function_name(const Call& call, std::string_view text, const std::optional<std::string>& qualifier) {
    constexpr std::string_view marker = "function:";
    FunctionName found{.account = call.account, .region = call.region};
    if (text.starts_with("arn:")) {
        const auto arn = Arn::parse(text);
        // "function:f", and as AWS's pattern has it also "f".
        const bool named = arn && (arn->resource.starts_with(marker) || arn->resource.find(':') == text.npos);
        if (!named || arn->service != "lambda") {
            throw user_fault<aws::lambda::InvalidParameterValueException>("Invalid function ARN: " + std::string(text));
        }
        found.account = arn->account;
        found.region = arn->region;
        std::tie(found.name, found.qualifier) = split_last(without(marker, arn->resource));
    } else {
        const auto region = take_part(text, [](auto rest) { return starts_with_account(after_colon(rest)); });
        const auto account = take_part(text, starts_with_account);
        if (!region.empty()) found.region = region;
        if (!account.empty()) found.account = account;
        std::tie(found.name, found.qualifier) = split_last(without(marker, text));
    }
    if (found.region != call.region) {
        throw user_fault<aws::lambda::ResourceNotFoundException>(
            fmt::format("Functions from '{}' are not reachable in this region ('{}')", found.region, call.region));
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

void check_new_name(const Call& call, const FunctionName& name, std::string_view text) {
    constexpr size_t most_name_bytes = 64;
    if (name.account != call.account) throw aws::access_denied("");
    if (name.name.size() <= most_name_bytes) return;
    throw invalid(
        fmt::format("1 validation error detected: Value '{}' at 'functionName' failed to satisfy constraint: Member "
                    "must have length less than or equal to {}",
                    text, most_name_bytes));
}

}  // namespace cumulet::lambda
