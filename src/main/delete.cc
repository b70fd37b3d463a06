// `cumulet delete`: a stack and all that it made go.

#include "main/commands.h"
#include "main/stacks.h"
#include "main/target.h"

namespace cumulet {
namespace {

Task<int> run(DeleteOptions options) {
    ApiClient client(target_of(options.target));
    Stacks stacks(client);
    const auto stack = co_await stacks.find(options.stack_name);
    if (!stack) {
        fmt::print("There is no stack {}\n", options.stack_name);
        co_return 0;
    }
    const auto before = co_await stacks.events_after(stack->id, "");
    co_await stacks.remove(stack->id);
    fmt::print("Deleting stack {}\n", stack->name);
    std::vector<StackEvent> causes;
    const auto rested = co_await stacks.follow(stack->id, before.empty() ? "" : before.back().id, &causes);
    if (rested.status == "DELETE_COMPLETE") co_return 0;
    std::fflush(stdout);
    fmt::print(stderr, "cumulet: stack {} is {}\n", rested.name, rested.status);
    for (const auto& cause : causes) fmt::print(stderr, "  {} ({}): {}\n", cause.logical_id, cause.type, cause.reason);
    co_return 1;
}

}  // namespace

int delete_stack(DeleteOptions options) { return run_command(run(std::move(options))); }

}  // namespace cumulet
