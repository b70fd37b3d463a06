// cumulet_load PROGRAM [FILTER [CONNECTIONS]]: what a call costs, how fast Cumulet starts and what it holds when idle.
//
// Starts the program on one core and calls it from another, over 32 (or CONNECTIONS) connections that each send the
// next request when the last is answered. A scenario is a flow of requests; its cost is the server's CPU time per flow.
//
// The environment sets what is there beforehand: CUMULET_BENCH_ITEMS in the table (1000), CUMULET_BENCH_MESSAGES that
// wait in the queue (0), of which CUMULET_BENCH_IN_FLIGHT (0) are received and not deleted. CUMULET_BENCH_MODE is
// ephemeral, durable, or both where it is not set. CUMULET_BENCH_FOLDER is a folder for the durable one's data, to be
// measured again without being filled again. CUMULET_BENCH_SECONDS is how long each scenario is measured (2).

#include <functional>
#include <random>
#include <thread>

#include "apis.h"
#include "functions.h"
#include "scenario.h"
#include "server.h"
#include "web_sockets.h"

namespace cumulet::load {
namespace {

using namespace std::chrono_literals;

size_t connections = 32;
constexpr size_t most_connections = 1024;
constexpr auto warm_up = 300ms;
constexpr int starts = 5;

std::string request(std::string_view service, std::string_view target, std::string_view body) {
    return fmt::format(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: {}\r\n"
        "X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
        "Credential=test/20260101/us-east-1/{}/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature={:064}\r\nContent-Length: {}\r\n\r\n{}",
        target, service, 0, body.size(), body);
}

std::string form(std::string_view service, std::string_view body) {
    return fmt::format(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
        "Credential=test/20260101/us-east-1/{}/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature={:064}\r\nContent-Length: {}\r\n\r\n{}",
        service, 0, body.size(), body);
}

std::string queue_url() { return "http://127.0.0.1/000000000000/load"; }

std::string send_message(Caller&) {
    static const auto text = request("sqs", "AmazonSQS.SendMessage",
                                     fmt::format(R"({{"QueueUrl":"{}","MessageBody":"{:x>512}"}})", queue_url(), ""));
    return text;
}
std::string send_message_batch(Caller&) {
    static const auto text = [] {
        std::string entries;
        for (int i = 0; i < 10; ++i) {
            entries += fmt::format(R"({}{{"Id":"{}","MessageBody":"{:x>100}"}})", i > 0 ? "," : "", i, "");
        }
        return request("sqs", "AmazonSQS.SendMessageBatch",
                       fmt::format(R"({{"QueueUrl":"{}","Entries":[{}]}})", queue_url(), entries));
    }();
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

constexpr std::string_view topic = "arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Aload";

std::string publish(Caller&) {
    static const auto text =
        form("sns", fmt::format("Action=Publish&Version=2010-03-31&TopicArn={}&Message={:x>512}", topic, ""));
    return text;
}

std::string_view name_of(bool ephemeral) { return ephemeral ? "ephemeral" : "durable"; }

std::string from_environment(const char* name) {
    const char* text = std::getenv(name);
    return text ? text : "";
}
size_t from_environment(const char* name, size_t otherwise) {
    const auto text = from_environment(name);
    return text.empty() ? otherwise : std::strtoull(text.c_str(), nullptr, 10);
}
const size_t items = std::max<size_t>(from_environment("CUMULET_BENCH_ITEMS", 1000), 10);
const size_t messages = from_environment("CUMULET_BENCH_MESSAGES", 0);
const size_t in_flight = from_environment("CUMULET_BENCH_IN_FLIGHT", 0);
const std::chrono::seconds measured(from_environment("CUMULET_BENCH_SECONDS", 2));

/// One of the items: ten in each collection.
std::string key_of(size_t number) {
    return fmt::format(R"("pk":{{"S":"p{}"}},"sk":{{"S":"s{}"}})", number / 10, number % 10);
}
size_t any_item() {
    static std::mt19937_64 random;
    return random() % items;
}
std::string item_of(size_t number) {
    // Text that hardly compresses.
    static std::mt19937_64 random;
    std::string data(300, ' ');
    for (auto& letter : data) letter = static_cast<char>('0' + random() % 42);
    return fmt::format(R"({{{},"data":{{"S":"{}"}},"n":{{"N":"42"}}}})", key_of(number), data);
}
std::string put_item(Caller&) {
    return request("dynamodb", "DynamoDB_20120810.PutItem",
                   fmt::format(R"({{"TableName":"load","Item":{}}})", item_of(any_item())));
}
/// The next items that the table does not have yet.
std::string put_batch(Caller&) {
    static size_t next = 0;
    std::string puts;
    for (int i = 0; i < 25; ++i, next = (next + 1) % items) {
        puts += fmt::format(R"({}{{"PutRequest":{{"Item":{}}}}})", i > 0 ? "," : "", item_of(next));
    }
    return request("dynamodb", "DynamoDB_20120810.BatchWriteItem",
                   fmt::format(R"({{"RequestItems":{{"load":[{}]}}}})", puts));
}
std::string receive_batch(Caller&) {
    static const auto text =
        request("sqs", "AmazonSQS.ReceiveMessage",
                fmt::format(R"({{"QueueUrl":"{}","VisibilityTimeout":43200,"MaxNumberOfMessages":10}})", queue_url()));
    return text;
}
std::string get_item(Caller&) {
    return request("dynamodb", "DynamoDB_20120810.GetItem",
                   fmt::format(R"({{"TableName":"load","Key":{{{}}}}})", key_of(any_item())));
}
std::string query_ten(Caller&) {
    return request("dynamodb", "DynamoDB_20120810.Query",
                   fmt::format(R"({{"TableName":"load","KeyConditionExpression":"pk = :p",)"
                               R"("ExpressionAttributeValues":{{":p":{{"S":"p{}"}}}}}})",
                               any_item() / 10));
}

const Scenario scenarios[] = {
    {"SQS SendMessage", {send_message}},
    {"SQS SendMessageBatch of ten", {send_message_batch}},
    {"SQS send, receive, delete", {send_message, receive_message, delete_message}},
    {"SNS publish to 3 queues", {publish}},
    {"DynamoDB PutItem", {put_item}},
    {"DynamoDB GetItem", {get_item}},
    {"DynamoDB Query of 10", {query_ten}},
};

void prepare(Server& server) {
    Caller caller(server.port);
    caller.ask(request("sqs", "AmazonSQS.CreateQueue", R"({"QueueName":"load"})"));
    caller.ask(form("sns", "Action=CreateTopic&Version=2010-03-31&Name=load"));
    for (const auto name : {"fan-1", "fan-2", "fan-3"}) {
        caller.ask(request("sqs", "AmazonSQS.CreateQueue", fmt::format(R"({{"QueueName":"{}"}})", name)));
        caller.ask(form("sns", fmt::format("Action=Subscribe&Version=2010-03-31&TopicArn={}&Protocol=sqs&"
                                           "Endpoint=arn%3Aaws%3Asqs%3Aus-east-1%3A000000000000%3A{}&"
                                           "Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true",
                                           topic, name)));
    }
    caller.ask(request(
        "dynamodb", "DynamoDB_20120810.CreateTable",
        R"({"TableName":"load","BillingMode":"PAY_PER_REQUEST",)"
        R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],)"
        R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]})"));
}

std::vector<Caller> connect(const Server& server) {
    std::vector<Caller> callers;
    for (size_t i = 0; i < connections; ++i) callers.emplace_back(server.port);
    return callers;
}

bool chosen(const Scenario& scenario, std::string_view filter) { return scenario.name.contains(filter); }

/// Waits until the engine has sorted what was written, for two minutes at most.
void settle(const Server& server) {
    for (int turn = 0; turn < 240; ++turn) {
        const auto before = server.cpu();
        std::this_thread::sleep_for(500ms);
        if (server.cpu() - before < 20ms) return;
    }
}

/// What the scenarios want to be there before anything is measured.
void fill(Server& server, std::string_view filter) {
    auto callers = connect(server);
    const auto flows = [&](std::string (*flow)(Caller&), size_t wanted) {
        if (wanted > 0) drive(callers, {"", {flow}}, [wanted](size_t ended) { return ended + connections <= wanted; });
    };
    const auto any_of = [&](std::string_view service) {
        return std::ranges::any_of(scenarios, [&](const Scenario& scenario) {
            return chosen(scenario, filter) && scenario.name.starts_with(service);
        });
    };
    if (any_of("DynamoDB")) flows(put_batch, (items + 24) / 25);
    if (any_of("SQS")) {
        flows(send_message_batch, (messages + 9) / 10);
        flows(receive_batch, (in_flight + 9) / 10);
    }
    settle(server);
}

void print_cost(Server& server, const Scenario& scenario, std::string_view mode) {
    auto callers = connect(server);
    // A large table's index is read in parts: a second for two million items brings most of them into memory.
    drive(callers, scenario, lasting(warm_up + std::chrono::milliseconds(items / 2000)));
    const auto cost = measure(server, callers, scenario, measured);
    fmt::print("{:<28} {:<10} {:>10.0f} {:>12.1f} {:>8.0f}\n", scenario.name, mode, cost.flows_per_second, cost.cpu_us,
               server.proportional_mebibytes());
    std::fflush(stdout);
}

void measure_start(const std::string& program, bool ephemeral) {
    std::vector<double> times;
    double memory = 0;
    for (int i = 0; i < starts; ++i) {
        Server server(program, {.ephemeral = ephemeral});
        times.push_back(server.first_answer.count());
        std::this_thread::sleep_for(200ms);
        memory = server.proportional_mebibytes();
    }
    std::sort(times.begin(), times.end());
    fmt::print("{:<10} start to first answer {:>6.1f} ms (best of {}: {:.1f}), idle memory {:>5.1f} MiB\n",
               name_of(ephemeral), times[starts / 2], starts, times.front(), memory);
    std::fflush(stdout);
}

}  // namespace

int run(int count, char** arguments) {
    if (count < 2) fail("usage: cumulet_load PROGRAM [FILTER [CONNECTIONS]]");
    const std::string program = arguments[1];
    const std::string_view filter = count > 2 ? arguments[2] : "";
    if (count > 3) connections = std::clamp<size_t>(std::strtoul(arguments[3], nullptr, 10), 1, most_connections);
    if (filter.empty() || filter == "start") {
        for (const bool ephemeral : {true, false}) measure_start(program, ephemeral);
    }
    if (filter.empty() || filter == "Lambda") measure_functions(program);
    measure_apis(program, filter);
    if (filter.empty() || filter == "WebSockets") measure_web_sockets(program);
    const auto mode = from_environment("CUMULET_BENCH_MODE");
    const auto folder = from_environment("CUMULET_BENCH_FOLDER");
    use_core(true);
    for (const bool ephemeral : {true, false}) {
        std::optional<Server> server;
        if (!mode.empty() && mode != name_of(ephemeral)) continue;
        for (const auto& scenario : scenarios) {
            if (!chosen(scenario, filter)) continue;
            if (!server) {
                fmt::print("{:<39} {:>10} {:>12} {:>8}\n", "", "flows/s", "us CPU/flow", "MiB");
                const bool filled = !ephemeral && std::filesystem::exists(folder);
                server.emplace(program,
                               ServerOptions{.ephemeral = ephemeral, .folder = ephemeral ? std::string() : folder});
                if (!filled) {
                    prepare(*server);
                    fill(*server, filter);
                }
            }
            print_cost(*server, scenario, name_of(ephemeral));
        }
    }
    return 0;
}

}  // namespace cumulet::load

int main(int count, char** arguments) try {
    return cumulet::load::run(count, arguments);
} catch (const std::exception& error) {
    fmt::print(stderr, "cumulet_load: {}\n", error.what());
    return 1;
}
