// A door with services that say what reached them.
#pragma once

#include "auth/sigv4.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "contracts/s3.h"
#include "contracts/sqs.h"
#include "contracts/sts.h"
#include "dispatch/door.h"
#include "runtime/byte_stream.h"

namespace cumulet::dispatch {

inline const Time start = *parse_iso8601("2026-11-23T00:55:00Z");
inline const std::string ann = "arn:aws:iam::111122223333:user/ann";

/// Two operations of SQS: one answers, one asks itself again.
struct FakeSqs : aws::sqs::Api {
    Door* door = nullptr;
    std::string body;
    std::string queue_url;
    std::string account, region, principal, trace;
    std::function<void()> fail;
    std::string owner;  ///< account of the queue, the caller's where it is empty
    std::string policy;

    Task<aws::sqs::SendMessageResult> send_message(Call& call, aws::sqs::SendMessageRequest request) override {
        account = call.account;
        region = call.region;
        principal = call.principal.arn;
        trace = call.trace;
        body = request.MessageBody;
        queue_url = request.QueueUrl;
        if (fail) fail();
        co_return aws::sqs::SendMessageResult{.MD5OfMessageBody = md5_hex(request.MessageBody), .MessageId = "m-1"};
    }
    Task<aws::sqs::CreateQueueResult> create_queue(Call& call, aws::sqs::CreateQueueRequest request) override {
        aws::sqs::Client self(*door);
        co_return co_await self.create_queue(call, std::move(request));
    }
    std::string resource_of(const Call& call, const contracts::Operation&, const void*) const override {
        return owner.empty() ? call.arn("sqs", "jobs") : "arn:aws:sqs:eu-west-1:" + owner + ":jobs";
    }
    Task<std::string> resource_policy(Call&, std::string) override { co_return policy; }
};

struct FakeS3 : aws::s3::Api {
    std::string stored;
    std::string key;
    std::string algorithm;
    Task<aws::s3::PutObjectOutput> put_object(Call& call, aws::s3::PutObjectRequest request) override {
        key = request.Bucket + "/" + request.Key;
        algorithm = request.ChecksumAlgorithm.value_or("");
        stored = co_await read_all(std::move(request.Body), 1 << 20);
        co_return aws::s3::PutObjectOutput{.ETag = "\"e\""};
    }
};

struct FakeIdentities : contracts::IdentitySource {
    contracts::PrincipalPolicies policies;
    std::optional<Time> expires;
    Task<std::optional<contracts::Credentials>> find(std::string access_key_id) override {
        if (access_key_id != "AKIAANN0000000000001" && access_key_id != "ASIAANN0000000000001") co_return std::nullopt;
        contracts::Credentials credentials;
        credentials.secret_access_key = "anns secret";
        credentials.principal = {
            .kind = Principal::Kind::user, .account = "111122223333", .arn = ann, .user_id = "AIDAANN"};
        if (access_key_id.starts_with("ASIA")) {
            credentials.session_token = "token";
            credentials.expires = expires;
        }
        co_return credentials;
    }
    Task<contracts::PrincipalPolicies> policies_of(Principal) override { co_return policies; }
};

struct World {
    Clock clock{start};
    Reactor reactor{clock, Random(1)};
    FakeSqs sqs;
    FakeS3 s3;
    aws::sts::Api sts;
    FakeIdentities identities;
    Door door;

    explicit World(Settings settings = {}) : door(std::move(settings), clock, &identities) {
        sqs.door = &door;
        door.add(aws::sqs::service, sqs);
        door.add(aws::s3::service, s3);
        door.add(aws::sts::service, sts);
    }
    http::Response serve(http::Request request) { return reactor.block_on(door.serve(std::move(request))); }
};

inline http::Request request_of(std::string method, std::string target, http::Headers headers, std::string body = "") {
    http::Request request;
    request.method = std::move(method);
    request.set_target(std::move(target));
    request.headers = std::move(headers);
    if (!request.headers.has("host")) request.headers.add("Host", "localhost:4566");
    request.body = std::move(body);
    request.remote_address = "127.0.0.1";
    return request;
}

inline http::Request send_message(
    std::string body = R"({"QueueUrl":"http://localhost:4566/000000000000/jobs","MessageBody":"hello"})") {
    return request_of("POST", "/",
                      {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AmazonSQS.SendMessage"}},
                      std::move(body));
}

inline http::Request signed_by(http::Request request, std::string key, std::string secret, Time now = start,
                               std::string service = "sqs", std::string region = "eu-west-1", std::string token = "") {
    auth::sign(request, {std::move(key), std::move(secret), std::move(token)}, region, service, now);
    return request;
}

inline json::object json_of(const http::Response& response) {
    auto value = parse_json(response.body);
    return value && value->is_object() ? value->get_object() : json::object{};
}
inline std::string type_of(const http::Response& response) {
    const auto object = json_of(response);
    const auto type = std::string(string_or(object, "__type"));
    return type.substr(type.rfind('#') + 1);
}

}  // namespace cumulet::dispatch
