// How requests leave for HTTP endpoints that users name.
#pragma once

#include "contracts/http_sender.h"
#include "net/client.h"

namespace cumulet {

class HttpSender final : public contracts::HttpSender {
  public:
    HttpSender();
    Task<std::optional<http::Response>> send(std::string origin, http::Request request,
                                             contracts::Sending sending) override;

  private:
    net::Client client_;
};

}  // namespace cumulet
