// How requests leave for HTTP endpoints: SNS's notifications, and what contracts::HttpSender is for.
#pragma once

#include "contracts/http_sender.h"
#include "net/client.h"
#include "services/sns/http_courier.h"

namespace cumulet {

class HttpSender final : public sns::HttpSender, public contracts::HttpSender {
  public:
    HttpSender();
    Task<http::Response> send(std::string origin, http::Request request) override;
    Task<std::optional<http::Response>> send(std::string origin, http::Request request,
                                             std::chrono::milliseconds patience) override;

  private:
    net::Client client_;
};

}  // namespace cumulet
