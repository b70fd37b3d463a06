// Call: who calls, on whose behalf, when, and under which names. Handed to every operation.
#pragma once

#include <string>

#include "base/arn.h"
#include "runtime/reactor.h"

namespace cumulet {

/// Who is behind a call, as authentication found it.
struct Principal {
    enum class Kind { root, user, assumed_role, service, anonymous };
    Kind kind = Kind::root;
    std::string account = "000000000000";
    std::string arn;            ///< arn:aws:iam::…:user/…, arn:aws:sts::…:assumed-role/…/…
    std::string user_id;        ///< AIDA…, AROA…:session, or the account
    std::string access_key_id;  ///< "" for a service
    std::string service;        ///< "lambda.amazonaws.com" where Cumulet's own service calls
};

class Call {
  public:
    Call(Reactor& reactor, std::string request_id) : request_id(std::move(request_id)), reactor_(&reactor) {}

    std::string request_id;
    std::string account = "000000000000";
    std::string region = "us-east-1";
    std::string service;    ///< "sqs"
    std::string operation;  ///< "SendMessage"
    Principal principal;
    std::string host =
        "localhost:4566";  ///< the Host that the outermost caller used; URLs in answers are built from it
    bool tls = false;
    std::string source_address = "127.0.0.1";
    std::string user_agent;
    std::string trace;  ///< X-Amzn-Trace-Id, "" if none
    Time started;       ///< when the call came in
    /// aws:SourceArn: for what a service of Cumulet calls on its own, such as the topic whose messages it delivers. The
    /// called resource's policy must then allow it. "" where none is asked for.
    std::string source_arn;
    int depth = 0;                  ///< calls of neighbours above this one; bounded by dispatch
    bool query_compatible = false;  ///< spoken by the legacy query protocol of a service that moved to JSON

    /// The cloud's clock.
    Time now() const { return reactor_->now(); }
    Clock& clock() { return reactor_->clock(); }
    Random& random() { return reactor_->random(); }
    Reactor& reactor() { return *reactor_; }

    /// arn:aws:<service>:<region>:<account>:<resource>, of this call's account and region.
    std::string arn(std::string_view arn_service, std::string_view resource) const {
        return fmt::format("arn:aws:{}:{}:{}:{}", arn_service, region, account, resource);
    }
    /// "http://host:port" or "https://…", as the caller reached us.
    std::string base_url() const { return (tls ? "https://" : "http://") + host; }
    /// A call made on this one's behalf: same account, region, principal and trace, one deeper.
    Call child(std::string child_service, std::string child_operation) const {
        Call child = *this;
        child.service = std::move(child_service);
        child.operation = std::move(child_operation);
        child.source_arn.clear();
        ++child.depth;
        return child;
    }

  private:
    Reactor* reactor_;
};

/// A call that Cumulet makes of itself, for background work in `account` and `region`.
Call service_call(Reactor& reactor, std::string service_principal, std::string account, std::string region);

}  // namespace cumulet
