#include "services/sqs/address.h"

#include "base/bytes.h"
#include "base/host.h"
#include "contracts/sqs.h"

namespace cumulet::sqs {
namespace {

constexpr std::string_view local_domain = "localhost.localstack.cloud";

[[noreturn]] void refuse(std::string_view url) {
    throw aws::sqs::InvalidAddress(fmt::format("The address {} is not valid for this endpoint.", url));
}

std::vector<std::string_view> split(std::string_view text, char separator, size_t most) {
    std::vector<std::string_view> parts;
    while (!text.empty() && parts.size() <= most) {
        const auto end = text.find(separator);
        if (end != 0) parts.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return parts;
}

/// "us-east-1", "us-gov-west-1"
bool is_region(std::string_view label) {
    return label.size() >= 9 && std::ranges::count(label, '-') >= 2 &&
           std::isdigit(static_cast<unsigned char>(label.back())) &&
           std::isalpha(static_cast<unsigned char>(label.front()));
}

/// The region that a host names, "" if it names none. Most hosts name none, and are told by a look.
std::string region_of_host(std::string_view host) {
    const auto first = host.substr(0, host.find('.'));
    const auto rest = first.size() == host.size() ? std::string_view() : host.substr(first.size() + 1);
    const auto second = rest.substr(0, rest.find('.'));
    if (equal_ignoring_case(first, "sqs")) return is_region(second) ? to_lower(second) : "";
    if (equal_ignoring_case(second, "queue")) return is_region(first) ? to_lower(first) : "";
    return equal_ignoring_case(host, "queue.amazonaws.com") ? "us-east-1" : "";
}

}  // namespace

QueueAddress parse_queue_url(const Call& call, std::string_view url) {
    QueueAddress address{call.account, call.region, ""};
    std::string_view path = url;
    if (const auto scheme = path.find("://"); scheme != std::string_view::npos) {
        path.remove_prefix(scheme + 3);
        const auto slash = path.find('/');
        if (slash == std::string_view::npos) refuse(url);
        if (auto region = region_of_host(path.substr(0, slash)); !region.empty()) address.region = std::move(region);
        path.remove_prefix(slash);
    }
    auto segments = split(path, '/', 4);
    if (segments.size() == 4 && segments[0] == "queue") {
        address.region = segments[1];
        segments.erase(segments.begin(), segments.begin() + 2);
    }
    if (segments.empty() || segments.size() > 2) refuse(url);
    address.name = segments.back();
    // "queue" stands for the caller's account in URLs of some older tools.
    if (segments.size() == 2 && segments[0] != "queue") address.account = segments[0];
    return address;
}

std::string queue_url(const Call& call, const QueueAddress& address, UrlForm form) {
    const auto scheme = call.tls ? "https" : "http";
    switch (form) {
        case UrlForm::path:
            return fmt::format("{}/queue/{}/{}/{}", call.base_url(), address.region, address.account, address.name);
        case UrlForm::standard:
            return fmt::format("{}://sqs.{}.{}{}/{}/{}", scheme, address.region, local_domain,
                               split_port(call.host).second, address.account, address.name);
        case UrlForm::domain:
            return fmt::format("{}://{}.queue.{}{}/{}/{}", scheme, address.region, local_domain,
                               split_port(call.host).second, address.account, address.name);
        default: return fmt::format("{}/{}/{}", call.base_url(), address.account, address.name);
    }
}

}  // namespace cumulet::sqs
