// How SNS's notifications leave for HTTP endpoints.
#pragma once

#include "net/client.h"
#include "services/sns/http_courier.h"

namespace cumulet {

class HttpSender final : public sns::HttpSender {
  public:
    HttpSender();
    Task<http::Response> send(std::string origin, http::Request request) override;

  private:
    net::Client client_;
};

}  // namespace cumulet
