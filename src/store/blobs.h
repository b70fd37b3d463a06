// Blobs: large bodies as files, written once, synced, then named by a key that a transaction stores.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "runtime/byte_stream.h"

namespace cumulet::store {

/// A blob is named by its id; the id is stored by a transaction after the blob is complete. A blob that no transaction
/// names is removed by its writer, or at the next start by `sweep`.
class Blobs {
  public:
    virtual ~Blobs() = default;

    class Writer {
      public:
        virtual ~Writer() = default;  ///< drops what was not finished
        virtual Task<void> write(std::string piece) = 0;
        /// Synced and complete. The blob's id.
        virtual Task<std::string> finish() = 0;
    };
    virtual Task<std::unique_ptr<Writer>> create() = 0;
    Task<std::string> put(std::string bytes);

    /// `length` bytes from `offset`, in pieces; fewer if the blob ends. Throws std::runtime_error if there is no such
    /// blob.
    virtual Task<std::shared_ptr<ByteStream>> read(std::string id, uint64_t offset = 0,
                                                   uint64_t length = UINT64_MAX) = 0;
    virtual Task<uint64_t> size(std::string id) = 0;
    /// Removing what is gone already succeeds.
    virtual Task<void> remove(std::string id) = 0;
    /// Where the blob's bytes lie as a file, for programs that need one.
    virtual Task<std::filesystem::path> file(std::string id) = 0;
    /// Removes what was there, finished or not, when the blobs were opened, and is not `named`. How many were removed.
    /// Only where no other process writes into the same folder.
    virtual Task<size_t> sweep(std::function<Task<bool>(std::string id)> named) = 0;
};

/// Files under `folder`, in 256 sub-folders; `sync` false for --ephemeral. With no threads, files are read and written
/// in place: for simulation.
std::unique_ptr<Blobs> open_file_blobs(std::filesystem::path folder, bool sync, size_t threads = 4);

}  // namespace cumulet::store
