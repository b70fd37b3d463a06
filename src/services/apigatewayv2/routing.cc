#include "services/apigatewayv2/routing.h"

#include "base/bytes.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr size_t most_segments = 512;  // more than any route has

struct Leaf {
    RoutedTo route;
    std::vector<std::string> variables;  // names, from the left
};
using Leaves = std::map<std::string, Leaf, std::less<>>;  // by method

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    while (path.starts_with('/') && segments.size() < most_segments) {
        path.remove_prefix(1);
        const auto slash = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, slash));
        path.remove_prefix(slash);
    }
    return segments;
}

const Leaf* leaf_for(const Leaves& leaves, std::string_view method) {
    auto found = leaves.find(method);
    if (found == leaves.end()) found = leaves.find("ANY");
    return found == leaves.end() ? nullptr : &found->second;
}

}  // namespace

struct RoutingTable::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
    std::unique_ptr<Node> variable;
    Leaves here;
    Leaves greedy;  // routes whose last segment is a greedy variable, one further

    /// The values of the variables on the way are appended to `values`. Each node is looked at no more than once: it
    /// has one place in the path.
    const Leaf* find(std::string_view method, const std::vector<std::string>& segments, size_t at,
                     std::vector<std::string>& values) const {
        if (at == segments.size()) return leaf_for(here, method);
        if (const auto next = literal.find(segments[at]); next != literal.end()) {
            if (const auto* leaf = next->second->find(method, segments, at + 1, values)) return leaf;
        }
        if (variable && !segments[at].empty()) {
            values.push_back(segments[at]);
            if (const auto* leaf = variable->find(method, segments, at + 1, values)) return leaf;
            values.pop_back();
        }
        const auto* leaf = leaf_for(greedy, method);
        if (!leaf) return nullptr;
        std::string rest;
        for (auto i = at; i < segments.size(); ++i) {
            if (i > at) rest += '/';
            rest += segments[i];
        }
        if (rest.empty()) return nullptr;
        values.push_back(std::move(rest));
        return leaf;
    }
};

RoutingTable::RoutingTable() : root_(std::make_unique<Node>()) {}
RoutingTable::~RoutingTable() = default;
RoutingTable::RoutingTable(RoutingTable&&) noexcept = default;

void RoutingTable::add(RoutedTo route) {
    if (route.route_key == "$default") {
        default_ = std::make_unique<RoutedTo>(std::move(route));
        return;
    }
    const auto method = route.route_key.substr(0, route.route_key.find(' '));
    Leaf leaf;
    auto* node = root_.get();
    auto* leaves = &node->here;
    for (const auto segment : split(route.resource())) {
        if (segment.size() > 2 && segment.front() == '{' && segment.back() == '}') {
            auto name = segment.substr(1, segment.size() - 2);
            const bool greedy = name.ends_with('+');
            if (greedy) name.remove_suffix(1);
            leaf.variables.emplace_back(name);
            if (greedy) {
                leaves = &node->greedy;
                break;
            }
            if (!node->variable) node->variable = std::make_unique<Node>();
            node = node->variable.get();
        } else {
            auto& next = node->literal[std::string(segment)];
            if (!next) next = std::make_unique<Node>();
            node = next.get();
        }
        leaves = &node->here;
    }
    leaf.route = std::move(route);
    leaves->insert_or_assign(method, std::move(leaf));
}

std::optional<Match> RoutingTable::find(std::string_view method, std::string_view path) const {
    std::vector<std::string> segments;
    for (const auto segment : split(path)) segments.push_back(percent_decode(segment));
    std::vector<std::string> values;
    if (const auto* leaf = root_->find(method, segments, 0, values)) {
        Match match{.route = &leaf->route, .path_parameters = {}};
        for (size_t i = 0; i < values.size(); ++i) match.path_parameters[leaf->variables[i]] = std::move(values[i]);
        return match;
    }
    if (default_) return Match{.route = default_.get(), .path_parameters = {}};
    return std::nullopt;
}

}  // namespace cumulet::apigatewayv2
