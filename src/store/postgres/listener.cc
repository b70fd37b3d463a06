#include "store/postgres/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bytes.h"
#include "runtime/log.h"
#include "store/store.h"

namespace cumulet::store {
namespace {

constexpr int pause_between_attempts_millis = 500;

}  // namespace

Listener::Listener(std::string parameters, Gates& gates)
    : parameters_(std::move(parameters)), gates_(gates), end_(eventfd(0, EFD_CLOEXEC)), link_(listen()) {
    thread_ = std::thread([this] { serve(); });
}

Listener::~Listener() {
    eventfd_write(end_, 1);
    thread_.join();
    close(end_);
}

ConnectionPointer Listener::listen() const {
    auto link = connect(parameters_);
    const ResultPointer result(PQexec(link.get(), "LISTEN cumulet"));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
        throw Unavailable(fmt::format("PostgreSQL does not let us listen: {}", PQerrorMessage(link.get())));
    }
    return link;
}

bool Listener::wait_for_input(int socket, int timeout_millis) const {
    pollfd wanted[] = {{end_, POLLIN, 0}, {socket, POLLIN, 0}};
    poll(wanted, socket < 0 ? 1 : 2, timeout_millis);
    return (wanted[0].revents & POLLIN) == 0;
}

void Listener::hear() {
    while (PGnotify* notification = PQnotifies(link_.get())) {
        if (const auto topic = from_hex(notification->extra)) gates_.wake(*topic);
        PQfreemem(notification);
    }
}

void Listener::serve() {
    while (wait_for_input(link_ ? PQsocket(link_.get()) : -1, link_ ? -1 : pause_between_attempts_millis)) {
        if (link_ && PQconsumeInput(link_.get()) == 1) {
            hear();
            continue;
        }
        link_.reset();
        try {
            link_ = listen();
            gates_.wake_all();  // whatever was said meanwhile was not heard
        } catch (const Unavailable& error) {
            log::warning("wake-ups from other processes are not heard", {{"error", error.what()}});
        }
    }
}

}  // namespace cumulet::store
