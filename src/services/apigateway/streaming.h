// Answers of functions that stream: a prelude in JSON, eight zero bytes, and the body as it comes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
#pragma once

#include "contracts/event_stream.h"
#include "runtime/byte_stream.h"
#include "services/apigateway/fault.h"

namespace cumulet::apigateway {

/// The bytes that a function writes, taken out of the events of InvokeWithResponseStream. Ends broken where the
/// function failed.
class PayloadStream final : public ByteStream {
  public:
    explicit PayloadStream(std::shared_ptr<ByteStream> events) : events_(std::move(events)) {}
    Task<std::optional<std::string>> read() override;
    void cancel() override { events_->cancel(); }
    /// Gives bytes back, to be read first.
    void unread(std::string bytes) { begun_ = std::move(bytes); }

  private:
    std::shared_ptr<ByteStream> events_;
    contracts::EventReader reader_;
    std::string begun_;
    bool complete_ = false;
};

/// The answer whose prelude the payload begins with, and whose body is the rest of it. Throws Fault for a prelude that
/// is none, or longer than 16 KB.
Task<http::Response> read_streamed_answer(std::shared_ptr<PayloadStream> payload);

}  // namespace cumulet::apigateway
