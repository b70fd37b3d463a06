#include "services/lambda/images/engine.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/hash.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds longest_answer{30};
constexpr seconds longest_transfer{600};  // of an image, from its registry or to its folder
constexpr auto folder_mark = "cumulet-unpacks-";

std::vector<std::string> programs_on_path(std::string_view name) {
    std::vector<std::string> found;
    const char* path = std::getenv("PATH");
    std::string_view folders = path ? path : "/usr/local/bin:/usr/bin";
    for (size_t at = 0; at <= folders.size();) {
        const auto end = std::min(folders.find(':', at), folders.size());
        const auto program = fmt::format("{}/{}", folders.substr(at, end - at), name);
        if (program.front() == '/' && ::access(program.c_str(), X_OK) == 0) found.push_back(program);
        at = end + 1;
    }
    return found;
}

}  // namespace

std::string ContainerEngine::program() {
    std::lock_guard lock(mutex_);
    if (!found_.empty()) return found_;
    if (!asked_.empty()) {
        if (::access(asked_.c_str(), X_OK) != 0)
            throw NoEngine(fmt::format("The container engine {} is no program that may be run.", asked_));
        return found_ = asked_;
    }
    std::string silent;
    for (const auto* name : {"docker", "podman"}) {
        for (const auto& program : programs_on_path(name)) {
            // A docker without its daemon is a common sight.
            Program version({program, "version"}, std::chrono::steady_clock::now() + longest_answer, stop_);
            std::array<char, 4096> passed;
            while (version.read(passed) > 0) continue;
            if (version.wait() == 0) return found_ = program;
            silent += fmt::format(" {} does not answer: {}", program, version.errors());
        }
    }
    throw NoEngine(
        "Functions packaged as container images need a container engine: the program 'docker' or 'podman' on the PATH, "
        "or the one that --lambda-container-engine names." +
        silent);
}

ContainerEngine::Answer ContainerEngine::ask(const std::vector<std::string>& words, seconds limit) {
    std::vector<std::string> arguments{program()};
    arguments.insert(arguments.end(), words.begin(), words.end());
    Program engine(arguments, std::chrono::steady_clock::now() + limit, stop_);
    Answer answer;
    std::array<char, 16384> bytes;
    while (const auto count = engine.read(bytes)) {
        if (answer.output.size() < most_inspection_bytes) answer.output.append(bytes.data(), count);
    }
    answer.status = engine.wait();
    answer.errors = engine.errors();
    return answer;
}

std::string ContainerEngine::inspect(const std::string& name) {
    auto answer = ask({"image", "inspect", name}, longest_answer);
    return answer.status == 0 ? std::move(answer.output) : "";
}

void ContainerEngine::pull(const std::string& name) {
    const auto answer = ask({"pull", "--quiet", name}, longest_transfer);
    if (answer.status != 0) throw NoImage(fmt::format("{} pull {}: {}", program(), name, answer.errors));
}

Image ContainerEngine::find(const std::string& uri) {
    auto text = inspect(uri);
    if (text.empty()) {
        pull(uri);
        text = inspect(uri);
    }
    auto image = parse_inspection(uri, text);
    if (!image) throw NoImage(fmt::format("{}: {}", uri, image.error()));
    return std::move(*image);
}

uint64_t ContainerEngine::unpack(const Image& image, const fs::path& folder, const TarBounds& bounds) {
    auto name = image.id;
    if (inspect(name).empty()) pull(name = image.resolved_uri());
    // An engine gives out the file system of containers only. The name is the folder's own, so that what a crash left
    // behind is found.
    const auto container = folder_mark + sha256_hex(folder.parent_path().string() + image.id).substr(0, 24);
    const std::vector<std::string> creation{"create", "--name", container, name, "/unused"};
    const std::vector<std::string> removal{"rm", "--force", container};
    auto created = ask(creation, longest_transfer);
    if (created.status != 0) {
        ask(removal, longest_answer);
        created = ask(creation, longest_transfer);
    }
    if (created.status != 0) throw std::runtime_error(fmt::format("{} create {}: {}", program(), name, created.errors));
    std::exception_ptr failure;
    uint64_t bytes = 0;
    try {
        Program engine({program(), "export", container}, std::chrono::steady_clock::now() + longest_transfer, stop_);
        bytes = unpack_tar([&](std::span<char> into) { return engine.read(into); }, folder, bounds);
        if (engine.wait() != 0)
            throw std::runtime_error(fmt::format("{} export {}: {}", program(), container, engine.errors()));
    } catch (...) {
        failure = std::current_exception();
    }
    try {
        ask(removal, longest_answer);
    } catch (const std::runtime_error&) {
        // The next one that needs the name removes it.
    }
    if (failure) std::rethrow_exception(failure);
    return bytes;
}

}  // namespace cumulet::lambda
