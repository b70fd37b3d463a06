// Where requests to function URLs come in:
//     http://<id>.lambda-url.<region>.<anything>/<path>
//     http://<anything>/_aws/lambda-url/<id>/<path>
#pragma once

#include "contracts/client.h"
#include "services/lambda/function.h"
#include "services/lambda/url.h"
#include "store/store.h"

namespace cumulet::lambda {

class Service;

class UrlSurface final : public contracts::Surface {
  public:
    static constexpr std::string_view host_label = "lambda-url";
    static constexpr std::string_view path_prefix = "/_aws/lambda-url/";

    /// Without a gate everyone is let in.
    UrlSurface(Service& service, store::Store& store, contracts::Gate* gate)
        : service_(service), store_(store), gate_(gate) {}

    Task<http::Response> serve(Call& call, http::Request request) override;

  private:
    /// A URL with what a request to it needs.
    struct Found {
        FunctionUrl url;
        std::string policy;                        ///< of the function, or of the alias
        std::shared_ptr<const Function> function;  ///< that this request runs, nothing if it is gone
    };
    Task<std::optional<Found>> find(Call& call, std::string id);
    Task<void> admit(Call& call, const Found& found, const http::Request& request);
    Task<http::Response> run(Call& call, const Found& found, std::string event);

    Service& service_;
    store::Store& store_;
    contracts::Gate* const gate_;
};

}  // namespace cumulet::lambda
