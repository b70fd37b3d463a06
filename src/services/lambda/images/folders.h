// The file systems of images, unpacked once each and kept for as long as there is room.
#pragma once

#include <map>
#include <memory>

#include "runtime/blocking_pool.h"
#include "services/lambda/images/engine.h"

namespace cumulet::lambda {

struct ImageFolderBounds {
    size_t images = 64;
    uint64_t bytes = 21'474'836'480;  ///< of all that are unpacked at once
    TarBounds each;
};

/// An image's file system. It stays where it is while anyone has this.
struct ImageFolder {
    std::filesystem::path path;
    uint64_t size_bytes = 0;
};

/// Read-only folders by the images' ids, in a folder that is emptied at the start: the engine gives them again.
class ImageFolders {
  public:
    ImageFolders(ContainerEngine& engine, BlockingPool& threads, std::filesystem::path folder,
                 ImageFolderBounds bounds = {});

    /// The image's file system; those that nobody has are removed where it needs the room. Throws as
    /// ContainerEngine::unpack does, and std::runtime_error where there is no room.
    Task<std::shared_ptr<const ImageFolder>> unpacked(Image image);
    size_t count() const;

  private:
    struct Kept {
        std::shared_ptr<const ImageFolder> folder;
        uint64_t used = 0;  // the number of the call that used it last
    };
    std::shared_ptr<const ImageFolder> find(const std::string& id);
    /// Takes the oldest that nobody has out of the kept ones, until there is room; the folders are the caller's.
    std::vector<std::filesystem::path> make_room(uint64_t bytes);

    ContainerEngine& engine_;
    BlockingPool& threads_;
    const std::filesystem::path folder_;
    const ImageFolderBounds bounds_;
    Semaphore turn_{1};  // so that what there is room for is known
    KeyedLocks locks_;
    mutable std::mutex mutex_;
    std::map<std::string, Kept> kept_;
    uint64_t uses_ = 0;
    uint64_t serial_ = 0;
};

/// Makes in the image's root what the sandbox mounts over: folders and files that are no links. Blocks.
void prepare_image_root(const std::filesystem::path& root);

}  // namespace cumulet::lambda
