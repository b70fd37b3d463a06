// What runs functions of the runtimes that bring no bootstrap of their own, as files.
#pragma once

#include <filesystem>
#include <string>

namespace cumulet::lambda {

/// Writes all of them into `folder`, which becomes /var/runtime.
void write_bootstraps(const std::filesystem::path& folder);

/// Compiles the runtime of java* functions below `folder` by the program `javac`, unless that is done. Blocks for some
/// seconds. Throws std::runtime_error.
void compile_java(const std::filesystem::path& folder, const std::string& javac);

}  // namespace cumulet::lambda
