// Limits of memory, CPU and process count by control groups, version 1 and 2.
#pragma once

#include <atomic>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {

struct Limits {
    uint64_t memory_bytes = 128 << 20;
    uint64_t processes = 1024;  ///< threads too, as AWS counts
};

/// What one worker's control group tells and does.
class ControlGroup {
  public:
    explicit ControlGroup(std::vector<std::filesystem::path> folders, bool unified);
    ~ControlGroup();
    ControlGroup(const ControlGroup&) = delete;

    /// False where limits may not be set.
    bool limit(const Limits& limits);
    /// Descriptors of the files that a process writes "0" to in order to enter.
    std::vector<int> entries() const;
    /// The highest memory use so far; 0 if the kernel does not tell.
    uint64_t peak_memory_bytes() const;
    bool ran_out_of_memory() const;
    /// SIGKILL to every process in it.
    void kill();
    /// True once the group is gone; false while something still lives or dies in it.
    bool remove();

  private:
    std::vector<std::filesystem::path> folders_;
    bool unified_;
    std::vector<Descriptor> entries_;
    Descriptor peak_;
};

/// The place where this process may make control groups.
class ControlGroups {
  public:
    /// Tries to make a group and to limit it. The error says why that is not permitted here.
    static std::expected<std::unique_ptr<ControlGroups>, std::string> find();
    /// Removes the folders that this process made.
    ~ControlGroups();

    std::expected<std::unique_ptr<ControlGroup>, std::string> create();
    bool unified() const { return unified_; }

  private:
    ControlGroups(std::vector<std::filesystem::path> roots, bool unified)
        : roots_(std::move(roots)), unified_(unified) {}

    std::vector<std::filesystem::path> roots_;  // version 1: one for each controller; version 2: one
    bool unified_;
    std::atomic<uint64_t> serial_{0};
};

/// The group of a process in the hierarchy of `controller` ("" for version 2), from the text of /proc/<pid>/cgroup.
std::optional<std::string> group_of(std::string_view proc_cgroup, std::string_view controller);

}  // namespace cumulet::lambda
