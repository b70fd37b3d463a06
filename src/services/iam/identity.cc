// What dispatch asks of IAM: whose key this is, and which policies speak about its owner.

#include "services/iam/service.h"

namespace cumulet::iam {
namespace {

/// The name of the user, or of the role behind a session, in its ARN.
std::string entity_name(const Principal& principal) {
    const auto arn = Arn::parse(principal.arn);
    if (!arn) return "";
    if (principal.kind == Principal::Kind::assumed_role) {
        // assumed-role/<role>/<session>
        const auto start = arn->resource.find('/') + 1;
        return arn->resource.substr(start, arn->resource.find('/', start) - start);
    }
    return arn->resource.substr(arn->resource.rfind('/') + 1);
}

}  // namespace

Task<std::optional<contracts::Credentials>> Service::find_credentials(std::string access_key_id) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<contracts::Credentials>> {
        const auto key = co_await find_access_key(tx, access_key_id);
        if (!key || !key->active) co_return std::nullopt;
        const auto user = co_await find_entity(tx, key->account, Entity::Kind::user, key->user);
        if (!user) co_return std::nullopt;
        contracts::Credentials credentials;
        credentials.secret_access_key = key->secret;
        credentials.principal = {.kind = Principal::Kind::user,
                                 .account = key->account,
                                 .arn = user->arn(),
                                 .user_id = user->id,
                                 .access_key_id = key->id,
                                 .service = ""};
        co_return credentials;
    });
}

Task<contracts::PrincipalPolicies> Service::policies_of(Principal principal) {
    const auto kind = principal.kind == Principal::Kind::user ? Entity::Kind::user : Entity::Kind::role;
    const auto name = entity_name(principal);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<contracts::PrincipalPolicies> {
        contracts::PrincipalPolicies policies;
        const auto entity = co_await find_entity(tx, principal.account, kind, name);
        if (!entity) co_return policies;
        for (const auto& [policy_name, document] : entity->inline_policies) policies.identity.push_back(document);
        for (const auto& arn : entity->attached) {
            if (const auto policy = co_await find_policy(tx, principal.account, arn)) {
                policies.identity.push_back(policy->document());
            }
        }
        if (!entity->boundary.empty()) {
            const auto boundary = co_await find_policy(tx, principal.account, entity->boundary);
            // A boundary that is gone allows nothing.
            policies.boundary = boundary ? boundary->document() : R"({"Version":"2012-10-17","Statement":[]})";
        }
        co_return policies;
    });
}

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    for (const auto& member : operation.input->members) {
        const void* value = static_cast<const char*>(input) + member.offset;
        if (member.optional) value = member.optional->get(value);
        if (!value || member.shape->kind != contracts::Kind::string) continue;
        const auto& text = *static_cast<const std::string*>(value);
        // Unverified: the path of an entity is not known before it is loaded, and is left out of the ARN.
        if (member.name == "RoleName") return fmt::format("arn:aws:iam::{}:role/{}", call.account, text);
        if (member.name == "UserName") return fmt::format("arn:aws:iam::{}:user/{}", call.account, text);
        if (member.name == "PolicyArn") return text;
    }
    return "*";
}

}  // namespace cumulet::iam
