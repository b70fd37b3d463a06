// The engines that the suite runs on.
#pragma once

#include <filesystem>
#include <thread>

#include "store/store.h"

namespace cumulet::store::test {

/// One cloud's data: opened, closed and opened again.
class Engine {
  public:
    virtual ~Engine() = default;
    virtual std::unique_ptr<Store> open() = 0;
    /// Makes the data look as if a newer Cumulet had written it.
    virtual void pretend_newer_format() {}
};

struct EngineKind {
    std::string name;
    std::unique_ptr<Engine> (*make)();
};
std::vector<EngineKind> all_engines();
/// Those that keep their data over closing and opening.
std::vector<EngineKind> durable_engines();

/// A folder of its own, removed at the end.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Runs `work(reactor, index)` on as many reactors, each on a thread of its own, and waits for all.
template <typename Work>
void on_reactors(Clock& clock, int count, Work work) {
    std::vector<std::jthread> threads;
    for (int index = 0; index < count; ++index) {
        threads.emplace_back([&clock, &work, index] {
            Reactor reactor(clock, Random(static_cast<uint64_t>(index) + 1));
            reactor.block_on(work(reactor, index));
        });
    }
}

}  // namespace cumulet::store::test
