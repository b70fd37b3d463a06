// The one door: every call, from an SDK over HTTP or from a neighbour service, takes the same steps (steps.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/json.h"
#include "contracts/client.h"
#include "contracts/identity.h"
#include "contracts/wire_door.h"
#include "dispatch/records.h"
#include "runtime/clock.h"
#include "runtime/task.h"

namespace cumulet::contracts {
class NamedSurface;  // contracts/execute_api.h
}

namespace cumulet::dispatch {

enum class SignatureMode : uint8_t { off, check };
enum class AuthorisationMode : uint8_t { off, log, enforce };

struct Settings {
    SignatureMode signatures = SignatureMode::off;
    AuthorisationMode authorisation = AuthorisationMode::off;
    std::string default_account = "000000000000";
    std::string default_region = "us-east-1";
    std::string host = "localhost:4566";  ///< for URLs, where a caller sent no Host
    std::string version = "0.1.0";
    bool cors = true;
    int max_depth = 16;                 ///< calls of neighbours by neighbours
    size_t records_per_reactor = 4096;  ///< audit and metering records kept until they are taken
    /// Credentials that are always known: the secret of any access key that no one issued. LocalStack's habit.
    std::string default_secret = "test";
};

class Door final : public contracts::Door, public contracts::Gate, public contracts::WireDoor {
  public:
    Door(Settings settings, Clock& clock, contracts::IdentitySource* identities = nullptr);
    ~Door() override;

    // Registration, before the first call. What is registered must outlive the door.

    void add(const contracts::Service& service, contracts::AnyApi& api);
    /// Requests to "<id>.<label>.…", such as "execute-api" or "lambda-url".
    void add_host_surface(std::string label, contracts::Surface& surface);
    /// Requests whose path starts with `prefix`, in which "*" stands for any segment; the longest wins.
    void add_path_surface(std::string prefix, contracts::Surface& surface);
    /// Requests to the hosts that `surface` says are its own.
    void set_named_surface(contracts::NamedSurface& surface);
    void set_identities(contracts::IdentitySource& identities);
    /// What GET /_localstack/init answers.
    void set_init_status(std::function<json::object()> status);
    /// Called before the clock is moved, with the setting that it is moved to; the caller's answer waits for it.
    void set_clock_keeper(std::function<Task<void>(Clock::Setting)> keep);
    /// What is not as it should be, for every answer of /_localstack/health: a sentence each.
    void add_health(std::function<std::vector<std::string>()> warnings);
    /// Appends lines of Prometheus text to every answer of /metrics.
    void add_metrics(std::function<void(std::string& out)> append);
    /// True once the process serves all it is going to serve: what /_cumulet/status answers.
    void set_ready(bool ready);

    /// Answers one HTTP request. Never throws.
    Task<http::Response> serve(http::Request request);
    /// For net: true if the body should be handed over as a stream.
    bool wants_stream(const http::Request& head) const;
    /// The same steps without a wire: for neighbours.
    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override;
    Task<http::Response> forward(Call& caller, contracts::ServiceRequest request) override;
    Task<void> identify(Call& call, const http::Request& request, const contracts::Service& service) override;
    Task<void> permit(Call& call, const contracts::Service& service, std::string action, std::string resource,
                      std::string resource_policy, std::map<std::string, std::string> conditions) override;

    /// Moves all buffered records to `sink`. From any thread.
    void take_records(RecordSink& sink);

    const Settings& settings() const;

    struct State;

  private:
    std::unique_ptr<State> state_;
};

}  // namespace cumulet::dispatch
