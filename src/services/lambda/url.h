// Function URLs as they are stored, what a function is told about a request, and cross-origin rules. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
#pragma once

#include <optional>

#include "base/http.h"
#include "contracts/lambda.h"
#include "services/lambda/name.h"

namespace cumulet::lambda {

/// The URL of a function or of one of its aliases.
struct FunctionUrl {
    std::string id;
    FunctionName function;  ///< the qualifier is an alias, "" for $LATEST
    aws::lambda::FunctionUrlConfig config;

    std::string text() const;
    static FunctionUrl parse(std::string_view text);

    bool signed_only() const { return config.AuthType == "AWS_IAM"; }
    bool streams() const { return config.InvokeMode.value_or("BUFFERED") == "RESPONSE_STREAM"; }
};

/// "http://<id>.lambda-url.<region>.localhost.localstack.cloud:4566/", as the caller of `call` reaches this cloud.
std::string url_of(const Call& call, std::string_view id, std::string_view region);

/// Which URL a request is for.
struct UrlDestination {
    std::string id;
    std::string path;  ///< still percent-encoded, begins with '/'
};
/// "<id>.lambda-url.…" in the host, or "/_aws/lambda-url/<id>/…" in the path. Nothing for another.
std::optional<UrlDestination> read_url_destination(std::string_view host, std::string_view path);

/// The event in the payload format 2.0, as JSON text.
std::string url_event(const Call& call, const FunctionUrl& url, const http::Request& request, std::string_view path);

bool is_preflight(const http::Request& request);
http::Response answer_preflight(const aws::lambda::Cors& cors, const http::Request& request);
/// Adds what a browser wants to see on an answer.
void apply_cors(const aws::lambda::Cors& cors, const http::Request& request, http::Response& response);

}  // namespace cumulet::lambda
