// What CloudFormation may create: each service offers its resource types, as calls of its own operations.
#pragma once

#include "base/json.h"
#include "runtime/call.h"

namespace cumulet::contracts {

/// What exists after a create or update.
struct Resource {
    std::string physical_id;  ///< what Ref gives
    json::object attributes;  ///< what Fn::GetAtt gives, by attribute name (dots included: "Endpoint.Address")
};

/// What CloudFormation knows about the resource it asks for.
struct ResourceContext {
    std::string stack_name;
    std::string stack_id;
    std::string logical_id;
    std::string client_token;  ///< the same when a step is repeated after a crash
    json::object stack_tags;
    /// A name for a resource that was given none: <stack>-<logical id>-<random>, within `max_length`.
    std::string generated_name;
};

class ResourceType {
  public:
    virtual ~ResourceType() = default;
    virtual std::string_view name() const = 0;  ///< "AWS::SQS::Queue"

    /// Creating again with the same client_token finds what the first try made.
    virtual Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) = 0;
    /// True if going from `before` to `after` needs a new resource.
    virtual bool needs_replacement(const json::object& before, const json::object& after) const = 0;
    virtual Task<Resource> update(Call& call, const ResourceContext& context, std::string physical_id,
                                  json::object before, json::object after) = 0;
    /// Deleting what is gone already succeeds.
    virtual Task<void> remove(Call& call, const ResourceContext& context, std::string physical_id,
                              json::object properties) = 0;
};

/// True if any of `names` differs between `before` and `after`.
bool any_differs(const json::object& before, const json::object& after, std::initializer_list<std::string_view> names);

}  // namespace cumulet::contracts
