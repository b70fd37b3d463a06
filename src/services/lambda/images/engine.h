// A container engine of this machine, docker or podman, as the source of images. It runs no function.
#pragma once

#include <filesystem>
#include <mutex>

#include "services/lambda/images/image.h"
#include "services/lambda/images/program.h"
#include "services/lambda/images/tar.h"

namespace cumulet::lambda {

/// The engine cannot be used, in a sentence.
struct NoEngine : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The engine has no such image and gets none.
struct NoImage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// All of it blocks, and throws NoEngine where there is none, std::runtime_error where the engine fails.
class ContainerEngine {
  public:
    /// `program` is its path; "" takes the first on the PATH, docker or podman, that answers.
    explicit ContainerEngine(std::string program) : asked_(std::move(program)) {}

    /// The image `uri`, pulled if the engine does not have it. Throws NoImage.
    Image find(const std::string& uri);
    /// Writes the image's file system into `folder`, which is there and empty; the result is its size. Where the engine
    /// has it no longer, it is pulled by its digest. Throws NoImage.
    uint64_t unpack(const Image& image, const std::filesystem::path& folder, const TarBounds& bounds);
    /// Ends what runs, for good.
    void stop() { stop_.stop(); }

  private:
    struct Answer {
        int status = 0;
        std::string output;
        std::string errors;
    };
    /// The engine's path, looked for once.
    std::string program();
    Answer ask(const std::vector<std::string>& words, std::chrono::seconds limit);
    /// What the engine says about an image of its own; "" if it has none of that name.
    std::string inspect(const std::string& name);
    void pull(const std::string& name);

    const std::string asked_;
    StopSignal stop_;
    std::mutex mutex_;
    std::string found_;
};

}  // namespace cumulet::lambda
