#include "services/lambda/storage.h"

#include <set>

#include "contracts/reflect.h"
#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

using store::Key;
using store::KeyReader;
using store::Range;
using store::Transaction;

constexpr std::string_view service = "lambda";

Key keys_of(const FunctionName& name, std::string_view kind) { return Key(name.account, name.region, service, kind); }
Key alias_key(const FunctionName& name) { return keys_of(name, "alias") << name.name << name.qualifier; }
Key policy_key(const FunctionName& name) { return keys_of(name, "policy") << name.name << name.qualifier; }
constexpr size_t most_of_one_function = 10'000;

Key event_config_key(const FunctionName& name) { return keys_of(name, "event_config") << name.name << name.qualifier; }
Key provisioned_key(const FunctionName& name) { return keys_of(name, "provisioned") << name.name << name.qualifier; }
Key provisioned_index_key(const FunctionName& name) {
    return Key("", "", service, "provisioned", name.account, name.region, name.name, name.qualifier);
}
Key url_key(const FunctionName& name) { return keys_of(name, "url") << name.name << name.qualifier; }
Key url_id_key(std::string_view id) { return Key("", "", service, "url", id); }
Key layers_key(const LayerName& name) { return Key(name.account, name.region, service, "layer", name.name); }
Key mapping_key(const MappingName& name) { return Key(name.account, name.region, service, "mapping", name.uuid); }
Key all_mappings_key() { return Key("", "", service, "mapping"); }
Key mapping_index_key(const MappingName& name) {
    return all_mappings_key() << name.account << name.region << name.uuid;
}
Key positions_key(const MappingName& name) { return Key(name.account, name.region, service, "position", name.uuid); }
Key result_key(const MappingName& name) { return Key(name.account, name.region, service, "result", name.uuid); }
Key processes_key() { return Key("", "", service, "process"); }
Key lease_key(std::string_view uuid) { return Key("", "", service, "lease", uuid); }
Key events_key() { return Key("", "", service, "event"); }

QueuedEvent event_of(const store::Entry& entry) {
    KeyReader reader(entry.key, events_key().bytes());
    const auto due = reader.time();
    return QueuedEvent::parse(due, reader.text(), entry.value);
}

const contracts::Shape& event_config_shape() {
    static const contracts::Shape& shape = *aws::lambda::service.find("GetFunctionEventInvokeConfig")->output;
    return shape;
}

const contracts::Shape& code_signing_shape() {
    static const contracts::Shape& shape =
        *aws::lambda::service.find("GetCodeSigningConfig")->output->members.front().shape;
    return shape;
}

/// What stands under `key`, as `parse` reads it.
template <typename Parse>
Task<std::optional<std::invoke_result_t<Parse, const std::string&>>> find_parsed(Transaction& tx, Key key,
                                                                                 Parse parse) {
    const auto text = co_await tx.get(std::move(key));
    if (!text) co_return std::nullopt;
    co_return parse(*text);
}

template <typename Value>
Value parse_as(const contracts::Shape& shape, const std::string& text) {
    Value value;
    contracts::from_json(shape, &value, json::parse(text));
    return value;
}

Provisioned parse_provisioned(FunctionName name, const std::string& text) {
    const auto record = json::parse(text).as_object();
    return {.function = std::move(name),
            .requested = static_cast<int32_t>(record.at("requested").as_int64()),
            .modified = std::string(string_or(record, "modified"))};
}

/// The keys after `last` in the range of `prefix`.
Range after_key(const Key& last, const Key& prefix) {
    auto range = Range::from(last, prefix);
    range.begin += '\xff';
    return range;
}

const contracts::Shape& alias_shape() {
    static const contracts::Shape& shape = *aws::lambda::service.find("GetAlias")->output;
    return shape;
}

aws::lambda::AliasConfiguration parse_alias(const std::string& text) {
    return parse_as<aws::lambda::AliasConfiguration>(alias_shape(), text);
}

aws::lambda::FunctionEventInvokeConfig parse_event_config(const std::string& text) {
    return parse_as<aws::lambda::FunctionEventInvokeConfig>(event_config_shape(), text);
}

aws::lambda::CodeSigningConfig parse_code_signing(const std::string& text) {
    return parse_as<aws::lambda::CodeSigningConfig>(code_signing_shape(), text);
}

}  // namespace

std::shared_ptr<const Function> FunctionCache::decode(const std::string& key, const std::string& text) {
    {
        std::lock_guard lock(mutex_);
        if (const auto found = entries_.find(key); found != entries_.end() && found->second.first == text) {
            return found->second.second;
        }
    }
    auto function = std::make_shared<const Function>(Function::parse(text));
    std::lock_guard lock(mutex_);
    if (entries_.size() >= most_entries) entries_.clear();
    entries_[key] = {text, function};
    return function;
}

Key function_key(const FunctionName& name) { return keys_of(name, "function") << name.name; }
Key version_key(const FunctionName& name, int64_t number) { return keys_of(name, "version") << name.name << number; }

Task<std::optional<Function>> find_function(Transaction& tx, FunctionName name) {
    co_return co_await find_parsed(tx, function_key(name), Function::parse);
}

Task<Function> load_function(Transaction& tx, FunctionName name) {
    auto function = co_await find_function(tx, name);
    if (!function) throw function_not_found(name.unqualified_arn());
    co_return std::move(*function);
}

Task<std::shared_ptr<const Function>> load_qualified(Transaction& tx, FunctionCache& cache, FunctionName name,
                                                     double fraction) {
    auto version = name.qualifier;
    if (!version.empty() && !name.names_version()) {
        const auto alias = co_await find_alias(tx, name);
        if (!alias) throw function_not_found(name.arn());
        version = alias->FunctionVersion.value_or("");
        if (alias->RoutingConfig && alias->RoutingConfig->AdditionalVersionWeights) {
            for (const auto& [additional, weight] : *alias->RoutingConfig->AdditionalVersionWeights) {
                if (fraction < weight) {
                    version = additional;
                    break;
                }
                fraction -= weight;
            }
        }
    }
    const bool current = version.empty() || version == latest;
    const auto key =
        (current ? function_key(name) : version_key(name, std::strtoll(version.c_str(), nullptr, 10))).bytes();
    const auto text = co_await tx.get(key);
    if (!text) throw function_not_found(name.arn());
    co_return cache.decode(key, *text);
}

void save_function(Transaction& tx, const FunctionName& name, const Function& function) {
    tx.put(function_key(name), function.text());
}

void save_version(Transaction& tx, const FunctionName& name, const Function& version) {
    tx.put(version_key(name, std::stoll(version.version())), version.text());
}

Task<std::vector<std::string>> erase_function(Transaction& tx, FunctionName name) {
    std::set<std::string> blobs;
    blobs.insert((co_await load_function(tx, name)).code_blob);
    for (int64_t after = 0;;) {
        const auto versions = co_await list_versions(tx, name, after, 1000);
        for (const auto& version : versions) blobs.insert(version.code_blob);
        if (versions.empty()) break;
        after = std::stoll(versions.back().version());
    }
    for (const auto& url : co_await list_urls(tx, name)) erase_url(tx, url);
    for (const auto& provisioned : co_await list_provisioned(tx, name)) erase_provisioned(tx, provisioned.function);
    tx.erase(function_key(name));
    for (const std::string_view kind : {"version", "alias", "policy", "event_config"}) {
        tx.erase_range(Range::prefix(keys_of(name, kind) << name.name));
    }
    co_return std::vector(blobs.begin(), blobs.end());
}

Task<std::vector<Function>> list_functions(Transaction& tx, const Call& call, std::string after, size_t limit) {
    const auto prefix = keys_of({.account = call.account, .region = call.region}, "function");
    const auto from = Key(prefix) << after;
    const auto entries =
        co_await tx.scan(after.empty() ? Range::prefix(prefix) : after_key(from, prefix), {.limit = limit});
    std::vector<Function> functions;
    for (const auto& entry : entries) functions.push_back(Function::parse(entry.value));
    co_return functions;
}

Task<std::vector<Function>> list_versions(Transaction& tx, FunctionName name, int64_t after, size_t limit) {
    const auto prefix = keys_of(name, "version") << name.name;
    const auto entries = co_await tx.scan(Range::from(Key(prefix) << after + 1, prefix), {.limit = limit});
    std::vector<Function> versions;
    for (const auto& entry : entries) versions.push_back(Function::parse(entry.value));
    co_return versions;
}

Task<std::optional<aws::lambda::AliasConfiguration>> find_alias(Transaction& tx, FunctionName name) {
    co_return co_await find_parsed(tx, alias_key(name), parse_alias);
}

void save_alias(Transaction& tx, const FunctionName& name, const aws::lambda::AliasConfiguration& alias) {
    tx.put(alias_key(name), json::serialize(contracts::to_json(alias_shape(), &alias)));
}

Task<void> erase_alias(Transaction& tx, FunctionName name) {
    tx.erase(alias_key(name));
    erase_policy(tx, name);
    erase_event_config(tx, name);
    erase_provisioned(tx, name);
    if (const auto url = co_await find_url(tx, name)) erase_url(tx, *url);
}

Task<std::vector<aws::lambda::AliasConfiguration>> list_aliases(Transaction& tx, FunctionName name, std::string after,
                                                                size_t limit) {
    const auto prefix = keys_of(name, "alias") << name.name;
    const auto from = Key(prefix) << after;
    const auto entries =
        co_await tx.scan(after.empty() ? Range::prefix(prefix) : after_key(from, prefix), {.limit = limit});
    std::vector<aws::lambda::AliasConfiguration> aliases;
    for (const auto& entry : entries) aliases.push_back(parse_alias(entry.value));
    co_return aliases;
}

Task<std::string> find_policy(Transaction& tx, FunctionName name) {
    co_return (co_await tx.get(policy_key(name))).value_or("");
}

void save_policy(Transaction& tx, const FunctionName& name, std::string document) {
    tx.put(policy_key(name), std::move(document));
}

void erase_policy(Transaction& tx, const FunctionName& name) { tx.erase(policy_key(name)); }

Task<std::optional<aws::lambda::FunctionEventInvokeConfig>> find_event_config(Transaction& tx, FunctionName name) {
    co_return co_await find_parsed(tx, event_config_key(name), parse_event_config);
}

void save_event_config(Transaction& tx, const FunctionName& name,
                       const aws::lambda::FunctionEventInvokeConfig& config) {
    tx.put(event_config_key(name), json::serialize(contracts::to_json(event_config_shape(), &config)));
}

void erase_event_config(Transaction& tx, const FunctionName& name) { tx.erase(event_config_key(name)); }

Task<std::vector<aws::lambda::FunctionEventInvokeConfig>> list_event_configs(Transaction& tx, FunctionName name) {
    const auto entries =
        co_await tx.scan(Range::prefix(keys_of(name, "event_config") << name.name), {.limit = most_of_one_function});
    std::vector<aws::lambda::FunctionEventInvokeConfig> configs;
    for (const auto& entry : entries) configs.push_back(parse_event_config(entry.value));
    co_return configs;
}

Task<std::optional<Provisioned>> find_provisioned(Transaction& tx, FunctionName name) {
    co_return co_await find_parsed(tx, provisioned_key(name),
                                   [&](const std::string& text) { return parse_provisioned(name, text); });
}

void save_provisioned(Transaction& tx, const Provisioned& provisioned) {
    tx.put(provisioned_key(provisioned.function),
           json::serialize(json::object{{"requested", provisioned.requested}, {"modified", provisioned.modified}}));
    tx.put(provisioned_index_key(provisioned.function), "");
}

void erase_provisioned(Transaction& tx, const FunctionName& name) {
    tx.erase(provisioned_key(name));
    tx.erase(provisioned_index_key(name));
}

Task<std::vector<Provisioned>> list_provisioned(Transaction& tx, FunctionName name) {
    const auto prefix = keys_of(name, "provisioned") << name.name;
    const auto entries = co_await tx.scan(Range::prefix(prefix), {.limit = most_of_one_function});
    std::vector<Provisioned> all;
    for (const auto& entry : entries) {
        auto each = name;
        each.qualifier = KeyReader(entry.key, prefix.bytes()).text();
        all.push_back(parse_provisioned(std::move(each), entry.value));
    }
    co_return all;
}

Task<std::vector<FunctionName>> all_provisioned(Transaction& tx) {
    const Key prefix("", "", service, "provisioned");
    const auto entries = co_await tx.scan(Range::prefix(prefix), {.limit = most_of_one_function});
    std::vector<FunctionName> names;
    for (const auto& entry : entries) {
        KeyReader reader(entry.key, prefix.bytes());
        FunctionName name{.account = reader.text()};
        name.region = reader.text();
        name.name = reader.text();
        name.qualifier = reader.text();
        names.push_back(std::move(name));
    }
    co_return names;
}

Task<std::optional<aws::lambda::CodeSigningConfig>> find_code_signing(Transaction& tx, const Call& call,
                                                                      std::string arn) {
    co_return co_await find_parsed(tx, Key(call.account, call.region, service, "signing", arn), parse_code_signing);
}

void save_code_signing(Transaction& tx, const Call& call, const aws::lambda::CodeSigningConfig& config) {
    tx.put(Key(call.account, call.region, service, "signing", config.CodeSigningConfigArn),
           json::serialize(contracts::to_json(code_signing_shape(), &config)));
}

void erase_code_signing(Transaction& tx, const Call& call, std::string_view arn) {
    tx.erase(Key(call.account, call.region, service, "signing", arn));
}

Task<std::vector<aws::lambda::CodeSigningConfig>> list_code_signing(Transaction& tx, const Call& call) {
    const Key prefix(call.account, call.region, service, "signing");
    const auto entries = co_await tx.scan(Range::prefix(prefix), {.limit = most_of_one_function});
    std::vector<aws::lambda::CodeSigningConfig> configs;
    for (const auto& entry : entries) configs.push_back(parse_code_signing(entry.value));
    co_return configs;
}

Task<std::map<std::string, std::string>> find_tags(Transaction& tx, Arn arn) {
    std::map<std::string, std::string> tags;
    const auto text = co_await tx.get(Key(arn.account, arn.region, service, "tags", arn.resource));
    if (!text) co_return tags;
    for (const auto& [key, value] : json::parse(*text).as_object()) tags[key] = value.as_string();
    co_return tags;
}

void save_tags(Transaction& tx, const Arn& arn, const std::map<std::string, std::string>& tags) {
    json::object all;
    for (const auto& [key, value] : tags) all[key] = value;
    const Key key(arn.account, arn.region, service, "tags", arn.resource);
    if (all.empty()) return tx.erase(key);
    tx.put(key, json::serialize(all));
}

Task<std::optional<FunctionUrl>> find_url(Transaction& tx, FunctionName name) {
    co_return co_await find_parsed(tx, url_key(name), FunctionUrl::parse);
}

Task<std::optional<FunctionUrl>> find_url_by_id(Transaction& tx, std::string id) {
    const auto place = co_await tx.get(url_id_key(id));
    if (!place) co_return std::nullopt;
    KeyReader reader(*place);
    FunctionName name{.account = reader.text()};
    name.region = reader.text();
    name.name = reader.text();
    name.qualifier = reader.text();
    co_return co_await find_url(tx, name);
}

void save_url(Transaction& tx, const FunctionUrl& url) {
    const auto& function = url.function;
    tx.put(url_key(function), url.text());
    tx.put(url_id_key(url.id), Key(function.account, function.region, function.name, function.qualifier).bytes());
}

void erase_url(Transaction& tx, const FunctionUrl& url) {
    tx.erase(url_key(url.function));
    tx.erase(url_id_key(url.id));
}

Task<std::vector<FunctionUrl>> list_urls(Transaction& tx, FunctionName name) {
    constexpr size_t most = 10'000;
    const auto entries = co_await tx.scan(Range::prefix(keys_of(name, "url") << name.name), {.limit = most});
    std::vector<FunctionUrl> urls;
    for (const auto& entry : entries) urls.push_back(FunctionUrl::parse(entry.value));
    co_return urls;
}

Task<std::optional<LayerVersion>> find_layer(Transaction& tx, LayerName name) {
    co_return co_await find_parsed(tx, layers_key(name) << name.version, LayerVersion::parse);
}

void save_layer(Transaction& tx, const LayerName& name, const LayerVersion& layer) {
    tx.put(layers_key(name) << name.version, layer.text());
}

Task<int64_t> next_layer_version(Transaction& tx, LayerName name) {
    const Key key(name.account, name.region, service, "last_layer", name.name);
    const auto last = co_await tx.get(key);
    const auto next = last ? std::stoll(*last) + 1 : 1;
    tx.put(key, std::to_string(next));
    co_return next;
}

Task<std::vector<std::pair<std::string, LayerVersion>>> all_layers(Transaction& tx, LayerName name, size_t limit) {
    const Key all(name.account, name.region, service, "layer");
    const auto entries = co_await tx.scan(Range::prefix(name.name.empty() ? all : layers_key(name)), {.limit = limit});
    std::vector<std::pair<std::string, LayerVersion>> layers;
    for (const auto& entry : entries) {
        layers.emplace_back(KeyReader(entry.key, all.bytes()).text(), LayerVersion::parse(entry.value));
    }
    co_return layers;
}

Task<std::optional<Mapping>> find_mapping(Transaction& tx, MappingName name) {
    co_return co_await find_parsed(tx, mapping_key(name), Mapping::parse);
}

void save_mapping(Transaction& tx, const MappingName& name, const Mapping& mapping) {
    tx.put(mapping_key(name), mapping.text());
    tx.put(mapping_index_key(name), "");
    tx.wake(std::string(mappings_topic));
}

void erase_mapping(Transaction& tx, const MappingName& name) {
    tx.erase(mapping_key(name));
    tx.erase(mapping_index_key(name));
    tx.erase_range(Range::prefix(positions_key(name)));
    tx.erase(result_key(name));
    tx.wake(std::string(mappings_topic));
}

Task<std::vector<Mapping>> list_mappings(Transaction& tx, std::string account, std::string region, std::string after,
                                         size_t limit) {
    const auto prefix = Key(account, region, service, "mapping");
    const auto from = Key(prefix) << after;
    const auto entries =
        co_await tx.scan(after.empty() ? Range::prefix(prefix) : after_key(from, prefix), {.limit = limit});
    std::vector<Mapping> mappings;
    for (const auto& entry : entries) mappings.push_back(Mapping::parse(entry.value));
    co_return mappings;
}

Task<std::vector<MappingName>> all_mappings(Transaction& tx) {
    constexpr size_t most = 10'000;
    const auto prefix = all_mappings_key();
    const auto entries = co_await tx.scan(Range::prefix(prefix), {.limit = most});
    std::vector<MappingName> names;
    for (const auto& entry : entries) {
        KeyReader reader(entry.key, prefix.bytes());
        auto account = reader.text();
        auto region = reader.text();
        names.push_back({.account = std::move(account), .region = std::move(region), .uuid = reader.text()});
    }
    co_return names;
}

Task<StreamPositions> find_stream_positions(Transaction& tx, MappingName name) {
    const auto prefix = positions_key(name);
    StreamPositions positions;
    for (const auto& entry : co_await tx.scan(Range::prefix(prefix), {.limit = most_of_one_function})) {
        KeyReader key(entry.key, prefix.bytes());
        if (key.done()) {
            // It comes first, so that what is known of the shard since then takes its place.
            positions.insert(ShardPosition::parse_only(entry.value));
        } else {
            positions[key.text()] = ShardPosition::parse(entry.value);
        }
    }
    co_return positions;
}

void save_stream_position(Transaction& tx, const MappingName& name, std::string_view shard,
                          const ShardPosition& position) {
    tx.put(positions_key(name) << shard, position.text());
}

void erase_stream_position(Transaction& tx, const MappingName& name, std::string_view shard) {
    tx.erase(positions_key(name) << shard);
}

Task<std::string> find_processing_result(Transaction& tx, MappingName name) {
    co_return (co_await tx.get(result_key(name))).value_or("");
}

void save_processing_result(Transaction& tx, const MappingName& name, std::string_view result) {
    if (!result.empty()) tx.put(result_key(name), std::string(result));
}

Task<std::string> find_lease(Transaction& tx, std::string uuid) {
    co_return (co_await tx.get(lease_key(uuid))).value_or("");
}

void save_lease(Transaction& tx, std::string_view uuid, std::string_view process) {
    tx.put(lease_key(uuid), std::string(process));
}

void erase_lease(Transaction& tx, std::string_view uuid) { tx.erase(lease_key(uuid)); }

Task<std::optional<Time>> find_heartbeat(Transaction& tx, std::string process) {
    const auto text = co_await tx.get(processes_key() << process);
    if (!text) co_return std::nullopt;
    co_return KeyReader(*text).time();
}

void save_heartbeat(Transaction& tx, std::string_view process, Time until) {
    tx.put(processes_key() << process, Key(until).bytes());
}

Task<void> forget_processes(Transaction& tx, Time before) {
    for (const auto& entry : co_await tx.scan(Range::prefix(processes_key()))) {
        if (KeyReader(entry.value).time() < before) tx.erase(entry.key);
    }
}

void save_event(Transaction& tx, const QueuedEvent& event) {
    tx.put(events_key() << event.due << event.id, event.text());
}

void erase_event(Transaction& tx, const QueuedEvent& event) { tx.erase(events_key() << event.due << event.id); }

Task<std::vector<QueuedEvent>> due_events(Transaction& tx, Time now, size_t limit) {
    const auto prefix = events_key();
    auto range = Range::prefix(prefix);
    range.end = (Key(prefix) << now + Duration(1)).bytes();
    const auto entries = co_await tx.scan(range, {.limit = limit});
    std::vector<QueuedEvent> events;
    for (const auto& entry : entries) events.push_back(event_of(entry));
    co_return events;
}

Task<EventPage> page_of_events(Transaction& tx, std::string from, size_t limit) {
    const auto prefix = events_key();
    auto range = Range::prefix(prefix);
    if (!from.empty()) range.begin = std::move(from);
    const auto entries = co_await tx.scan(range, {.limit = limit});
    EventPage page;
    for (const auto& entry : entries) page.events.push_back(event_of(entry));
    if (entries.size() == limit) page.next = entries.back().key + '\0';
    co_return page;
}

Task<std::optional<Time>> next_event_due(Transaction& tx) {
    const auto prefix = events_key();
    const auto entries = co_await tx.scan(Range::prefix(prefix), {.limit = 1});
    if (entries.empty()) co_return std::nullopt;
    co_return KeyReader(entries.front().key, prefix.bytes()).time();
}

}  // namespace cumulet::lambda
