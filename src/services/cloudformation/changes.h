// What a deployment would do to a stack: the contents of a change set. Pure.
#pragma once

#include "services/cloudformation/registry.h"
#include "services/cloudformation/stack.h"
#include "services/cloudformation/template/evaluate.h"

namespace cumulet::cloudformation {

/// The changes from `existing` to the template in `scope`, in the template's order, removals last.
/// `scope` foresees, so that references to what does not exist yet are allowed.
std::vector<ResourceChange> changes_between(const std::vector<StackResource>& existing, const Template& parsed,
                                            Scope scope, const Registry& registry);

/// Whether deploying `wanted` onto `stack` would change anything at all, given the changes of its resources.
bool changes_anything(const Stack& stack, const Desired& wanted, const Template& parsed, const Scope& scope,
                      const std::vector<ResourceChange>& changes);

}  // namespace cumulet::cloudformation
