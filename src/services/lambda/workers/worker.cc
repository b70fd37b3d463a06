#include "services/lambda/workers/worker.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "services/lambda/workers/worker_state.h"

namespace cumulet::lambda {

Worker::Worker(Loop& loop, const Sandbox& sandbox, Clock& clock, WorkerPlan plan)
    : loop_(loop), sandbox_(sandbox), clock_(clock), plan_(std::move(plan)) {}

Worker::~Worker() = default;

bool Worker::usable(Time now) const {
    std::lock_guard lock(mutex_);
    return phase_ != Phase::ended && !retired_ && now < plan_.expires;
}

void Worker::start(Launcher& launcher, std::function<void()> gone) {
    gone_ = std::move(gone);
    started_at_ = std::chrono::steady_clock::now();
    launcher.post([self = shared_from_this()] { self->launch(); });
}

void Worker::end() {
    std::lock_guard lock(mutex_);
    end_locked();
}

Task<Outcome> Worker::run(Invocation invocation) {
    auto& reactor = Reactor::current();
    // The cloud's clock must not run ahead of a function that is at work.
    const Clock::Hold hold(reactor.clock());
    Current current{.invocation = std::move(invocation), .reactor = &reactor};
    const auto self = shared_from_this();
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        std::lock_guard lock(mutex_);
        current.handle = handle;
        if (phase_ == Phase::ended) {
            current.outcome.lost = true;
            reactor.post(handle);
            return;
        }
        current_ = &current;
        if (phase_ == Phase::starting) {
            timer_ = loop_.at(started_at_ + plan_.init_timeout,
                              [weak = weak_from_this(), id = current.invocation.request_id] {
                                  if (const auto worker = weak.lock()) worker->time_out(id);
                              });
        } else {
            deliver();
            if (!current.delivered) wait_for_runtime();
        }
    }};
    co_return std::move(current.outcome);
}

// ---- Events in, outcomes out ----

void Worker::wait_for_runtime() {
    timer_ = loop_.at(std::chrono::steady_clock::now() + plan_.timeout,
                      [weak = weak_from_this(), id = current_->invocation.request_id] {
                          if (const auto worker = weak.lock()) worker->time_out(id);
                      });
}

void Worker::deliver() {
    const auto connection = parked_.lock();
    if (!connection || !current_ || current_->delivered) return;
    parked_.reset();
    current_->delivered = true;
    current_->delivered_at = std::chrono::steady_clock::now();
    const auto& invocation = current_->invocation;
    print(fmt::format("START RequestId: {} Version: {}", invocation.request_id, invocation.version));
    // The process lives in real time, and so does its deadline.
    const auto deadline = std::chrono::system_clock::now() + plan_.timeout;
    const auto deadline_ms = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.time_since_epoch()).count();
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
    timer_ = loop_.at(current_->delivered_at + plan_.timeout, [weak = weak_from_this(), id = invocation.request_id] {
        if (const auto worker = weak.lock()) worker->time_out(id);
    });
    send(*connection);
}

void Worker::finish(bool failed, std::string payload, std::string_view status) {
    if (!current_) return;
    while (take_output(64 << 10)) {
    }
    if (!partial_line_.empty()) print(std::exchange(partial_line_, {}));
    auto& current = *std::exchange(current_, nullptr);
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
    const auto now = std::chrono::steady_clock::now();
    const auto since = current.delivered ? current.delivered_at : started_at_;
    const std::chrono::duration<double, std::milli> duration = now - since;
    const auto& id = current.invocation.request_id;
    const auto used_mb = group_ ? (group_->peak_memory_bytes() >> 20) + 1 : 0;
    auto report = fmt::format(
        "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t"
        "Max Memory Used: {} MB\t",
        id, duration.count(), static_cast<int64_t>(std::ceil(duration.count())), plan_.memory_mb,
        std::min<uint64_t>(used_mb, plan_.memory_mb));
    if (std::exchange(first_event_, false) && init_duration_) {
        report += fmt::format("Init Duration: {:.2f} ms\t",
                              std::chrono::duration<double, std::milli>(*init_duration_).count());
    }
    if (!status.empty()) report += fmt::format("Status: {}\t", status);
    current_ = &current;  // these lines belong to its tail
    print(fmt::format("END RequestId: {}", id));
    print(std::move(report));
    current_ = nullptr;
    current.outcome.failed = failed;
    current.outcome.payload = std::move(payload);
    current.outcome.log_tail = current.tail.substr(current.tail.size() - std::min(current.tail.size(), tail_bytes));
    current.reactor->post(current.handle);
}

void Worker::fail_with_exit(const std::string& reason, std::string_view type) {
    if (!current_) return;
    if (!current_->delivered && phase_ == Phase::ready) {
        auto& current = *std::exchange(current_, nullptr);
        if (timer_) loop_.cancel(std::exchange(timer_, 0));
        current.outcome.lost = true;
        return current.reactor->post(current.handle);
    }
    const auto message = fmt::format("RequestId: {} Error: {}", current_->invocation.request_id, reason);
    if (!current_->delivered) {
        print(fmt::format("START RequestId: {} Version: {}", current_->invocation.request_id,
                          current_->invocation.version));
    }
    while (take_output(64 << 10)) {
    }
    print(message);
    print(std::string(type));
    finish(true, error_of(type, message), "error");
}

void Worker::time_out(const std::string& request_id) {
    std::lock_guard lock(mutex_);
    if (!current_ || current_->invocation.request_id != request_id) return;
    timer_ = 0;
    const auto sentence =
        fmt::format("Task timed out after {:.2f} seconds", static_cast<double>(plan_.timeout.count()) / 1000);
    print(fmt::format("{} {} {}", format_iso8601_millis(clock_.now()), request_id, sentence));
    finish(true, error_of("Sandbox.Timedout", fmt::format("RequestId: {} Error: {}", request_id, sentence)), "timeout");
    end_locked();
}

// ---- The Runtime API ----

void Worker::handle(Connection& connection, RuntimeRequest request) {
    constexpr std::string_view root = "/2018-06-01/runtime/";
    constexpr std::string_view invocation = "invocation/";
    if (!request.keep_alive) connection.closing = true;
    std::string_view path = request.path;
    if (path.starts_with(root)) path.remove_prefix(root.size());
    if (request.method == "GET" && path == "invocation/next") {
        if (phase_ == Phase::starting) {
            phase_ = Phase::ready;
            init_duration_ = std::chrono::steady_clock::now() - started_at_;
        }
        parked_ = connection.weak_from_this();
        return deliver();
    }
    if (request.method == "POST" && path == "init/error") return init_failed(connection, std::move(request));
    if (request.method == "POST" && path.starts_with(invocation)) {
        path.remove_prefix(invocation.size());
        const bool failed = path.ends_with("/error");
        if (failed || path.ends_with("/response")) return handle_result(connection, std::move(request), failed);
    }
    connection.out += answer_text(404, error_text("The Runtime API has no such path", "InvalidRequest"));
}

void Worker::handle_result(Connection& connection, RuntimeRequest request, bool failed) {
    const auto end = request.path.rfind('/');
    const auto begin = request.path.rfind('/', end - 1) + 1;
    const auto id = std::string_view(request.path).substr(begin, end - begin);
    if (!current_ || !current_->delivered || current_->invocation.request_id != id) {
        connection.out += answer_text(400, error_text("Invalid request ID", "InvalidRequestID"));
        return;
    }
    if (request.too_large) {
        connection.out += answer_text(
            413, error_text(fmt::format("Exceeded maximum allowed payload size ({} bytes).", max_response_bytes),
                            "RequestEntityTooLarge"));
        const auto message =
            fmt::format("Response payload size exceeded maximum allowed payload size ({} bytes).", max_response_bytes);
        return finish(true, error_of("Function.ResponseSizeTooLarge", message), "");
    }
    connection.out += answer_text(202, R"({"status":"OK"})");
    finish(failed, std::move(request.body), "");
}

void Worker::init_failed(Connection& connection, RuntimeRequest request) {
    if (phase_ != Phase::starting) {
        connection.out +=
            answer_text(403, error_text("The initialisation has ended already", "InvalidStateTransition"));
        return;
    }
    connection.out += answer_text(202, R"({"status":"OK"})");
    if (current_) {
        print(fmt::format("START RequestId: {} Version: {}", current_->invocation.request_id,
                          current_->invocation.version));
        finish(true, with_request_id(std::move(request.body), current_->invocation.request_id), "error");
    }
    end_locked();
}

// ---- Bytes in and out ----

void Worker::send(Connection& connection) {
    while (connection.sent < connection.out.size()) {
        const auto count = ::send(connection.socket.get(), connection.out.data() + connection.sent,
                                  connection.out.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        connection.sent += static_cast<size_t>(count);
    }
    const bool all = connection.sent == connection.out.size();
    if (all) {
        connection.out.clear();
        connection.sent = 0;
    }
    if (connection.waits_to_write == all) {
        connection.waits_to_write = !all;
        loop_.change(connection.socket.get(), EPOLLIN | (all ? 0U : EPOLLOUT));
    }
}

void Worker::write_connection(Connection& connection) {
    std::lock_guard lock(mutex_);
    send(connection);
}

void Worker::close_connection(const std::shared_ptr<Connection>& connection) {
    loop_.forget(connection->socket.get());
    connections_.erase(connection->socket.get());
}

void Worker::read_connection(const std::shared_ptr<Connection>& connection) {
    thread_local std::array<char, 128 << 10> buffer;
    std::lock_guard lock(mutex_);
    while (true) {
        const auto count = ::recv(connection->socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (count <= 0) return close_connection(connection);
        if (plan_.by_address) {
            // A client that writes a request in pieces waits for each to be acknowledged: by default that takes 40 ms.
            const int on = 1;
            ::setsockopt(connection->socket.get(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        }
        connection->reader.add({buffer.data(), static_cast<size_t>(count)});
        while (true) {
            auto request = connection->reader.next();
            if (!request) {
                connection->out += answer_text(400, error_text(request.error(), "InvalidRequest"));
                send(*connection);
                return close_connection(connection);
            }
            if (!*request) break;
            handle(*connection, std::move(**request));
        }
        if (static_cast<size_t>(count) < buffer.size()) break;
    }
    // A connection that asked for the next event gets the answers before it together with that event.
    if (parked_.lock() != connection && !connection->out.empty()) send(*connection);
    if (connection->closing && connection->out.empty() && parked_.lock() != connection) close_connection(connection);
}

void Worker::accept_connections() {
    std::lock_guard lock(mutex_);
    while (listener_) {
        Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) return;
        if (connections_.size() >= max_connections) continue;
        const int on = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch_connection(std::move(socket));
    }
}

void Worker::watch_connection(Descriptor socket) {
    const int fd = socket.get();
    auto connection = std::make_shared<Connection>();
    connection->socket = std::move(socket);
    connections_[fd] = connection;
    loop_.watch(fd, EPOLLIN, [self = shared_from_this(), weak = std::weak_ptr(connection)](uint32_t events) {
        const auto connection = weak.lock();
        if (!connection) return;
        if (events & EPOLLOUT) self->write_connection(*connection);
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) self->read_connection(connection);
    });
}

// ---- Output ----

void Worker::print(std::string line) {
    if (current_) {
        auto& tail = current_->tail;
        tail += line;
        tail += '\n';
        if (tail.size() > 4 * tail_bytes) tail.erase(0, tail.size() - tail_bytes);
    }
    if (!plan_.output->add(clock_.now(), std::move(line))) output_paused_ = true;
}

bool Worker::take_output(size_t max_bytes) {
    thread_local std::array<char, 64 << 10> buffer;
    if (!output_) return false;
    const auto count = ::read(output_.get(), buffer.data(), std::min(buffer.size(), max_bytes));
    if (count <= 0) {
        if (count == 0) {
            loop_.forget(output_.get());
            output_.reset();
        }
        return false;
    }
    partial_line_.append(buffer.data(), static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end; (end = partial_line_.find('\n', begin)) != std::string::npos; begin = end + 1) {
        print(partial_line_.substr(begin, end - begin));
    }
    partial_line_.erase(0, begin);
    if (partial_line_.size() > max_line_bytes) print(std::exchange(partial_line_, {}));
    return true;
}

void Worker::read_output() {
    std::lock_guard lock(mutex_);
    take_output(64 << 10);
    if (!output_ || !std::exchange(output_paused_, false)) return;
    // CloudWatch Logs is behind: the function waits in its next write until there is room.
    loop_.change(output_.get(), 0);
    plan_.output->when_drained([weak = weak_from_this(), &loop = loop_] {
        loop.post([weak] {
            const auto self = weak.lock();
            if (!self) return;
            std::lock_guard lock(self->mutex_);
            if (self->output_) self->loop_.change(self->output_.get(), EPOLLIN);
        });
    });
}

}  // namespace cumulet::lambda
