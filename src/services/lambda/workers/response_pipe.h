// A function's response on its way to its caller while the function still writes it. The loop's thread writes, one
// coroutine reads, and neither runs ahead of the other by more than a bounded amount.
#pragma once

#include <coroutine>
#include <deque>
#include <functional>
#include <mutex>

#include "runtime/byte_stream.h"
#include "runtime/reactor.h"

namespace cumulet::lambda {

class ResponsePipe final : public ByteStream {
  public:
    /// The response begins. Once.
    void open(std::string content_type);
    /// False if the writer should pause until `when_room` tells it to go on. Pieces for a reader that left are dropped.
    bool write(std::string_view bytes);
    /// Calls `resume` once, from another thread perhaps, when there is room; at once if there is.
    void when_room(std::function<void()> resume);
    /// Nothing follows. Opens a pipe that never was.
    void close();

    /// The response's content type, "" if it ended before it began.
    Task<std::string> opened();
    Task<std::optional<std::string>> read() override;
    void cancel() override;

  private:
    static constexpr size_t pause_at_bytes = 256 << 10;

    void wake(std::unique_lock<std::mutex> lock);
    Task<void> wait(bool (ResponsePipe::*ready)() const);
    bool is_open() const { return open_ || closed_; }
    bool is_readable() const { return !pieces_.empty() || closed_; }

    std::mutex mutex_;
    std::deque<std::string> pieces_;
    size_t waiting_bytes_ = 0;
    std::string content_type_;
    bool open_ = false;
    bool closed_ = false;
    bool cancelled_ = false;
    std::function<void()> resume_;
    Reactor* reactor_ = nullptr;
    std::coroutine_handle<> reader_;
};

}  // namespace cumulet::lambda
