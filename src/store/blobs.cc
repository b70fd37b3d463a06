#include "store/blobs.h"

#include "runtime/blocking_pool.h"
#include "store/file.h"

namespace cumulet::store {
namespace {

namespace fs = std::filesystem;

constexpr size_t piece_bytes = 256 << 10;
constexpr size_t id_digits = 32;

/// Where a blob lies. An id that is none of ours is no blob.
fs::path path_of(const fs::path& folder, const std::string& id) {
    if (id.size() != id_digits || id.find_first_not_of("0123456789abcdef") != std::string::npos) {
        throw std::runtime_error("there is no blob of such an id");
    }
    return folder / id.substr(0, 2) / id;
}

struct Place {
    Place(fs::path folder, bool sync, size_t threads) : folder(std::move(folder)), sync(sync), pool(threads) {}

    fs::path folder;
    bool sync;
    BlockingPool pool;

    fs::path unfinished(const std::string& id) const { return folder / "unfinished" / id; }
    fs::path finished(const std::string& id) const { return path_of(folder, id); }
};

class FileWriter final : public Blobs::Writer {
  public:
    FileWriter(Place& place, std::string id) : place_(place), id_(std::move(id)) {}
    ~FileWriter() override {
        if (!file_) return;
        file_ = File();
        std::error_code ignored;
        fs::remove(place_.unfinished(id_), ignored);
    }

    Task<void> write(std::string piece) override {
        buffer_ += piece;
        if (buffer_.size() < piece_bytes) co_return;
        co_await place_.pool.run([this] { write_buffer(); });
    }
    Task<std::string> finish() override {
        co_await place_.pool.run([this] {
            write_buffer();
            if (place_.sync) file_.sync();
            move_into_place();
        });
        co_return id_;
    }

  private:
    void write_buffer() {
        if (!file_) file_ = File::create(place_.unfinished(id_));
        file_.write(buffer_);
        buffer_.clear();
    }
    void move_into_place() {
        const auto target = place_.finished(id_);
        const bool new_folder = fs::create_directory(target.parent_path());
        fs::rename(place_.unfinished(id_), target);
        file_ = File();
        if (!place_.sync) return;
        sync_folder(target.parent_path());
        if (new_folder) sync_folder(place_.folder);
    }

    Place& place_;
    const std::string id_;
    File file_;
    std::string buffer_;
};

class FileStream final : public ByteStream {
  public:
    FileStream(std::shared_ptr<Place> place, File file, uint64_t offset, uint64_t length)
        : place_(std::move(place)), file_(std::move(file)), offset_(offset), left_(length) {}

    Task<std::optional<std::string>> read() override {
        if (left_ == 0) co_return std::nullopt;
        auto piece = co_await place_->pool.run([this] { return read_piece(); });
        if (piece.empty()) co_return std::nullopt;
        co_return std::move(piece);
    }
    void cancel() override { left_ = 0; }
    /// Blocks.
    std::string read_piece() {
        auto piece = file_.read(offset_, static_cast<size_t>(std::min<uint64_t>(left_, piece_bytes)));
        offset_ += piece.size();
        left_ = piece.size() < piece_bytes ? 0 : left_ - piece.size();
        return piece;
    }

  private:
    const std::shared_ptr<Place> place_;
    File file_;
    uint64_t offset_;
    uint64_t left_;
};

class FileBlobs final : public Blobs {
  public:
    FileBlobs(fs::path folder, bool sync, size_t threads)
        : place_(std::make_shared<Place>(std::move(folder), sync, threads)) {
        fs::create_directories(place_->folder / "unfinished");
        // The file system's own clock says which blobs are older than this process.
        const auto mark = place_->folder / "opened";
        fs::remove(mark);
        File::create(mark);
        opened_at_ = fs::last_write_time(mark);
    }

    Task<std::unique_ptr<Writer>> create() override {
        co_return std::make_unique<FileWriter>(*place_, Reactor::current().random().hex(id_digits));
    }
    Task<std::shared_ptr<ByteStream>> read(std::string id, uint64_t offset, uint64_t length) override {
        const auto path = place_->finished(id);
        auto file = co_await place_->pool.run([&] { return File::open(path); });
        co_return std::make_shared<FileStream>(place_, std::move(file), offset, length);
    }
    Task<uint64_t> size(std::string id) override {
        const auto path = place_->finished(id);
        co_return co_await place_->pool.run([&] { return File::open(path).size(); });
    }
    Task<void> remove(std::string id) override {
        const auto path = place_->finished(id);
        co_await place_->pool.run([&] { fs::remove(path); });
    }
    Task<fs::path> file(std::string id) override { co_return place_->finished(id); }

    Task<size_t> sweep(std::function<Task<bool>(std::string id)> named) override {
        size_t removed = 0;
        for (const auto& path : co_await place_->pool.run([this] { return older(place_->folder / "unfinished"); })) {
            co_await place_->pool.run([&] { fs::remove(path); });
            ++removed;
        }
        for (const auto& folder : co_await place_->pool.run([this] { return parts(); })) {
            for (const auto& path : co_await place_->pool.run([&] { return older(folder); })) {
                if (co_await named(path.filename().string())) continue;
                co_await place_->pool.run([&] { fs::remove(path); });
                ++removed;
            }
        }
        co_return removed;
    }

  private:
    /// The folders of finished blobs: one per two first digits of ids, made with their first blob.
    std::vector<fs::path> parts() const {
        std::vector<fs::path> folders;
        for (const auto& entry : fs::directory_iterator(place_->folder)) {
            if (entry.path().filename().native().size() == 2) folders.push_back(entry.path());
        }
        return folders;
    }
    /// The files of a folder that were there before this process.
    std::vector<fs::path> older(const fs::path& folder) const {
        std::vector<fs::path> paths;
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(folder, absent)) {
            std::error_code gone;
            if (entry.last_write_time(gone) < opened_at_ && !gone) paths.push_back(entry.path());
        }
        return paths;
    }

    const std::shared_ptr<Place> place_;
    fs::file_time_type opened_at_;
};

}  // namespace

Task<std::string> Blobs::put(std::string bytes) {
    auto writer = co_await create();
    co_await writer->write(std::move(bytes));
    co_return co_await writer->finish();
}

std::unique_ptr<Blobs> open_file_blobs(fs::path folder, bool sync, size_t threads) {
    return std::make_unique<FileBlobs>(std::move(folder), sync, threads);
}

}  // namespace cumulet::store
