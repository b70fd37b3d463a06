// How a worker's process begins and ends.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/json.h"
#include "runtime/log.h"
#include "services/lambda/workers/worker_state.h"

namespace cumulet::lambda {
namespace {

constexpr int max_remove_tries = 200;
constexpr uint64_t max_processes = 1024;

/// A listener on a free port of the loopback interface, and that port.
std::pair<Descriptor, int> listen_locally() {
    Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    if (!listener || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener.get(), 16) != 0 ||
        ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return {};
    }
    return {std::move(listener), ntohs(address.sin_port)};
}

/// Bubblewrap tells a signal that ended its program as a shell does.
Ending unwrapped(Ending ending) {
    if (!ending.signalled && ending.code > 128 && ending.code < 128 + 65)
        return {.signalled = true, .code = ending.code - 128};
    return ending;
}

std::string_view signal_name(int signal) {
    switch (signal) {
        case SIGKILL: return "killed";
        case SIGSEGV: return "segmentation fault";
        case SIGABRT: return "aborted";
        case SIGTERM: return "terminated";
        case SIGILL: return "illegal instruction";
        case SIGBUS: return "bus error";
        case SIGFPE: return "floating point exception";
        default: return "unknown";
    }
}

std::string reason_of(const Ending& ending) {
    if (ending.signalled) return fmt::format("Runtime exited with error: signal: {}", signal_name(ending.code));
    if (ending.code == 0) return "Runtime exited without providing a reason";
    return fmt::format("Runtime exited with error: exit status {}", ending.code);
}

}  // namespace

std::string error_of(std::string_view type, std::string_view message) {
    std::string text = R"({"errorType":)";
    append_json_string(text, type);
    text += R"(,"errorMessage":)";
    append_json_string(text, message);
    text += "}";
    return text;
}

std::string with_request_id(std::string shape, std::string_view request_id) {
    constexpr std::string_view empty = R"("requestId": "")";
    if (const auto at = shape.find(empty); at != shape.npos) shape.insert(at + empty.size() - 1, request_id);
    return shape;
}

void Worker::launch() {
    auto opened = open_and_spawn();
    if (opened) return;
    log::error("a Lambda function's process could not be started",
               {{"function", plan_.function}, {"why", opened.error()}});
    std::lock_guard lock(mutex_);
    fail_with_exit(opened.error(), "Runtime.InvalidEntrypoint");
    phase_ = Phase::ended;
    loop_.post([self = shared_from_this()] { self->remove_group(0); });
}

std::expected<void, std::string> Worker::open_and_spawn() {
    auto environment = plan_.environment;
    auto group = sandbox_.group({.memory_bytes = uint64_t{plan_.memory_mb} << 20, .processes = max_processes});
    std::array<int, 2> channel{-1, -1};
    std::array<int, 2> pipe{-1, -1};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::unexpected("no descriptors are left");
    Descriptor output(pipe[0]);
    const Descriptor output_end(pipe[1]);
    ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Launch launch{.folder = sandbox_.isolated() ? "/" : plan_.room.code.string(),
                  .descriptors = {{nothing.get(), 0}, {output_end.get(), 1}, {output_end.get(), 2}}};
    Descriptor listener, ours, theirs;
    if (plan_.by_address) {
        int port = 0;
        std::tie(listener, port) = listen_locally();
        if (!listener) return std::unexpected("no port for the Runtime API is free");
        environment.push_back(fmt::format("AWS_LAMBDA_RUNTIME_API=127.0.0.1:{}", port));
    } else {
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel.data()) != 0) {
            return std::unexpected("no descriptors are left");
        }
        ours = Descriptor(channel[0]);
        theirs = Descriptor(channel[1]);
        launch.descriptors.emplace_back(theirs.get(), 3);
    }
    launch.arguments = sandbox_.command(plan_.room, plan_.program);
    launch.environment = std::move(environment);
    if (group) launch.group_entries = group->entries();
    if (!group) launch.memory_bytes = uint64_t{plan_.memory_mb + uncounted_mb} << 20;

    std::lock_guard lock(mutex_);
    group_ = std::move(group);
    if (phase_ == Phase::ended) return std::unexpected("it was ended before it began");
    auto process = spawn(launch);
    if (!process) return std::unexpected(process.error());
    process_ = std::move(*process);
    output_ = std::move(output);
    listener_ = std::move(listener);
    // Each handler keeps the worker: it lives until process_ended has taken all of them away.
    const auto self = shared_from_this();
    loop_.watch(output_.get(), EPOLLIN, [self](uint32_t) { self->read_output(); });
    if (listener_) loop_.watch(listener_.get(), EPOLLIN, [self](uint32_t) { self->accept_connections(); });
    if (ours) watch_connection(std::move(ours));
    loop_.watch(process_.end.get(), EPOLLIN, [self](uint32_t) { self->process_ended(); });
    return {};
}

void Worker::end_locked() {
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
    if (process_.id <= 0) return;
    // Bubblewrap's child is the first process of the namespace: all others end with it, then bubblewrap itself. Killed
    // the other way round, that child would be left to an init that in a container may never collect it.
    if (sandbox_.isolated() && kill_children(process_.id)) return;
    kill_group(process_.id);
    if (group_) group_->kill();
}

void Worker::process_ended() {
    const auto self = shared_from_this();
    const auto ending = reap(process_.id);
    if (!ending) return;
    // What the process wrote last is still in its sockets.
    std::vector<std::shared_ptr<Connection>> open;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [fd, connection] : connections_) open.push_back(connection);
    }
    for (const auto& connection : open) read_connection(connection);

    std::lock_guard lock(mutex_);
    const bool out_of_memory = group_ && group_->ran_out_of_memory();
    fail_with_exit(reason_of(unwrapped(*ending)), out_of_memory ? "Runtime.OutOfMemory" : "Runtime.ExitError");
    end_locked();
    loop_.forget(process_.end.get());
    process_.id = -1;
    if (output_) loop_.forget(output_.get());
    output_.reset();
    if (listener_) loop_.forget(listener_.get());
    listener_.reset();
    while (!connections_.empty()) close_connection(connections_.begin()->second);
    loop_.post([self] { self->remove_group(0); });
}

void Worker::remove_group(int tries) {
    {
        std::lock_guard lock(mutex_);
        if (group_ && !group_->remove() && tries < max_remove_tries) {
            group_->kill();
            loop_.at(std::chrono::steady_clock::now() + std::chrono::milliseconds(5),
                     [self = shared_from_this(), tries] { self->remove_group(tries + 1); });
            return;
        }
        group_.reset();
    }
    if (gone_) std::exchange(gone_, nullptr)();
}

}  // namespace cumulet::lambda
