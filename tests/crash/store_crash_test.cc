// Kills a writing child at random moments and compares what is left with what was acknowledged.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <sstream>

namespace {

constexpr int kills = 60;

/// What the store must hold, by what its child said. Each caller has at most one transaction under way.
class Expectation {
  public:
    void intend(int caller, int from, int to, uint64_t number) { under_way_[caller] = {from, to, number}; }
    void acknowledge(int caller) {
        const auto intent = under_way_.at(caller);
        for (int slot = intent.from; slot <= intent.to; ++slot) set({caller, slot}, intent.number);
        under_way_.erase(caller);
        ++acknowledged_;
    }
    /// Compares, and takes over for certain what was found of the transactions that were cut off.
    void compare(const std::map<std::pair<int, int>, uint64_t>& found) {
        for (const auto& [caller, intent] : under_way_) {
            bool happened = true;
            for (int slot = intent.from; slot <= intent.to; ++slot) {
                happened &= number_in(found, {caller, slot}) == intent.number;
            }
            for (int slot = intent.from; happened && slot <= intent.to; ++slot) set({caller, slot}, intent.number);
        }
        under_way_.clear();
        for (int caller = 0; caller < 64; ++caller) {
            for (int slot = 0; slot < 64; ++slot) {
                EXPECT_EQ(number_in(found, {caller, slot}), number_in(held_, {caller, slot}))
                    << "caller " << caller << ", slot " << slot;
            }
        }
        held_ = found;
    }
    size_t acknowledged() const { return acknowledged_; }

  private:
    struct Intent {
        int from, to;
        uint64_t number;
    };
    using Held = std::map<std::pair<int, int>, uint64_t>;

    static uint64_t number_in(const Held& held, std::pair<int, int> place) {
        const auto at = held.find(place);
        return at == held.end() ? 0 : at->second;
    }
    void set(std::pair<int, int> place, uint64_t number) {
        if (number == 0) {
            held_.erase(place);
        } else {
            held_[place] = number;
        }
    }

    Held held_;
    std::map<int, Intent> under_way_;
    size_t acknowledged_ = 0;
};

class Child {
  public:
    Child(const std::string& folder, uint64_t seed) {
        int ends[2];
        if (pipe(ends) != 0) throw std::runtime_error("no pipe");
        const auto seed_text = std::to_string(seed);
        process_ = fork();
        if (process_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(ends[1], STDOUT_FILENO);
            close(ends[0]);
            close(ends[1]);
            execl(CUMULET_CRASH_CHILD, CUMULET_CRASH_CHILD, folder.c_str(), seed_text.c_str(), nullptr);
            _exit(127);
        }
        close(ends[1]);
        output_ = ends[0];
    }
    ~Child() {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
        close(output_);
    }

    /// Reads until the child has been silent and dead, or has lived for `millis` since now.
    void listen_for(int millis) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(millis);
        while (true) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            if (left.count() <= 0 || !read_some(static_cast<int>(left.count()))) return;
        }
    }
    void listen_until_ready() {
        while (said_.find("READY\n") == std::string::npos && read_some(30'000)) {
        }
    }
    /// Everything that it said, to its last whole line.
    std::string kill_and_hear() {
        kill(process_, SIGKILL);
        while (read_some(30'000)) {
        }
        return said_.substr(0, said_.rfind('\n') + 1);
    }

  private:
    bool read_some(int millis) {
        pollfd wanted{output_, POLLIN, 0};
        if (poll(&wanted, 1, millis) <= 0) return false;
        char bytes[65536];
        const auto count = read(output_, bytes, sizeof(bytes));
        if (count <= 0) return false;
        said_.append(bytes, static_cast<size_t>(count));
        return true;
    }

    pid_t process_ = -1;
    int output_ = -1;
    std::string said_;
};

void follow(const std::string& said, Expectation& expectation) {
    std::istringstream lines(said);
    std::map<std::pair<int, int>, uint64_t> found;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string kind;
        int caller = 0, from = 0, to = 0;
        uint64_t number = 0;
        words >> kind;
        if (kind == "S" && words >> caller >> from >> number) {
            found[{caller, from}] = number;
        } else if (kind == "READY") {
            expectation.compare(found);
        } else if (kind == "I" && words >> caller >> from >> to >> number) {
            expectation.intend(caller, from, to, number);
        } else if (kind == "A" && words >> caller) {
            expectation.acknowledge(caller);
        } else {
            ADD_FAILURE() << "the child said: " << line;
        }
    }
}

TEST(Crash, LosesNothingAcknowledgedAndBringsNothingDeletedBack) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::string folder = (std::filesystem::temp_directory_path() / "cumulet-crash-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(folder.data()));

    Expectation expectation;
    for (int round = 1; round <= kills && !testing::Test::HasFailure(); ++round) {
        Child child(folder + "/store", static_cast<uint64_t>(round));
        // One in six is killed while it starts, the others under load.
        if (random() % 6 != 0) child.listen_until_ready();
        child.listen_for(static_cast<int>(random() % 250));
        follow(child.kill_and_hear(), expectation);
    }
    Child last(folder + "/store", kills + 1);
    last.listen_until_ready();
    follow(last.kill_and_hear(), expectation);
    EXPECT_GT(expectation.acknowledged(), 1000u);
    RecordProperty("acknowledged", static_cast<int>(expectation.acknowledged()));
    if (testing::Test::HasFailure()) {
        ADD_FAILURE() << "the store is kept in " << folder;
    } else {
        std::filesystem::remove_all(folder);
    }
}

}  // namespace
