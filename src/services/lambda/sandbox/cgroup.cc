#include "services/lambda/sandbox/cgroup.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view mount = "/sys/fs/cgroup";
constexpr std::string_view prefix = "cumulet-";
constexpr std::array<std::string_view, 3> controllers{"memory", "pids", "cpu"};
// AWS gives a function one processor at this much memory, and less or more in proportion.
constexpr uint64_t memory_of_one_processor_mb = 1769;

bool write_text(const fs::path& file, std::string_view text) {
    const Descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    return out && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string read_text(const fs::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The number after "name " in a file of lines "name number".
uint64_t field(std::string_view text, std::string_view name) {
    for (size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') {
            uint64_t value = 0;
            std::from_chars(line.data() + name.size() + 1, line.data() + line.size(), value);
            return value;
        }
        at = end + 1;
    }
    return 0;
}

bool limit_version_1(const std::vector<fs::path>& folders, const Limits& limits) {
    const auto memory = std::to_string(limits.memory_bytes);
    // One processor's worth of shares is 1024. A share binds only while others want the processor too.
    const auto shares = std::max<uint64_t>(2, 1024 * (limits.memory_bytes >> 20) / memory_of_one_processor_mb);
    const bool limited = write_text(folders[0] / "memory.limit_in_bytes", memory) &&
                         write_text(folders[1] / "pids.max", std::to_string(limits.processes));
    write_text(folders[0] / "memory.memsw.limit_in_bytes", memory);  // absent where swap is not accounted
    if (folders.size() > 2) write_text(folders[2] / "cpu.shares", std::to_string(shares));
    return limited;
}

bool limit_version_2(const fs::path& folder, const Limits& limits) {
    const auto weight = std::clamp<uint64_t>(100 * (limits.memory_bytes >> 20) / memory_of_one_processor_mb, 1, 10'000);
    const bool limited = write_text(folder / "memory.max", std::to_string(limits.memory_bytes)) &&
                         write_text(folder / "pids.max", std::to_string(limits.processes));
    write_text(folder / "memory.swap.max", "0");
    write_text(folder / "cpu.weight", std::to_string(weight));
    return limited;
}

/// Removes what an earlier process left in `parent`: all groups of processes that are no more.
void sweep(const fs::path& parent) {
    std::error_code error;
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(parent, error)) {
        const auto name = entry.path().filename().string();
        pid_t owner = 0;
        if (!name.starts_with(prefix)) continue;
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), owner);
        if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) left.push_back(entry.path());
    }
    for (const auto& root : left) {
        std::vector<fs::path> groups;
        for (const auto& entry : fs::directory_iterator(root, error)) {
            if (entry.is_directory(error)) groups.push_back(entry.path());
        }
        for (const auto& group : groups) ::rmdir(group.c_str());
        ::rmdir(root.c_str());
    }
}

/// A folder for this process's groups: in its own group, or where a container hides that, at the top.
std::optional<fs::path> make_root(const fs::path& mount, const std::string& group) {
    const auto name = fmt::format("{}{}", prefix, ::getpid());
    for (const auto& parent : {mount / fs::path(group).relative_path(), mount}) {
        std::error_code error;
        const auto folder = parent / name;
        if (!fs::is_directory(parent, error)) continue;
        sweep(parent);
        if (fs::create_directory(folder, error) || fs::is_directory(folder, error)) return folder;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> group_of(std::string_view proc_cgroup, std::string_view controller) {
    for (size_t at = 0; at < proc_cgroup.size();) {
        const auto end = std::min(proc_cgroup.find('\n', at), proc_cgroup.size());
        const auto line = proc_cgroup.substr(at, end - at);
        at = end + 1;
        const auto first = line.find(':');
        const auto second = first == line.npos ? line.npos : line.find(':', first + 1);
        if (second == line.npos) continue;
        auto names = line.substr(first + 1, second - first - 1);
        if (names.empty() && controller.empty()) return std::string(line.substr(second + 1));
        while (!names.empty()) {
            const auto comma = std::min(names.find(','), names.size());
            if (names.substr(0, comma) == controller) return std::string(line.substr(second + 1));
            names.remove_prefix(std::min(comma + 1, names.size()));
        }
    }
    return std::nullopt;
}

ControlGroup::ControlGroup(std::vector<fs::path> folders, bool unified)
    : folders_(std::move(folders)), unified_(unified) {
    for (const auto& folder : folders_)
        entries_.emplace_back(::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    const auto peak = folders_[0] / (unified_ ? "memory.peak" : "memory.max_usage_in_bytes");
    peak_ = Descriptor(::open(peak.c_str(), O_RDONLY | O_CLOEXEC));
}

ControlGroup::~ControlGroup() {
    kill();
    remove();
}

bool ControlGroup::limit(const Limits& limits) {
    return unified_ ? limit_version_2(folders_[0], limits) : limit_version_1(folders_, limits);
}

std::vector<int> ControlGroup::entries() const {
    std::vector<int> entries;
    for (const auto& entry : entries_) entries.push_back(entry.get());
    return entries;
}

uint64_t ControlGroup::peak_memory_bytes() const {
    std::array<char, 32> text;
    const auto length = peak_ ? ::pread(peak_.get(), text.data(), text.size(), 0) : 0;
    uint64_t bytes = 0;
    if (length > 0) std::from_chars(text.data(), text.data() + length, bytes);
    return bytes;
}

bool ControlGroup::ran_out_of_memory() const {
    return field(read_text(folders_[0] / (unified_ ? "memory.events" : "memory.oom_control")), "oom_kill") > 0;
}

void ControlGroup::kill() {
    if (unified_ && write_text(folders_[0] / "cgroup.kill", "1")) return;
    // A process that forks meanwhile is met in a later round: what is killed forks no more.
    for (int round = 0; round < 100; ++round) {
        std::istringstream members(read_text(folders_[0] / "cgroup.procs"));
        bool any = false;
        for (pid_t member; members >> member; any = true) ::kill(member, SIGKILL);
        if (!any) return;
    }
}

bool ControlGroup::remove() {
    bool all = true;
    for (const auto& folder : folders_) all &= ::rmdir(folder.c_str()) == 0 || errno == ENOENT;
    return all;
}

std::expected<std::unique_ptr<ControlGroups>, std::string> ControlGroups::find() {
    const auto own = read_text("/proc/self/cgroup");
    std::vector<fs::path> roots;
    std::error_code error;
    const bool unified = fs::exists(fs::path(mount) / "cgroup.controllers", error);
    if (unified) {
        if (const auto root = make_root(mount, group_of(own, "").value_or("/"))) {
            // The controllers must be handed down by the parent first, then by the new folder to its own.
            write_text(root->parent_path() / "cgroup.subtree_control", "+memory +pids +cpu");
            write_text(*root / "cgroup.subtree_control", "+memory +pids +cpu");
            roots.push_back(*root);
        }
    } else {
        for (const auto controller : controllers) {
            const auto group = group_of(own, controller);
            if (!group) continue;
            if (const auto root = make_root(fs::path(mount) / controller, *group)) roots.push_back(*root);
        }
    }
    auto groups = std::unique_ptr<ControlGroups>(new ControlGroups(std::move(roots), unified));
    if (groups->roots_.size() < (unified ? 1 : 2)) return std::unexpected("no control group may be made here");
    auto trial = groups->create();
    if (!trial) return std::unexpected(trial.error());
    if (!(*trial)->limit({})) return std::unexpected("a control group's limits may not be set here");
    return groups;
}

ControlGroups::~ControlGroups() {
    for (const auto& root : roots_) ::rmdir(root.c_str());
}

std::expected<std::unique_ptr<ControlGroup>, std::string> ControlGroups::create() {
    const auto name = fmt::format("worker-{}", serial_.fetch_add(1));
    std::vector<fs::path> folders;
    for (const auto& root : roots_) {
        std::error_code error;
        fs::create_directory(root / name, error);
        if (error) return std::unexpected(fmt::format("{}: {}", (root / name).string(), error.message()));
        folders.push_back(root / name);
    }
    return std::make_unique<ControlGroup>(std::move(folders), unified_);
}

}  // namespace cumulet::lambda
