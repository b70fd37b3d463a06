// What a queue holds, shown without receiving it: for developers, as LocalStack's users know it.
//     GET or POST /_aws/sqs/messages?QueueUrl=…[&ShowInvisible=true][&ShowDelayed=true]
//     GET /_aws/sqs/messages/<region>/<account>/<queue>
// It also answers an SDK's ReceiveMessage whose endpoint it is, in the SDK's protocol.
#pragma once

#include "contracts/client.h"
#include "services/sqs/contents.h"

namespace cumulet::sqs {

class Peek final : public contracts::Surface {
  public:
    /// The path prefix to register it by.
    static constexpr std::string_view path = "/_aws/sqs/messages";

    explicit Peek(store::Store& store) : store_(store) {}

    Task<http::Response> serve(Call& call, http::Request request) override;

  private:
    store::Store& store_;
};

/// A message as a peek shows it: under a handle that opens nothing, with all its attributes.
aws::sqs::Message peeked(const Stored& stored, Time now, bool tells_state);

}  // namespace cumulet::sqs
