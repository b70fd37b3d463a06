#include "store/rocksdb/table_reads.h"

#include <fcntl.h>
#include <rocksdb/file_system.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cumulet::store {
namespace {

thread_local bool patient = true;
thread_local uint64_t failures = 0;

class TableFile final : public rocksdb::FSRandomAccessFile {
  public:
    TableFile(int file, std::string name) : file_(file), name_(std::move(name)) {}
    ~TableFile() override { close(file_); }

    rocksdb::IOStatus Read(uint64_t offset, size_t size, const rocksdb::IOOptions&, rocksdb::Slice* result,
                           char* scratch, rocksdb::IODebugContext*) const override {
        size_t have = 0;
        while (have < size) {
            const iovec part{scratch + have, size - have};
            const auto count = preadv2(file_, &part, 1, static_cast<off_t>(offset + have), patient ? 0 : RWF_NOWAIT);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return failure();
            // Without waiting, a short read may just mean that the rest is not in memory.
            if (count == 0) break;
            have += static_cast<size_t>(count);
        }
        *result = rocksdb::Slice(scratch, have);
        return rocksdb::IOStatus::OK();
    }
    void Hint(AccessPattern pattern) override {
        posix_fadvise(file_, 0, 0, pattern == kRandom ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL);
    }
    rocksdb::IOStatus InvalidateCache(size_t offset, size_t size) override {
        posix_fadvise(file_, static_cast<off_t>(offset), static_cast<off_t>(size), POSIX_FADV_DONTNEED);
        return rocksdb::IOStatus::OK();
    }

  private:
    rocksdb::IOStatus failure() const {
        ++failures;
        // A file system that cannot tell counts as one that would wait.
        if (!patient && (errno == EAGAIN || errno == EOPNOTSUPP)) return rocksdb::IOStatus::Busy("would wait", name_);
        return rocksdb::IOStatus::IOError(name_, std::strerror(errno));
    }

    const int file_;
    const std::string name_;
};

class TableFiles final : public rocksdb::FileSystemWrapper {
  public:
    TableFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "TableFiles"; }

    rocksdb::IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions&,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                          rocksdb::IODebugContext*) override {
        const int file = open(name.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0 && errno == ENOENT) return rocksdb::IOStatus::PathNotFound(name, std::strerror(errno));
        if (file < 0) return rocksdb::IOStatus::IOError(name, std::strerror(errno));
        *result = std::make_unique<TableFile>(file, name);
        return rocksdb::IOStatus::OK();
    }
};

}  // namespace

TableReads::TableReads(Patience wanted) : patient_before_(patient), failures_before_(failures) {
    patient = wanted == Patience::any;
}

TableReads::~TableReads() { patient = patient_before_; }

bool TableReads::failed() const { return failures != failures_before_; }

std::unique_ptr<rocksdb::Env> table_reading_env() { return rocksdb::NewCompositeEnv(std::make_shared<TableFiles>()); }

}  // namespace cumulet::store
