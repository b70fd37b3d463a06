#include "services/lambda/hot_reload.h"

#include <sys/stat.h>

#include <algorithm>

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_files = 100'000;

bool is_within(const fs::path& path, const fs::path& folder) {
    const auto [end, unused] = std::ranges::mismatch(folder, path);
    return end == folder.end();
}

}  // namespace

std::string hot_reload_fault(const fs::path& folder, const fs::path& private_folder) {
    std::error_code error;
    if (!folder.is_absolute())
        return fmt::format("The key '{}' is not the absolute path of a folder.", folder.string());
    const auto real = fs::canonical(folder, error);
    if (error || !fs::is_directory(real, error)) {
        return fmt::format("'{}' is not a folder of the machine that Cumulet runs on.", folder.string());
    }
    const auto own = fs::weakly_canonical(private_folder, error);
    if (is_within(real, own) || is_within(own, real)) {
        return fmt::format("'{}' holds what Cumulet keeps, or lies in it.", folder.string());
    }
    return "";
}

std::string folder_mark(const fs::path& folder) {
    // The order in which a folder is read says nothing, so what the files add up to must not depend on it.
    uint64_t sum = 0;
    size_t files = 0;
    const auto add = [&](const fs::path& path) {
        struct stat file;
        // A folder's own time changes with what interpreters put there and take away; its files speak for it.
        if (::lstat(path.c_str(), &file) != 0 || S_ISDIR(file.st_mode)) return;
        ++files;
        sum += std::hash<std::string>()(fmt::format("{}\n{} {}.{} {}", path.native(), file.st_size, file.st_mtim.tv_sec,
                                                    file.st_mtim.tv_nsec, file.st_mode));
    };
    add(folder);
    std::error_code error;
    constexpr auto passing = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator at(folder, passing, error), end; at != end && files < most_files;
         at.increment(error)) {
        if (error) break;
        add(at->path());
    }
    return fmt::format("{:x}-{:016x}", files, sum);
}

}  // namespace cumulet::lambda
