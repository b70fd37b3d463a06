// How requests leave for endpoints that users name: subscribers, integrations of APIs, issuers of tokens.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/http.h"
#include "runtime/task.h"

namespace cumulet::contracts {

/// How a request leaves.
struct Sending {
    Sending(std::chrono::milliseconds until_answered) : patience(until_answered) {}
    std::chrono::milliseconds patience;  ///< real time: until the answer's head, and between pieces of its body
    bool stream = false;                 ///< the answer's body is handed over as `stream`
    bool trust_any_certificate = false;
    std::string client_certificate;  ///< PEM of a certificate and its key, for endpoints of TLS that ask; "" for none
};

class HttpSender {
  public:
    virtual ~HttpSender() = default;
    /// `origin` is "https://host:port". An answer of any status is a result; nothing if there was none in time. Throws
    /// if the endpoint cannot be reached.
    virtual Task<std::optional<http::Response>> send(std::string origin, http::Request request, Sending sending) = 0;
};

/// A URL as requests need it: "https://id.example.com/pool?x" is "https://id.example.com" and "/pool?x".
struct HttpTarget {
    std::string origin;
    std::string target;  ///< begins with '/'
    /// Nothing unless it begins with http:// or https:// and a host.
    static std::optional<HttpTarget> parse(std::string_view url);
};

}  // namespace cumulet::contracts
