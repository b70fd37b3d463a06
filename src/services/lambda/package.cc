#include "services/lambda/package.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <array>

#include "base/bytes.h"
#include "base/hash.h"
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

PackageCheck check_archive(zip_t* archive, const PackageBounds& bounds) {
    const auto count = zip_get_num_entries(archive, 0);
    if (count <= 0) return {.fault = "Uploaded file must be a non-empty zip"};
    if (static_cast<uint64_t>(count) > bounds.files) return {.fault = std::string(cannot_unzip)};
    PackageCheck check;
    for (zip_int64_t index = 0; index < count; ++index) {
        zip_stat_t entry;
        if (zip_stat_index(archive, index, 0, &entry) != 0 || !stays_inside(entry.name))
            return {.fault = std::string(cannot_unzip)};
        check.unzipped_bytes += entry.size;
        if (check.unzipped_bytes > bounds.unzipped_bytes) {
            return {.fault = fmt::format("Unzipped size must be smaller than {} bytes", bounds.unzipped_bytes)};
        }
    }
    return check;
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

std::string package_too_large(size_t bytes, std::string_view operation) {
    if (static_cast<int64_t>((bytes + 2) / 3 * 4) < most_request_bytes) {
        return fmt::format("Zipped size must be smaller than {} bytes", most_zipped_bytes);
    }
    return fmt::format("Request must be smaller than {} bytes for the {} operation", most_request_bytes, operation);
}

PackageCheck check_package(std::string_view bytes, const PackageBounds& bounds) {
    zip_error_t error;
    zip_error_init(&error);
    auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (!source) return {.fault = std::string(cannot_unzip)};
    const Archive archive(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!archive) {
        zip_source_free(source);
        return {.fault = std::string(cannot_unzip)};
    }
    return check_archive(archive.get(), bounds);
}

void unpack(const fs::path& file, const fs::path& folder, const PackageBounds& bounds) {
    const Archive archive(zip_open(file.c_str(), ZIP_RDONLY, nullptr));
    if (!archive) throw std::runtime_error(std::string(cannot_unzip));
    if (const auto check = check_archive(archive.get(), bounds); !check.fault.empty()) {
        throw std::runtime_error(check.fault);
    }
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

void merge(const std::vector<fs::path>& folders, const fs::path& target) {
    fs::create_directories(target);
    for (const auto& folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const auto place = target / entry.path().lexically_relative(folder);
            const bool is_folder = entry.is_directory();
            if (fs::exists(place) && fs::is_directory(place) != is_folder) fs::remove_all(place);
            if (is_folder) {
                fs::create_directories(place);
            } else {
                fs::remove(place);
                fs::create_hard_link(entry.path(), place);  // both are read-only to functions
            }
        }
    }
}

CodeFolders::CodeFolders(store::Blobs& blobs, BlockingPool& threads, fs::path folder)
    : blobs_(blobs), threads_(threads), folder_(std::move(folder)) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    fs::create_directories(folder_);
}

Task<fs::path> CodeFolders::once(std::string key, fs::path target, std::function<void(const fs::path&)> fill) {
    std::error_code error;
    if (fs::exists(target, error)) co_return target;
    const auto guard = co_await locks_.lock(std::move(key));
    if (fs::exists(target, error)) co_return target;
    const auto half_done = folder_ / fmt::format("unpacking-{}", serial_.fetch_add(1));
    co_await threads_.run([&fill, half_done, target] {
        try {
            fill(half_done);
            fs::rename(half_done, target);
        } catch (...) {
            std::error_code ignored;
            fs::remove_all(half_done, ignored);
            throw;
        }
    });
    co_return target;
}

Task<fs::path> CodeFolders::unpacked(std::string blob, std::string digest) {
    const auto target = folder_ / to_hex(from_base64(digest).value_or(digest));
    std::error_code error;
    if (fs::exists(target, error)) co_return target;
    const auto file = co_await blobs_.file(std::move(blob));
    co_return co_await once(std::move(digest), target, [file](const fs::path& folder) { unpack(file, folder); });
}

Task<fs::path> CodeFolders::merged(std::vector<StoredPackage> packages) {
    if (packages.size() == 1) co_return co_await unpacked(packages.front().blob, packages.front().sha256);
    std::string key = "merged";
    std::vector<fs::path> folders;
    for (auto& package : packages) {
        key += "/" + package.sha256;
        folders.push_back(co_await unpacked(std::move(package.blob), package.sha256));
    }
    const auto target = folder_ / ("merged-" + sha256_hex(key));
    co_return co_await once(std::move(key), target, [folders](const fs::path& folder) { merge(folders, folder); });
}

}  // namespace cumulet::lambda
