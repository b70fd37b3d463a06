#include "services/lambda/workers/courier.h"

#include "runtime/log.h"

namespace cumulet::lambda {

void Courier::post(std::string uri, std::string body) {
    if (!reactor_) return;
    reactor_->post(
        [this, uri = std::move(uri), body = std::move(body)]() mutable { enqueue(std::move(uri), std::move(body)); });
}

void Courier::enqueue(std::string uri, std::string body) {
    const bool idle = !waiting_.contains(uri);
    auto& waiting = waiting_[uri];
    if (waiting.size() >= most_waiting) return;
    waiting.push_back(std::move(body));
    if (idle) tasks_.start(deliver(std::move(uri)));
}

Task<void> Courier::deliver(std::string uri) {
    const auto origin = net::Origin::parse(uri);
    const auto authority = uri.find("://") + 3;
    const auto slash = uri.find('/', authority);
    while (!waiting_[uri].empty()) {
        http::Request request{.method = "POST", .body = std::move(waiting_[uri].front())};
        waiting_[uri].pop_front();
        request.set_target(slash == uri.npos ? "/" : uri.substr(slash));
        request.headers.add("Content-Type", "application/json");
        try {
            if (origin && !tasks_.stopping()) co_await client_.send(*origin, std::move(request));
        } catch (const std::exception& error) {
            log::debug("telemetry did not reach an extension", {{"uri", uri}, {"why", error.what()}});
        }
    }
    waiting_.erase(uri);
}

}  // namespace cumulet::lambda
