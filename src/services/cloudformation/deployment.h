// One operation on one stack, from wherever it stands to its end: every step is stored before the next begins, so that
// a process that dies is followed by one that goes on.
#pragma once

#include "services/cloudformation/graph.h"
#include "services/cloudformation/registry.h"
#include "services/cloudformation/storage.h"
#include "services/cloudformation/template/evaluate.h"

namespace cumulet::cloudformation {

/// A step ended because the process ends: nothing is known of its outcome, so it is repeated by the next process.
struct Interrupted : std::runtime_error {
    Interrupted() : std::runtime_error("the process is about to end") {}
};

class Deployment {
  public:
    /// `stopping` says that the process ends: the deployment then leaves the rest to the next one.
    Deployment(store::Store& store, const Registry& registry, std::function<bool()> stopping, Operation operation)
        : store_(store),
          registry_(registry),
          stopping_(std::move(stopping)),
          operation_(std::move(operation)),
          place_(storage::place_of(operation_)) {}

    /// Returns when the operation has ended, or the process ends. Throws if the store fails: then it may be run again.
    Task<void> run();

  private:
    using Phase = Operation::Phase;

    // deployment.cc: the phases
    Task<void> load();
    Task<void> deploy();
    Task<void> deployed();
    Task<void> failed(std::string reason);
    Task<void> clean_up();
    Task<void> roll_back();
    Task<void> clean_up_after_rollback();
    Task<void> remove_all();
    Task<void> enter(std::string status, std::string reason, Phase phase);
    Task<void> finish(std::string status, std::string reason);
    void read_template(const Desired& desired);
    Scope scope() const;
    Task<void> load_exports();
    /// The outputs of the template; what they and the resources import is added to `imported`.
    std::vector<Output> outputs(std::set<std::string>& imported) const;
    /// Throws TemplateError if another stack owns an export, or uses one that this deployment drops.
    Task<void> save_outputs(std::vector<Output> outputs, std::set<std::string> imported);
    Graph active_graph() const;
    Graph begun(const Graph& graph) const;

    // steps.cc: one resource
    Task<bool> deploy_resource(std::string logical_id);
    Task<void> create(StackResource& resource, json::object properties);
    Task<void> update(StackResource& resource, json::object properties);
    Task<void> replace(StackResource& resource, json::object properties);
    Task<bool> roll_back_resource(std::string logical_id);
    Task<bool> remove_resource(std::string logical_id);
    Task<bool> remove_leftovers(StackResource& resource);
    Task<bool> fail(StackResource& resource, std::string status, std::string reason);
    void describe(StackResource& resource, const ResourceDefinition& definition);
    bool retained(const StackResource& resource) const;
    std::string reason_of_failure() const;
    contracts::ResourceType& type_of(const StackResource& resource) const;
    contracts::ResourceContext context(const StackResource& resource) const;

    /// Stores the resource and its event, and keeps the operation ours.
    Task<void> record(StackResource& resource, std::string status, std::string reason = "",
                      std::string physical_id = "");

    StackEvent stack_event(std::string status, std::string reason) const;
    std::string event_id(std::string_view prefix) const;

    store::Store& store_;
    const Registry& registry_;
    std::function<bool()> stopping_;
    Operation operation_;
    storage::Place place_;
    Stack stack_;
    Template template_;
    std::map<std::string, StackResource> resources_;
    std::map<std::string, std::string, std::less<>> exports_;
    Semaphore writing_{1};  // events are numbered, so the steps of one stack store them one after the other
    bool ended_ = false;
};

/// A name for a resource that was given none, at most 63 characters: the same whenever its step is repeated.
std::string generated_name(std::string_view stack_name, std::string_view logical_id, std::string_view token);

}  // namespace cumulet::cloudformation
