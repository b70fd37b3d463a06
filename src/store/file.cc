#include "store/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "store/store.h"

namespace cumulet::store {
namespace {

[[noreturn]] void refuse(std::string_view what) {
    throw Unavailable(fmt::format("the disk refuses to {}: {}", what, std::generic_category().message(errno)));
}

}  // namespace

File File::open(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT) throw std::runtime_error("there is no blob " + path.filename().string());
    if (descriptor < 0) refuse("open a blob");
    return File(descriptor);
}

File File::create(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) refuse("create a blob");
    return File(descriptor);
}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) refuse("write a blob");
        bytes.remove_prefix(static_cast<size_t>(written));
    }
}

std::string File::read(uint64_t offset, size_t length) const {
    std::string bytes(length, '\0');
    size_t filled = 0;
    while (filled < length) {
        const ssize_t got =
            ::pread(descriptor_, bytes.data() + filled, length - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse("read a blob");
        if (got == 0) break;
        filled += static_cast<size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
}

uint64_t File::size() const {
    struct stat status;
    if (::fstat(descriptor_, &status) != 0) refuse("look at a blob");
    return static_cast<uint64_t>(status.st_size);
}

void File::sync() {
    if (::fsync(descriptor_) != 0) refuse("sync a blob");
}

void sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) refuse("open a folder of blobs");
    const bool synced = ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!synced) refuse("sync a folder of blobs");
}

}  // namespace cumulet::store
