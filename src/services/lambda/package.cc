#include "services/lambda/package.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <array>

#include "base/bytes.h"
#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view cannot_unzip =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";

struct Closer {
    void operator()(zip_t* archive) const { zip_discard(archive); }
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Closer>;
using ArchivedFile = std::unique_ptr<zip_file_t, Closer>;

/// True if the entry's path stays inside the folder it is unpacked to.
bool stays_inside(std::string_view name) {
    if (name.empty() || name.front() == '/' || name.find('\0') != name.npos || name.find('\\') != name.npos)
        return false;
    for (const auto& part : fs::path(name)) {
        if (part == "..") return false;
    }
    return true;
}

/// The entry's UNIX mode, 0 if the archive was made elsewhere.
mode_t mode_of(zip_t* archive, zip_uint64_t index) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    zip_file_get_external_attributes(archive, index, 0, &system, &attributes);
    return system == ZIP_OPSYS_UNIX ? attributes >> 16 : 0;
}

std::string fault_of(zip_t* archive, const PackageBounds& bounds) {
    const auto count = zip_get_num_entries(archive, 0);
    if (count <= 0) return "Uploaded file must be a non-empty zip";
    if (static_cast<uint64_t>(count) > bounds.files) return std::string(cannot_unzip);
    uint64_t total = 0;
    for (zip_int64_t index = 0; index < count; ++index) {
        zip_stat_t entry;
        if (zip_stat_index(archive, index, 0, &entry) != 0 || !stays_inside(entry.name))
            return std::string(cannot_unzip);
        total += entry.size;
        if (total > bounds.unzipped_bytes) {
            return fmt::format("Unzipped size must be smaller than {} bytes", bounds.unzipped_bytes);
        }
    }
    return "";
}

/// Writes one file; never more than `left` bytes, whatever the archive says about its size.
void unpack_file(zip_t* archive, zip_int64_t index, const fs::path& target, mode_t mode, uint64_t& left) {
    const ArchivedFile file(zip_fopen_index(archive, index, 0));
    // Readable for the function's user, runnable where the package says so.
    const mode_t permissions = 0444 | (mode & 0111 ? 0111 : 0);
    const Descriptor out(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || !out) throw std::runtime_error("a file of the package cannot be written: " + target.string());
    std::array<char, 64 << 10> buffer;
    while (true) {
        const auto count = zip_fread(file.get(), buffer.data(), buffer.size());
        if (count < 0 || static_cast<uint64_t>(count) > left) throw std::runtime_error(std::string(cannot_unzip));
        if (count == 0) break;
        left -= static_cast<uint64_t>(count);
        if (::write(out.get(), buffer.data(), static_cast<size_t>(count)) != count) {
            throw std::runtime_error("the disk took no more of a package");
        }
    }
    ::fchmod(out.get(), permissions);
}

}  // namespace

std::string fault_of_package(std::string_view bytes, const PackageBounds& bounds) {
    zip_error_t error;
    zip_error_init(&error);
    auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (!source) return std::string(cannot_unzip);
    const Archive archive(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!archive) {
        zip_source_free(source);
        return std::string(cannot_unzip);
    }
    return fault_of(archive.get(), bounds);
}

void unpack(const fs::path& file, const fs::path& folder, const PackageBounds& bounds) {
    const Archive archive(zip_open(file.c_str(), ZIP_RDONLY, nullptr));
    if (!archive) throw std::runtime_error(std::string(cannot_unzip));
    if (auto fault = fault_of(archive.get(), bounds); !fault.empty()) throw std::runtime_error(fault);
    fs::create_directories(folder);
    uint64_t left = bounds.unzipped_bytes;
    for (zip_int64_t index = 0; index < zip_get_num_entries(archive.get(), 0); ++index) {
        const std::string name = zip_get_name(archive.get(), index, 0);
        const auto mode = mode_of(archive.get(), index);
        if (name.ends_with('/')) {
            fs::create_directories(folder / name);
        } else if (const auto kind = mode & S_IFMT; kind == 0 || kind == S_IFREG || kind == S_IFLNK) {
            // A link becomes a file that holds its target's name: what it points at may lie anywhere.
            fs::create_directories((folder / name).parent_path());
            unpack_file(archive.get(), index, folder / name, mode, left);
        }
    }
}

CodeFolders::CodeFolders(store::Blobs& blobs, BlockingPool& threads, fs::path folder)
    : blobs_(blobs), threads_(threads), folder_(std::move(folder)) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    fs::create_directories(folder_);
}

Task<fs::path> CodeFolders::unpacked(std::string blob, std::string digest) {
    const auto target = folder_ / to_hex(from_base64(digest).value_or(digest));
    std::error_code error;
    if (fs::exists(target, error)) co_return target;
    const auto guard = co_await locks_.lock(digest);
    if (fs::exists(target, error)) co_return target;
    const auto file = co_await blobs_.file(std::move(blob));
    const auto half_done = folder_ / fmt::format("unpacking-{}", serial_.fetch_add(1));
    co_await threads_.run([file, half_done, target] {
        try {
            unpack(file, half_done);
            fs::rename(half_done, target);
        } catch (...) {
            std::error_code ignored;
            fs::remove_all(half_done, ignored);
            throw;
        }
    });
    co_return target;
}

}  // namespace cumulet::lambda
