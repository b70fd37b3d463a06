#include "services/lambda/sandbox/etc.h"

#include <fstream>
#include <vector>

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

// Without a name for their user, programs find no home folder, and SDKs no configuration.
constexpr std::string_view users =
    "root:x:0:0:root:/root:/bin/bash\n"
    "sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n";
constexpr std::string_view groups = "root:x:0:\nsbx_user1051:x:990:\n";

bool is_wanted(const std::string& name) {
    for (const std::string_view each : {"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ssl", "ca-certificates", "pki",
                                        "nsswitch.conf", "localtime", "alternatives", "mime.types"}) {
        if (name == each) return true;
    }
    return name.starts_with("java-");  // "java-17-openjdk": what a JVM of Debian reads
}

/// Copies what may be read; links stay links, into /usr mostly.
void copy_readable(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (fs::is_symlink(from, error) || !fs::is_directory(from, error)) {
        fs::copy(from, to, fs::copy_options::copy_symlinks, error);
        return;
    }
    fs::create_directories(to, error);
    for (const auto& entry : fs::directory_iterator(from, error)) {
        // Keys, which a Cumulet that is root could read.
        if (entry.path().filename() != "private") copy_readable(entry.path(), to / entry.path().filename());
    }
}

}  // namespace

void write_etc(const fs::path& etc) {
    std::error_code error;
    fs::remove_all(etc, error);
    fs::create_directories(etc);
    for (const auto& entry : fs::directory_iterator("/etc", error)) {
        const auto name = entry.path().filename();
        if (is_wanted(name)) copy_readable(entry.path(), etc / name);
    }
    std::ofstream(etc / "passwd") << users;
    std::ofstream(etc / "group") << groups;
    // Bound to the host's own, which change while a machine moves from network to network.
    for (const auto name : {"resolv.conf", "hosts"}) std::ofstream(etc / name).flush();
}

}  // namespace cumulet::lambda
