#include "services/lambda/images/folders.h"

#include <fstream>

#include "services/lambda/bootstrap/supervise.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

/// A folder of that name; what else has it goes.
void make_folder(const fs::path& path) {
    if (!fs::is_directory(fs::symlink_status(path))) fs::remove(path);
    fs::create_directory(path);
}

void make_file(const fs::path& path, std::string_view text = "") {
    fs::remove_all(path);
    std::ofstream(path) << text;
}

}  // namespace

void prepare_image_root(const fs::path& root) {
    for (const auto* name : {"proc", "dev", "tmp", "etc", "cumulet"}) make_folder(root / name);
    for (const auto* name : {"resolv.conf", "hosts"}) make_file(root / "etc" / name);
    make_file(root / "cumulet/supervise.sh", supervise_script);
}

ImageFolders::ImageFolders(ContainerEngine& engine, BlockingPool& threads, fs::path folder, ImageFolderBounds bounds)
    : engine_(engine), threads_(threads), folder_(std::move(folder)), bounds_(bounds) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::shared_ptr<const ImageFolder> ImageFolders::find(const std::string& id) {
    std::lock_guard lock(mutex_);
    const auto found = kept_.find(id);
    if (found == kept_.end()) return nullptr;
    found->second.used = ++uses_;
    return found->second.folder;
}

size_t ImageFolders::count() const {
    std::lock_guard lock(mutex_);
    return kept_.size();
}

std::vector<fs::path> ImageFolders::make_room(uint64_t bytes) {
    std::lock_guard lock(mutex_);
    std::vector<fs::path> removed;
    while (true) {
        uint64_t used = 0;
        auto oldest = kept_.end();
        for (auto at = kept_.begin(); at != kept_.end(); ++at) {
            used += at->second.folder->size_bytes;
            const bool is_free = at->second.folder.use_count() == 1;
            if (is_free && (oldest == kept_.end() || at->second.used < oldest->second.used)) oldest = at;
        }
        if (kept_.size() < bounds_.images && used + bytes <= bounds_.bytes) return removed;
        if (oldest == kept_.end()) {
            throw std::runtime_error(
                fmt::format("The images of the functions that run fill the room for {} images or "
                            "{} bytes.",
                            bounds_.images, bounds_.bytes));
        }
        removed.push_back(oldest->second.folder->path);
        kept_.erase(oldest);
    }
}

Task<std::shared_ptr<const ImageFolder>> ImageFolders::unpacked(Image image) {
    if (auto folder = find(image.id)) co_return folder;
    const auto guard = co_await locks_.lock(image.id);
    if (auto folder = find(image.id)) co_return folder;
    const auto turn = co_await turn_.acquire();
    const auto removed = make_room(image.size_bytes);
    fs::path path;
    {
        std::lock_guard lock(mutex_);
        path = folder_ / fmt::format("image-{}", ++serial_);
    }
    const auto size = co_await threads_.run([this, image, path, removed] {
        for (const auto& each : removed) fs::remove_all(each);
        try {
            fs::create_directories(path);
            const auto bytes = engine_.unpack(image, path, bounds_.each);
            prepare_image_root(path);
            return bytes;
        } catch (...) {
            std::error_code ignored;
            fs::remove_all(path, ignored);
            throw;
        }
    });
    auto folder = std::make_shared<const ImageFolder>(path, size);
    std::lock_guard lock(mutex_);
    kept_[image.id] = {.folder = folder, .used = ++uses_};
    co_return folder;
}

}  // namespace cumulet::lambda
