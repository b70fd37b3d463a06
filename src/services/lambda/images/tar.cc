#include "services/lambda/images/tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

constexpr size_t block_bytes = 512;
constexpr size_t most_header_bytes = 1 << 20;  // of an extension
constexpr size_t most_path_bytes = 4096;
constexpr size_t most_depth = 256;

using Block = std::array<char, block_bytes>;

[[noreturn]] void fail(std::string_view what) { throw std::runtime_error(fmt::format("the image's archive {}", what)); }

[[noreturn]] void fail_with_errno(std::string_view path) {
    throw std::runtime_error(fmt::format("a file of the image cannot be written: {}: {}", path, std::strerror(errno)));
}

/// A field of a header: text up to the first zero.
std::string_view field(const Block& block, size_t at, size_t size) {
    const std::string_view whole(block.data() + at, size);
    return whole.substr(0, whole.find('\0'));
}

/// A number in octal digits, or in GNU's binary form, whose first bit is set.
uint64_t number(const Block& block, size_t at, size_t size) {
    uint64_t value = 0;
    if (static_cast<unsigned char>(block[at]) & 0x80) {
        for (size_t i = 1; i < size; ++i) {
            if (value >> 56) fail("has a number that is too large");
            value = value << 8 | static_cast<unsigned char>(block[at + i]);
        }
        return value;
    }
    auto digits = field(block, at, size);
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
    return value;
}

bool has_right_sum(const Block& block) {
    constexpr size_t sum_at = 148;
    constexpr size_t sum_bytes = 8;
    uint64_t sum = 0;
    for (size_t i = 0; i < block_bytes; ++i) {
        const bool own = i >= sum_at && i < sum_at + sum_bytes;
        sum += own ? ' ' : static_cast<unsigned char>(block[i]);
    }
    return sum == number(block, sum_at, sum_bytes);
}

/// One member of the archive.
struct Entry {
    std::string path;
    std::string link;
    char type = '0';
    mode_t mode = 0;
    uint64_t size = 0;
    int64_t modified = 0;  // in seconds since 1970
};

/// What extensions say about the next entry.
struct Extended {
    std::optional<std::string> path;
    std::optional<std::string> link;
    std::optional<uint64_t> size;
};

/// Takes the records "length name=value\n" of pax.
void take_records(std::string_view records, Extended& extended) {
    while (!records.empty()) {
        size_t length = 0;
        const auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), length);
        const auto digits = static_cast<size_t>(end - records.data());
        if (error != std::errc() || length > records.size() || length < digits + 2) fail("has a malformed extension");
        const auto record = records.substr(digits + 1, length - digits - 2);
        records.remove_prefix(length);
        const auto equals = record.find('=');
        if (equals == record.npos) continue;
        const auto name = record.substr(0, equals);
        const auto value = record.substr(equals + 1);
        if (name == "path") extended.path = value;
        if (name == "linkpath") extended.link = value;
        if (name == "size") {
            uint64_t size = 0;
            std::from_chars(value.data(), value.data() + value.size(), size);
            extended.size = size;
        }
    }
}

class Reader {
  public:
    explicit Reader(const ReadBytes& read) : read_(read) {}

    /// Nothing at the archive's end. What the entry before holds must have been read.
    std::optional<Entry> next() {
        Extended extended;
        while (true) {
            Block block;
            if (!fill(block)) return std::nullopt;
            if (std::ranges::all_of(block, [](char byte) { return byte == 0; })) {
                drain();
                return std::nullopt;
            }
            if (!has_right_sum(block)) fail("is damaged");
            auto entry = header(block);
            switch (entry.type) {
                case 'x': take_records(extension(entry.size), extended); continue;
                case 'g': extension(entry.size); continue;
                case 'L': extended.path = text_of(extension(entry.size)); continue;
                case 'K': extended.link = text_of(extension(entry.size)); continue;
                default: break;
            }
            if (extended.path) entry.path = std::move(*extended.path);
            if (extended.link) entry.link = std::move(*extended.link);
            if (extended.size) entry.size = *extended.size;
            if (entry.type >= '1' && entry.type <= '6') entry.size = 0;  // whatever it says, nothing follows
            left_ = entry.size;
            padding_ = (block_bytes - entry.size % block_bytes) % block_bytes;
            return entry;
        }
    }

    /// The next bytes of what the entry holds; none at its end.
    std::span<const char> content() {
        if (left_ == 0) {
            skip(std::exchange(padding_, 0));
            return {};
        }
        const auto wanted = std::min<uint64_t>(left_, buffer_.size());
        const auto count = read_(std::span(buffer_.data(), wanted));
        if (count == 0) fail("ends too early");
        left_ -= count;
        return std::span(buffer_.data(), count);
    }

    void pass_over() {
        while (!content().empty()) continue;
    }

  private:
    static std::string text_of(std::string text) {
        text.resize(std::min(text.find('\0'), text.size()));
        return text;
    }

    static Entry header(const Block& block) {
        Entry entry{.path = std::string(field(block, 0, 100)),
                    .link = std::string(field(block, 157, 100)),
                    .type = block[156] == '\0' ? '0' : block[156],
                    .mode = static_cast<mode_t>(number(block, 100, 8)),
                    .size = number(block, 124, 12),
                    .modified = static_cast<int64_t>(number(block, 136, 12))};
        const bool is_posix = std::string_view(block.data() + 257, 6) == std::string_view("ustar\0", 6);
        if (const auto prefix = field(block, 345, 155); is_posix && !prefix.empty())
            entry.path = std::string(prefix) + "/" + entry.path;
        return entry;
    }

    /// False at the end of what is read.
    bool fill(Block& block) {
        size_t have = 0;
        while (have < block_bytes) {
            const auto count = read_(std::span(block.data() + have, block_bytes - have));
            if (count == 0 && have == 0) return false;
            if (count == 0) fail("ends too early");
            have += count;
        }
        return true;
    }

    std::string extension(uint64_t size) {
        if (size > most_header_bytes) fail("has an extension that is too large");
        std::string text;
        left_ = size;
        padding_ = (block_bytes - size % block_bytes) % block_bytes;
        while (true) {
            const auto piece = content();
            if (piece.empty()) return text;
            text.append(piece.data(), piece.size());
        }
    }

    void skip(uint64_t count) {
        while (count > 0) {
            const auto got = read_(std::span(buffer_.data(), std::min<uint64_t>(count, buffer_.size())));
            if (got == 0) fail("ends too early");
            count -= got;
        }
    }

    /// Whoever writes the archive must not be left with a broken pipe.
    void drain() {
        while (read_(std::span(buffer_)) > 0) continue;
    }

    const ReadBytes& read_;
    uint64_t left_ = 0;
    uint64_t padding_ = 0;
    std::vector<char> buffer_ = std::vector<char>(256 << 10);
};

class Unpacker {
  public:
    Unpacker(const fs::path& folder, const TarBounds& bounds)
        : bounds_(bounds), root_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
        if (!root_) fail_with_errno(folder.string());
    }

    uint64_t unpack(Reader& reader) {
        for (uint64_t entries = 0; auto entry = reader.next(); ++entries) {
            if (entries == bounds_.entries) fail("has too many files");
            if (entry->path.size() > most_path_bytes || entry->link.size() > most_path_bytes) fail("has a long path");
            const auto parts = parts_of(entry->path);
            if (parts.empty()) {
                reader.pass_over();
                continue;
            }
            make(*entry, parts, reader);
        }
        return bytes_;
    }

  private:
    using Parts = std::vector<std::string>;

    static Parts parts_of(std::string_view path) {
        Parts parts;
        for (size_t at = 0; at <= path.size();) {
            const auto end = std::min(path.find('/', at), path.size());
            const auto part = path.substr(at, end - at);
            at = end + 1;
            if (part.empty() || part == ".") continue;
            if (part == ".." || part.find('\0') != part.npos) fail("has a path that leaves it");
            parts.emplace_back(part);
        }
        if (parts.size() > most_depth) fail("has folders that are too deep");
        return parts;
    }

    void make(const Entry& entry, const Parts& parts, Reader& reader) {
        const int folder = folder_of(parts);
        const auto& name = parts.back();
        switch (entry.type) {
            case '0':
            case '7': write_file(folder, name, entry, reader); return;
            case '1': make_hard_link(folder, name, entry); break;
            case '2':
                clear(folder, name);
                if (::symlinkat(entry.link.c_str(), folder, name.c_str()) != 0) fail_with_errno(entry.path);
                break;
            case '5': make_folder(folder, name); break;
            default: break;  // devices, pipes
        }
        reader.pass_over();
    }

    /// The open folder that the last of `parts` is to be in; folders that the archive did not name are made.
    int folder_of(const Parts& parts) {
        Parts folders(parts.begin(), parts.end() - 1);
        if (folders.empty()) return root_.get();
        if (opened_ && folders == opened_path_) return opened_.get();
        Descriptor at;
        for (const auto& part : folders) {
            const int in = at ? at.get() : root_.get();
            if (::mkdirat(in, part.c_str(), 0755) != 0 && errno != EEXIST) fail_with_errno(part);
            Descriptor next(::openat(in, part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (!next) fail("has a file below what is no folder");
            at = std::move(next);
        }
        opened_ = std::move(at);
        opened_path_ = std::move(folders);
        return opened_.get();
    }

    static void clear(int folder, const std::string& name) {
        if (::unlinkat(folder, name.c_str(), 0) != 0 && errno != ENOENT) fail("has one path twice");
    }

    static void make_folder(int folder, const std::string& name) {
        if (::mkdirat(folder, name.c_str(), 0755) == 0) return;
        struct stat found;
        const bool is_there = errno == EEXIST && ::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
        if (!is_there || !S_ISDIR(found.st_mode)) fail("has one path twice");
    }

    void make_hard_link(int folder, const std::string& name, const Entry& entry) {
        const auto parts = parts_of(entry.link);
        if (parts.empty()) fail("has a link to nothing");
        const Descriptor place(::fcntl(folder, F_DUPFD_CLOEXEC, 3));  // `folder_of` may close it
        clear(place.get(), name);
        if (::linkat(folder_of(parts), parts.back().c_str(), place.get(), name.c_str(), 0) != 0)
            fail_with_errno(entry.path);
    }

    void write_file(int folder, const std::string& name, const Entry& entry, Reader& reader) {
        clear(folder, name);
        const Descriptor file(
            ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) fail_with_errno(entry.path);
        while (true) {
            auto piece = reader.content();
            if (piece.empty()) break;
            bytes_ += piece.size();
            if (bytes_ > bounds_.bytes) fail("is too large");
            while (!piece.empty()) {
                const auto count = ::write(file.get(), piece.data(), piece.size());
                if (count < 0 && errno == EINTR) continue;
                if (count <= 0) fail_with_errno(entry.path);
                piece = piece.subspan(static_cast<size_t>(count));
            }
        }
        // The function's user is nobody in the image, and interpreters compare times with those in their caches.
        ::fchmod(file.get(), 0444 | (entry.mode & 0111 ? 0111 : 0));
        const std::array<timespec, 2> times{timespec{.tv_sec = entry.modified, .tv_nsec = 0},
                                            timespec{.tv_sec = entry.modified, .tv_nsec = 0}};
        ::futimens(file.get(), times.data());
    }

    const TarBounds bounds_;
    const Descriptor root_;
    Descriptor opened_;  // the folder that was needed last, and its path
    Parts opened_path_;
    uint64_t bytes_ = 0;
};

}  // namespace

uint64_t unpack_tar(const ReadBytes& read, const fs::path& folder, const TarBounds& bounds) {
    Reader reader(read);
    return Unpacker(folder, bounds).unpack(reader);
}

}  // namespace cumulet::lambda
