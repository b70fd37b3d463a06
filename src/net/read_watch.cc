#include "net/read_watch.h"

#include <fcntl.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/event_loop.h"

namespace cumulet::net {
namespace {

class ReadWatch : public std::enable_shared_from_this<ReadWatch> {
  public:
    ReadWatch(asio::io_context& context, int socket, std::function<bool()> ready)
        : socket_(context, socket), ready_(std::move(ready)) {}

    void wait() {
        socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                               if (!error && self->ready_()) self->wait();
                           });
    }

  private:
    asio::posix::stream_descriptor socket_;
    std::function<bool()> ready_;
};

}  // namespace

bool watch_reads(int socket, std::function<bool()> ready) {
    auto* loop = dynamic_cast<EventLoop*>(&Reactor::current().parker());
    if (!loop) return false;
    const int own = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return false;
    std::make_shared<ReadWatch>(loop->context(), own, std::move(ready))->wait();
    return true;
}

}  // namespace cumulet::net
