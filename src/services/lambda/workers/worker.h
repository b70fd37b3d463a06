// A worker: one process of one function, which takes one event after another through the Runtime API.
#pragma once

#include <coroutine>
#include <map>
#include <optional>

#include "runtime/reactor.h"
#include "services/lambda/sandbox/sandbox.h"
#include "services/lambda/workers/exchange.h"
#include "services/lambda/workers/launcher.h"
#include "services/lambda/workers/log_book.h"
#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {

/// What a worker runs, and within which limits.
struct WorkerPlan {
    std::string key;                       ///< workers with the same key may stand in for each other
    std::string function;                  ///< account/region/name: what is retired together
    std::vector<std::string> program;      ///< as seen inside the sandbox
    std::vector<std::string> environment;  ///< "NAME=value"
    Room room;
    uint32_t memory_mb = 128;
    std::chrono::milliseconds timeout{3000};
    std::chrono::milliseconds init_timeout{10'000};
    bool by_address = false;  ///< the program finds the Runtime API at AWS_LAMBDA_RUNTIME_API, not at descriptor 3
    std::shared_ptr<LogStream> output;
    Time expires = Time::max();  ///< of its credentials, on the cloud's clock
};

struct Invocation {
    std::string request_id;
    std::string payload;
    std::string function_arn;    ///< as it was invoked
    std::string client_context;  ///< JSON, "" for none
    std::string trace;
    std::string version = "$LATEST";
};

struct Outcome {
    bool failed = false;  ///< the payload is an error's shape
    bool lost = false;    ///< the worker ended before it took the event: another may take it
    std::string payload;
    std::string log_tail;  ///< at most the last 4 KiB of output
};

/// May be used from any thread. It lives until its process is gone, whoever else still holds it.
class Worker : public std::enable_shared_from_this<Worker> {
  public:
    Worker(Loop& loop, const Sandbox& sandbox, Clock& clock, WorkerPlan plan);
    ~Worker();

    /// Starts the process on the launcher's thread. `gone` is called once, on the loop's thread, when nothing is left
    /// of it.
    void start(Launcher& launcher, std::function<void()> gone);
    /// Hands over one event and waits for its outcome. One at a time.
    Task<Outcome> run(Invocation invocation);
    /// Ends the process and all that it started.
    void end();
    /// It must not take further events: its function has changed.
    void retire() { retired_ = true; }
    /// True if it may take an event at `now`.
    bool usable(Time now) const;

    const WorkerPlan& plan() const { return plan_; }
    std::chrono::steady_clock::time_point idle_since;  ///< the pool's

  private:
    enum class Phase { starting, ready, ended };
    struct Connection;
    struct Current;

    // On the launcher's thread.
    void launch();
    std::expected<void, std::string> open_and_spawn();
    // On the loop's thread.
    void accept_connections();
    void watch_connection(Descriptor socket);
    void read_connection(const std::shared_ptr<Connection>& connection);
    void write_connection(Connection& connection);
    void close_connection(const std::shared_ptr<Connection>& connection);
    void read_output();
    void process_ended();
    void remove_group(int tries);
    void time_out(const std::string& request_id);
    // With the lock held, on any thread.
    void handle(Connection& connection, RuntimeRequest request);
    void handle_result(Connection& connection, RuntimeRequest request, bool failed);
    void init_failed(Connection& connection, RuntimeRequest request);
    void send(Connection& connection);
    void deliver();
    void wait_for_runtime();
    bool take_output(size_t max_bytes);
    void print(std::string line);
    void finish(bool failed, std::string payload, std::string_view status);
    void fail_with_exit(const std::string& reason, std::string_view type);
    void end_locked();

    Loop& loop_;
    const Sandbox& sandbox_;
    Clock& clock_;
    const WorkerPlan plan_;
    std::atomic<bool> retired_{false};
    std::function<void()> gone_;

    mutable std::mutex mutex_;
    Phase phase_ = Phase::starting;
    Process process_;
    std::unique_ptr<ControlGroup> group_;
    Descriptor listener_;
    Descriptor output_;
    std::string partial_line_;
    bool output_paused_ = false;
    std::map<int, std::shared_ptr<Connection>> connections_;
    std::weak_ptr<Connection> parked_;  // the connection that waits for the next event
    Current* current_ = nullptr;
    uint64_t timer_ = 0;
    Loop::Instant started_at_;
    std::optional<std::chrono::nanoseconds> init_duration_;
    bool first_event_ = true;
};

}  // namespace cumulet::lambda
