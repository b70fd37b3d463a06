#include "services/lambda/images/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cumulet::lambda {
namespace {

constexpr size_t most_error_bytes = 2000;

std::vector<std::string> own_environment() {
    std::vector<std::string> variables;
    for (char** variable = environ; variable && *variable; ++variable) variables.emplace_back(*variable);
    return variables;
}

}  // namespace

StopSignal::StopSignal() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void StopSignal::stop() {
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

Program::Program(const std::vector<std::string>& arguments, Instant deadline, const StopSignal& stop)
    : name_(arguments.front()), deadline_(deadline), stop_(stop), errors_(::memfd_create("errors", MFD_CLOEXEC)) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no descriptors are left");
    output_ = Descriptor(ends[0]);
    const Descriptor theirs(ends[1]);
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    auto process = spawn({.arguments = arguments,
                          .environment = own_environment(),
                          .descriptors = {{nothing.get(), 0}, {theirs.get(), 1}, {errors_.get(), 2}}});
    if (!process) throw std::runtime_error(process.error());
    process_ = std::move(*process);
}

Program::~Program() {
    if (process_.id <= 0) return;
    kill_group(process_.id);
    ::waitpid(process_.id, nullptr, 0);
}

void Program::wait_for(int descriptor) {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
        std::array<pollfd, 2> both{pollfd{.fd = descriptor, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = stop_.descriptor(), .events = POLLIN, .revents = 0}};
        const int ready = ::poll(both.data(), both.size(), static_cast<int>(std::max<int64_t>(0, left.count())));
        if (ready < 0 && errno == EINTR) continue;
        if (both[1].revents != 0) throw std::runtime_error(fmt::format("{} was ended: Cumulet stops", name_));
        if (ready <= 0) throw std::runtime_error(fmt::format("{} took too long", name_));
        return;
    }
}

size_t Program::read(std::span<char> bytes) {
    wait_for(output_.get());
    const auto count = ::read(output_.get(), bytes.data(), bytes.size());
    return count > 0 ? static_cast<size_t>(count) : 0;
}

int Program::wait() {
    wait_for(process_.end.get());
    int status = 0;
    ::waitpid(process_.id, &status, 0);
    process_.id = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string Program::errors() const {
    std::string text(most_error_bytes, '\0');
    const auto size = ::lseek(errors_.get(), 0, SEEK_END);
    const auto from = std::max<off_t>(0, size - static_cast<off_t>(text.size()));
    const auto count = ::pread(errors_.get(), text.data(), text.size(), from);
    text.resize(count > 0 ? static_cast<size_t>(count) : 0);
    for (auto& letter : text) {
        if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace cumulet::lambda
