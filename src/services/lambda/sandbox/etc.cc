#include "services/lambda/sandbox/etc.h"

#include <array>
#include <fstream>

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

// Without a name for their user, programs find no home folder, and SDKs no configuration.
constexpr std::string_view users =
    "root:x:0:0:root:/root:/bin/bash\n"
    "sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n";
constexpr std::string_view groups = "root:x:0:\nsbx_user1051:x:990:\n";

constexpr std::array<std::string_view, 5> copied{"ld.so.cache", "ld.so.conf", "nsswitch.conf", "localtime",
                                                 "mime.types"};
constexpr std::array<std::string_view, 2> bound{"resolv.conf", "hosts"};

}  // namespace

const std::vector<std::string>& etc_folders() {
    static const auto folders = [] {
        std::vector<std::string> found;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator("/etc", error)) {
            const std::string name = entry.path().filename();
            // "java-17-openjdk": what a JVM of Debian reads.
            const bool wanted = name == "ssl" || name == "pki" || name == "alternatives" || name.starts_with("java-");
            if (wanted && entry.is_directory(error) && !entry.is_symlink(error)) found.push_back(name);
        }
        return found;
    }();
    return folders;
}

void write_etc(const fs::path& etc) {
    std::error_code error;
    fs::remove_all(etc, error);
    fs::create_directories(etc);
    for (const auto name : copied)
        fs::copy(fs::path("/etc") / name, etc / name, fs::copy_options::copy_symlinks, error);
    for (const auto& name : etc_folders()) fs::create_directory(etc / name);
    for (const auto name : bound) std::ofstream(etc / name).flush();
    std::ofstream(etc / "passwd") << users;
    std::ofstream(etc / "group") << groups;
}

std::vector<std::string> name_arguments() {
    std::vector<std::string> arguments;
    for (const auto name : bound) {
        const auto path = fmt::format("/etc/{}", name);
        arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
    }
    return arguments;
}

std::vector<std::string> etc_arguments(const fs::path& etc) {
    std::vector<std::string> arguments{"--ro-bind-try", etc.string(), "/etc"};
    const auto bind = [&](const std::string& path) {
        arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
    };
    for (const auto& name : etc_folders()) bind("/etc/" + name);
    const auto names = name_arguments();
    arguments.insert(arguments.end(), names.begin(), names.end());
    // Keys, which functions of a Cumulet that is root could read.
    std::error_code error;
    if (fs::exists("/etc/ssl/private", error)) arguments.insert(arguments.end(), {"--tmpfs", "/etc/ssl/private"});
    return arguments;
}

}  // namespace cumulet::lambda
