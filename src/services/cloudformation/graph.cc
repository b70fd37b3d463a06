#include "services/cloudformation/graph.h"

namespace cumulet::cloudformation {

namespace {

struct Run {
    Graph graph;
    std::function<Task<bool>(std::string)> work;
    AfterFailure after_failure;
    std::set<std::string> waiting, running, done, failed;
    bool stopped = false;
    Gates gates{};

    bool blocked(const std::string& name) const {
        return std::ranges::any_of(graph.at(name), [&](const auto& needed) { return failed.contains(needed); });
    }
    bool ready(const std::string& name) const {
        return std::ranges::all_of(
            graph.at(name), [&](const auto& needed) { return done.contains(needed) || !graph.contains(needed); });
    }
    std::string take() {
        if (stopped) return "";
        std::string chosen;
        for (const auto& name : waiting) {
            if (ready(name)) {
                chosen = name;
                break;
            }
        }
        // Nothing runs and nothing is ready: what is left stands in a circle, or behind a failure.
        if (chosen.empty() && running.empty()) {
            for (const auto& name : waiting) {
                if (!blocked(name) && failed.empty()) {
                    chosen = name;
                    break;
                }
            }
        }
        if (chosen.empty()) return "";
        waiting.erase(chosen);
        running.insert(chosen);
        return chosen;
    }
    void finish(const std::string& name, bool well) {
        running.erase(name);
        (well ? done : failed).insert(name);
        if (!well && after_failure == AfterFailure::stop) stopped = true;
        gates.wake("changed");
    }
};

Task<void> worker(Run& run) {
    while (true) {
        const auto seen = run.gates.version("changed");
        const auto name = run.take();
        if (!name.empty()) {
            bool well = false;
            try {
                well = co_await run.work(name);
            } catch (...) {
                run.stopped = true;
                run.finish(name, false);
                throw;
            }
            run.finish(name, well);
        } else if (run.running.empty() || run.stopped || run.waiting.empty()) {
            run.gates.wake("changed");
            co_return;
        } else {
            co_await run.gates.wait("changed", seen, Time::max());
        }
    }
}

}  // namespace

Graph reversed(const Graph& graph) {
    Graph result;
    for (const auto& [name, needed] : graph) {
        result[name];
        for (const auto& other : needed) {
            if (graph.contains(other)) result[other].insert(name);
        }
    }
    return result;
}

Task<std::set<std::string>> run_in_order(Graph graph, std::function<Task<bool>(std::string)> work,
                                         AfterFailure after_failure, size_t width) {
    Run run{.graph = std::move(graph), .work = std::move(work), .after_failure = after_failure};
    for (const auto& [name, needed] : run.graph) run.waiting.insert(name);
    std::vector<Task<void>> workers;
    for (size_t i = 0; i < std::min(width, run.graph.size()); ++i) workers.push_back(worker(run));
    co_await all(std::move(workers));
    co_return std::move(run.failed);
}

}  // namespace cumulet::cloudformation
