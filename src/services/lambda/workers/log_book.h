// The output of functions on its way to CloudWatch Logs: gathered in memory, written in groups, never on a caller's
// path.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "contracts/client.h"
#include "runtime/sync.h"

namespace cumulet::lambda {

class LogBook;

/// One log stream of one function. May be written from any thread.
class LogStream : public std::enable_shared_from_this<LogStream> {
  public:
    LogStream(LogBook& book, std::string account, std::string region, std::string group, std::string name)
        : book_(book),
          account_(std::move(account)),
          region_(std::move(region)),
          group_(std::move(group)),
          name_(std::move(name)) {}

    /// False if more is waiting than should be: the writer ought to pause, and is told through `when_drained`.
    bool add(Time time, std::string line);
    /// Calls `resume` once, from another thread perhaps, when less is waiting; at once if that is so already.
    void when_drained(std::function<void()> resume);

    const std::string& group() const { return group_; }
    const std::string& name() const { return name_; }

  private:
    friend class LogBook;
    struct Line {
        Time time;
        std::string text;
    };

    LogBook& book_;
    const std::string account_, region_, group_, name_;
    std::mutex mutex_;
    std::deque<Line> lines_;
    size_t waiting_bytes_ = 0;
    bool listed_ = false;   // the book knows that lines wait
    bool created_ = false;  // only the book's own coroutine touches it
    std::function<void()> resume_;
};

/// Owns the writing: one group after another. What kill -9 meets in memory is lost; stop() writes what is left.
class LogBook {
  public:
    explicit LogBook(contracts::Door& door) : door_(door) {}

    std::shared_ptr<LogStream> open(std::string account, std::string region, std::string group, std::string name);
    /// Writes until `stop`. Runs on one reactor, owned by the caller's TaskGroup.
    Task<void> run();
    /// Lets `run` end after it wrote what is there.
    void stop();

  private:
    friend class LogStream;
    void list(std::shared_ptr<LogStream> stream);
    Task<void> write(std::shared_ptr<LogStream> stream);
    Task<void> put(Call& call, LogStream& stream, std::vector<LogStream::Line> lines);

    contracts::Door& door_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<LogStream>> listed_;
    bool stopping_ = false;
    Gates arrivals_{1};
};

}  // namespace cumulet::lambda
