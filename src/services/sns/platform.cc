#include "services/sns/platform.h"

#include "base/bytes.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_name_characters = 256;
constexpr size_t most_user_data_bytes = 2048;
constexpr size_t most_token_bytes = 4096;
constexpr std::array platforms = {"ADM",   "APNS", "APNS_SANDBOX", "APNS_VOIP",     "APNS_VOIP_SANDBOX",
                                  "BAIDU", "GCM",  "MACOS",        "MACOS_SANDBOX", "MPNS",
                                  "WNS"};
constexpr std::array credential_names = {"PlatformCredential", "PlatformPrincipal"};
constexpr std::array application_attributes = {
    "ApplePlatformBundleID", "ApplePlatformTeamID",    "Enabled",
    "EventDeliveryFailure",  "EventEndpointCreated",   "EventEndpointDeleted",
    "EventEndpointUpdated",  "FailureFeedbackRoleArn", "PlatformCredential",
    "PlatformPrincipal",     "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate"};
constexpr std::array endpoint_attributes = {"ChannelId", "CustomUserData", "Enabled", "Token", "UserId"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != std::ranges::end(names);
}

bool is_boolean(std::string_view value) {
    return equal_ignoring_case(value, "true") || equal_ignoring_case(value, "false");
}

/// The parts of "app/GCM/shop" after the first, if that is `kind` and there are `count` of them.
std::optional<std::vector<std::string>> parts_of(std::string_view resource, std::string_view kind, size_t count) {
    std::vector<std::string> parts;
    while (true) {
        const auto slash = resource.find('/');
        parts.emplace_back(resource.substr(0, slash));
        if (slash == resource.npos) break;
        resource.remove_prefix(slash + 1);
    }
    const bool whole = std::ranges::none_of(parts, [](const std::string& part) { return part.empty(); });
    if (parts.size() != count + 1 || parts.front() != kind || !whole) return {};
    parts.erase(parts.begin());
    return parts;
}

struct Parsed {
    Place place;
    std::vector<std::string> parts;
};
Parsed parse(std::string_view text, std::string_view kind, size_t count, std::string_view parameter) {
    const auto arn = Arn::parse(text);
    auto parts = arn && arn->service == "sns" ? parts_of(arn->resource, kind, count) : std::nullopt;
    if (!parts) throw invalid_parameter(fmt::format("{} Reason: Invalid ARN: {}", parameter, text));
    return {{arn->account, arn->region}, std::move(*parts)};
}

}  // namespace

const std::string& PlatformApplication::attribute(std::string_view name) const {
    static const std::string none;
    const auto found = attributes.find(std::string(name));
    return found == attributes.end() ? none : found->second;
}

std::map<std::string, std::string> PlatformApplication::shown_attributes() const {
    auto shown = attributes;
    for (const auto name : credential_names) shown.erase(name);
    shown.try_emplace("Enabled", "true");
    return shown;
}

PlatformApplicationAddress parse_application_arn(std::string_view arn, std::string_view parameter) {
    auto [place, parts] = parse(arn, "app", 2, parameter);
    return {std::move(place), std::move(parts[0]), std::move(parts[1])};
}

PlatformEndpointAddress parse_endpoint_arn(std::string_view arn, std::string_view parameter) {
    auto [place, parts] = parse(arn, "endpoint", 3, parameter);
    return {{std::move(place), std::move(parts[0]), std::move(parts[1])}, std::move(parts[2])};
}

bool is_endpoint_arn(std::string_view text) {
    const auto arn = Arn::parse(text);
    return arn && arn->service == "sns" && arn->resource.starts_with("endpoint/");
}

// Unverified: AWS's words for names, platforms and attributes it does not take. It also shows the credentials to the
// push service; here they are kept unseen.
void check_application(const std::string& name, const std::string& platform,
                       const std::map<std::string, std::string>& attributes) {
    const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; };
    if (name.empty() || name.size() > most_name_characters || !std::ranges::all_of(name, allowed)) {
        throw invalid_parameter(
            "Name Reason: Application names must be made up of only uppercase and lowercase ASCII letters, numbers, "
            "underscores, hyphens, and periods, and must be between 1 and 256 characters long.");
    }
    if (!contains(platforms, platform))
        throw invalid_parameter(fmt::format("Platform Reason: {} is not supported", platform));
    const auto credential = attributes.find("PlatformCredential");
    if (credential == attributes.end() || credential->second.empty())
        throw invalid_parameter("PlatformCredential Reason: attribute is required");
    check_application_attributes(attributes);
}

void check_application_attributes(const std::map<std::string, std::string>& attributes) {
    for (const auto& [name, value] : attributes) {
        if (!contains(application_attributes, name))
            throw invalid_parameter(fmt::format("Attributes Reason: Unrecognized attribute: {}", name));
        if (name == "Enabled" && !is_boolean(value)) throw invalid_parameter("Enabled Reason: must be true or false");
        if (name.starts_with("Event") && !value.empty()) {
            const auto arn = Arn::parse(value);
            if (!arn || arn->service != "sns")
                throw invalid_parameter(fmt::format("{} Reason: not a topic's ARN", name));
        }
    }
}

void set_endpoint_attributes(PlatformEndpoint& endpoint, const std::map<std::string, std::string>& wanted) {
    for (const auto& [name, value] : wanted) {
        if (!contains(endpoint_attributes, name))
            throw invalid_parameter(fmt::format("Attributes Reason: Invalid attribute name: {}", name));
        if (name == "Enabled" && !is_boolean(value))
            throw invalid_parameter("Attributes Reason: Invalid value for attribute: Enabled: must be true or false");
        if (name == "Token" && (value.empty() || value.size() > most_token_bytes))
            throw invalid_parameter("Token Reason: cannot be empty");
        if (name == "CustomUserData" && value.size() > most_user_data_bytes)
            throw invalid_parameter(
                "Attributes Reason: Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in "
                "UTF-8 encoding");
        endpoint.attributes[name] = name == "Enabled" ? to_lower(value) : value;
    }
}

void check_same_endpoint(const PlatformEndpoint& existing, const std::map<std::string, std::string>& wanted) {
    const auto same = [&](const std::string& name, const std::string& value) {
        const auto found = existing.attributes.find(name);
        return (found == existing.attributes.end() ? "" : found->second) == value;
    };
    const auto data = wanted.find("CustomUserData");
    bool all_same = same("CustomUserData", data == wanted.end() ? "" : data->second);
    for (const auto& [name, value] : wanted)
        all_same = all_same && same(name, name == "Enabled" ? to_lower(value) : value);
    if (all_same) return;
    throw invalid_parameter(
        fmt::format("Token Reason: Endpoint {} already exists with the same Token, but different attributes.",
                    existing.address.arn()));
}

}  // namespace cumulet::sns
