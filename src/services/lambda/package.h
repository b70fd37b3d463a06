// Deployment packages: ZIP archives, checked when they arrive and unpacked when they first run.
#pragma once

#include <filesystem>

#include "runtime/blocking_pool.h"
#include "runtime/sync.h"
#include "store/blobs.h"

namespace cumulet::lambda {

/// Of a function with its layers.
inline constexpr int64_t most_unzipped_bytes = 262'144'000;
inline constexpr int64_t most_zipped_bytes = 52'428'800;   ///< of a package that comes with its request
inline constexpr int64_t most_request_bytes = 70'167'211;  ///< in which it is written in Base64

struct PackageBounds {
    uint64_t unzipped_bytes = most_unzipped_bytes;
    uint64_t files = 100'000;
};

/// What an archive is found to be.
struct PackageCheck {
    std::string fault;            ///< in AWS's words; "" if it can be unpacked
    uint64_t unzipped_bytes = 0;  ///< of all files together, as the archive says
};
/// What is said of a package of `bytes` bytes, more than a request may bring.
std::string package_too_large(size_t bytes, std::string_view operation);
/// Looks at the archive `bytes`. Blocks.
PackageCheck check_package(std::string_view bytes, const PackageBounds& bounds = {});
/// Unpacks the archive `file` into the new folder `folder`. No entry leaves it, none is a link or a device. Blocks.
/// Throws std::runtime_error.
void unpack(const std::filesystem::path& file, const std::filesystem::path& folder, const PackageBounds& bounds = {});

/// Makes the new folder `target` of what is in `folders`, a later one's files in place of an earlier one's. Blocks.
void merge(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& target);

/// A package among the blobs.
struct StoredPackage {
    std::string blob;
    std::string sha256;  ///< in Base64
};

/// Unpacked packages by their digest, in a folder that is emptied at the start: it can always be made anew.
class CodeFolders {
  public:
    CodeFolders(store::Blobs& blobs, BlockingPool& threads, std::filesystem::path folder);

    /// The folder with what is in the package `blob`, whose SHA-256 is `digest` in Base64.
    Task<std::filesystem::path> unpacked(std::string blob, std::string digest);
    /// The folder with what is in all of `packages`, a later one's files in place of an earlier one's.
    Task<std::filesystem::path> merged(std::vector<StoredPackage> packages);

  private:
    /// Fills a new folder by `fill` and gives it its name `target`, unless it is there already.
    Task<std::filesystem::path> once(std::string key, std::filesystem::path target,
                                     std::function<void(const std::filesystem::path&)> fill);

    store::Blobs& blobs_;
    BlockingPool& threads_;
    const std::filesystem::path folder_;
    KeyedLocks locks_;
    std::atomic<uint64_t> serial_{0};
};

}  // namespace cumulet::lambda
