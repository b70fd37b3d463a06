// The steps of a deployment on one resource: what is stored before and after each call of its service.

#include "base/bytes.h"
#include "base/hash.h"
#include "contracts/error.h"
#include "services/cloudformation/deployment.h"
#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/references.h"

namespace cumulet::cloudformation {

namespace {

constexpr Duration lease = 60s;
constexpr int most_tries = 20;
constexpr auto first_pause = 10ms;  // grows with the square of the tries: half a minute in all

/// Calls a service in `step`, again while it is unavailable: repeating a step is harmless, and it may have had its
/// effect.
template <typename Step>
auto persistently(std::function<bool()> stopping, Step step) -> std::invoke_result_t<Step&> {
    for (int attempt = 1;; ++attempt) {
        try {
            co_return co_await step();
        } catch (const Unavailable& error) {
            if (attempt == most_tries) throw aws::internal_failure(error.what());
        } catch (const aws::Error& error) {
            if (error.code != "ServiceUnavailable" || attempt == most_tries) throw;
        }
        if (stopping()) throw Interrupted();
        co_await Reactor::current().pause(first_pause * attempt * attempt);
    }
}

/// A service's refusal in the words that CloudFormation wraps it in.
std::string handler_message(const aws::Error& error, const std::string& request_token) {
    std::string_view code = "GeneralServiceException";
    if (error.code.find("AlreadyExists") != std::string::npos || error.code.find("NameExists") != std::string::npos ||
        error.code == "ResourceConflictException" || error.code == "ResourceInUseException") {
        code = "AlreadyExists";
    } else if (error.code.starts_with("AccessDenied")) {
        code = "AccessDenied";
    } else if (error.status == 404) {
        code = "NotFound";
    } else if (error.status < 500) {
        code = "InvalidRequest";
    }
    return fmt::format("Resource handler returned message: \"{}\" (RequestToken: {}, HandlerErrorCode: {})",
                       error.message, request_token, code);
}

}  // namespace

std::string generated_name(std::string_view stack_name, std::string_view logical_id, std::string_view token) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const auto digest = sha256(fmt::format("{}/{}", token, logical_id));
    std::string suffix;
    for (size_t i = 0; i < 12; ++i) suffix += alphabet[static_cast<unsigned char>(digest[i]) % alphabet.size()];
    constexpr size_t room = 63 - 12 - 2;
    const auto stack_part = stack_name.substr(0, std::max(room - std::min(logical_id.size(), room), size_t{24}));
    return fmt::format("{}-{}-{}", stack_part, logical_id.substr(0, room - stack_part.size()), suffix);
}

/// What stopped a step, as the reason of its resource's status. Call it while the exception is handled.
std::string Deployment::reason_of_failure() const {
    try {
        throw;
    } catch (const Interrupted&) {
        throw;
    } catch (const Unavailable&) {
        throw;  // the store's, which says nothing about the resource
    } catch (const aws::Error& error) {
        return handler_message(error, operation_.token);
    } catch (const TemplateError& error) {
        return error.what();
    } catch (const std::exception& error) {
        return handler_message(aws::internal_failure(error.what()), operation_.token);
    }
}

contracts::ResourceType& Deployment::type_of(const StackResource& resource) const {
    auto* type = registry_.find(resource.type);
    if (!type) refuse("Template format error: Unrecognized resource types: [{}]", resource.type);
    return *type;
}

contracts::ResourceContext Deployment::context(const StackResource& resource) const {
    contracts::ResourceContext context;
    context.stack_name = stack_.name;
    context.stack_id = stack_.arn;
    context.logical_id = resource.logical_id;
    context.client_token = fmt::format("{}-{}", operation_.token, resource.logical_id);
    for (const auto& [key, value] : stack_.desired.tags) context.stack_tags.emplace(key, value);
    context.generated_name = generated_name(stack_.name, resource.logical_id, operation_.token);
    return context;
}

void Deployment::describe(StackResource& resource, const ResourceDefinition& definition) {
    resource.metadata = definition.metadata;
    resource.deletion_policy = definition.deletion_policy;
    resource.update_replace_policy = definition.update_replace_policy;
    std::set<std::string> needed(definition.depends_on.begin(), definition.depends_on.end());
    for (const auto& reference : references_in(definition.properties)) {
        if (template_.resource(reference.name)) needed.insert(reference.name);
    }
    resource.depends_on.assign(needed.begin(), needed.end());
}

Task<void> Deployment::record(StackResource& resource, std::string status, std::string reason,
                              std::string physical_id) {
    const auto permit = co_await writing_.acquire();
    // What becomes of a leftover says nothing about what stands.
    if (physical_id.empty()) {
        resource.status = status;
        resource.status_reason = reason;
    }
    resource.changed = Reactor::current().now();
    const StackEvent event{.id = event_id(fmt::format("{}-{}", resource.logical_id, status)),
                           .logical_id = resource.logical_id,
                           .physical_id = physical_id.empty() ? resource.made.physical_id : physical_id,
                           .type = resource.type,
                           .status = status,
                           .status_reason = reason,
                           .properties = json::serialize(resource.made.properties),
                           .client_request_token = operation_.client_request_token,
                           .at = resource.changed};
    const bool renew = operation_.owned_until < resource.changed + lease / 2;
    if (renew) operation_.owned_until = resource.changed + lease;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        storage::save_resource(tx, place_, stack_.id, resource);
        if (renew) storage::save_operation(tx, operation_);
        co_await storage::add_event(tx, place_, stack_.id, event);
    });
}

Task<bool> Deployment::fail(StackResource& resource, std::string status, std::string reason) {
    co_await record(resource, std::move(status), std::move(reason));
    co_return false;
}

Task<bool> Deployment::deploy_resource(std::string logical_id) {
    if (stopping_()) co_return false;
    const auto& definition = *template_.resource(logical_id);
    auto& resource = resources_[logical_id];
    const bool ours = resource.operation == operation_.token;
    if (ours && resource.status.ends_with("_COMPLETE")) co_return true;
    const bool creating = ours ? resource.created_by_operation : !resource.exists();
    if (!ours) {
        resource.before.reset();
        resource.created_by_operation = creating;
        if (creating) resource.made = {};
    }
    resource.logical_id = logical_id;
    resource.type = definition.type;
    resource.operation = operation_.token;
    describe(resource, definition);

    std::string wrong;
    try {
        const auto now = scope();
        auto properties = Evaluator(template_, now).properties(definition);
        if (creating) {
            co_await create(resource, std::move(properties));
        } else if (!resource.before && resource.made.properties == properties) {
            if (resource.status.ends_with("_FAILED")) resource.status = "UPDATE_COMPLETE";
            co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
                storage::save_resource(tx, place_, stack_.id, resource);
                co_return;
            });
        } else {
            const auto& before = resource.before ? *resource.before : resource.made;
            const bool replacing = type_of(resource).needs_replacement(before.properties, properties);
            co_await (replacing ? replace(resource, std::move(properties)) : update(resource, std::move(properties)));
        }
        co_return true;
    } catch (const std::exception&) {
        wrong = reason_of_failure();
    }
    co_return co_await fail(resource, creating ? "CREATE_FAILED" : "UPDATE_FAILED", wrong);
}

Task<void> Deployment::create(StackResource& resource, json::object properties) {
    resource.made.properties = properties;
    co_await record(resource, "CREATE_IN_PROGRESS");
    auto call = operation_.call(Reactor::current());
    auto made = co_await persistently(stopping_, [&]() -> Task<contracts::Resource> {
        co_return co_await type_of(resource).create(call, context(resource), properties);
    });
    resource.made = {std::move(made.physical_id), std::move(properties), std::move(made.attributes),
                     resource.depends_on};
    co_await record(resource, "CREATE_COMPLETE");
}

Task<void> Deployment::update(StackResource& resource, json::object properties) {
    if (!resource.before) resource.before = resource.made;
    resource.made.properties = properties;
    co_await record(resource, "UPDATE_IN_PROGRESS");
    auto call = operation_.call(Reactor::current());
    auto made = co_await persistently(stopping_, [&]() -> Task<contracts::Resource> {
        co_return co_await type_of(resource).update(call, context(resource), resource.made.physical_id,
                                                    resource.before->properties, properties);
    });
    resource.made = {std::move(made.physical_id), std::move(properties), std::move(made.attributes),
                     resource.depends_on};
    co_await record(resource, "UPDATE_COMPLETE");
}

Task<void> Deployment::replace(StackResource& resource, json::object properties) {
    if (!resource.before) resource.before = resource.made;
    co_await record(resource, "UPDATE_IN_PROGRESS",
                    "Requested update requires the creation of a new physical resource; hence creating one.");
    auto call = operation_.call(Reactor::current());
    auto made = co_await persistently(stopping_, [&]() -> Task<contracts::Resource> {
        co_return co_await type_of(resource).create(call, context(resource), properties);
    });
    resource.made = {std::move(made.physical_id), std::move(properties), std::move(made.attributes),
                     resource.depends_on};
    co_await record(resource, "UPDATE_COMPLETE");
}

Task<bool> Deployment::roll_back_resource(std::string logical_id) {
    if (stopping_()) co_return false;
    auto& resource = resources_[logical_id];
    const auto before = *resource.before;
    if (resource.made.physical_id != before.physical_id) {
        resource.leftovers.push_back(resource.made);
    } else if (resource.made.properties != before.properties) {
        std::string wrong;
        try {
            co_await record(resource, "UPDATE_IN_PROGRESS");
            auto call = operation_.call(Reactor::current());
            co_await persistently(stopping_, [&]() -> Task<contracts::Resource> {
                co_return co_await type_of(resource).update(call, context(resource), before.physical_id,
                                                            resource.made.properties, before.properties);
            });
        } catch (const std::exception&) {
            wrong = reason_of_failure();
        }
        if (!wrong.empty()) co_return co_await fail(resource, "UPDATE_FAILED", wrong);
    }
    resource.made = before;
    resource.before.reset();
    co_await record(resource, "UPDATE_COMPLETE");
    co_return true;
}

bool Deployment::retained(const StackResource& resource) const {
    if (std::ranges::find(operation_.retain, resource.logical_id) != operation_.retain.end()) return true;
    if (resource.deletion_policy == "Retain") return true;
    const bool made_now = resource.operation == operation_.token && resource.created_by_operation;
    return resource.deletion_policy == "RetainExceptOnCreate" && !made_now;
}

Task<bool> Deployment::remove_leftovers(StackResource& resource) {
    bool well = true;
    while (!resource.leftovers.empty() && !stopping_()) {
        const auto leftover = resource.leftovers.back();
        std::string wrong;
        co_await record(resource, "DELETE_IN_PROGRESS", "", leftover.physical_id);
        try {
            auto call = operation_.call(Reactor::current());
            co_await persistently(stopping_, [&]() -> Task<void> {
                co_await type_of(resource).remove(call, context(resource), leftover.physical_id, leftover.properties);
            });
        } catch (const std::exception&) {
            wrong = reason_of_failure();
        }
        resource.leftovers.pop_back();
        well = well && wrong.empty();
        co_await record(resource, wrong.empty() ? "DELETE_COMPLETE" : "DELETE_FAILED", wrong, leftover.physical_id);
    }
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        storage::save_resource(tx, place_, stack_.id, resource);
        co_return;
    });
    co_return well;
}

Task<bool> Deployment::remove_resource(std::string logical_id) {
    if (stopping_()) co_return false;
    auto& resource = resources_[logical_id];
    if (!resource.leftovers.empty() && !co_await remove_leftovers(resource)) co_return false;
    if (!resource.exists()) {
        if (!resource.gone()) co_await record(resource, "DELETE_COMPLETE");
        co_return true;
    }
    if (retained(resource)) {
        co_await record(resource, "DELETE_SKIPPED");
        co_return true;
    }
    std::string wrong;
    co_await record(resource, "DELETE_IN_PROGRESS");
    try {
        auto call = operation_.call(Reactor::current());
        co_await persistently(stopping_, [&]() -> Task<void> {
            co_await type_of(resource).remove(call, context(resource), resource.made.physical_id,
                                              resource.made.properties);
        });
    } catch (const std::exception&) {
        wrong = reason_of_failure();
    }
    if (!wrong.empty()) co_return co_await fail(resource, "DELETE_FAILED", wrong);
    co_await record(resource, "DELETE_COMPLETE");
    co_return true;
}

}  // namespace cumulet::cloudformation
