// The configuration of the host that functions see.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cumulet::lambda {

/// The folders of the host's /etc that functions see as they are: of TLS, the alternatives of programs, and JVMs.
const std::vector<std::string>& etc_folders();

/// Makes the folder `etc`, which becomes /etc: copies of the few files that the C library reads, the users that AWS's
/// environment has, and places for what stays the host's own. What is in it already is replaced. Blocks.
void write_etc(const std::filesystem::path& etc);

/// The arguments of bubblewrap that show how names are found, for images: all else in /etc is their own.
std::vector<std::string> name_arguments();

/// The arguments of bubblewrap that make `etc`, with what stays the host's own, /etc.
std::vector<std::string> etc_arguments(const std::filesystem::path& etc);

}  // namespace cumulet::lambda
