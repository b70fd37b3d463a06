#include "store/postgres/driver.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace cumulet::store {

Driver::Driver() : events_(epoll_create1(EPOLL_CLOEXEC)), wake_up_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (events_ < 0 || wake_up_ < 0 || epoll_ctl(events_, EPOLL_CTL_ADD, wake_up_, &event) != 0) {
        throw std::system_error(errno, std::generic_category(), "the kernel gives no more descriptors");
    }
    thread_ = std::thread([this] { serve(); });
}

Driver::~Driver() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    eventfd_write(wake_up_, 1);
    thread_.join();
    close(events_);
    close(wake_up_);
}

Task<void> Driver::perform(Connection& connection, RoundTrip& round_trip) {
    auto& reactor = Reactor::current();
    const Clock::Hold hold(reactor.clock());
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        round_trip.reactor = &reactor;
        round_trip.waiting = handle;
        connection.under_way = &round_trip;
        bool first;
        {
            std::lock_guard lock(mutex_);
            first = begun_.empty();
            begun_.push_back(&connection);
        }
        if (first) eventfd_write(wake_up_, 1);
    }};
}

void Driver::serve() {
    std::array<epoll_event, 64> events;
    while (true) {
        const int count = epoll_wait(events_, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            if (auto* connection = static_cast<Connection*>(events[i].data.ptr)) go_on(*connection);
        }
        eventfd_t ignored;
        eventfd_read(wake_up_, &ignored);
        std::vector<Connection*> begun;
        {
            std::lock_guard lock(mutex_);
            if (ending_) return;
            begun.swap(begun_);
        }
        for (auto* connection : begun) begin(*connection);
    }
}

void Driver::begin(Connection& connection) {
    if (!send(connection)) return end(connection, true);
    go_on(connection);
}

bool Driver::send(Connection& connection) {
    auto* link = connection.link.get();
    for (const auto& statement : connection.under_way->statements) {
        std::vector<const char*> values;
        std::vector<int> lengths;
        for (const auto& parameter : statement.parameters) {
            values.push_back(parameter.data());
            lengths.push_back(static_cast<int>(parameter.size()));
        }
        const std::vector<int> binary(values.size(), 1);
        if (PQsendQueryPrepared(link, statement.name, static_cast<int>(values.size()), values.data(), lengths.data(),
                                binary.data(), 1) != 1) {
            return false;
        }
    }
    return PQpipelineSync(link) == 1;
}

void Driver::go_on(Connection& connection) {
    auto* link = connection.link.get();
    const int unsent = PQflush(link);
    if (unsent < 0 || PQconsumeInput(link) != 1) return end(connection, true);
    if (receive(connection)) return end(connection, false);
    if (PQstatus(link) != CONNECTION_OK) return end(connection, true);
    watch(connection, unsent > 0);
}

bool Driver::receive(Connection& connection) {
    auto* link = connection.link.get();
    while (PQstatus(link) == CONNECTION_OK && PQisBusy(link) == 0) {
        ResultPointer result(PQgetResult(link));
        if (!result) continue;  // the end of one statement's results
        if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) return true;
        connection.under_way->results.push_back(std::move(result));
    }
    return false;
}

void Driver::watch(Connection& connection, bool wants_to_write) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    if (wants_to_write) event.events |= EPOLLOUT;
    event.data.ptr = &connection;
    const int operation = connection.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    connection.watched = true;
    if (epoll_ctl(events_, operation, PQsocket(connection.link.get()), &event) != 0) end(connection, true);
}

void Driver::end(Connection& connection, bool broken) {
    auto& round_trip = *std::exchange(connection.under_way, nullptr);
    round_trip.broken = broken;
    // The caller may let go of both as soon as it is posted.
    round_trip.reactor->post(round_trip.waiting);
}

}  // namespace cumulet::store
