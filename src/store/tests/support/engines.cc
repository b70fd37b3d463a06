#include "store/tests/support/engines.h"

#include <stdlib.h>

#include "store/memory/faulty_store.h"
#include "store/memory/memory_store.h"

namespace cumulet::store::test {
namespace {

class Memory final : public Engine {
  public:
    std::unique_ptr<Store> open() override { return open_memory_store(); }
    bool keeps_data() const override { return false; }
};

class Faulty final : public Engine {
  public:
    std::unique_ptr<Store> open() override {
        return open_faulty_store(7, {.conflict = 0.2, .delay = 0.3, .sleep = 0.05, .longest_sleep = 1ms});
    }
    bool keeps_data() const override { return false; }
};

template <typename Kind>
std::unique_ptr<Engine> make() {
    return std::make_unique<Kind>();
}

}  // namespace

std::vector<EngineKind> engine_kinds() {
    return {{"Memory", make<Memory>}, {"Faulty", make<Faulty>}};
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cumulet-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace cumulet::store::test
