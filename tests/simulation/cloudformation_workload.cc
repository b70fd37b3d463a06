#include <set>

#include "contracts/error.h"
#include "services/cloudformation/service.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

namespace model = aws::cloudformation;
using cloudformation::Service;

/// What the resources of a template are made with.
struct Wanted {
    int64_t size = 0;
    std::string name;               ///< another one needs another resource
    std::vector<std::string> uses;  ///< logical ids
    bool bad = false;               ///< refused, always
};
using Template = std::map<std::string, Wanted>;

std::string text_of(const Template& wanted) {
    json::object resources;
    for (const auto& [logical_id, thing] : wanted) {
        json::array uses;
        for (const auto& other : thing.uses) {
            uses.push_back(json::object{{"Fn::GetAtt", json::array{json::value(other), "Arn"}}});
        }
        resources[logical_id] = json::object{
            {"Type", "Test::Thing"},
            {"Properties",
             json::object{{"Size", thing.size}, {"Name", thing.name}, {"Uses", std::move(uses)}, {"Bad", thing.bad}}}};
    }
    return json::serialize(json::object{{"Resources", std::move(resources)}});
}

/// What stands behind the things of a stack.
struct Backend {
    std::map<std::string, json::object> things;
    std::map<std::string, std::string> made_by_token;
    int made = 0;
};

/// A service that is slow, at times unavailable before or after it did something, and whose caller may die meanwhile.
class Thing final : public contracts::ResourceType {
  public:
    Thing(World& world, Backend& backend) : world_(world), backend_(backend) {}
    std::string_view name() const override { return "Test::Thing"; }

    Task<contracts::Resource> create(Call&, const contracts::ResourceContext& context,
                                     json::object properties) override {
        co_await trouble();
        refuse_bad(properties);
        auto& id = backend_.made_by_token[context.client_token];
        if (id.empty()) {
            id = fmt::format("{}-{}", context.logical_id, ++backend_.made);
            backend_.things[id] = std::move(properties);
            world_.note(fmt::format("made {} for {}", id, context.client_token));
        }
        const auto made = id;
        co_await trouble();
        co_return resource(made);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"Name"});
    }
    Task<contracts::Resource> update(Call&, const contracts::ResourceContext&, std::string id, json::object,
                                     json::object after) override {
        co_await trouble();
        refuse_bad(after);
        world_.check(backend_.things.contains(id), "{} is gone, and to be updated", id);
        backend_.things.at(id) = std::move(after);
        world_.note("updated " + id);
        co_await trouble();
        co_return resource(id);
    }
    Task<void> remove(Call&, const contracts::ResourceContext&, std::string id, json::object) override {
        co_await trouble();
        for (const auto& [other, properties] : backend_.things) {
            for (const auto& arn : properties.at("Uses").as_array()) {
                world_.check(arn.as_string() != "arn:" + id, "{} is removed while {} uses it", id, other);
            }
        }
        if (backend_.things.erase(id)) world_.note("removed " + id);
        co_await trouble();
    }

  private:
    static contracts::Resource resource(const std::string& id) {
        return {.physical_id = id, .attributes = json::object{{"Arn", "arn:" + id}}};
    }
    static void refuse_bad(const json::object& properties) {
        if (properties.at("Bad").as_bool()) throw aws::Error("InvalidRequest", "a bad thing");
    }
    Task<void> trouble() {
        co_await world_.dawdle(300ms);
        if (world_.chance(0.03)) throw aws::Error("ServiceUnavailable", "not for the moment", 503, false);
        if (world_.chance(0.03)) throw Unavailable("not for the moment");
        if (world_.chance(0.02)) throw cloudformation::Interrupted();
    }

    World& world_;
    Backend& backend_;
};

class NoDoor final : public contracts::Door {
  public:
    Task<void> invoke(Call&, const contracts::Service& service, const contracts::Operation& operation, void*,
                      void*) override {
        throw aws::not_implemented(service.name, operation.name);
    }
};

class CloudFormationWorkload {
  public:
    explicit CloudFormationWorkload(World& world) : world_(world) {}

    void run() {
        world_.start(live());
        world_.run();
    }

  private:
    Task<void> start() {
        std::vector<std::unique_ptr<contracts::ResourceType>> types;
        types.push_back(std::make_unique<Thing>(world_, backend_));
        service_ = std::make_unique<Service>(world_.store(), door_, std::move(types));
        co_await world_.persist([&]() -> Task<bool> {
            co_await service_->start();
            co_return true;
        });
    }
    Task<void> restart() {
        co_await service_->stop();
        world_.note("restart");
        co_await start();
    }

    Template some_template(bool may_be_bad) {
        Template wanted;
        for (const char letter : std::string_view("ABCDEF")) {
            if (world_.chance(0.3) && !wanted.empty()) continue;
            Wanted thing{.size = static_cast<int64_t>(world_.below(3)), .name = fmt::format("{}", world_.below(2))};
            for (const auto& [other, _] : wanted) {
                if (world_.chance(0.4)) thing.uses.push_back(other);
            }
            wanted[std::string(1, letter)] = std::move(thing);
        }
        if (may_be_bad && world_.chance(0.4)) {
            auto bad = wanted.begin();
            std::advance(bad, world_.below(wanted.size()));
            bad->second.bad = true;
        }
        return wanted;
    }
    static bool bad(const Template& wanted) {
        return std::ranges::any_of(wanted, [](const auto& thing) { return thing.second.bad; });
    }

    Task<void> live() {
        co_await start();
        for (int life = 0; life < 2; ++life) {
            auto wanted = some_template(true);
            co_await begin(&Service::create_stack,
                           model::CreateStackInput{.StackName = "shop", .TemplateBody = text_of(wanted)});
            co_await settle(bad(wanted) ? "ROLLBACK_COMPLETE" : "CREATE_COMPLETE");
            co_await compare(bad(wanted) ? Template() : wanted);
            if (!bad(wanted)) co_await update(std::move(wanted));
            co_await begin(&Service::delete_stack, model::DeleteStackInput{.StackName = stack_id_});
            co_await settle("DELETE_COMPLETE");
            co_await compare({});
        }
        co_await service_->stop();
    }

    Task<void> update(Template standing) {
        for (int round = 0; round < 3; ++round) {
            auto wanted = some_template(true);
            const auto before = backend_.things;
            co_await begin(&Service::update_stack,
                           model::UpdateStackInput{.StackName = "shop", .TemplateBody = text_of(wanted)});
            if (bad(wanted)) {
                co_await settle("UPDATE_ROLLBACK_COMPLETE");
                world_.check(backend_.things == before, "a rollback did not bring back what was");
            } else {
                co_await settle("");
                standing = std::move(wanted);
            }
            co_await compare(standing);
        }
    }

    template <typename Output, typename Input>
    Task<void> begin(Task<Output> (Service::*operation)(Call&, Input), Input input) {
        int tries = 0;
        try {
            co_await world_.ask(*service_, operation, input, [&] { ++tries; });
        } catch (const aws::Error& error) {
            // A try whose answer was lost has begun it.
            const bool nothing_to_do = error.message == "No updates are to be performed.";
            world_.check(tries > 1 || nothing_to_do, "the stack refused: {}", error.message);
        }
    }

    Task<void> settle(std::string expected) {
        for (int look = 0;; ++look) {
            const auto answer = co_await world_.ask(*service_, &Service::describe_stacks,
                                                    {.StackName = expected == "DELETE_COMPLETE" ? stack_id_ : "shop"});
            const auto& stack = answer.value.Stacks->at(0);
            stack_id_ = *stack.StackId;
            if (!stack.StackStatus.ends_with("_IN_PROGRESS")) {
                world_.note(stack.StackStatus);
                world_.check(expected.empty() || stack.StackStatus == expected, "the stack ends as {}, not {}",
                             stack.StackStatus, expected);
                world_.check(stack.StackStatus.ends_with("_COMPLETE"), "the stack ends as {}", stack.StackStatus);
                co_return;
            }
            world_.check(look < 500, "the stack remains {}", stack.StackStatus);
            co_await world_.reactor().sleep_for(1s);
            if (world_.chance(0.05)) co_await restart();
        }
    }

    /// What is there is what the template says, no more and no less.
    Task<void> compare(Template wanted) {
        world_.check(backend_.things.size() == wanted.size(), "{} things are there, not {}", backend_.things.size(),
                     wanted.size());
        if (wanted.empty()) co_return;
        const auto answer = co_await world_.ask(*service_, &Service::describe_stack_resources, {.StackName = "shop"});
        std::map<std::string, std::string> ids;
        for (const auto& resource : *answer.value.StackResources) {
            ids[resource.LogicalResourceId] = resource.PhysicalResourceId.value_or("");
        }
        for (const auto& [logical_id, thing] : wanted) {
            const auto found = backend_.things.find(ids[logical_id]);
            world_.check(found != backend_.things.end(), "{} is not there", logical_id);
            const auto& properties = found->second;
            world_.check(std::stoll(std::string(text(properties.at("Size")))) == thing.size &&
                             text(properties.at("Name")) == thing.name,
                         "{} is not as the template has it", logical_id);
            json::array uses;
            for (const auto& other : thing.uses) uses.push_back(json::value("arn:" + ids[other]));
            world_.check(properties.at("Uses") == uses, "{} uses what is not there", logical_id);
        }
    }
    static std::string text(const json::value& value) {
        return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
    }

    World& world_;
    Backend backend_;
    NoDoor door_;
    std::unique_ptr<Service> service_;
    std::string stack_id_;
};

}  // namespace

void cloudformation_workload(World& world) { CloudFormationWorkload(world).run(); }

}  // namespace cumulet::simulation
