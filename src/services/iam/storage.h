// The keys of IAM; nothing else knows them. IAM is global, so they begin with (account, "global", "iam").
//
//   "role"   name                Entity
//   "user"   name                Entity
//   "policy" name                ManagedPolicy: names are unique whatever their paths
//   "keys"   user, key id        (empty): the access keys of a user
// and, since a key is looked up before its account is known, ("", "global", "iam"):
//   "access-key" key id          AccessKey
#pragma once

#include "services/iam/entity.h"
#include "store/store.h"

namespace cumulet::iam {

Task<std::optional<Entity>> find_entity(store::Transaction& tx, std::string account, Entity::Kind kind,
                                        std::string name);
/// Throws NoSuchEntity.
Task<Entity> load_entity(store::Transaction& tx, std::string account, Entity::Kind kind, std::string name);
void save_entity(store::Transaction& tx, const Entity& entity);
void erase_entity(store::Transaction& tx, const Entity& entity);
/// Entities that come after `after` by name, at most `limit`.
Task<std::vector<Entity>> list_entities(store::Transaction& tx, std::string account, Entity::Kind kind,
                                        std::string after, size_t limit);

/// A policy of the account, or of AWS's catalogue.
Task<std::optional<ManagedPolicy>> find_policy(store::Transaction& tx, std::string account, std::string arn);
/// True if the account has a policy of this name, whatever its path.
Task<bool> has_policy_named(store::Transaction& tx, std::string account, std::string name);
/// Throws NoSuchEntity: "Policy … was not found."
Task<ManagedPolicy> load_policy(store::Transaction& tx, std::string account, std::string arn);
void save_policy(store::Transaction& tx, const ManagedPolicy& policy);
void erase_policy(store::Transaction& tx, const ManagedPolicy& policy);
Task<std::vector<ManagedPolicy>> list_policies(store::Transaction& tx, std::string account, std::string after,
                                               size_t limit);

Task<std::optional<AccessKey>> find_access_key(store::Transaction& tx, std::string id);
void save_access_key(store::Transaction& tx, const AccessKey& key);
void erase_access_key(store::Transaction& tx, const AccessKey& key);
Task<std::vector<AccessKey>> access_keys_of(store::Transaction& tx, std::string account, std::string user);

}  // namespace cumulet::iam
