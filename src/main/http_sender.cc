#include "main/http_sender.h"

namespace cumulet {
namespace {

constexpr auto connecting = std::chrono::seconds(15);  // as long as AWS tries to
constexpr size_t largest_body_bytes = 10 << 20;        // of an API's integration

}  // namespace

HttpSender::HttpSender() : client_({.connect_time = connecting, .write_time = connecting}) {}

Task<std::optional<http::Response>> HttpSender::send(std::string origin, http::Request request,
                                                     contracts::Sending sending) {
    auto parsed = net::Origin::parse(origin);
    if (!parsed) throw net::HttpFailed(net::HttpFailed::Reason::resolve, "no such place: " + origin);
    parsed->trust_any_certificate = sending.trust_any_certificate;
    parsed->client_certificate = std::move(sending.client_certificate);
    try {
        co_return co_await client_.send(*parsed, std::move(request),
                                        {.head_time = sending.patience,
                                         .body_time = sending.patience,
                                         .max_body_bytes = largest_body_bytes,
                                         .stream = sending.stream});
    } catch (const net::HttpFailed& failed) {
        if (failed.reason != net::HttpFailed::Reason::timed_out) throw;
    }
    co_return std::nullopt;
}

}  // namespace cumulet
