// A worker: one execution environment of one function, which takes one event after another through the Runtime API.
// It is a process, and those of its extensions.
#pragma once

#include <coroutine>
#include <map>
#include <optional>

#include "runtime/reactor.h"
#include "services/lambda/images/entry.h"
#include "services/lambda/sandbox/sandbox.h"
#include "services/lambda/workers/exchange.h"
#include "services/lambda/workers/extensions.h"
#include "services/lambda/workers/inward_posts.h"
#include "services/lambda/workers/launcher.h"
#include "services/lambda/workers/log_book.h"
#include "services/lambda/workers/loop.h"
#include "services/lambda/workers/platform_log.h"
#include "services/lambda/workers/relay.h"
#include "services/lambda/workers/response_pipe.h"
#include "services/lambda/workers/telemetry.h"

namespace cumulet::lambda {

/// What a worker runs, and within which limits.
struct WorkerPlan {
    std::string key;                       ///< workers with the same key may stand in for each other
    std::string function;                  ///< account/region/name: what is retired together
    std::string version = "$LATEST";       ///< of the function
    std::vector<std::string> program;      ///< as seen inside the sandbox
    std::vector<std::string> environment;  ///< "NAME=value"
    Room room;
    std::shared_ptr<const void> image;  ///< keeps what the room shows, where that is an image
    uint32_t memory_mb = 128;
    std::chrono::milliseconds timeout{3000};
    std::chrono::milliseconds init_timeout{10'000};
    uint16_t cloud_port = 0;              ///< where this cloud answers on the loopback interface
    bool by_address = false;              ///< the program knows the Runtime API by its address only
    std::vector<std::string> extensions;  ///< names of the programs below /opt/extensions
    std::string identity;                 ///< hexadecimal digits of its own
    std::string handler;
    PlatformLogFormat log_format;
    RuntimeFacts runtime;
    std::shared_ptr<LogStream> output;
    Telemetry::Post post_telemetry;
    Time expires = Time::max();  ///< of its credentials, on the cloud's clock
};

struct Invocation {
    std::string request_id;
    std::string payload;
    std::string function_arn;    ///< as it was invoked
    std::string client_context;  ///< JSON, "" for none
    std::string trace;
    std::string version = "$LATEST";
    std::shared_ptr<ResponsePipe> pipe;  ///< takes the response as it is written; none: the outcome has it
};

struct Outcome {
    bool failed = false;   ///< the payload is an error's shape
    bool lost = false;     ///< the worker ended before it took the event: another may take it
    bool re_init = false;  ///< lost because it was not ready in time: the next one's start is a part of the event
    std::string payload;
    std::string log_tail;  ///< at most the last 4 KiB of output
};

struct Connection;

/// May be used from any thread. It lives until its processes are gone, whoever else still holds it.
class Worker : public std::enable_shared_from_this<Worker> {
  public:
    Worker(Loop& loop, const Sandbox& sandbox, Clock& clock, WorkerPlan plan);
    ~Worker();

    /// Starts the process on the launcher's thread. `gone` is called once, on the loop's thread, when nothing is left
    /// of it.
    void start(Launcher& launcher, std::function<void()> gone);
    /// Waits until it takes events; false if it never will.
    Task<bool> initialised();
    /// Hands over one event and waits for its outcome. One at a time.
    Task<Outcome> run(Invocation invocation);
    /// Ends the process and all that it started. Extensions get two seconds to finish their work.
    void end();
    /// The reactor that had its last event, and hears its next answer first.
    const Reactor* last_reactor() const { return last_reactor_.load(std::memory_order_relaxed); }
    /// It must not take further events: its function has changed.
    void retire() { retired_ = true; }
    /// True once it is initialised, and until it ends.
    bool is_ready() const;
    /// True if it may take an event at `now`.
    bool usable(Time now) const;

    const WorkerPlan& plan() const { return plan_; }
    std::chrono::steady_clock::time_point idle_since;  ///< the pool's

  private:
    /// ending: it takes no further events, and its extensions are told. ended: nothing of it will run on.
    enum class Phase { starting, ready, ending, ended };
    /// A pipe that functions or extensions write their output to.
    struct Output {
        Descriptor pipe;
        std::string_view category;  ///< "function" or "extension"
        std::string partial_line;
        bool paused = false;
    };
    struct Current;

    // worker_life.cc, on the launcher's thread
    void launch(Launcher& launcher);
    std::expected<void, StartFault> open_and_spawn(Launcher& launcher);
    std::expected<Seat, std::string> take_seat(Spares& spares, std::vector<std::string> environment,
                                               const OwnNetwork* network);
    // worker_life.cc, on the loop's thread
    void process_ended();
    void remove_group(int tries);
    void read_control();
    void supervisor_says(std::string_view line);
    // worker_life.cc, with the lock held, on any thread
    void init_timed_out();
    void begin_end(std::string_view reason);
    void signal_runtime(int signal);
    void end_locked();
    void tell_supervisor(std::string_view word);

    // worker_io.cc, on the loop's thread
    void accept_connections();
    void watch_connection(Descriptor socket, bool over_tcp);
    /// `whole`: to its end, however slowly a streamed response is read.
    void read_connection(const std::shared_ptr<Connection>& connection, bool whole = false);
    void resume(const std::shared_ptr<Connection>& connection);
    void write_connection(const std::shared_ptr<Connection>& connection);
    void read_output(Output& output);
    // worker_io.cc, with the lock held, on any thread
    /// Lets the loop watch a connection for what it now waits for.
    void watch(const std::shared_ptr<Connection>& connection);
    /// Lets this thread's reactor read the connection: an answer then wakes the thread that waits for it, and no other.
    void read_here(const std::shared_ptr<Connection>& connection);
    void read_locked(const std::shared_ptr<Connection>& connection, bool whole);
    bool take_requests(const std::shared_ptr<Connection>& connection, bool whole);
    void pause(const std::shared_ptr<Connection>& connection);
    void close_connection(const std::shared_ptr<Connection>& connection);
    void send(const std::shared_ptr<Connection>& connection);
    bool take_output(Output& output, size_t max_bytes);
    void take_all_output();
    void print(std::string_view category, std::string line);
    void tell(const PlatformEvent& event);
    void schedule_flush();

    // runtime_api.cc, with the lock held, on any thread
    void handle(Connection& connection, RuntimeRequest request);
    void handle_runtime(Connection& connection, RuntimeRequest request, std::string_view path);
    void handle_result(Connection& connection, RuntimeRequest request, bool failed);
    void handle_streamed(Connection& connection, RuntimeRequest part);
    void end_streamed(Connection& connection, const RuntimeRequest& end);
    void init_failed(Connection& connection, RuntimeRequest request);
    void wait_for_restore(Connection& connection);
    bool is_current(std::string_view request_id) const;
    // extension_api.cc, with the lock held, on any thread
    void handle_extension(Connection& connection, RuntimeRequest request, std::string_view path);
    void enter_extension(Connection& connection, const RuntimeRequest& request);
    void extension_waits(Connection& connection, Extension& extension);
    void extension_failed(Connection& connection, const Extension& extension, const RuntimeRequest& request,
                          bool initialising);
    void subscribe(Connection& connection, const RuntimeRequest& request, std::string_view kind);
    void tell_extensions(int64_t deadline_ms);
    void shut_extensions_down();
    void give(Extension& extension, std::string body);
    void post_telemetry(std::string uri, std::string body);

    // worker.cc, with the lock held, on any thread
    void runtime_waits(Connection& connection);
    void look_if_ready();
    void deliver();
    void wait_for_runtime();
    void time_out(const std::string& request_id);
    void finish(bool failed, std::string payload, std::string_view status, std::string_view error_type = "");
    void lose(bool re_init);
    uint64_t used_memory_mb(std::chrono::nanoseconds of_event);
    bool records_are_read() const { return plan_.log_format.json || telemetry_.listened_to(); }
    void fail_with_exit(const std::string& reason, std::string_view type);
    void init_is_over(std::string_view status, std::string_view error_type);

    Loop& loop_;
    const Sandbox& sandbox_;
    Clock& clock_;
    const WorkerPlan plan_;
    std::atomic<bool> retired_{false};
    std::atomic<const Reactor*> last_reactor_{nullptr};
    std::function<void()> gone_;
    Gates phases_{1};  // woken when it becomes ready or ends

    mutable std::mutex mutex_;
    Phase phase_ = Phase::starting;
    std::optional<StartFault> start_fault_;  // what every event is told of a worker that never began
    Process process_;
    std::unique_ptr<ControlGroup> group_;
    Descriptor listener_;
    bool accepts_ = true;                         // from the listener: there is room for connections
    std::vector<std::shared_ptr<Relay>> relays_;  // to servers of this machine, where the network is its own
    std::vector<Descriptor> callers_;             // sockets of that network, for telemetry
    std::vector<std::shared_ptr<InwardPosts>> inward_posts_;
    Descriptor control_;  // to the supervisor, where there are extensions
    std::string control_line_;
    std::array<Output, 2> outputs_{Output{.category = "function"}, Output{.category = "extension"}};
    std::map<int, std::shared_ptr<Connection>> connections_;
    std::weak_ptr<Connection> parked_;     // the connection that waits for the next event
    std::weak_ptr<Connection> restored_;   // the connection that waits to be restored
    std::weak_ptr<Connection> answering_;  // the connection whose response is streamed
    Extensions extensions_;
    Telemetry telemetry_;
    bool flush_scheduled_ = false;
    std::string shutdown_reason_;
    int64_t shutdown_deadline_ms_ = 0;
    Current* current_ = nullptr;
    uint64_t timer_ = 0;       // of the current event
    uint64_t init_timer_ = 0;  // of the initialisation
    Loop::Instant started_at_;
    std::optional<std::chrono::nanoseconds> init_duration_;
    uint64_t used_memory_mb_ = 0;  // as it was at:
    Loop::Instant used_memory_read_at_;
    bool init_reported_ = false;
    bool first_event_ = true;
};

}  // namespace cumulet::lambda
