// The configuration of the host that functions see.
#pragma once

#include <filesystem>

namespace cumulet::lambda {

/// Makes the folder `etc`, which becomes /etc: copies of what the C library, TLS and interpreters read, without what is
/// private, and the users that AWS's environment has. What is in it already is replaced. Blocks.
void write_etc(const std::filesystem::path& etc);

}  // namespace cumulet::lambda
