// The key layout; nothing else knows keys.
//
//   account region cloudformation stack      <stack id>                    -> Stack
//   account region cloudformation name       <stack name>                  -> stack id, of the stack that has the name
//   now account region cloudformation resource   <stack id> <logical id>       -> StackResource account region
//   cloudformation event      <stack id> <number>           -> StackEvent, numbered as they happen account region
//   cloudformation change_set <stack id> <change set id>    -> ChangeSet account region cloudformation export <name> ->
//   [stack id, value] account region cloudformation import     <export name> <stack id>      -> stack name
//   ""      ""     cloudformation unfinished <account> <region> <stack id> -> Operation
#pragma once

#include "services/cloudformation/stack.h"
#include "store/store.h"

namespace cumulet::cloudformation::storage {

/// Where a stack's records lie.
struct Place {
    std::string account;
    std::string region;
};
inline Place place_of(const Call& call) { return {call.account, call.region}; }
inline Place place_of(const Operation& operation) { return {operation.account, operation.region}; }

Task<std::optional<Stack>> find_stack(store::Transaction& tx, Place place, std::string id);
/// The id of the stack that has this name now, "" if there is none.
Task<std::string> stack_id_of(store::Transaction& tx, Place place, std::string name);
/// Writes the stack and keeps the index of names: a deleted stack gives its name up.
void save_stack(store::Transaction& tx, const Place& place, const Stack& stack);
/// Forgets a stack that never came to be, with its events and change sets.
void erase_stack(store::Transaction& tx, const Place& place, const Stack& stack);
/// Stacks after the id `after`, in the order of their ids.
Task<std::vector<Stack>> stacks(store::Transaction& tx, Place place, std::string after, size_t limit);

Task<std::optional<StackResource>> find_resource(store::Transaction& tx, Place place, std::string stack_id,
                                                 std::string logical_id);
void save_resource(store::Transaction& tx, const Place& place, const std::string& stack_id,
                   const StackResource& resource);
Task<std::vector<StackResource>> resources(store::Transaction& tx, Place place, std::string stack_id);

/// Appends the event after the newest one.
Task<void> add_event(store::Transaction& tx, Place place, std::string stack_id, StackEvent event);
/// Newest first, older than the event numbered `before` if that is not 0. `oldest` is set to the last one's number.
Task<std::vector<StackEvent>> events(store::Transaction& tx, Place place, std::string stack_id, int64_t before,
                                     size_t limit, int64_t& oldest);

Task<std::vector<ChangeSet>> change_sets(store::Transaction& tx, Place place, std::string stack_id);
void save_change_set(store::Transaction& tx, const Place& place, const std::string& stack_id,
                     const ChangeSet& change_set);
void erase_change_set(store::Transaction& tx, const Place& place, const std::string& stack_id,
                      const std::string& change_set_id);

struct Export {
    std::string name, stack_id, value;
};
Task<std::vector<Export>> exports(store::Transaction& tx, Place place);
void save_export(store::Transaction& tx, const Place& place, const Export& exported);
void erase_export(store::Transaction& tx, const Place& place, const std::string& name);
struct Import {
    std::string stack_id, stack_name;
};
/// Who imports the export `name`.
Task<std::vector<Import>> importers(store::Transaction& tx, Place place, std::string name);
void save_import(store::Transaction& tx, const Place& place, const std::string& name, const Import& import);
void erase_import(store::Transaction& tx, const Place& place, const std::string& name, const std::string& stack_id);

void save_operation(store::Transaction& tx, const Operation& operation);
void erase_operation(store::Transaction& tx, const Operation& operation);
Task<std::optional<Operation>> find_operation(store::Transaction& tx, Place place, std::string stack_id);
Task<std::vector<Operation>> operations(store::Transaction& tx);

/// Woken whenever the status of a stack changes.
std::string topic_of(const std::string& stack_id);

}  // namespace cumulet::cloudformation::storage
