#include "main/zip.h"

#include <zip.h>

#include <fstream>
#include <map>
#include <memory>

namespace cumulet {
namespace {

namespace fs = std::filesystem;

constexpr zip_uint16_t dos_date_1980 = 0x21;  // the first of January, the oldest that the format knows
constexpr int max_folder_depth = 64;

bool is_left_out(const fs::path& name) { return name == ".git" || name == ".aws-sam" || name == "__pycache__"; }

/// The files of an archive by their names in it, ordered.
std::map<std::string, fs::path> files_of(const fs::path& root) {
    std::map<std::string, fs::path> files;
    if (!fs::is_directory(root)) {
        files.emplace(root.filename().string(), root);
        return files;
    }
    const auto options = fs::directory_options::follow_directory_symlink;
    for (auto entry = fs::recursive_directory_iterator(root, options); entry != fs::end(entry); ++entry) {
        if (is_left_out(entry->path().filename())) {
            entry.disable_recursion_pending();
            continue;
        }
        if (entry.depth() > max_folder_depth)
            throw std::runtime_error(fmt::format("{} is nested too deep", root.string()));
        if (!entry->is_regular_file()) continue;
        files.emplace(entry->path().lexically_relative(root).generic_string(), entry->path());
        if (files.size() > max_archive_files)
            throw std::runtime_error(fmt::format("{} holds too many files", root.string()));
    }
    return files;
}

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

[[noreturn]] void fail(zip_t* archive) { throw std::runtime_error(fmt::format("zip: {}", zip_strerror(archive))); }

void add(zip_t* archive, const std::string& name, const std::string& bytes, bool executable) {
    auto* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    if (!source) fail(archive);
    const auto index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        fail(archive);
    }
    const auto place = static_cast<zip_uint64_t>(index);
    const zip_uint32_t mode = executable ? 0100755 : 0100644;
    zip_file_set_dostime(archive, place, 0, dos_date_1980, 0);
    zip_file_set_external_attributes(archive, place, 0, ZIP_OPSYS_UNIX, mode << 16);
}

std::string bytes_of(zip_source_t* source) {
    zip_stat_t stat;
    if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
        throw std::runtime_error("zip: cannot be read back");
    std::string bytes(stat.size, '\0');
    const auto read = zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    if (read != static_cast<zip_int64_t>(bytes.size())) throw std::runtime_error("zip: cannot be read back");
    return bytes;
}

}  // namespace

std::string read_file(const fs::path& file, size_t max_bytes) {
    std::ifstream stream(file, std::ios::binary | std::ios::ate);
    if (!stream) throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
    const auto size = static_cast<size_t>(stream.tellg());
    if (size > max_bytes) throw std::runtime_error(fmt::format("{} is larger than {} bytes", file.string(), max_bytes));
    std::string bytes(size, '\0');
    stream.seekg(0);
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(size))) {
        throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
    }
    return bytes;
}

std::string zip_of(const fs::path& folder) {
    zip_error_t error;
    zip_error_init(&error);
    const std::unique_ptr<zip_source_t, decltype(&zip_source_free)> target(
        zip_source_buffer_create(nullptr, 0, 0, &error), &zip_source_free);
    if (!target) throw std::runtime_error("zip: out of memory");
    zip_source_keep(target.get());
    Archive archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, &error));
    if (!archive) throw std::runtime_error(fmt::format("zip: {}", zip_error_strerror(&error)));

    std::vector<std::string> contents;  // read by zip_close, so they live until then
    size_t left = max_unpacked_bytes;
    const auto files = files_of(folder);
    contents.reserve(files.size());
    for (const auto& [name, path] : files) {
        contents.push_back(read_file(path, left));
        left -= contents.back().size();
        const auto permissions = fs::status(path).permissions();
        add(archive.get(), name, contents.back(), (permissions & fs::perms::owner_exec) != fs::perms::none);
    }
    if (contents.empty()) throw std::runtime_error(fmt::format("{} holds no files", folder.string()));
    if (zip_close(archive.get()) != 0) fail(archive.get());
    archive.release();
    return bytes_of(target.get());
}

}  // namespace cumulet
