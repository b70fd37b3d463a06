// A request to an API on its way, and what is known of it: $context and the values that mappings name. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
#pragma once

#include "base/http.h"
#include "contracts/execute_api.h"
#include "contracts/execution_log.h"
#include "contracts/proxy_event.h"
#include "services/apigateway/deployed.h"

namespace cumulet::apigateway {

using contracts::ExecutionLog;
using contracts::LogLevel;

using contracts::readable;

/// What templates say over what mappings say: $context.requestOverride and $context.responseOverride.
struct Overrides {
    std::map<std::string, std::string> headers;
    std::map<std::string, std::string> querystring;
    std::map<std::string, std::string> path;
    std::map<std::string, std::string> response_headers;
    std::optional<int> status;
};

/// How asking for a permission went.
struct Permission {
    int status = 200;
    Duration latency{};
    std::string error;
    std::string request_id;  ///< of an authorizer's function
};

struct Exchange {
    const DeployedApi* api = nullptr;
    const Stage* stage = nullptr;
    const DeployedDefinition* definition = nullptr;
    std::string_view client_certificate;     ///< PEM with its key, for endpoints over TLS
    const CompiledMethod* method = nullptr;  ///< nullptr until it is found
    http::Request request;
    std::string path;       ///< without the stage, still percent-encoded
    std::string full_path;  ///< with the stage, or as a custom domain's caller wrote it; percent-encoded too
    std::vector<PathParameter> path_parameters;
    std::vector<http::Parameter> query;
    std::string request_id;           ///< a UUID
    std::string extended_request_id;  ///< "JKJaXmPLvHcESHA="
    std::string domain_name;
    std::optional<contracts::DomainMatch> domain;  ///< the custom domain that led here
    std::string source_address;
    std::string tls_version;   ///< "TLSv1.3", "" without TLS
    std::string cipher_suite;  ///< by IANA's name
    std::string trace;         ///< X-Amzn-Trace-Id, never empty
    Time received;
    bool canary = false;
    bool test = false;  ///< TestInvokeMethod
    // What authorisation found.
    json::object authorizer;  ///< $context.authorizer
    json::object identity;    ///< what $context.identity has beside the caller's address
    std::string usage_key;    ///< the API key that an authorizer chose
    std::string api_key;
    std::optional<Permission> authenticated;  ///< by a signature
    std::optional<Permission> permitted;      ///< by policies
    std::optional<Permission> let_in;         ///< by an authorizer
    // What the integration and API Gateway's own refusals left.
    Overrides overrides;
    int status = 0;  ///< of the answer, once there is one
    size_t answer_bytes = 0;
    Duration latency{};
    int integration_status = 0;  ///< of the endpoint; of Lambda where that is the endpoint
    int function_status = 0;     ///< that the function answered with
    std::string integration_request_id;
    std::string integration_error;
    Duration integration_latency{};
    std::string error_message;
    std::string error_type;
    std::string error_validation;
    std::optional<bool> from_cache;
    ExecutionLog log;
    std::string log_reason;  ///< of a configuration error, for the execution log alone

    const std::string& account() const { return api->address.place.account; }
    const std::string& region() const { return api->address.place.region; }
    const std::string& api_id() const { return api->address.place.owner; }
    const std::map<std::string, std::string>& variables() const { return definition->variables; }
    bool is_binary() const;  ///< the request's body
};

/// "arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets/7"
std::string method_arn(const Exchange& exchange, bool of_resource);

/// $context, whole.
json::object context_of(const Exchange& exchange);
/// $context as access logs know it: with the outcome of each step.
json::object log_context_of(const Exchange& exchange);
/// "identity.sourceIp" in a context; nothing if there is none.
std::optional<std::string> value_in(const json::object& context, std::string_view name);
/// "identity.sourceIp" of $context; nothing if there is none.
std::optional<std::string> context_value(const Exchange& exchange, std::string_view name);

/// What a template sees of the request.
velocity::Variables request_variables(const Exchange& exchange, std::string body);
/// Takes over what a template put into $context.requestOverride and $context.responseOverride.
void read_overrides(const velocity::Variables& variables, Overrides& overrides);

/// What a mapping expression names of the request: 'text', "method.request.header.x", "context.stage",
/// "stageVariables.x". Nothing if it is not there.
std::optional<std::string> request_value(const Exchange& exchange, std::string_view expression);

/// True if bodies of that content type are binary to the API: "image/png" to "image/*".
bool is_binary_type(const RestApi& api, std::string_view content_type);
/// Without parameters, in lower case.
std::string media_type(std::string_view content_type);
/// "${stageVariables.name}" replaced by its value, "" where there is none.
std::string with_stage_variables(std::string_view text, const std::map<std::string, std::string>& variables);
/// True if a header may carry it: no line ends, no zero.
bool fits_header(std::string_view value);

}  // namespace cumulet::apigateway
