// Tar archives as container engines write them of a container's file system: ustar with the extensions of pax and GNU.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

namespace cumulet::lambda {

struct TarBounds {
    uint64_t bytes = 10'737'418'240;  ///< of all files together: AWS's bound of an image
    uint64_t entries = 1'000'000;
};

/// Reads what comes next, as many bytes as there are; 0 at the end.
using ReadBytes = std::function<size_t(std::span<char>)>;

/// Unpacks the archive into `folder`, which is there and empty. What it makes belongs to this process's user, who may
/// read all and write folders only, whatever the archive says; devices, pipes and sockets are left out. Nothing is made
/// outside of `folder`, and no link of the archive is followed. The result is the number of bytes of all files. Blocks.
/// Throws std::runtime_error.
uint64_t unpack_tar(const ReadBytes& read, const std::filesystem::path& folder, const TarBounds& bounds = {});

}  // namespace cumulet::lambda
