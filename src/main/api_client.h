// A caller of a cloud over HTTP, as the commands that talk to one need it: signed, in AWS's Query and JSON protocols.
#pragma once

#include <pugixml.hpp>
#include <vector>

#include "auth/sigv4.h"
#include "base/json.h"
#include "net/client.h"

namespace cumulet {

/// Which cloud, and as whom.
struct Target {
    std::string endpoint;  ///< "http://127.0.0.1:4566"
    std::string region;
    auth::SigningCredentials credentials;
};

/// AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN,
/// or a Cumulet with its defaults on this machine.
Target target_from_environment();

/// The cloud answered with an error.
struct ApiFailed : std::runtime_error {
    ApiFailed(std::string error_code, const std::string& message, int http_status)
        : std::runtime_error(message), code(std::move(error_code)), status(http_status) {}
    std::string code;  ///< "ValidationError"
    int status;
};

/// No answer. Says what to do about it.
struct Unreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A service of the Query protocol.
struct QueryService {
    std::string_view name;     ///< as signatures have it: "cloudformation"
    std::string_view version;  ///< "2010-05-15"
};

class ApiClient {
  public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    /// Throws std::invalid_argument if the endpoint is not a URL.
    explicit ApiClient(Target target);

    /// The answer's <Action>Result element within its document. Throws ApiFailed, Unreachable.
    Task<pugi::xml_document> query(QueryService service, std::string action, Fields fields);
    /// awsJson 1.1: `operation` is "Logs_20140328.FilterLogEvents". Throws ApiFailed, Unreachable.
    Task<json::object> call_json(std::string service, std::string operation, json::object input);
    /// Any request, signed for `service`; any status is a result. Throws Unreachable.
    Task<http::Response> send(std::string service, http::Request request);

    const Target& target() const { return target_; }
    Time now() const;

  private:
    Target target_;
    net::Origin origin_;
    net::Client http_;
};

/// The text of `element`'s child, "" if it has none.
std::string_view text_of(pugi::xml_node element, const char* child);

/// Runs a command that calls a cloud to its end on this thread. What it throws becomes a sentence on standard error and
/// exit code 1.
int run_command(Task<int> command);

}  // namespace cumulet
