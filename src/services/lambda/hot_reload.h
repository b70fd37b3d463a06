// Code that runs from where it is written: the bucket "hot-reload", whose keys are folders of this machine.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace cumulet::lambda {

inline constexpr std::string_view hot_reload_bucket = "hot-reload";

/// Why functions may not run from `folder`, in a sentence; "" if they may. `private_folder` is Cumulet's own: neither
/// it nor what lies in it nor what it lies in may be shown to functions. Blocks.
std::string hot_reload_fault(const std::filesystem::path& folder, const std::filesystem::path& private_folder);

/// A mark that changes when a file below `folder` does, or the file that `folder` is: its name, size, time or mode.
/// Looks at 100,000 files at most, and passes what it may not read. Blocks.
std::string folder_mark(const std::filesystem::path& folder);

}  // namespace cumulet::lambda
