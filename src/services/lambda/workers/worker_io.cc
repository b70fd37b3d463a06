// Bytes in and out of a worker: connections to its APIs, and its output.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "net/read_watch.h"
#include "services/lambda/workers/worker_state.h"

namespace cumulet::lambda {
namespace {

// A function that writes without end must not keep others from the thread that reads.
constexpr int most_reads_at_once = 16;

}  // namespace

// ---- Connections ----

void Worker::accept_connections() {
    std::lock_guard lock(mutex_);
    while (listener_) {
        if (connections_.size() >= max_connections) {
            // The others wait where the kernel keeps them, until one of these ends.
            accepts_ = false;
            return loop_.change(listener_.get(), 0);
        }
        Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) return;
        const int on = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch_connection(std::move(socket), true);
    }
}

void Worker::watch_connection(Descriptor socket, bool over_tcp) {
    const int fd = socket.get();
    auto connection = std::make_shared<Connection>();
    connection->socket = std::move(socket);
    connection->over_tcp = over_tcp;
    connection->requests.in_pieces = [](const RuntimeRequest& head) {
        return head.method == "POST" && head.headers.get("lambda-runtime-function-response-mode") == "streaming";
    };
    connections_[fd] = connection;
    watch(connection);
}

void Worker::watch(const std::shared_ptr<Connection>& connection) {
    const bool reads = connection->reader == nullptr && !connection->paused;
    const uint32_t events = (reads ? EPOLLIN : 0U) | (connection->waits_to_write ? EPOLLOUT : 0U);
    const auto before = std::exchange(connection->watched_for, events);
    const int fd = connection->socket.get();
    if (events == before) return;
    if (events == 0) return loop_.forget(fd);
    if (before != 0) return loop_.change(fd, events);
    loop_.watch(fd, events, [self = shared_from_this(), weak = std::weak_ptr(connection)](uint32_t ready) {
        const auto connection = weak.lock();
        if (!connection) return;
        if (ready & EPOLLOUT) self->write_connection(connection);
        if (ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) self->read_connection(connection);
    });
}

void Worker::read_here(const std::shared_ptr<Connection>& connection) {
    auto& reactor = Reactor::current();
    if (connection->reader == &reactor) return;
    const auto turn = ++connection->turn;
    const bool watched = net::watch_reads(connection->socket.get(),
                                          [self = weak_from_this(), waiting = std::weak_ptr(connection), turn] {
                                              const auto worker = self.lock();
                                              const auto connection = waiting.lock();
                                              if (!worker || !connection) return false;
                                              std::lock_guard lock(worker->mutex_);
                                              if (connection->turn == turn) worker->read_locked(connection, false);
                                              return connection->turn == turn;
                                          });
    connection->reader = watched ? &reactor : nullptr;
    watch(connection);
}

void Worker::read_connection(const std::shared_ptr<Connection>& connection, bool whole) {
    std::lock_guard lock(mutex_);
    read_locked(connection, whole);
}

void Worker::read_locked(const std::shared_ptr<Connection>& connection, bool whole) {
    thread_local std::array<char, 128 << 10> buffer;
    for (int reads = 0; whole || reads < most_reads_at_once; ++reads) {
        const auto count = ::recv(connection->socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (count <= 0) return close_connection(connection);
        if (connection->over_tcp) {
            // A client that writes a request in pieces waits for each to be acknowledged: by default that takes 40 ms.
            const int on = 1;
            ::setsockopt(connection->socket.get(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        }
        connection->requests.add({buffer.data(), static_cast<size_t>(count)});
        if (!take_requests(connection, whole)) return;
        if (static_cast<size_t>(count) < buffer.size()) break;
    }
    // A connection that asked for the next event gets the answers before it together with that event.
    if (parked_.lock() != connection && !connection->out.empty()) send(connection);
    if (connection->closing && connection->out.empty() && parked_.lock() != connection) close_connection(connection);
}

/// False if nothing more is to be read from the connection now.
bool Worker::take_requests(const std::shared_ptr<Connection>& connection, bool whole) {
    while (true) {
        auto request = connection->requests.next();
        if (!request) {
            connection->out += answer_text(400, error_text(request.error(), "InvalidRequest"));
            send(connection);
            close_connection(connection);
            return false;
        }
        if (!*request) return true;
        handle(*connection, std::move(**request));
        if (connection->paused && !whole) {
            pause(connection);
            return false;
        }
    }
}

void Worker::pause(const std::shared_ptr<Connection>& connection) {
    const auto pipe = current_ ? current_->invocation.pipe : nullptr;
    if (!pipe) {
        connection->paused = false;
        return;
    }
    connection->stop_reading_elsewhere();
    watch(connection);
    pipe->when_room([weak = weak_from_this(), waiting = std::weak_ptr(connection), &loop = loop_] {
        loop.post([weak, waiting] {
            const auto self = weak.lock();
            const auto connection = waiting.lock();
            if (self && connection) self->resume(connection);
        });
    });
}

void Worker::resume(const std::shared_ptr<Connection>& connection) {
    {
        std::lock_guard lock(mutex_);
        if (!connections_.contains(connection->socket.get())) return;
        connection->paused = false;
        if (!take_requests(connection, false)) return;
        if (!connection->out.empty()) send(connection);
        watch(connection);
    }
    read_connection(connection);
}

void Worker::send(const std::shared_ptr<Connection>& to) {
    auto& connection = *to;
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
    connection.waits_to_write = !all;
    watch(to);
}

void Worker::write_connection(const std::shared_ptr<Connection>& connection) {
    std::lock_guard lock(mutex_);
    send(connection);
}

void Worker::close_connection(const std::shared_ptr<Connection>& connection) {
    if (connection->reader) ::shutdown(connection->socket.get(), SHUT_RDWR);  // wakes who reads elsewhere
    connection->stop_reading_elsewhere();
    loop_.forget(connection->socket.get());
    connections_.erase(connection->socket.get());
    if (listener_ && !std::exchange(accepts_, true)) loop_.change(listener_.get(), EPOLLIN);
}

// ---- Output ----

void Worker::print(std::string_view category, std::string line) {
    if (current_) {
        auto& tail = current_->tail;
        tail += line;
        tail += '\n';
        if (tail.size() > 4 * tail_bytes) tail.erase(0, tail.size() - tail_bytes);
    }
    const auto now = clock_.now();
    if (!category.empty() && telemetry_.listened_to()) {
        std::string record;
        if (plan_.log_format.json && line.starts_with('{') && parse_json(line)) {
            record = line;
        } else {
            append_json_string(record, line);
        }
        telemetry_.add(now, category, record);
        schedule_flush();
    }
    if (plan_.output->add(now, std::move(line))) return;
    for (auto& output : outputs_) output.paused = true;
}

void Worker::tell(const PlatformEvent& event) {
    const auto now = clock_.now();
    if (telemetry_.listened_to()) {
        telemetry_.add(now, event.type, json::serialize(event.record));
        schedule_flush();
    }
    if (auto line = event.line(plan_.log_format, now)) print("", std::move(*line));
}

void Worker::schedule_flush() {
    if (flush_scheduled_) return;
    const auto wait = telemetry_.next_flush();
    if (!wait) return;
    flush_scheduled_ = true;
    loop_.at(std::chrono::steady_clock::now() + *wait, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        std::lock_guard lock(self->mutex_);
        self->flush_scheduled_ = false;
        self->telemetry_.flush();
    });
}

bool Worker::take_output(Output& output, size_t max_bytes) {
    thread_local std::array<char, 64 << 10> buffer;
    if (!output.pipe) return false;
    const auto count = ::read(output.pipe.get(), buffer.data(), std::min(buffer.size(), max_bytes));
    if (count <= 0) {
        if (count == 0) {
            loop_.forget(output.pipe.get());
            output.pipe.reset();
        }
        return false;
    }
    auto& partial = output.partial_line;
    partial.append(buffer.data(), static_cast<size_t>(count));
    size_t begin = 0;
    for (size_t end; (end = partial.find('\n', begin)) != std::string::npos; begin = end + 1) {
        print(output.category, partial.substr(begin, end - begin));
    }
    partial.erase(0, begin);
    if (partial.size() > max_line_bytes) print(output.category, std::exchange(partial, {}));
    return true;
}

void Worker::take_all_output() {
    for (auto& output : outputs_) {
        while (take_output(output, 64 << 10)) {
        }
        if (!output.partial_line.empty()) print(output.category, std::exchange(output.partial_line, {}));
    }
}

void Worker::read_output(Output& output) {
    std::lock_guard lock(mutex_);
    take_output(output, 64 << 10);
    if (!output.pipe || !std::exchange(output.paused, false)) return;
    // CloudWatch Logs is behind: the function waits in its next write until there is room.
    loop_.change(output.pipe.get(), 0);
    plan_.output->when_drained([weak = weak_from_this(), &loop = loop_] {
        loop.post([weak] {
            const auto self = weak.lock();
            if (!self) return;
            std::lock_guard lock(self->mutex_);
            for (auto& each : self->outputs_) {
                if (each.pipe) self->loop_.change(each.pipe.get(), EPOLLIN);
            }
        });
    });
}

}  // namespace cumulet::lambda
