#include "services/lambda/workers/log_book.h"

#include "contracts/logs.h"
#include "runtime/log.h"

namespace cumulet::lambda {
namespace {

constexpr size_t pause_at_bytes = 4 << 20;
// PutLogEvents allows 10,000 events and 1,048,576 bytes, each event counted with 26 more.
constexpr size_t max_events = 10'000;
constexpr size_t max_group_bytes = 1'000'000;
constexpr size_t event_overhead_bytes = 26;
constexpr size_t max_line_bytes = 256 * 1024 - event_overhead_bytes;
// A function that is called all the time writes three lines a call: gathered, they cost one transaction for many.
constexpr auto gathering_time = std::chrono::milliseconds(10);

}  // namespace

bool LogStream::add(Time time, std::string line) {
    if (line.empty()) line = " ";  // CloudWatch Logs takes no empty message
    if (line.size() > max_line_bytes) line.resize(max_line_bytes);
    bool list;
    bool room;
    {
        std::lock_guard lock(mutex_);
        waiting_bytes_ += line.size() + event_overhead_bytes;
        lines_.push_back({time, std::move(line)});
        room = waiting_bytes_ < pause_at_bytes;
        list = !std::exchange(listed_, true);
    }
    if (list) book_.list(shared_from_this());
    return room;
}

void LogStream::when_drained(std::function<void()> resume) {
    {
        std::lock_guard lock(mutex_);
        if (waiting_bytes_ >= pause_at_bytes) {
            resume_ = std::move(resume);
            return;
        }
    }
    resume();
}

std::shared_ptr<LogStream> LogBook::open(std::string account, std::string region, std::string group, std::string name) {
    return std::make_shared<LogStream>(*this, std::move(account), std::move(region), std::move(group), std::move(name));
}

void LogBook::list(std::shared_ptr<LogStream> stream) {
    {
        std::lock_guard lock(mutex_);
        listed_.push_back(std::move(stream));
    }
    arrivals_.wake("lines");
}

Task<void> LogBook::run() {
    while (true) {
        const auto seen = arrivals_.version("lines");
        std::vector<std::shared_ptr<LogStream>> listed;
        bool stopping;
        {
            std::lock_guard lock(mutex_);
            listed.swap(listed_);
            stopping = stopping_;
        }
        for (auto& stream : listed) co_await write(std::move(stream));
        if (!listed.empty()) {
            if (!stopping) co_await Reactor::current().pause(gathering_time);
            continue;
        }
        if (stopping) co_return;
        co_await arrivals_.wait("lines", seen, Time::max());
    }
}

void LogBook::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrivals_.wake("lines");
}

Task<void> LogBook::write(std::shared_ptr<LogStream> stream) {
    auto call = service_call(Reactor::current(), "lambda.amazonaws.com", stream->account_, stream->region_);
    while (true) {
        std::vector<LogStream::Line> lines;
        size_t bytes = 0;
        {
            std::lock_guard lock(stream->mutex_);
            while (!stream->lines_.empty() && lines.size() < max_events) {
                bytes += stream->lines_.front().text.size() + event_overhead_bytes;
                if (bytes > max_group_bytes && !lines.empty()) break;
                lines.push_back(std::move(stream->lines_.front()));
                stream->lines_.pop_front();
            }
            if (lines.empty()) {
                stream->listed_ = false;
                co_return;
            }
        }
        size_t written = 0;
        for (const auto& line : lines) written += line.text.size() + event_overhead_bytes;
        try {
            co_await put(call, *stream, std::move(lines));
        } catch (const std::exception& error) {
            log::warning("output of a Lambda function was lost", {{"group", stream->group_}, {"why", error.what()}});
        }
        std::function<void()> resume;
        {
            std::lock_guard lock(stream->mutex_);
            stream->waiting_bytes_ -= written;
            if (stream->waiting_bytes_ < pause_at_bytes) resume = std::exchange(stream->resume_, nullptr);
        }
        if (resume) resume();
    }
}

Task<void> LogBook::put(Call& call, LogStream& stream, std::vector<LogStream::Line> lines) {
    aws::logs::Client logs(door_);
    if (!stream.created_) {
        try {
            co_await logs.create_log_group(call, {.logGroupName = stream.group_});
        } catch (const aws::logs::ResourceAlreadyExistsException&) {
        }
        try {
            co_await logs.create_log_stream(call, {.logGroupName = stream.group_, .logStreamName = stream.name_});
        } catch (const aws::logs::ResourceAlreadyExistsException&) {
        }
        stream.created_ = true;
    }
    aws::logs::PutLogEventsRequest request{.logGroupName = stream.group_, .logStreamName = stream.name_};
    request.logEvents.reserve(lines.size());
    // CloudWatch Logs wants the events of a call in the order of their times.
    Time latest = Time::min();
    for (auto& line : lines) {
        latest = std::max(latest, line.time);
        request.logEvents.push_back({.timestamp = epoch_millis(latest), .message = std::move(line.text)});
    }
    try {
        co_await logs.put_log_events(call, std::move(request));
    } catch (const aws::logs::ResourceNotFoundException&) {
        stream.created_ = false;  // the group was deleted: the next lines make it anew
        throw;
    }
}

}  // namespace cumulet::lambda
