// How a worker's process begins and ends.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "base/json.h"
#include "runtime/log.h"
#include "services/lambda/workers/worker_state.h"

namespace cumulet::lambda {
namespace {

constexpr int max_remove_tries = 200;
constexpr uint64_t max_processes = 1024;
// How long extensions have to finish, and after which part of it a runtime that got SIGTERM is killed.
constexpr auto shutdown_time = std::chrono::milliseconds(2000);
constexpr auto shutdown_time_of_internal = std::chrono::milliseconds(500);
constexpr auto runtime_shutdown_time = std::chrono::milliseconds(300);
constexpr size_t max_control_bytes = 64 << 10;
constexpr size_t most_servers = 64;  // of the host's, that a network of the worker's own shows
constexpr uint16_t api_port = 9001;  // of the Runtime API where the network is the worker's own, as at AWS

/// A listener on a free port of the loopback interface, and that port.
std::pair<Descriptor, int> listen_locally() {
    Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    if (!listener || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener.get(), 128) != 0 ||
        ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return {};
    }
    return {std::move(listener), ntohs(address.sin_port)};
}

/// The network of a worker that does not have the host's, and the ports of the host that it reaches.
struct Surroundings {
    std::unique_ptr<OwnNetwork> network;
    std::vector<uint16_t> servers;
};

Surroundings surroundings(Network kind, uint16_t cloud_port, bool has_extensions) {
    Surroundings found;
    if (kind == Network::host) return found;
    if (kind == Network::loopback) {
        found.servers = local_servers(most_servers);
        std::erase_if(found.servers, [&](uint16_t port) { return port == api_port || port == cloud_port; });
        if (cloud_port != 0 && cloud_port != api_port) found.servers.insert(found.servers.begin(), cloud_port);
    }
    auto ports = found.servers;
    ports.insert(ports.begin(), api_port);
    found.network = std::make_unique<OwnNetwork>(std::move(ports), has_extensions ? most_subscriptions : 0);
    return found;
}

/// Bubblewrap tells a signal that ended its program as a shell does.
Ending unwrapped(Ending ending) {
    if (!ending.signalled && ending.code > 128 && ending.code < 128 + 65)
        return {.signalled = true, .code = ending.code - 128};
    return ending;
}

/// A supervisor tells a status as the shell has it.
Ending ending_of_status(int status) {
    return status > 128 ? Ending{.signalled = true, .code = status - 128} : Ending{.code = status};
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

int64_t deadline_ms_in(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::system_clock::now() + time;
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline.time_since_epoch()).count();
}

std::string with_request_id(std::string shape, std::string_view request_id) {
    constexpr std::string_view empty = R"("requestId": "")";
    if (const auto at = shape.find(empty); at != shape.npos) shape.insert(at + empty.size() - 1, request_id);
    return shape;
}

void Worker::launch(Launcher& launcher) {
    auto opened = open_and_spawn(launcher);
    if (opened) return;
    log::warning("a Lambda function's process could not be started",
                 {{"function", plan_.function}, {"why", opened.error().reason}});
    std::lock_guard lock(mutex_);
    if (phase_ != Phase::ended) start_fault_ = opened.error();
    fail_with_exit(opened.error().reason, opened.error().type);
    phase_ = Phase::ended;
    phases_.wake("phase");
    loop_.post([self = shared_from_this()] { self->remove_group(0); });
}

std::expected<Seat, std::string> Worker::take_seat(Spares& spares, std::vector<std::string> environment,
                                                   const OwnNetwork* network) {
    const bool supervised = !plan_.extensions.empty();
    auto program = plan_.program;
    if (supervised) {
        program.insert(program.begin(),
                       {"/bin/sh", sandbox_.supervisor(plan_.room), sandbox_.seen(plan_.room, "/opt/extensions")});
    }
    const auto inner = sandbox_.isolated() ? take_loader_variables(environment) : std::vector<std::string>();
    const auto arguments = sandbox_.command(plan_.room, program, inner);
    const Limits limits{.memory_bytes = uint64_t{plan_.memory_mb} << 20, .processes = max_processes};
    if (const auto spare = network ? nullptr : spares.take(sandbox_)) {
        auto seat =
            spare->become(arguments, environment, limits, {.channel = !plan_.by_address, .supervised = supervised});
        if (seat) return std::move(*seat);
    }
    auto group = sandbox_.group();
    if (group && !group->limit(limits)) group.reset();
    auto ties = Ties::make(supervised);
    if (!ties) return std::unexpected("no descriptors are left");
    if (plan_.by_address) ties->channel = {};
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Launch launch{.arguments = arguments,
                  .environment = environment,
                  .folder = sandbox_.isolated() ? "/" : plan_.room.code.string(),
                  .descriptors = ties->for_process(),
                  .network = network};
    launch.descriptors.emplace_back(nothing.get(), 0);
    if (plan_.by_address && supervised) launch.descriptors.emplace_back(nothing.get(), 3);
    if (group) launch.group_entries = group->entries();
    if (!group) launch.memory_bytes = uint64_t{plan_.memory_mb + uncounted_mb} << 20;
    auto process = spawn(launch);
    if (!process) return std::unexpected(process.error());
    ties->close_theirs();
    return Seat{.process = std::move(*process), .group = std::move(group), .ties = std::move(*ties)};
}

std::expected<void, StartFault> Worker::open_and_spawn(Launcher& launcher) {
    const auto fault = [](std::string reason) { return std::unexpected(StartFault{.reason = std::move(reason)}); };
    if (!sandbox_.network_fault().empty()) return fault(sandbox_.network_fault());
    if (!plan_.room.image.empty()) {
        if (auto found = entry_fault(plan_.room, plan_.program, plan_.environment)) return std::unexpected(*found);
    }
    const auto around = surroundings(sandbox_.network(), plan_.cloud_port, !plan_.extensions.empty());
    const auto& network = around.network;
    auto [listener, port] = network ? std::pair(Descriptor(), int{api_port}) : listen_locally();
    if (!network && !listener) return fault("no port for the Runtime API is free");
    auto environment = plan_.environment;
    environment.push_back(fmt::format("AWS_LAMBDA_RUNTIME_API=127.0.0.1:{}", port));

    std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return fault("it was ended before it began");
    // Unverified: images have no line of their own for it, since they have no runtime of AWS's.
    if (plan_.room.image.empty())
        tell(init_started(plan_.runtime, plan_.function.substr(plan_.function.rfind('/') + 1), plan_.version));
    auto seat = take_seat(launcher.spares(), std::move(environment), network.get());
    if (!seat) return fault(seat.error());
    process_ = std::move(seat->process);
    group_ = std::move(seat->group);
    if (network) {
        auto sockets = network->receive();  // all of them: it would not run otherwise
        listener = std::move(sockets.listeners[0]);
        for (size_t i = 0; i < around.servers.size(); ++i) {
            relays_.push_back(std::make_shared<Relay>(loop_, std::move(sockets.listeners[i + 1]), around.servers[i]));
            relays_.back()->start();
        }
        callers_ = std::move(sockets.callers);
    }
    outputs_[0].pipe = std::move(seat->ties.output.ours);
    outputs_[1].pipe = std::move(seat->ties.extension_output.ours);
    listener_ = std::move(listener);
    control_ = std::move(seat->ties.control.ours);
    // Each handler keeps the worker: it lives until process_ended has taken all of them away.
    const auto self = shared_from_this();
    for (auto& each : outputs_) {
        if (each.pipe) loop_.watch(each.pipe.get(), EPOLLIN, [self, &each](uint32_t) { self->read_output(each); });
    }
    loop_.watch(listener_.get(), EPOLLIN, [self](uint32_t) { self->accept_connections(); });
    if (control_) loop_.watch(control_.get(), EPOLLIN, [self](uint32_t) { self->read_control(); });
    if (!plan_.by_address) watch_connection(std::move(seat->ties.channel.ours), false);
    loop_.watch(process_.end.get(), EPOLLIN, [self](uint32_t) { self->process_ended(); });
    init_timer_ = loop_.at(started_at_ + plan_.init_timeout, [weak = weak_from_this()] {
        const auto worker = weak.lock();
        if (!worker) return;
        std::lock_guard locked(worker->mutex_);
        worker->init_timed_out();
    });
    return {};
}

void Worker::init_timed_out() {
    init_timer_ = 0;
    if (phase_ != Phase::starting) return;
    init_is_over("timeout", "");
    if (current_ && plan_.runtime.in_invoke) return time_out(std::string(current_->invocation.request_id));
    lose(true);
    begin_end("timeout");
}

// ---- The end ----

void Worker::begin_end(std::string_view reason) {
    if (phase_ >= Phase::ending) return;
    // Without extensions nobody is told: the process is simply killed, as at AWS.
    if (!extensions_.any() || process_.id <= 0) return end_locked();
    phase_ = Phase::ending;
    phases_.wake("phase");
    if (init_timer_) loop_.cancel(std::exchange(init_timer_, 0));
    const auto time = extensions_.has_external() ? shutdown_time : shutdown_time_of_internal;
    shutdown_reason_ = reason;
    shutdown_deadline_ms_ = deadline_ms_in(time);
    const auto waiting = plan_.by_address ? nullptr : parked_.lock();
    if (waiting) {
        // Our own runtimes stand still in a read: this lets them handle the signal.
        waiting->out += answer_text(204, "");
        send(waiting);
    }
    signal_runtime(reason == "spindown" ? SIGTERM : SIGKILL);
    const auto now = std::chrono::steady_clock::now();
    const auto later = [this](Loop::Instant due, auto then) {
        loop_.at(due, [weak = weak_from_this(), then] {
            const auto self = weak.lock();
            if (!self) return;
            std::lock_guard lock(self->mutex_);
            if (self->phase_ == Phase::ending) then(*self);
        });
    };
    later(now + runtime_shutdown_time, [](Worker& self) { self.signal_runtime(SIGKILL); });
    later(now + time, [](Worker& self) { self.end_locked(); });
    telemetry_.flush();
    shut_extensions_down();
}

void Worker::signal_runtime(int signal) {
    if (control_) return tell_supervisor(signal == SIGKILL ? "KILL" : "TERM");
    // Bubblewrap's child is the first process of the namespace, and that one's child the program.
    auto targets = std::vector<pid_t>{process_.id};
    if (sandbox_.isolated()) {
        for (int depth = 0; depth < 2 && !targets.empty(); ++depth) targets = children_of(targets.front());
    }
    if (!targets.empty()) ::kill(targets.front(), signal);
}

void Worker::tell_supervisor(std::string_view word) {
    if (!control_) return;
    const auto line = fmt::format("{}\n", word);
    [[maybe_unused]] const auto sent = ::send(control_.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Worker::read_control() {
    std::array<char, 1024> buffer;
    std::lock_guard lock(mutex_);
    if (!control_) return;
    const auto count = ::recv(control_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0 || control_line_.size() > max_control_bytes) {
        loop_.forget(control_.get());
        control_.reset();
        return;
    }
    control_line_.append(buffer.data(), static_cast<size_t>(count));
    for (size_t end; (end = control_line_.find('\n')) != std::string::npos;) {
        const auto line = control_line_.substr(0, end);
        control_line_.erase(0, end + 1);
        supervisor_says(line);
    }
}

/// "runtime <status>" or "extension <name> <status>": a process has ended.
void Worker::supervisor_says(std::string_view line) {
    if (phase_ >= Phase::ending) return;
    const auto space = line.rfind(' ');
    int status = 0;
    if (space == line.npos) return;
    std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
    const bool out_of_memory = group_ && group_->ran_out_of_memory();
    if (line.starts_with("runtime ")) {
        fail_with_exit(reason_of(ending_of_status(status)),
                       out_of_memory ? "Runtime.OutOfMemory" : "Runtime.ExitError");
    } else {
        const auto ending = ending_of_status(status);
        fail_with_exit(ending.signalled ? fmt::format("signal: {}", signal_name(ending.code))
                                        : fmt::format("exit status {}", status),
                       "Extension.Crash");
    }
    begin_end("failure");
}

void Worker::end_locked() {
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
    phases_.wake("phase");
    if (init_timer_) loop_.cancel(std::exchange(init_timer_, 0));
    telemetry_.flush();
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
    for (const auto& connection : open) read_connection(connection, true);

    std::lock_guard lock(mutex_);
    const bool out_of_memory = group_ && group_->ran_out_of_memory();
    fail_with_exit(reason_of(unwrapped(*ending)), out_of_memory ? "Runtime.OutOfMemory" : "Runtime.ExitError");
    end_locked();
    loop_.forget(process_.end.get());
    process_.id = -1;
    for (auto& output : outputs_) {
        if (output.pipe) loop_.forget(output.pipe.get());
        output.pipe.reset();
    }
    for (auto* descriptor : {&listener_, &control_}) {
        if (*descriptor) loop_.forget(descriptor->get());
        descriptor->reset();
    }
    while (!connections_.empty()) close_connection(connections_.begin()->second);
    for (const auto& relay : std::exchange(relays_, {})) relay->stop();
    for (const auto& posts : std::exchange(inward_posts_, {})) posts->stop();
    callers_.clear();
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
