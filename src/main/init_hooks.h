// Scripts that users put beside the cloud: <folder>/{boot,start,ready,shutdown}.d/*.sh and *.py, in alphabetical order,
// depth first. A script that fails does not keep the others from running.
#pragma once

#include <filesystem>
#include <mutex>
#include <vector>

#include "base/json.h"

namespace cumulet {

class InitHooks {
  public:
    enum class Stage { boot, start, ready, shutdown };

    explicit InitHooks(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Scripts see the cloud as AWS_ENDPOINT_URL, with test credentials unless they have their own.
    void set_endpoint(std::string endpoint) { endpoint_ = std::move(endpoint); }
    /// Runs the stage's scripts one after the other and waits for them.
    void run(Stage stage);
    /// {"completed": {"BOOT": true, …}, "scripts": [{"stage", "name", "state"}]}. From any thread.
    json::object status() const;

  private:
    struct Script {
        Stage stage;
        std::string name;
        std::string state;  // UNKNOWN, RUNNING, SUCCESSFUL, ERROR
    };
    bool run_script(const std::filesystem::path& script) const;

    std::filesystem::path folder_;
    std::string endpoint_;
    mutable std::mutex mutex_;
    std::vector<Script> scripts_;
    std::array<bool, 4> completed_{};
};

}  // namespace cumulet
