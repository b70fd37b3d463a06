// The resource types of CloudFormation itself.

#include "services/cloudformation/service.h"

namespace cumulet::cloudformation {

namespace {

using contracts::Resource;
using contracts::ResourceContext;

/// A resource that is nothing but its name: CDK's metadata, and the handle that packaging tools put where a template
/// would otherwise be empty.
class Marker : public contracts::ResourceType {
  public:
    explicit Marker(std::string_view name) : name_(name) {}
    std::string_view name() const override { return name_; }
    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        const auto id =
            fmt::format("{}/cloudformation/{}/{}", call.base_url(), context.stack_name, context.generated_name);
        co_return Resource{.physical_id = id};
    }
    bool needs_replacement(const json::object&, const json::object&) const override { return false; }
    Task<Resource> update(Call&, const ResourceContext&, std::string physical_id, json::object, json::object) override {
        co_return Resource{.physical_id = std::move(physical_id)};
    }
    Task<void> remove(Call&, const ResourceContext&, std::string, json::object) override { co_return; }

  private:
    std::string_view name_;
};

/// A value as the text of a parameter: a list's items are joined by commas.
std::string parameter_text(const json::value& value) {
    if (!value.is_array()) return scalar_text(value).value_or("");
    std::vector<std::string> items;
    for (const auto& item : value.get_array()) items.push_back(scalar_text(item).value_or(""));
    return fmt::format("{}", fmt::join(items, ","));
}

/// AWS::CloudFormation::Stack: a stack inside a stack, by the same operations that callers use.
class NestedStack : public contracts::ResourceType {
  public:
    NestedStack(store::Store& store, contracts::Door& door, std::function<bool()> stopping)
        : store_(store), client_(door), stopping_(std::move(stopping)) {}
    std::string_view name() const override { return "AWS::CloudFormation::Stack"; }

    Task<Resource> create(Call& call, const ResourceContext& context, json::object properties) override {
        model::CreateStackInput request{.StackName = context.generated_name};
        fill(request, properties, context);
        request.OnFailure = "DELETE";  // who has no name for it could not delete it
        std::string arn;
        try {
            arn = (co_await client_.create_stack(call, request)).StackId.value_or("");
        } catch (const model::AlreadyExistsException&) {
            // An earlier try of this step made it: the name is this step's own.
        }
        if (arn.empty()) arn = (co_await describe(call, context.generated_name)).StackId.value_or("");
        co_return co_await settled(call, arn, "CREATE_COMPLETE");
    }
    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<Resource> update(Call& call, const ResourceContext& context, std::string physical_id, json::object before,
                          json::object after) override {
        model::UpdateStackInput request{.StackName = physical_id};
        fill(request, after, context);
        bool unchanged = false;
        try {
            co_await client_.update_stack(call, request);
        } catch (const aws::Error& error) {
            // A repeated step finds its update under way or done.
            unchanged = error.message == "No updates are to be performed." ||
                        error.message.find("_IN_PROGRESS state") != std::string::npos;
            if (!unchanged) throw;
        }
        co_return co_await settled(call, physical_id, unchanged ? "" : "UPDATE_COMPLETE");
    }

    Task<void> remove(Call& call, const ResourceContext& context, std::string physical_id,
                      json::object properties) override {
        co_await client_.delete_stack(call, {.StackName = physical_id});
        co_await settled(call, physical_id, "DELETE_COMPLETE");
    }

  private:
    template <typename Request>
    static void fill(Request& request, const json::object& properties, const ResourceContext& context) {
        for (const auto& [key, value] : properties) {
            if (key == "TemplateURL" && value.is_string()) {
                request.TemplateURL = std::string(value.get_string());
            } else if (key == "Parameters" && value.is_object()) {
                request.Parameters.emplace();
                for (const auto& [name, given] : value.get_object()) {
                    request.Parameters->push_back(
                        {.ParameterKey = std::string(name), .ParameterValue = parameter_text(given)});
                }
            } else if (key == "Tags" && value.is_array()) {
                request.Tags.emplace();
                for (const auto& tag : value.get_array()) {
                    request.Tags->push_back({.Key = std::string(string_or(tag.as_object(), "Key")),
                                             .Value = std::string(string_or(tag.as_object(), "Value"))});
                }
            } else {
                throw invalid(fmt::format("Property {} of AWS::CloudFormation::Stack is not supported by Cumulet.",
                                          std::string_view(key)));
            }
        }
        // Who may deploy the parent has acknowledged what its children need.
        request.Capabilities =
            std::vector<std::string>{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"};
    }

    Task<model::Stack> describe(Call& call, std::string name) {
        auto answer = co_await client_.describe_stacks(call, {.StackName = std::move(name)});
        co_return std::move(answer.Stacks->at(0));
    }

    /// Waits until the stack's work has ended. Throws if it ended in another status than `wanted`, "" being any good
    /// one.
    Task<Resource> settled(Call& call, std::string arn, std::string wanted) {
        auto watch = store_.watch(storage::topic_of(arn.substr(arn.rfind('/') + 1)));
        while (true) {
            const auto stack = co_await describe(call, arn);
            if (!stack.StackStatus.ends_with("_IN_PROGRESS")) {
                const bool good =
                    wanted.empty() ? stack.StackStatus.ends_with("_COMPLETE") : stack.StackStatus == wanted;
                if (!good) {
                    throw invalid(fmt::format("Embedded stack {} was not successfully {}: {}", arn,
                                              wanted == "DELETE_COMPLETE"   ? "deleted"
                                              : wanted == "CREATE_COMPLETE" ? "created"
                                                                            : "updated",
                                              stack.StackStatusReason.value_or("")));
                }
                Resource made{.physical_id = arn};
                for (const auto& output : stack.Outputs.value_or(std::vector<model::Output>())) {
                    made.attributes.emplace("Outputs." + output.OutputKey.value_or(""),
                                            output.OutputValue.value_or(""));
                }
                co_return made;
            }
            if (stopping_()) throw Interrupted();
            co_await watch.wait(call.now() + 30s);
        }
    }

    store::Store& store_;
    model::Client client_;
    std::function<bool()> stopping_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(store::Store& store, contracts::Door& door,
                                                                     std::function<bool()> stopping) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<Marker>("AWS::CloudFormation::WaitConditionHandle"));
    types.push_back(std::make_unique<Marker>("AWS::CDK::Metadata"));
    types.push_back(std::make_unique<NestedStack>(store, door, std::move(stopping)));
    return types;
}

}  // namespace cumulet::cloudformation
