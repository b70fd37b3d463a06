// Files as blobs need them: blocking calls whose failures are exceptions.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace cumulet::store {

/// An open file. Every call blocks; a disk that refuses is Unavailable.
class File {
  public:
    File() = default;
    /// Throws std::runtime_error if there is no such file.
    static File open(const std::filesystem::path& path);
    static File create(const std::filesystem::path& path);
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~File();

    explicit operator bool() const { return descriptor_ >= 0; }
    void write(std::string_view bytes);
    /// Fewer bytes only at the file's end.
    std::string read(uint64_t offset, size_t length) const;
    uint64_t size() const;
    void sync();

  private:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

/// Makes the names in a folder durable.
void sync_folder(const std::filesystem::path& folder);

}  // namespace cumulet::store
