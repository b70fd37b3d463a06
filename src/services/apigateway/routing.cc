#include "services/apigateway/routing.h"

#include <span>

#include "base/bytes.h"

namespace cumulet::apigateway {
namespace {

constexpr size_t most_segments = 512;  // more than any resource has

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    while (path.starts_with('/') && segments.size() < most_segments) {
        path.remove_prefix(1);
        const auto slash = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, slash));
        path.remove_prefix(slash);
    }
    if (!segments.empty() && segments.back().empty()) segments.pop_back();
    return segments;
}

struct Segment {
    std::string_view raw;
    std::string decoded;
};

using Methods = std::map<std::string, size_t, std::less<>>;

const size_t* method_in(const Methods& methods, std::string_view http_method) {
    auto found = methods.find(http_method);
    if (found == methods.end()) found = methods.find("ANY");
    return found == methods.end() ? nullptr : &found->second;
}

PathParameter rest_of(std::string name, std::span<const Segment> segments) {
    PathParameter rest{.name = std::move(name), .value = {}, .raw = {}};
    for (const auto& segment : segments) {
        if (!rest.raw.empty()) {
            rest.raw += '/';
            rest.value += '/';
        }
        rest.raw += segment.raw;
        rest.value += segment.decoded;
    }
    return rest;
}

}  // namespace

struct RoutingTable::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
    std::unique_ptr<Node> variable;
    std::string variable_name;
    std::string greedy_name;
    Methods here;
    Methods greedy;

    /// Each node is looked at no more than once: it has one place in the path.
    const size_t* find(std::string_view http_method, std::span<const Segment> segments,
                       std::vector<PathParameter>& parameters) const {
        if (segments.empty()) return method_in(here, http_method);
        const auto& first = segments.front();
        if (const auto next = literal.find(first.decoded); next != literal.end()) {
            if (const auto* found = next->second->find(http_method, segments.subspan(1), parameters)) return found;
        }
        if (variable && !first.raw.empty()) {
            parameters.push_back({variable_name, first.decoded, std::string(first.raw)});
            if (const auto* found = variable->find(http_method, segments.subspan(1), parameters)) return found;
            parameters.pop_back();
        }
        const auto* found = method_in(greedy, http_method);
        if (found) parameters.push_back(rest_of(greedy_name, segments));
        return found;
    }
};

RoutingTable::RoutingTable() : root_(std::make_unique<Node>()) {}
RoutingTable::~RoutingTable() = default;
RoutingTable::RoutingTable(RoutingTable&&) noexcept = default;
RoutingTable& RoutingTable::operator=(RoutingTable&&) noexcept = default;

void RoutingTable::add(std::string_view path, std::string_view http_method, size_t route) {
    auto* node = root_.get();
    for (const auto segment : split(path)) {
        if (segment.starts_with('{') && segment.ends_with('}')) {
            auto name = segment.substr(1, segment.size() - 2);
            if (name.ends_with('+')) {
                node->greedy_name = name.substr(0, name.size() - 1);
                node->greedy[std::string(http_method)] = route;
                return;
            }
            node->variable_name = name;
            if (!node->variable) node->variable = std::make_unique<Node>();
            node = node->variable.get();
        } else {
            auto& next = node->literal[std::string(segment)];
            if (!next) next = std::make_unique<Node>();
            node = next.get();
        }
    }
    node->here[std::string(http_method)] = route;
}

std::optional<RoutingTable::Match> RoutingTable::find(std::string_view http_method, std::string_view path) const {
    std::vector<Segment> segments;
    for (const auto segment : split(path)) segments.push_back({segment, percent_decode(segment)});
    Match match;
    const auto* found = root_->find(http_method, segments, match.parameters);
    if (!found) return std::nullopt;
    match.route = *found;
    return match;
}

}  // namespace cumulet::apigateway
