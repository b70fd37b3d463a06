#include "net/transport.h"

#include <sys/socket.h>
#include <sys/uio.h>

namespace cumulet::net {
namespace {

/// What is left of pieces that are being sent.
class Gather {
  public:
    explicit Gather(std::span<const std::string_view> pieces) {
        for (const auto piece : pieces) {
            if (!piece.empty()) parts_[count_++] = {const_cast<char*>(piece.data()), piece.size()};
        }
    }
    bool empty() const { return first_ == count_; }
    msghdr message() {
        msghdr message{};
        message.msg_iov = parts_.data() + first_;
        message.msg_iovlen = count_ - first_;
        return message;
    }
    void consume(size_t bytes) {
        while (bytes > 0) {
            auto& part = parts_[first_];
            const auto taken = std::min(bytes, part.iov_len);
            part.iov_base = static_cast<char*>(part.iov_base) + taken;
            part.iov_len -= taken;
            bytes -= taken;
            if (part.iov_len == 0) ++first_;
        }
    }

  private:
    std::array<iovec, 3> parts_;
    size_t first_ = 0;
    size_t count_ = 0;
};

}  // namespace

Task<size_t> Transport::read(char* into, size_t size_bytes, Tick due) {
    idle_ = false;
    read_expired_ = false;
    read_due_ = due;
    Operation operation(read_memory_);
    if (tls_) {
        co_await read_tls(operation, into, size_bytes);
    } else {
        co_await operation.run(
            [&](Operation::Done done) { socket_.async_read_some(asio::buffer(into, size_bytes), std::move(done)); });
    }
    read_due_ = 0;
    if (!operation.error) co_return operation.bytes;
    if (read_expired_) throw TooSlow();
    if (operation.error == asio::error::eof) co_return 0;
    throw Disconnected();
}

Task<void> Transport::write(std::array<std::string_view, 3> pieces, std::chrono::milliseconds limit) {
    idle_ = false;
    return tls_ ? write_tls(pieces, limit) : write_plain(pieces, limit);
}

Task<void> Transport::write_plain(std::array<std::string_view, 3> pieces, std::chrono::milliseconds limit) {
    // Answers that become ready together are sent together: the first wakes the peer, which then finds the others by
    // itself. Waking it once for each costs more than all the rest of sending.
    co_await Reactor::current().yield();
    Gather gather(pieces);
    while (!gather.empty()) {
        const auto message = gather.message();
        const auto sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
        if (sent >= 0) {
            gather.consume(static_cast<size_t>(sent));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) throw Disconnected();
        Operation operation(write_memory_);
        write_due_ = loop_.due(limit);
        co_await operation.run(
            [&](Operation::Done done) { socket_.async_wait(asio::socket_base::wait_write, std::move(done)); });
        check_write(operation);
    }
}

void Transport::check_write(const Operation& operation) {
    write_due_ = 0;
    if (!operation.error) return;
    if (std::exchange(write_expired_, false)) throw TooSlow();
    throw Disconnected();
}

void Transport::tick(Tick now) {
    boost::system::error_code ignored;
    if (read_due_ && now >= read_due_) {
        read_due_ = 0;
        if (idle_) return close();
        read_expired_ = true;
        socket_.cancel(ignored);
    }
    if (write_due_ && now >= write_due_) {
        write_due_ = 0;
        write_expired_ = true;
        socket_.cancel(ignored);
    }
}

bool Transport::peer_has_closed() {
    if (!socket_.is_open()) return true;
    char byte;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno != EAGAIN && errno != EINTR;
    return got == 0 || !tls_;  // bytes that nobody asked for: only TLS has a reason to send them
}

void Transport::stop_reading() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Transport::shut_down_sending() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Transport::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void Transport::reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

std::span<char> ReadBuffer::space(size_t at_least) {
    if (capacity_ - end_ < at_least) {
        if (capacity_ - size() >= at_least) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, size());
        } else {
            const auto capacity = std::max(size() + at_least, capacity_ * 2);
            auto larger = std::make_unique_for_overwrite<char[]>(capacity);
            std::ranges::copy(view(), larger.get());
            bytes_ = std::move(larger);
            capacity_ = capacity;
        }
        end_ -= begin_;
        begin_ = 0;
    }
    return {bytes_.get() + end_, capacity_ - end_};
}

}  // namespace cumulet::net
