#include "services/iam/storage.h"

#include "store/record.h"

namespace cumulet::iam {
namespace {

using store::Key;
using store::Range;

Key collection(const std::string& account, std::string_view name) {
    return Key(account, std::string_view("global"), std::string_view("iam"), name);
}
Key entities(const std::string& account, Entity::Kind kind) {
    return collection(account, kind == Entity::Kind::role ? "role" : "user");
}
Key access_key(const std::string& id) { return collection("", "access-key") << id; }
Key keys_of(const std::string& account, const std::string& user) { return collection(account, "keys") << user; }

Range after_name(const Key& all, const std::string& after) {
    auto range = Range::prefix(all);
    if (!after.empty()) range.begin = Range::prefix(Key(all) << after).end;
    return range;
}

std::string encode(const Entity& entity) {
    store::RecordWriter writer(1);
    writer.text(entity.path).text(entity.id).time(entity.created).texts(entity.inline_policies);
    writer.number(static_cast<int64_t>(entity.attached.size()));
    for (const auto& arn : entity.attached) writer.text(arn);
    return writer.text(entity.boundary)
        .texts(entity.tags)
        .text(entity.trust_policy)
        .text(entity.description)
        .number(entity.max_session_seconds)
        .take();
}

Entity decode_entity(std::string account, Entity::Kind kind, std::string name, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Entity entity;
    entity.kind = kind;
    entity.account = std::move(account);
    entity.name = std::move(name);
    entity.path = reader.text();
    entity.id = reader.text();
    entity.created = reader.time();
    entity.inline_policies = reader.texts();
    for (auto left = reader.number(); left > 0; --left) entity.attached.push_back(reader.text());
    entity.boundary = reader.text();
    entity.tags = reader.texts();
    entity.trust_policy = reader.text();
    entity.description = reader.text();
    entity.max_session_seconds = static_cast<int32_t>(reader.number());
    return entity;
}

std::string encode(const ManagedPolicy& policy) {
    store::RecordWriter writer(1);
    writer.text(policy.name).text(policy.path).text(policy.id).text(policy.description);
    writer.time(policy.created).time(policy.updated).number(policy.newest_version).number(policy.default_version);
    writer.texts(policy.tags).number(static_cast<int64_t>(policy.versions.size()));
    for (const auto& [number, version] : policy.versions)
        writer.number(number).text(version.document).time(version.created);
    return writer.take();
}

ManagedPolicy decode_policy(std::string account, std::string_view bytes) {
    store::RecordReader reader(bytes);
    ManagedPolicy policy;
    policy.account = std::move(account);
    policy.name = reader.text();
    policy.path = reader.text();
    policy.id = reader.text();
    policy.description = reader.text();
    policy.created = reader.time();
    policy.updated = reader.time();
    policy.newest_version = reader.number();
    policy.default_version = reader.number();
    policy.tags = reader.texts();
    for (auto left = reader.number(); left > 0; --left) {
        const auto number = reader.number();
        auto document = reader.text();
        policy.versions[number] = {std::move(document), reader.time()};
    }
    return policy;
}

AccessKey decode_access_key(std::string id, std::string_view bytes) {
    store::RecordReader reader(bytes);
    AccessKey key;
    key.id = std::move(id);
    key.account = reader.text();
    key.user = reader.text();
    key.secret = reader.text();
    key.active = reader.boolean();
    key.created = reader.time();
    return key;
}

}  // namespace

Task<std::optional<Entity>> find_entity(store::Transaction& tx, std::string account, Entity::Kind kind,
                                        std::string name) {
    const auto bytes = co_await tx.get(entities(account, kind) << name);
    if (!bytes) co_return std::nullopt;
    co_return decode_entity(std::move(account), kind, std::move(name), *bytes);
}

Task<Entity> load_entity(store::Transaction& tx, std::string account, Entity::Kind kind, std::string name) {
    auto entity = co_await find_entity(tx, std::move(account), kind, name);
    if (!entity) throw_no_such(kind, name);
    co_return std::move(*entity);
}

void save_entity(store::Transaction& tx, const Entity& entity) {
    tx.put(entities(entity.account, entity.kind) << entity.name, encode(entity));
}

void erase_entity(store::Transaction& tx, const Entity& entity) {
    tx.erase(entities(entity.account, entity.kind) << entity.name);
}

Task<std::vector<Entity>> list_entities(store::Transaction& tx, std::string account, Entity::Kind kind,
                                        std::string after, size_t limit) {
    const auto all = entities(account, kind);
    std::vector<Entity> found;
    for (const auto& entry : co_await tx.scan(after_name(all, after), {.limit = limit})) {
        found.push_back(decode_entity(account, kind, store::KeyReader(entry.key, all.bytes()).text(), entry.value));
    }
    co_return found;
}

Task<std::optional<ManagedPolicy>> find_policy(store::Transaction& tx, std::string account, std::string arn) {
    if (const auto* known = find_aws_policy(arn)) co_return *known;
    const auto bytes = co_await tx.get(collection(account, "policy") << arn.substr(arn.rfind('/') + 1));
    if (!bytes) co_return std::nullopt;
    auto policy = decode_policy(std::move(account), *bytes);
    if (policy.arn() != arn) co_return std::nullopt;  // another path
    co_return policy;
}

Task<bool> has_policy_named(store::Transaction& tx, std::string account, std::string name) {
    co_return (co_await tx.get(collection(account, "policy") << name)).has_value();
}

Task<ManagedPolicy> load_policy(store::Transaction& tx, std::string account, std::string arn) {
    auto policy = co_await find_policy(tx, std::move(account), arn);
    if (!policy) throw aws::iam::NoSuchEntityException(fmt::format("Policy {} was not found.", arn));
    co_return std::move(*policy);
}

void save_policy(store::Transaction& tx, const ManagedPolicy& policy) {
    tx.put(collection(policy.account, "policy") << policy.name, encode(policy));
}

void erase_policy(store::Transaction& tx, const ManagedPolicy& policy) {
    tx.erase(collection(policy.account, "policy") << policy.name);
}

Task<std::vector<ManagedPolicy>> list_policies(store::Transaction& tx, std::string account, std::string after,
                                               size_t limit) {
    const auto all = collection(account, "policy");
    std::vector<ManagedPolicy> found;
    for (const auto& entry : co_await tx.scan(after_name(all, after), {.limit = limit})) {
        found.push_back(decode_policy(account, entry.value));
    }
    co_return found;
}

Task<std::optional<AccessKey>> find_access_key(store::Transaction& tx, std::string id) {
    const auto bytes = co_await tx.get(access_key(id));
    if (!bytes) co_return std::nullopt;
    co_return decode_access_key(std::move(id), *bytes);
}

void save_access_key(store::Transaction& tx, const AccessKey& key) {
    tx.put(access_key(key.id), store::RecordWriter(1)
                                   .text(key.account)
                                   .text(key.user)
                                   .text(key.secret)
                                   .boolean(key.active)
                                   .time(key.created)
                                   .take());
    tx.put(keys_of(key.account, key.user) << key.id, "");
}

void erase_access_key(store::Transaction& tx, const AccessKey& key) {
    tx.erase(access_key(key.id));
    tx.erase(keys_of(key.account, key.user) << key.id);
}

Task<std::vector<AccessKey>> access_keys_of(store::Transaction& tx, std::string account, std::string user) {
    const auto all = keys_of(account, user);
    std::vector<AccessKey> found;
    for (const auto& entry : co_await tx.scan(Range::prefix(all))) {
        if (auto key = co_await find_access_key(tx, store::KeyReader(entry.key, all.bytes()).text())) {
            found.push_back(std::move(*key));
        }
    }
    co_return found;
}

}  // namespace cumulet::iam
