// A place to run workers in: a sandbox of this machine, a pool, and a door that keeps what is written to the logs.
#pragma once

#include <filesystem>

#include "contracts/logs.h"
#include "net/reactors.h"
#include "services/lambda/workers/pool.h"

namespace cumulet::lambda {

/// Answers CloudWatch Logs' operations by remembering the lines.
class LogDoor : public contracts::Door {
  public:
    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override;
    std::vector<std::string> lines() const;
    bool has(std::string_view part) const;

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// A folder that removes itself.
class Folder {
  public:
    Folder();
    ~Folder();
    void write(const std::string& name, std::string_view text, bool executable = false) const;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// True if a process of this machine has `argument` in its command line.
bool somewhere_runs(std::string_view argument);

class Workshop {
  public:
    explicit Workshop(std::unique_ptr<Sandbox> with = Sandbox::find(), PoolBounds bounds = {});
    ~Workshop();

    /// A plan that runs `handler` of the code in `code`. `runtime`: nodejs, python, ruby, java or provided.
    WorkerPlan plan(std::string_view runtime, std::string handler = "index.handler");
    /// One event to a worker of `plan` from the pool.
    Outcome invoke(const WorkerPlan& plan, std::string payload = "{}");
    /// One event whose response is read as it is written, to a new worker.
    struct Streamed {
        std::string content_type;
        std::string body;
        Outcome outcome;
    };
    Streamed stream(const WorkerPlan& plan, std::function<void()> before_reading = [] {});
    /// Waits, for at most `real` time, until `condition` holds.
    bool eventually(std::function<bool()> condition, std::chrono::milliseconds real = std::chrono::seconds(5));

    Folder code;
    Folder layers;
    LogDoor door;
    Clock clock;
    Reactor reactor{clock, Random(1), net::make_socket_parker()};
    std::unique_ptr<Sandbox> sandbox;
    Loop loop;
    Launcher launcher;
    Pool pool;
    LogBook book{door};
    TaskGroup tasks;
    uint64_t serial = 0;

  private:
    Folder bootstrap_;
};

}  // namespace cumulet::lambda
