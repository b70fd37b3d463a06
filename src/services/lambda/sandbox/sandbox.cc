#include "services/lambda/sandbox/sandbox.h"

#include <unistd.h>

#include <algorithm>

#include "services/lambda/sandbox/etc.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

std::string find_wrapper() {
    for (const char* path : {"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"}) {
        if (::access(path, X_OK) == 0) return path;
    }
    return "";
}

/// True if the file, or one below the folder, has a permission to be written.
bool may_be_written(const fs::path& path) {
    constexpr auto any_write = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
    std::error_code error;
    const auto status = fs::status(path, error);
    if (error || !fs::exists(status)) return false;
    if (!fs::is_directory(status)) return (status.permissions() & any_write) != fs::perms::none;
    for (const auto& entry : fs::directory_iterator(path, error)) {
        if (!entry.is_symlink(error) && may_be_written(entry.path())) return true;
    }
    return false;
}

/// Why no program gets a network of its own here; "" if one does.
std::string try_network() {
    constexpr uint16_t any_port = 9001;
    OwnNetwork network({any_port});
    if (run_quietly({"/usr/bin/true"}, std::chrono::seconds(5), &network) == 0 &&
        network.receive().listeners.size() == 1)
        return "";
    return "Lambda functions do not run: they may have no network of their own here, and must not have the host's";
}

std::vector<std::string> wrapper_arguments(const std::string& wrapper, bool own_user) {
    std::vector<std::string> arguments{wrapper,         "--unshare-pid",        "--unshare-ipc",
                                       "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent",
                                       "--new-session"};
    // The user and group that AWS runs functions as.
    if (own_user) arguments.insert(arguments.end(), {"--unshare-user", "--uid", "993", "--gid", "990"});
    if (!own_user) arguments.insert(arguments.end(), {"--cap-drop", "ALL"});
    return arguments;
}

std::vector<std::string> host_file_arguments() {
    std::vector<std::string> arguments{"--ro-bind", "/usr", "/usr"};
    for (const std::string folder : {"/lib", "/lib32", "/lib64", "/bin", "/sbin"}) {
        std::error_code error;
        if (fs::is_symlink(folder, error)) {
            arguments.insert(arguments.end(), {"--symlink", fs::read_symlink(folder, error).string(), folder});
        } else {
            arguments.insert(arguments.end(), {"--ro-bind-try", folder, folder});
        }
    }
    return arguments;
}

std::vector<std::string> kernel_arguments() {
    std::vector<std::string> arguments{"--proc", "/proc"};
    // Under a Cumulet that is root, a function's user is root to the kernel, if without capabilities: it must not write
    // the kernel's settings, such as the program that gets core dumps.
    for (const std::string part : {"sys", "mtrr", "pressure", "scsi", "acpi", "fs", "driver"}) {
        if (may_be_written("/proc/" + part))
            arguments.insert(arguments.end(), {"--ro-bind", "/proc/" + part, "/proc/" + part});
    }
    arguments.insert(arguments.end(), {"--dev", "/dev"});
    return arguments;
}

void append(std::vector<std::string>& arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
}

}  // namespace

std::unique_ptr<Sandbox> Sandbox::find(Network network) {
    auto sandbox = std::make_unique<Sandbox>();
    sandbox->network_ = network;
    if (network != Network::host) sandbox->network_fault_ = try_network();
    if (!sandbox->network_fault_.empty()) sandbox->warnings_.push_back(sandbox->network_fault_);
    const auto wrapper = find_wrapper();
    std::string why = "bubblewrap (bwrap) is not installed";
    if (!wrapper.empty()) {
        why = "bubblewrap may not make namespaces here";
        sandbox->host_files_ = host_file_arguments();
        sandbox->kernel_ = kernel_arguments();
        for (const bool own_user : {true, false}) {
            auto arguments = wrapper_arguments(wrapper, own_user);
            auto trial = arguments;
            append(trial, sandbox->host_files_);
            append(trial, sandbox->kernel_);
            append(trial, {"--tmpfs", "/tmp", "/usr/bin/true"});
            if (run_quietly(trial, std::chrono::seconds(5)) == 0) {
                sandbox->wrapper_ = std::move(arguments);
                break;
            }
        }
    }
    if (!sandbox->isolated()) {
        sandbox->warnings_.push_back(fmt::format(
            "Lambda functions run as plain processes that see this machine's files and processes: {}", why));
    }
    if (auto groups = ControlGroups::find()) {
        sandbox->groups_ = std::move(*groups);
    } else {
        sandbox->warnings_.push_back(fmt::format(
            "Lambda functions' CPU and process count are not limited, their memory only process by process: {}",
            groups.error()));
    }
    return sandbox;
}

std::unique_ptr<Sandbox> Sandbox::plain(std::string why) {
    auto sandbox = std::make_unique<Sandbox>();
    sandbox->warnings_.push_back("Lambda functions run as plain processes without limits: " + std::move(why));
    return sandbox;
}

std::vector<std::string> take_loader_variables(std::vector<std::string>& environment) {
    const auto kept = std::ranges::partition(environment, [](std::string_view variable) {
        return !variable.starts_with("LD_") && !variable.starts_with("GLIBC_TUNABLES=") &&
               !variable.starts_with("GCONV_PATH=") && !variable.starts_with("LOCPATH=");
    });
    std::vector<std::string> taken(std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
    environment.erase(kept.begin(), kept.end());
    return taken;
}

std::vector<std::string> Sandbox::command(const Room& room, const std::vector<std::string>& program,
                                          const std::vector<std::string>& inner) const {
    if (!isolated()) return program;
    auto arguments = wrapper_;
    for (const auto& variable : inner) {
        const auto equals = variable.find('=');
        append(arguments, {"--setenv", variable.substr(0, equals), variable.substr(equals + 1)});
    }
    const bool packaged = room.image.empty();
    append(arguments, packaged ? host_files_ : std::vector<std::string>{"--ro-bind", room.image.string(), "/"});
    append(arguments, kernel_);
    append(arguments, {"--size", std::to_string(room.scratch_bytes), "--tmpfs", "/tmp"});
    if (packaged) {
        append(arguments, {"--ro-bind", room.code.string(), "/var/task"});
        if (!room.bootstrap.empty()) {
            append(arguments, {"--ro-bind", room.bootstrap.string(), "/var/runtime"});
            append(arguments, etc_arguments(room.bootstrap / "etc"));
        }
        if (!room.layers.empty()) {
            append(arguments, {"--ro-bind", room.layers.string(), "/opt"});
        } else {
            append(arguments, {"--dir", "/opt"});
        }
        append(arguments, {"--remount-ro", "/", "--chdir", "/var/task"});
    } else {
        append(arguments, name_arguments());
        append(arguments, {"--chdir", room.working_directory});
    }
    append(arguments, program);
    return arguments;
}

std::string Sandbox::supervisor(const Room& room) const {
    return room.image.empty() ? seen(room, "/var/runtime/supervise.sh") : "/cumulet/supervise.sh";
}

std::string Sandbox::seen(const Room& room, std::string_view path) const {
    if (isolated()) return std::string(path);
    for (const auto& [place, folder] : {std::pair<std::string_view, fs::path>{"/var/task", room.code},
                                        {"/var/runtime", room.bootstrap},
                                        {"/opt", room.layers.empty() ? fs::path("/opt") : room.layers}}) {
        if (path.starts_with(place)) return folder.string() + std::string(path.substr(place.size()));
    }
    return std::string(path);
}

std::unique_ptr<ControlGroup> Sandbox::group() const {
    if (!groups_) return nullptr;
    auto group = groups_->create();
    return group ? std::move(*group) : nullptr;
}

}  // namespace cumulet::lambda
