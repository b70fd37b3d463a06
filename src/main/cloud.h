// One cloud in this process: store, services, door and reactors, put together.
#pragma once

#include <memory>

#include "main/options.h"

namespace cumulet {

class Cloud {
  public:
    /// Opens the store and builds every service. Throws if the store cannot be opened.
    explicit Cloud(ServeOptions options);
    /// Stops, if stop() was not called.
    ~Cloud();
    Cloud(const Cloud&) = delete;

    /// Listens, starts background work, and serves until stop(). Throws net::ListenFailed.
    void start();
    /// Lets calls in flight end, stops background work, writes everything to disk. Safe to call twice.
    void stop();

    /// As listened on, with the ports that were taken: "127.0.0.1:4566".
    const std::vector<std::string>& addresses() const;
    uint16_t port() const;
    /// What POST /_localstack/health asked for: restart or kill.
    dispatch::Door& door();

    struct Parts;

  private:
    std::unique_ptr<Parts> parts_;
};

}  // namespace cumulet
