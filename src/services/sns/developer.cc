// What developers read of messages that went to phones, mailboxes, devices and streams, and tokens of subscriptions.
// LocalStack's paths and shapes, where it has them: https://docs.localstack.cloud/aws/services/sns/

#include "base/bytes.h"
#include "services/sns/service.h"
#include "services/sns/sms_storage.h"

namespace cumulet::sns {
namespace {

/// A path that shows one kind of kept messages.
struct Shelf {
    std::string_view path;
    std::string_view kind;
    std::string_view member;     ///< of the answer
    std::string_view parameter;  ///< that chooses one recipient
};
constexpr std::array shelves = {
    Shelf{"/_aws/sns/sms-messages", "sms", "sms_messages", "phoneNumber"},
    Shelf{"/_aws/sns/platform-endpoint-messages", "platform", "platform_endpoint_messages", "endpointArn"},
    Shelf{"/_aws/sns/email-messages", "email", "email_messages", "address"},
    Shelf{"/_aws/sns/firehose-records", "firehose", "firehose_records", "deliveryStreamArn"},
};

http::Response answer(int status, const json::value& body) {
    http::Response response{.status = status, .body = json::serialize(body)};
    response.headers.add("content-type", "application/json");
    return response;
}

std::map<std::string, std::string> parameters_of(const http::Request& request) {
    std::map<std::string, std::string> all;
    for (auto& parameter : http::parse_query(request.query)) all[parameter.name] = std::move(parameter.value);
    return all;
}

std::string value_or(const std::map<std::string, std::string>& parameters, std::string_view name,
                     std::string_view fallback) {
    const auto found = parameters.find(std::string(name));
    return found == parameters.end() ? std::string(fallback) : found->second;
}

json::object by_recipient(std::vector<Kept> all, const std::string& recipient) {
    json::object messages;
    if (!recipient.empty()) messages[recipient] = json::array();
    for (auto& kept : all) {
        if (!recipient.empty() && kept.recipient != recipient) continue;
        auto& list = messages[kept.recipient];
        if (!list.is_array()) list = json::array();
        list.as_array().push_back(std::move(kept.message));
    }
    return messages;
}

Task<http::Response> show_shelf(store::Store& store, Shelf shelf, http::Request request) {
    const auto parameters = parameters_of(request);
    const auto recipient = value_or(parameters, shelf.parameter, "");
    const auto arn = Arn::parse(recipient);  // of a device or a stream: it says the account and the region
    const Place place{arn ? arn->account : value_or(parameters, "accountId", "000000000000"),
                      arn ? arn->region : value_or(parameters, "region", "us-east-1")};
    if (request.method == "DELETE") {
        co_await store.transact(
            [&](store::Transaction& tx) { return erase_kept(tx, place, std::string(shelf.kind), recipient); });
        co_return http::Response{.status = 204};
    }
    auto all =
        co_await store.transact([&](store::Transaction& tx) { return list_kept(tx, place, std::string(shelf.kind)); });
    co_return answer(200,
                     json::object{{shelf.member, by_recipient(std::move(all), recipient)}, {"region", place.region}});
}

Task<http::Response> show_token(store::Store& store, std::string arn, Time now) {
    const auto refuse = [&](int status, std::string_view why) {
        return answer(status, json::object{{"error", why}, {"subscription_arn", arn}});
    };
    std::optional<SubscriptionAddress> address;
    try {
        address = parse_subscription_arn(arn);
    } catch (const aws::Error&) {
        co_return refuse(400, "The provided SubscriptionARN is invalid");
    }
    const auto subscription =
        co_await store.transact([&](store::Transaction& tx) { return find_subscription(tx, *address); });
    if (!subscription || !subscription->exists(now) || subscription->token.empty())
        co_return refuse(404, "The provided SubscriptionARN is not found");
    co_return answer(200, json::object{{"subscription_token", subscription->token}, {"subscription_arn", arn}});
}

/// Stands for the answer "STOP" of whoever has the phone.
Task<http::Response> note_opt_out(store::Store& store, http::Request request) {
    const auto body = parse_json(request.body);
    if (request.method != "POST" || !body || !body->is_object())
        co_return answer(400, json::object{{"error", R"(POST {"phoneNumber": "+…"})"}});
    const auto& members = body->as_object();
    const std::string number(string_or(members, "phoneNumber"));
    if (!is_phone_number(number)) co_return answer(400, json::object{{"error", "phoneNumber is no phone number"}});
    const Place place{std::string(string_or(members, "accountId", "000000000000")),
                      std::string(string_or(members, "region", "us-east-1"))};
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        opt_out(tx, place, number);
        co_return;
    });
    co_return answer(200, json::object());
}

}  // namespace

Task<http::Response> Service::serve(Call& call, http::Request request) {
    constexpr std::string_view tokens = "/_aws/sns/subscription-tokens/";
    if (request.path.starts_with(tokens)) {
        if (request.method != "GET") co_return answer(405, json::object{{"error", "GET"}});
        co_return co_await show_token(store_, percent_decode(std::string_view(request.path).substr(tokens.size())),
                                      call.now());
    }
    if (request.path == "/_aws/sns/phone-opt-outs") co_return co_await note_opt_out(store_, std::move(request));
    const auto shelf = std::ranges::find(shelves, request.path, &Shelf::path);
    if (shelf == shelves.end()) co_return answer(404, json::object{{"error", "no such path"}});
    if (request.method != "GET" && request.method != "DELETE")
        co_return answer(405, json::object{{"error", "GET or DELETE"}});
    co_return co_await show_shelf(store_, *shelf, std::move(request));
}

}  // namespace cumulet::sns
