// Which route a request takes. Pure; a table is built once and then only read, from any thread.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/apigatewayv2.h"
#include "contracts/execution_log.h"

namespace cumulet::apigatewayv2 {

/// A function by name: "arn:aws:lambda:us-east-1:000000000000:function:orders" and an alias or version.
struct FunctionTarget {
    std::string function;   ///< ARN without qualifier, "" if there is none
    std::string qualifier;  ///< "" if none
    std::string role;       ///< ARN of the role that invokes, "" for API Gateway itself
};

/// Who may take a route.
struct Authorization {
    std::string type = "NONE";  ///< AWS's AuthorizationType
    std::vector<std::string> scopes;
    std::shared_ptr<const aws::apigatewayv2::Authorizer> authorizer;  ///< for JWT and CUSTOM; nullptr lets nobody pass
    FunctionTarget function;                                          ///< the authorizer's
};

/// How many requests a route takes: so many at once, and so many a second after that.
struct Limits {
    double rate_per_second = 10'000;
    double burst = 5000;
};

/// A route's key and what stands behind it.
struct RoutedTo {
    std::string route_key;                                              ///< "GET /pets/{id}" or "$default"
    std::shared_ptr<const aws::apigatewayv2::Integration> integration;  ///< nullptr if the route leads nowhere
    FunctionTarget target;                                              ///< of a Lambda integration
    std::string uri;                                                    ///< of the integration
    std::string payload_version = "2.0";
    Duration timeout = 30s;
    Authorization authorization;
    std::optional<Limits> limits;   ///< nothing: as many as come
    bool detailed_metrics = false;  ///< measured by route too
    contracts::LogLevel log_level = contracts::LogLevel::none;

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
