#include "base/bytes.h"
#include "wire/value.h"

namespace cumulet::wire {
namespace {

struct Segment {
    enum class Kind : uint8_t { greedy, label, literal } kind;
    std::string_view text;  ///< the literal, or the label's name
};

/// The pieces between slashes, each with its offset; a last empty one is left out.
std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> pieces;
    if (path.starts_with('/')) path.remove_prefix(1);
    while (!path.empty()) {
        const auto slash = path.find('/');
        pieces.push_back(path.substr(0, slash));
        if (slash == path.npos) break;
        path.remove_prefix(slash + 1);
    }
    return pieces;
}

}  // namespace

struct Routes::Route {
    const Operation* operation;
    std::vector<Segment> segments;
    std::vector<http::Parameter> literals;         ///< of the query string
    std::vector<std::string_view> required_query;  ///< wire names of required members
    std::vector<std::string_view> required_header;

    explicit Route(const Operation& of) : operation(&of) {
        const auto mark = of.uri.find('?');
        for (const auto piece : split_path(of.uri.substr(0, mark))) {
            if (!piece.starts_with('{')) {
                segments.push_back({Segment::Kind::literal, piece});
            } else if (piece.ends_with("+}")) {
                segments.push_back({Segment::Kind::greedy, piece.substr(1, piece.size() - 3)});
            } else {
                segments.push_back({Segment::Kind::label, piece.substr(1, piece.size() - 2)});
            }
        }
        if (mark != of.uri.npos) literals = http::parse_query(of.uri.substr(mark + 1));
        for (const auto& member : of.input->members) {
            if (!member.required) continue;
            if (member.location == Location::query) required_query.push_back(member.wire_name);
            if (member.location == Location::header) required_header.push_back(member.wire_name);
        }
    }

    /// What the route fixes: a route that fixes more is meant before one that fixes less.
    struct Rank {
        std::vector<Segment::Kind> kinds;
        size_t literals;
        bool has_all_required;
        size_t required;
        auto operator<=>(const Rank&) const = default;
    };

    /// Fills `labels` if the path fits.
    bool fits(const std::vector<std::string_view>& pieces, std::string_view path, UriLabels& labels) const {
        size_t at = 0;
        for (size_t i = 0; i < segments.size(); ++i) {
            if (at >= pieces.size()) return false;
            const auto& segment = segments[i];
            if (segment.kind == Segment::Kind::literal) {
                if (pieces[at] != segment.text && percent_decode(pieces[at]) != segment.text) return false;
                ++at;
            } else if (segment.kind == Segment::Kind::label) {
                if (pieces[at].empty()) return false;
                labels.push_back({segment.text, percent_decode(pieces[at++])});
            } else {
                // All but what the segments behind it need.
                const size_t behind = segments.size() - i - 1;
                if (pieces.size() < at + behind + 1) return false;
                const size_t last = pieces.size() - behind - 1;
                const char* begin = pieces[at].data();
                const char* end = behind == 0 ? path.data() + path.size() : pieces[last].data() + pieces[last].size();
                if (begin == end) return false;
                labels.push_back({segment.text, percent_decode({begin, size_t(end - begin)})});
                at = last + 1;
            }
        }
        return at == pieces.size();
    }
};

Routes::Routes(const Service& service) {
    routes_.reserve(service.operations.size());
    for (const auto& operation : service.operations) routes_.emplace_back(operation);
}
Routes::Routes(Routes&&) noexcept = default;
Routes::~Routes() = default;

std::optional<Routes::Match> Routes::find(const http::Request& request) const {
    const auto pieces = split_path(request.path);
    const auto parameters = http::parse_query(request.query);
    const auto has_parameter = [&](std::string_view name) {
        return std::ranges::any_of(parameters, [&](const auto& parameter) { return parameter.name == name; });
    };
    const auto has_literal = [&](const http::Parameter& literal) {
        return std::ranges::any_of(parameters, [&](const auto& parameter) {
            return parameter.name == literal.name && (literal.value.empty() || parameter.value == literal.value);
        });
    };
    std::optional<Match> best;
    Route::Rank best_rank;
    for (const auto& route : routes_) {
        if (route.operation->method != request.method || route.segments.size() > pieces.size()) continue;
        if (!std::ranges::all_of(route.literals, has_literal)) continue;
        UriLabels labels;
        if (!route.fits(pieces, request.path, labels)) continue;
        Route::Rank rank{{}, route.literals.size(), true, 0};
        for (const auto& segment : route.segments) rank.kinds.push_back(segment.kind);
        for (const auto name : route.required_query) rank.required += has_parameter(name);
        for (const auto name : route.required_header) rank.required += request.headers.has(name);
        rank.has_all_required = rank.required == route.required_query.size() + route.required_header.size();
        if (best && !(rank > best_rank)) continue;
        best = Match{route.operation, std::move(labels)};
        best_rank = std::move(rank);
    }
    return best;
}

}  // namespace cumulet::wire
