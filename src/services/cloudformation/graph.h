// Work in the order of its dependencies, several at a time.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "runtime/sync.h"

namespace cumulet::cloudformation {

/// name -> the names that must be done before it.
using Graph = std::map<std::string, std::set<std::string>>;

/// The same arrows the other way round.
Graph reversed(const Graph& graph);

/// How the rest goes on after a failure.
enum class AfterFailure {
    stop,     ///< what runs ends, nothing new begins
    proceed,  ///< all goes on that does not depend on what failed
};

/// Does `work` for each name of `graph` once, each after what it depends on was done well, at most `width` at a time.
/// `work` says whether it succeeded; the names for which it did not are returned. Names that nothing can reach because
/// they stand in a circle are done in any order. `graph`, `work` and their captures live until the task ends.
Task<std::set<std::string>> run_in_order(Graph graph, std::function<Task<bool>(std::string)> work,
                                         AfterFailure after_failure, size_t width);

}  // namespace cumulet::cloudformation
