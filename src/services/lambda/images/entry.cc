#include "services/lambda/images/entry.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

/// The mode of what `path` leads to where `root` is "/"; 0 with errno if there is nothing.
mode_t mode_within(const Descriptor& root, const fs::path& path) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const Descriptor file(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
    struct stat found;
    if (!file || ::fstat(file.get(), &found) != 0) return 0;
    return found.st_mode;
}

std::string_view path_variable(std::span<const std::string> environment) {
    constexpr std::string_view name = "PATH=";
    for (const std::string_view variable : environment) {
        if (variable.starts_with(name)) return variable.substr(name.size());
    }
    return "";
}

bool may_run(mode_t mode) { return S_ISREG(mode) && (mode & 0111) != 0; }

}  // namespace

std::optional<StartFault> entry_fault(const Room& room, const std::vector<std::string>& program,
                                      std::span<const std::string> environment) {
    if (program.empty() || program.front().empty())
        return StartFault{.reason = "the image has no entry point and no command"};
    const Descriptor root(::open(room.image.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto folder = mode_within(root, room.working_directory);
    if (folder == 0 && (errno == ENOSYS || errno == EPERM)) return std::nullopt;  // the kernel does not tell
    // Unverified: the words.
    if (!S_ISDIR(folder)) {
        return StartFault{.reason = fmt::format("chdir {}: {}", room.working_directory,
                                                folder == 0 ? "no such file or directory" : "not a directory"),
                          .type = "Runtime.InvalidWorkingDir"};
    }
    const auto& name = program.front();
    if (name.find('/') != name.npos) {
        const auto mode = mode_within(root, fs::path(room.working_directory) / name);
        if (may_run(mode)) return std::nullopt;
        return StartFault{.reason = fmt::format("fork/exec {}: {}", name,
                                                mode == 0 ? "no such file or directory" : "permission denied")};
    }
    const auto folders = path_variable(environment);
    for (size_t at = 0; at <= folders.size();) {
        const auto end = std::min(folders.find(':', at), folders.size());
        if (may_run(mode_within(root, fs::path(folders.substr(at, end - at)) / name))) return std::nullopt;
        at = end + 1;
    }
    return StartFault{.reason = fmt::format("exec: \"{}\": executable file not found in $PATH", name)};
}

}  // namespace cumulet::lambda
