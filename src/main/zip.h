// Archives whose bytes depend on their content alone: same files, same archive, whatever the time or the machine.
#pragma once

#include <filesystem>
#include <string>

namespace cumulet {

/// What Lambda allows a package to unpack to.
inline constexpr size_t max_unpacked_bytes = 262'144'000;
inline constexpr size_t max_archive_files = 65'535;

/// The zip archive of all files below `folder`, or of the one file `folder` names. Left out: .git, .aws-sam,
/// __pycache__. Files that their owner may run stay so. Throws std::runtime_error for what cannot be read or exceeds
/// the bounds.
std::string zip_of(const std::filesystem::path& folder);

/// The file's bytes. Throws std::runtime_error if it cannot be read or is longer than `max_bytes`.
std::string read_file(const std::filesystem::path& file, size_t max_bytes);

}  // namespace cumulet
