// Which method a request means. Pure; a table is built once and then only read, from any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cumulet::apigateway {

struct PathParameter {
    std::string name;
    std::string value;  ///< decoded
    std::string raw;    ///< as the request has it
};

class RoutingTable {
  public:
    RoutingTable();
    ~RoutingTable();
    RoutingTable(RoutingTable&&) noexcept;
    RoutingTable& operator=(RoutingTable&&) noexcept;

    struct Match {
        size_t route = 0;
        std::vector<PathParameter> parameters;
    };

    /// `path` is a resource's, such as "/pets/{id}" or "/{proxy+}"; `route` is what find gives back.
    void add(std::string_view path, std::string_view http_method, size_t route);
    /// The most specific method for `path`, which is still percent-encoded: at each segment from the left what is
    /// spelled out comes before a variable, and a variable before a greedy one; the method itself comes before ANY. A
    /// slash at the end does not count.
    std::optional<Match> find(std::string_view http_method, std::string_view path) const;

  private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace cumulet::apigateway
