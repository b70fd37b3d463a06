#include "main/init_hooks.h"

#include <spawn.h>
#include <sys/wait.h>

#include "runtime/log.h"

extern char** environ;

namespace cumulet {
namespace {

constexpr std::string_view stage_names[] = {"BOOT", "START", "READY", "SHUTDOWN"};
constexpr std::string_view stage_folders[] = {"boot.d", "start.d", "ready.d", "shutdown.d"};

/// Scripts below `folder`, depth first, each folder's in alphabetical order.
void collect(const std::filesystem::path& folder, std::vector<std::filesystem::path>& scripts, int depth) {
    constexpr int deepest = 8;
    std::error_code missing;
    std::vector<std::filesystem::path> here;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) here.push_back(entry.path());
    std::ranges::sort(here);
    for (const auto& path : here) {
        if (std::filesystem::is_directory(path)) {
            if (depth < deepest) collect(path, scripts, depth + 1);
        } else if (path.extension() == ".sh" || path.extension() == ".py") {
            scripts.push_back(path);
        }
    }
}

std::vector<std::string> environment_with(const std::string& endpoint) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
    const auto add = [&](std::string_view name, std::string_view value) {
        const auto set = std::ranges::any_of(variables, [&](std::string_view variable) {
            return variable.starts_with(name) && variable.substr(name.size()).starts_with('=');
        });
        if (!set && !value.empty()) variables.push_back(fmt::format("{}={}", name, value));
    };
    add("AWS_ENDPOINT_URL", endpoint);
    add("AWS_ACCESS_KEY_ID", "test");
    add("AWS_SECRET_ACCESS_KEY", "test");
    add("AWS_DEFAULT_REGION", "us-east-1");
    return variables;
}

}  // namespace

bool InitHooks::run_script(const std::filesystem::path& script) const {
    const std::string interpreter = script.extension() == ".py" ? "python3" : "bash";
    auto variables = environment_with(endpoint_);
    std::vector<char*> environment;
    for (auto& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    std::string program = interpreter;
    std::string path = script.string();
    char* arguments[] = {program.data(), path.data(), nullptr};

    // The signals that serve() waits for are blocked here; a script gets them as usual.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t pid = 0;
    const int error = posix_spawnp(&pid, interpreter.c_str(), nullptr, &attributes, arguments, environment.data());
    posix_spawnattr_destroy(&attributes);
    if (error != 0) return false;
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void InitHooks::run(Stage stage) {
    const auto index = static_cast<size_t>(stage);
    std::vector<std::filesystem::path> scripts;
    collect(folder_ / stage_folders[index], scripts, 0);
    for (const auto& script : scripts) {
        size_t place;
        {
            std::lock_guard lock(mutex_);
            place = scripts_.size();
            scripts_.push_back({stage, script.filename().string(), "RUNNING"});
        }
        const bool succeeded = run_script(script);
        if (!succeeded) log::error("An init script failed", {{"script", script.string()}});
        std::lock_guard lock(mutex_);
        scripts_[place].state = succeeded ? "SUCCESSFUL" : "ERROR";
    }
    std::lock_guard lock(mutex_);
    completed_[index] = true;
}

json::object InitHooks::status() const {
    std::lock_guard lock(mutex_);
    json::object completed;
    for (size_t i = 0; i < completed_.size(); ++i) completed[stage_names[i]] = completed_[i];
    json::array scripts;
    for (const auto& script : scripts_) {
        scripts.push_back(json::object{
            {"stage", stage_names[static_cast<size_t>(script.stage)]}, {"name", script.name}, {"state", script.state}});
    }
    return {{"completed", std::move(completed)}, {"scripts", std::move(scripts)}};
}

}  // namespace cumulet
