// Which route a request takes. Pure; a table is built once and then only read, from any thread.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace cumulet::apigatewayv2 {

/// A route's key and what stands behind it.
struct RoutedTo {
    std::string route_key;  ///< "GET /pets/{id}" or "$default"
    std::string function;   ///< ARN without qualifier, "" if the route leads nowhere
    std::string qualifier;  ///< alias or version, "" if none
    std::string role;       ///< ARN of the role that invokes, "" for API Gateway itself
    std::string payload_version = "2.0";
    Duration timeout = 30s;

    /// "/pets/{id}", or "$default".
    std::string_view resource() const {
        const auto space = route_key.find(' ');
        return space == std::string::npos ? std::string_view(route_key) : std::string_view(route_key).substr(space + 1);
    }
};

struct Match {
    const RoutedTo* route = nullptr;                     ///< owned by the table
    std::map<std::string, std::string> path_parameters;  ///< decoded
};

class RoutingTable {
  public:
    RoutingTable();
    ~RoutingTable();
    RoutingTable(RoutingTable&&) noexcept;

    void add(RoutedTo route);
    /// The most specific route to `path` (still percent-encoded, begins with '/'): at each segment from the left what
    /// is spelled out comes before a variable, and a variable before a greedy one; on the same path the method itself
    /// comes before ANY; $default takes the rest.
    std::optional<Match> find(std::string_view method, std::string_view path) const;

  private:
    struct Node;
    std::unique_ptr<Node> root_;
    std::unique_ptr<RoutedTo> default_;
};

}  // namespace cumulet::apigatewayv2
