// Reading host names by the conventions that AWS's and LocalStack's clients have.

#include "base/host.h"

#include "base/bytes.h"
#include "dispatch/route.h"

namespace cumulet::dispatch {
namespace {

/// "us-east-1", "ap-southeast-2", "us-gov-west-1"
bool is_region(std::string_view label) {
    if (label.size() < 9 || label.size() > 20 || !std::isdigit(static_cast<unsigned char>(label.back()))) return false;
    return label[2] == '-' && std::ranges::count(label, '-') >= 2 && std::isalpha(static_cast<unsigned char>(label[0]));
}

std::vector<std::string_view> labels_of(std::string_view host) {
    std::vector<std::string_view> labels;
    while (!host.empty() && labels.size() < 16) {
        const auto dot = host.find('.');
        labels.push_back(host.substr(0, dot));
        host.remove_prefix(dot == std::string_view::npos ? host.size() : dot + 1);
    }
    return labels;
}

/// `host` without the domain that everything lives under; nothing if it is under none.
std::optional<std::string_view> below_domain(std::string_view host, std::string_view own_host) {
    for (const std::string_view domain :
         {".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".localhost.localstack.cloud", ".localhost"}) {
        if (host.ends_with(domain)) return host.substr(0, host.size() - domain.size());
    }
    if (!own_host.empty() && host.size() > own_host.size() && host.ends_with(own_host) &&
        host[host.size() - own_host.size() - 1] == '.') {
        return host.substr(0, host.size() - own_host.size() - 1);
    }
    return std::nullopt;
}

bool means_cumulet(std::string_view host, std::string_view own_host) {
    return host.empty() || host == "localhost" || host.front() == '[' ||
           std::isdigit(static_cast<unsigned char>(host.back())) || host == own_host;
}

bool is_s3_label(std::string_view label) { return label == "s3" || label.starts_with("s3-") || label == "s3express"; }

/// "<bucket>.s3[.region]": the bucket may have dots, so S3's own label is looked for from the end.
bool read_s3(HostName& name, const std::vector<std::string_view>& labels, std::string_view host) {
    for (size_t i = labels.size(); i-- > 0;) {
        if (!is_s3_label(labels[i])) continue;
        name.service = "s3";
        if (i + 1 < labels.size() && is_region(labels[i + 1])) name.region = labels[i + 1];
        if (labels[i].starts_with("s3-") && is_region(labels[i].substr(3))) name.region = labels[i].substr(3);
        if (i > 0) name.bucket = host.substr(0, static_cast<size_t>(labels[i].data() - host.data()) - 1);
        return true;
    }
    return false;
}

/// DynamoDB's names beside its own: for searches among vectors, and for one account ("<account>.search-ddb.<region>").
bool is_dynamodb(const std::vector<std::string_view>& labels) {
    const auto is_one_of = [&](size_t at, std::initializer_list<std::string_view> names) {
        return labels.size() > at && std::ranges::find(names, labels[at]) != names.end();
    };
    return is_one_of(0, {"search-dynamodb", "search-dynamodb-fips"}) || is_one_of(1, {"ddb", "search-ddb"});
}

}  // namespace

HostName read_host(std::string_view host, std::string_view own_host) {
    HostName name;
    host = without_port(host);
    if (means_cumulet(host, own_host)) return name;
    const auto text = to_lower(host);
    const auto below = below_domain(text, own_host);
    const auto labels = labels_of(below.value_or(text));
    if (labels.empty() || (below && text == "localhost.localstack.cloud")) return name;
    if (labels.size() >= 2) name.surface = labels[1];
    if (read_s3(name, labels, text)) return name;
    if (!below && text.contains("localhost.localstack.cloud")) return name;
    if (labels.size() >= 2 && labels[1] == "queue" && is_region(labels[0])) {
        name.service = "sqs";
        name.region = labels[0];
        return name;
    }
    name.service = labels[0] == "queue" ? "sqs" : is_dynamodb(labels) ? "dynamodb" : labels[0];
    // "sqs.<region>", or "<id>.execute-api.<region>"
    for (size_t i = 1; i < labels.size() && i <= 2 && name.region.empty(); ++i) {
        if (is_region(labels[i])) name.region = labels[i];
    }
    // "jobs.localhost": a client that was given http://localhost and no path style puts the bucket in front.
    if (below && labels.size() == 1 && !text.ends_with(".amazonaws.com")) name.bucket = labels[0];
    return name;
}

bool may_be_named(const Catalog& catalog, std::string_view host, std::string_view own_host) {
    host = without_port(host);
    if (means_cumulet(host, own_host) || !host.contains('.')) return false;
    const auto text = to_lower(host);
    if (text.ends_with(".amazonaws.com") || text == "localhost.localstack.cloud") return false;
    if (!below_domain(text, own_host)) return true;
    const auto name = read_host(text, own_host);
    return !catalog.at_host(name.service) && !catalog.surface_at_host(name.surface);
}

}  // namespace cumulet::dispatch
