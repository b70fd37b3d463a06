// cumulet_load PROGRAM [FILTER]: what a call costs, how fast Cumulet starts and what it holds when idle.
//
// Starts the program on one core and calls it from another, over 32 connections that each send the next request when the
// last is answered. A scenario is a flow of requests; its cost is the server's CPU time per flow.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

namespace {

using namespace std::chrono_literals;
using Instant = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr size_t connections = 32;
constexpr auto warm_up = 300ms;
constexpr auto measured = 2s;
constexpr auto longest_start = 10s;
constexpr int starts = 5;

Instant now() { return std::chrono::steady_clock::now(); }

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }

sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0) fail("no port is free");
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

/// Nothing happens where there is one core only: server and callers share it.
void use_core(bool last) {
    cpu_set_t allowed;
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    if (CPU_COUNT(&allowed) < 2) return;
    int core = -1;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &allowed) && (core < 0 || last)) core = i;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    ::sched_setaffinity(0, sizeof one, &one);
}

std::string request(std::string_view service, std::string_view target, std::string_view body) {
    return fmt::format(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: {}\r\n"
        "X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature={:064}\r\nContent-Length: {}\r\n\r\n{}",
        target, service, 0, body.size(), body);
}

/// One caller: blocking for preparations, otherwise driven by epoll.
class Caller {
  public:
    explicit Caller(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto address = loopback(port);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Caller(Caller&& other) noexcept
        : step(other.step), receipt(std::move(other.receipt)), socket_(std::exchange(other.socket_, -1)) {}
    ~Caller() {
        if (socket_ >= 0) ::close(socket_);
    }

    size_t step = 0;      ///< of its flow
    std::string receipt;  ///< what the last ReceiveMessage returned

    bool connected() const { return connected_; }
    int socket() const { return socket_; }
    void send(const std::string& text) {
        // Requests are far smaller than a socket's buffer, which is empty here.
        if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) fail("cannot send");
    }
    /// The body of the answer once it is there as a whole. Waits for more bytes at most once.
    std::optional<std::string> receive() {
        char piece[16 << 10];
        const auto got = ::recv(socket_, piece, sizeof piece, 0);
        if (got <= 0) fail("the server closed the connection");
        received_.append(piece, static_cast<size_t>(got));
        const auto head_end = received_.find("\r\n\r\n");
        if (head_end == std::string::npos) return std::nullopt;
        const auto at = received_.find("Content-Length: ");
        const size_t length = at < head_end ? std::stoul(received_.substr(at + 16, 20)) : 0;
        if (received_.size() < head_end + 4 + length) return std::nullopt;
        auto body = received_.substr(head_end + 4, length);
        if (!received_.starts_with("HTTP/1.1 200")) fail("refused: " + received_.substr(0, 20) + body);
        received_.clear();
        return body;
    }
    /// False if the server closes the connection instead, as one that only tries its port does.
    bool answers() {
        send("GET /_localstack/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        char byte;
        return ::recv(socket_, &byte, 1, 0) == 1;
    }
    std::string ask(const std::string& text) {
        send(text);
        while (true) {
            if (auto body = receive()) return *body;
        }
    }

  private:
    int socket_;
    bool connected_ = false;
    std::string received_;
};

/// A Cumulet of its own, in a folder that ends with it.
class Server {
  public:
    Server(const std::string& program, bool ephemeral)
        : port(free_port()),
          folder_(std::filesystem::temp_directory_path() / fmt::format("cumulet-load-{}", ::getpid())) {
        std::filesystem::remove_all(folder_);
        const auto begun = now();
        process_ = ::fork();
        if (process_ == 0) run(program, ephemeral);
        first_answer = wait_for_answer(begun);
    }
    ~Server() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
        std::filesystem::remove_all(folder_);
    }

    const uint16_t port;
    Milliseconds first_answer{};

    std::chrono::microseconds cpu() const {
        std::ifstream file(fmt::format("/proc/{}/stat", process_));
        std::string text((std::istreambuf_iterator<char>(file)), {});
        std::istringstream fields(text.substr(text.rfind(')') + 1));
        std::string skipped;
        for (int field = 3; field < 14; ++field) fields >> skipped;
        uint64_t user_ticks = 0, system_ticks = 0;
        fields >> user_ticks >> system_ticks;
        return std::chrono::microseconds((user_ticks + system_ticks) * 1'000'000 / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK)));
    }
    double proportional_mebibytes() const {
        std::ifstream file(fmt::format("/proc/{}/smaps_rollup", process_));
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("Pss:")) return std::stod(line.substr(4)) / 1024;
        }
        return 0;
    }

  private:
    [[noreturn]] void run(const std::string& program, bool ephemeral) {
        use_core(false);
        if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr)) std::_Exit(126);
        const auto listen = fmt::format("127.0.0.1:{}", port);
        ::execl(program.c_str(), program.c_str(), "serve", "--listen", listen.c_str(), "--data", folder_.c_str(),
                ephemeral ? "--ephemeral" : nullptr, nullptr);
        std::_Exit(127);
    }
    Milliseconds wait_for_answer(Instant begun) {
        while (now() - begun < longest_start) {
            if (Caller caller(port); caller.connected() && caller.answers()) return now() - begun;
            std::this_thread::sleep_for(500us);
        }
        fail("the server does not answer");
    }

    std::filesystem::path folder_;
    pid_t process_ = -1;
};

std::string queue_url() { return "http://127.0.0.1/000000000000/load"; }

std::string send_message(Caller&) {
    static const auto text = request("sqs", "AmazonSQS.SendMessage",
                                     fmt::format(R"({{"QueueUrl":"{}","MessageBody":"{:x>512}"}})", queue_url(), ""));
    return text;
}
std::string receive_message(Caller&) {
    static const auto text = request("sqs", "AmazonSQS.ReceiveMessage",
                                     fmt::format(R"({{"QueueUrl":"{}","VisibilityTimeout":300}})", queue_url()));
    return text;
}
std::string delete_message(Caller& caller) {
    return request("sqs", "AmazonSQS.DeleteMessage",
                   fmt::format(R"({{"QueueUrl":"{}","ReceiptHandle":"{}"}})", queue_url(), caller.receipt));
}

/// One of a thousand items.
std::string any_key() {
    static std::minstd_rand random;
    return fmt::format(R"("pk":{{"S":"p{}"}},"sk":{{"S":"s{}"}})", random() % 100, random() % 10);
}
std::string put_item(Caller&) {
    return request("dynamodb", "DynamoDB_20120810.PutItem",
                   fmt::format(R"({{"TableName":"load","Item":{{{},"data":{{"S":"{:x>300}"}},"n":{{"N":"42"}}}}}})", any_key(), ""));
}
std::string get_item(Caller&) {
    return request("dynamodb", "DynamoDB_20120810.GetItem",
                   fmt::format(R"({{"TableName":"load","Key":{{{}}}}})", any_key()));
}

struct Scenario {
    std::string_view name;
    std::vector<std::string (*)(Caller&)> flow;
};
const Scenario scenarios[] = {
    {"SQS SendMessage", {send_message}},
    {"SQS send, receive, delete", {send_message, receive_message, delete_message}},
    {"DynamoDB PutItem", {put_item}},
    {"DynamoDB GetItem", {get_item}},
};

void prepare(Server& server) {
    Caller caller(server.port);
    caller.ask(request("sqs", "AmazonSQS.CreateQueue", R"({"QueueName":"load"})"));
    caller.ask(request("dynamodb", "DynamoDB_20120810.CreateTable",
                       R"({"TableName":"load","BillingMode":"PAY_PER_REQUEST",)"
                       R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],)"
                       R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]})"));
}

/// Drives all callers for `duration`; how many flows ended.
size_t drive(std::vector<Caller>& callers, int events, const Scenario& scenario, std::chrono::milliseconds duration) {
    size_t flows = 0;
    size_t waiting = 0;
    const auto until = now() + duration;
    const auto begin = [&](Caller& caller) {
        caller.send(scenario.flow[caller.step](caller));
        ++waiting;
    };
    for (auto& caller : callers) begin(caller);
    while (waiting > 0) {
        epoll_event ready[connections];
        const int count = ::epoll_wait(events, ready, connections, 1000);
        if (count == 0) fail("no answer came for a second");
        for (int i = 0; i < count; ++i) {
            auto& caller = *static_cast<Caller*>(ready[i].data.ptr);
            const auto body = caller.receive();
            if (!body) continue;
            --waiting;
            if (const auto at = body->find(R"("ReceiptHandle":")"); at != std::string::npos) {
                caller.receipt = body->substr(at + 17, body->find('"', at + 17) - at - 17);
            }
            if (++caller.step == scenario.flow.size()) {
                caller.step = 0;
                ++flows;
            }
            if (now() < until || caller.step > 0) begin(caller);
        }
    }
    return flows;
}

void measure(Server& server, const Scenario& scenario, std::string_view mode) {
    std::vector<Caller> callers;
    for (size_t i = 0; i < connections; ++i) callers.emplace_back(server.port);
    const int events = ::epoll_create1(EPOLL_CLOEXEC);
    for (auto& caller : callers) {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &caller}};
        ::epoll_ctl(events, EPOLL_CTL_ADD, caller.socket(), &event);
    }
    drive(callers, events, scenario, warm_up);
    const auto cpu_before = server.cpu();
    const auto begun = now();
    const size_t flows = drive(callers, events, scenario, measured);
    const auto seconds = std::chrono::duration<double>(now() - begun).count();
    const auto cpu = static_cast<double>((server.cpu() - cpu_before).count());
    ::close(events);
    fmt::print("{:<28} {:<10} {:>10.0f} {:>12.1f}\n", scenario.name, mode, static_cast<double>(flows) / seconds,
               cpu / static_cast<double>(std::max<size_t>(flows, 1)));
    std::fflush(stdout);
}

void measure_start(const std::string& program, bool ephemeral) {
    std::vector<double> times;
    double memory = 0;
    for (int i = 0; i < starts; ++i) {
        Server server(program, ephemeral);
        times.push_back(server.first_answer.count());
        std::this_thread::sleep_for(200ms);
        memory = server.proportional_mebibytes();
    }
    std::sort(times.begin(), times.end());
    fmt::print("{:<10} start to first answer {:>6.1f} ms (best of {}: {:.1f}), idle memory {:>5.1f} MiB\n",
               ephemeral ? "ephemeral" : "durable", times[starts / 2], starts, times.front(), memory);
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) try {
    if (count < 2) fail("usage: cumulet_load PROGRAM [FILTER]");
    const std::string program = arguments[1];
    const std::string_view filter = count > 2 ? arguments[2] : "";
    if (filter.empty() || filter == "start") {
        for (const bool ephemeral : {true, false}) measure_start(program, ephemeral);
    }
    use_core(true);
    for (const bool ephemeral : {true, false}) {
        std::optional<Server> server;
        for (const auto& scenario : scenarios) {
            if (scenario.name.find(filter) == std::string_view::npos) continue;
            if (!server) {
                fmt::print("{:<39} {:>10} {:>12}\n", "", "flows/s", "us CPU/flow");
                prepare(server.emplace(program, ephemeral));
            }
            measure(*server, scenario, ephemeral ? "ephemeral" : "durable");
        }
    }
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "cumulet_load: {}\n", error.what());
    return 1;
}
