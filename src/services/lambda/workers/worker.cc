#include "services/lambda/workers/worker.h"

#include <cmath>

#include "services/lambda/workers/worker_state.h"

namespace cumulet::lambda {
namespace {

// To ask the kernel costs as much as the rest of a short event, in which hardly a page can have been added.
constexpr auto memory_is_known_for = std::chrono::milliseconds(2);

}  // namespace

Worker::Worker(Loop& loop, const Sandbox& sandbox, Clock& clock, WorkerPlan plan)
    : loop_(loop),
      sandbox_(sandbox),
      clock_(clock),
      plan_(std::move(plan)),
      extensions_(plan_.extensions, plan_.identity),
      telemetry_([this](std::string uri, std::string body) { post_telemetry(std::move(uri), std::move(body)); }) {}

Worker::~Worker() = default;

bool Worker::usable(Time now) const {
    std::lock_guard lock(mutex_);
    return phase_ <= Phase::ready && !retired_ && now < plan_.expires;
}

bool Worker::is_ready() const {
    std::lock_guard lock(mutex_);
    return phase_ == Phase::ready;
}

void Worker::start(Launcher& launcher, std::function<void()> gone) {
    gone_ = std::move(gone);
    started_at_ = std::chrono::steady_clock::now();
    launcher.post([self = shared_from_this(), &launcher] { self->launch(launcher); });
}

void Worker::end() {
    std::lock_guard lock(mutex_);
    begin_end("spindown");
}

Task<bool> Worker::initialised() {
    const auto self = shared_from_this();
    const Clock::Hold hold(Reactor::current().clock());
    while (true) {
        const auto seen = phases_.version("phase");
        {
            std::lock_guard lock(mutex_);
            if (phase_ != Phase::starting) co_return phase_ == Phase::ready;
        }
        co_await phases_.wait("phase", seen, Time::max());
    }
}

Task<Outcome> Worker::run(Invocation invocation) {
    auto& reactor = Reactor::current();
    // The cloud's clock must not run ahead of a function that is at work.
    const Clock::Hold hold(reactor.clock());
    Current current{.invocation = std::move(invocation), .reactor = &reactor};
    const auto self = shared_from_this();
    last_reactor_ = &reactor;
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        std::lock_guard lock(mutex_);
        current.handle = handle;
        if (start_fault_) {
            current_ = &current;
            return fail_with_exit(start_fault_->reason, start_fault_->type);
        }
        if (phase_ > Phase::ready) {
            current.outcome.lost = true;
            reactor.post(handle);
            return;
        }
        current_ = &current;
        if (phase_ == Phase::starting) return;  // the initialisation has its own time
        if (const auto waiting = parked_.lock()) read_here(waiting);
        deliver();
        if (!current.delivered) wait_for_runtime();
    }};
    co_return std::move(current.outcome);
}

void Worker::wait_for_runtime() {
    timer_ = loop_.at(std::chrono::steady_clock::now() + plan_.timeout,
                      [weak = weak_from_this(), id = current_->invocation.request_id] {
                          const auto worker = weak.lock();
                          if (!worker) return;
                          std::lock_guard lock(worker->mutex_);
                          worker->time_out(id);
                      });
}

void Worker::runtime_waits(Connection& connection) {
    parked_ = connection.weak_from_this();
    look_if_ready();
    deliver();
}

void Worker::look_if_ready() {
    const bool runtime_waits = !parked_.expired() || !restored_.expired();
    if (phase_ != Phase::starting || !runtime_waits || !extensions_.all_wait()) return;
    phase_ = Phase::ready;
    init_duration_ = std::chrono::steady_clock::now() - started_at_;
    init_is_over("success", "");
    for (auto& extension : extensions_.all()) {
        tell(extension_listed(extension.name, "Ready", extension.events));
    }
    telemetry_.forget_past();
    phases_.wake("phase");
    if (current_ && !current_->delivered && parked_.expired()) wait_for_runtime();
}

void Worker::init_is_over(std::string_view status, std::string_view error_type) {
    if (std::exchange(init_reported_, true)) return;
    if (init_timer_) loop_.cancel(std::exchange(init_timer_, 0));
    const Milliseconds duration = std::chrono::steady_clock::now() - started_at_;
    tell(init_reported(plan_.runtime, duration, status, error_type));
}

void Worker::deliver() {
    if (phase_ != Phase::ready || !current_ || current_->delivered) return;
    if (const auto waiting = restored_.lock()) {
        // A runtime that waits to be restored asks for its event afterwards.
        restored_.reset();
        waiting->out += answer_text(200, "");
        return send(waiting);
    }
    const auto connection = parked_.lock();
    if (!connection || !extensions_.all_wait()) return;
    parked_.reset();
    current_->delivered = true;
    current_->delivered_at = std::chrono::steady_clock::now();
    const auto& invocation = current_->invocation;
    tell(invoke_started(invocation.request_id, invocation.version, records_are_read()));
    const auto deadline_ms = deadline_ms_in(plan_.timeout);
    auto& out = connection->out;
    out += fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {}\r\n"
        "Lambda-Runtime-Deadline-Ms: {}\r\nLambda-Runtime-Invoked-Function-Arn: {}\r\n",
        invocation.request_id, deadline_ms, invocation.function_arn);
    if (!invocation.trace.empty()) out += fmt::format("Lambda-Runtime-Trace-Id: {}\r\n", invocation.trace);
    if (!invocation.client_context.empty()) {
        out += fmt::format("Lambda-Runtime-Client-Context: {}\r\n", invocation.client_context);
    }
    out += fmt::format("Content-Length: {}\r\n\r\n", invocation.payload.size());
    out += invocation.payload;
    if (timer_) loop_.cancel(timer_);
    wait_for_runtime();
    tell_extensions(deadline_ms);
    send(connection);
}

void Worker::finish(bool failed, std::string payload, std::string_view status, std::string_view error_type) {
    if (!current_) return;
    take_all_output();
    auto& current = *current_;
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
    const auto now = std::chrono::steady_clock::now();
    const auto duration = now - (current.delivered ? current.delivered_at : started_at_);
    InvokeReport report{.request_id = current.invocation.request_id,
                        .duration = duration,
                        .memory_mb = plan_.memory_mb,
                        .used_mb = used_memory_mb(duration),
                        .status = std::string(status.empty() ? "success" : status),
                        .error_type = std::string(error_type),
                        .trace = current.invocation.trace};
    if (std::exchange(first_event_, false) && init_duration_) report.init_duration = *init_duration_;
    // These lines belong to its tail.
    tell(invoke_ended(report.request_id, duration, payload.size() + current.streamed_bytes, report.status, error_type,
                      records_are_read()));
    tell(invoke_reported(report, records_are_read()));
    current_ = nullptr;
    answering_.reset();
    current.outcome.failed = failed;
    current.outcome.payload = std::move(payload);
    current.outcome.log_tail = current.tail.substr(current.tail.size() - std::min(current.tail.size(), tail_bytes));
    current.reactor->post(current.handle);
}

uint64_t Worker::used_memory_mb(std::chrono::nanoseconds of_event) {
    if (!group_) return 0;
    const auto now = std::chrono::steady_clock::now();
    if (of_event > memory_is_known_for || now - used_memory_read_at_ > memory_is_known_for) {
        used_memory_mb_ = std::min<uint64_t>((group_->peak_memory_bytes() >> 20) + 1, plan_.memory_mb);
        used_memory_read_at_ = now;
    }
    return used_memory_mb_;
}

void Worker::lose(bool re_init) {
    if (!current_) return;
    auto& current = *std::exchange(current_, nullptr);
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
    current.outcome.lost = true;
    current.outcome.re_init = re_init;
    current.reactor->post(current.handle);
}

void Worker::fail_with_exit(const std::string& reason, std::string_view type) {
    take_all_output();
    if (phase_ == Phase::starting) init_is_over("error", type);
    if (!current_) return;
    if (!current_->delivered && phase_ == Phase::ready) return lose(false);
    const auto message = fmt::format("RequestId: {} Error: {}", current_->invocation.request_id, reason);
    if (!current_->delivered) tell(invoke_started(current_->invocation.request_id, current_->invocation.version));
    print("function", message);
    print("function", std::string(type));
    finish(true, error_of(type, message), "error", type);
}

void Worker::time_out(const std::string& request_id) {
    if (!is_current(request_id)) return;
    timer_ = 0;
    const auto sentence =
        fmt::format("Task timed out after {:.2f} seconds", static_cast<double>(plan_.timeout.count()) / 1000);
    if (!current_->delivered) tell(invoke_started(request_id, current_->invocation.version));
    print("function", fmt::format("{} {} {}", format_iso8601_millis(clock_.now()), request_id, sentence));
    finish(true, error_of("Sandbox.Timedout", fmt::format("RequestId: {} Error: {}", request_id, sentence)), "timeout");
    begin_end("timeout");
}

}  // namespace cumulet::lambda
