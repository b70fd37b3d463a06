// The key layout of Lambda. Nothing else knows keys.
//
//   account region "lambda" "function" name              Function: $LATEST
//   account region "lambda" "version"  name number       Function
//   account region "lambda" "alias"    name alias        AliasConfiguration
//   account region "lambda" "policy"   name qualifier    the resource policy's document
//   account region "lambda" "mapping"  uuid              Mapping
//   account region "lambda" "position" uuid shard        ShardPosition of a mapping
//   account region "lambda" "result"   uuid              the mapping's LastProcessingResult
//   account region "lambda" "layer"    name number       LayerVersion
//   account region "lambda" "last_layer" name            the number of its newest version, deleted or not
//   account region "lambda" "event_config" name qualifier  FunctionEventInvokeConfig
//   account region "lambda" "provisioned" name qualifier  Provisioned
//   ""      ""     "lambda" "provisioned" account region name qualifier  "": all of the cloud, for the start
//   account region "lambda" "signing"  arn               CodeSigningConfig
//   account region "lambda" "tags"     arn               tags of what is no function
//   account region "lambda" "url"      name alias        FunctionUrl
//   ""      ""     "lambda" "url"      id                account, region, name, alias: whose URL it is
//   ""      ""     "lambda" "mapping"  account region uuid   "": all mappings of the cloud, for the pollers
//   ""      ""     "lambda" "lease"    uuid              the process that polls a mapping
//   ""      ""     "lambda" "process"  process           until when that process is known to live
//   ""      ""     "lambda" "event"    due id            QueuedEvent: an asynchronous invocation
#pragma once

#include "services/lambda/function.h"
#include "services/lambda/layer.h"
#include "services/lambda/queued_event.h"
#include "services/lambda/stream_mapping.h"
#include "services/lambda/url.h"
#include "store/store.h"

namespace cumulet::lambda {

/// Decoded functions by key: a function invoked again is not parsed again. Shared by all reactors.
class FunctionCache {
  public:
    std::shared_ptr<const Function> decode(const std::string& key, const std::string& text);

  private:
    static constexpr size_t most_entries = 4096;
    std::mutex mutex_;
    std::unordered_map<std::string, std::pair<std::string, std::shared_ptr<const Function>>> entries_;
};

store::Key function_key(const FunctionName& name);
store::Key version_key(const FunctionName& name, int64_t number);

Task<std::optional<Function>> find_function(store::Transaction& tx, FunctionName name);
/// $LATEST. Throws ResourceNotFoundException.
Task<Function> load_function(store::Transaction& tx, FunctionName name);
/// $LATEST, a version, or what an alias stands for, as `name.qualifier` says. Throws ResourceNotFoundException.
/// `fraction` in [0, 1) chooses where an alias splits its traffic.
inline constexpr double own_version = 1;  ///< the fraction that no weight covers
Task<std::shared_ptr<const Function>> load_qualified(store::Transaction& tx, FunctionCache& cache, FunctionName name,
                                                     double fraction = own_version);
void save_function(store::Transaction& tx, const FunctionName& name, const Function& function);
/// Changes $LATEST, which has what all versions share. Throws ResourceNotFoundException.
template <typename Change>
Task<void> change_function(store::Store& store, FunctionName name, Change change) {
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        auto function = co_await load_function(tx, name);
        change(function);
        save_function(tx, name, function);
    });
}
void save_version(store::Transaction& tx, const FunctionName& name, const Function& version);
/// Everything of the function. The result names its packages.
Task<std::vector<std::string>> erase_function(store::Transaction& tx, FunctionName name);
/// Functions in the order of their names, after `after`.
Task<std::vector<Function>> list_functions(store::Transaction& tx, const Call& call, std::string after, size_t limit);
/// Versions by number, after `after`.
Task<std::vector<Function>> list_versions(store::Transaction& tx, FunctionName name, int64_t after, size_t limit);

Task<std::optional<aws::lambda::AliasConfiguration>> find_alias(store::Transaction& tx, FunctionName name);
void save_alias(store::Transaction& tx, const FunctionName& name, const aws::lambda::AliasConfiguration& alias);
/// And what is only the alias's own: policy, URL, event configuration, provisioned workers.
Task<void> erase_alias(store::Transaction& tx, FunctionName name);
Task<std::vector<aws::lambda::AliasConfiguration>> list_aliases(store::Transaction& tx, FunctionName name,
                                                                std::string after, size_t limit);

/// The policy's document, "" if there is none.
Task<std::string> find_policy(store::Transaction& tx, FunctionName name);
void save_policy(store::Transaction& tx, const FunctionName& name, std::string document);
void erase_policy(store::Transaction& tx, const FunctionName& name);

Task<std::optional<aws::lambda::FunctionEventInvokeConfig>> find_event_config(store::Transaction& tx,
                                                                              FunctionName name);
void save_event_config(store::Transaction& tx, const FunctionName& name,
                       const aws::lambda::FunctionEventInvokeConfig& config);
void erase_event_config(store::Transaction& tx, const FunctionName& name);
Task<std::vector<aws::lambda::FunctionEventInvokeConfig>> list_event_configs(store::Transaction& tx, FunctionName name);

/// Workers of a version or an alias that are to be kept ready.
struct Provisioned {
    FunctionName function;
    int32_t requested = 0;
    std::string modified;  ///< in the form of LastModified
};
Task<std::optional<Provisioned>> find_provisioned(store::Transaction& tx, FunctionName name);
void save_provisioned(store::Transaction& tx, const Provisioned& provisioned);
void erase_provisioned(store::Transaction& tx, const FunctionName& name);
Task<std::vector<Provisioned>> list_provisioned(store::Transaction& tx, FunctionName name);
/// Those of every account and region.
Task<std::vector<FunctionName>> all_provisioned(store::Transaction& tx);

Task<std::optional<aws::lambda::CodeSigningConfig>> find_code_signing(store::Transaction& tx, const Call& call,
                                                                      std::string arn);
/// Throws if there is none.
Task<aws::lambda::CodeSigningConfig> load_code_signing(store::Transaction& tx, const Call& call, std::string arn);
void save_code_signing(store::Transaction& tx, const Call& call, const aws::lambda::CodeSigningConfig& config);
void erase_code_signing(store::Transaction& tx, const Call& call, std::string_view arn);
Task<std::vector<aws::lambda::CodeSigningConfig>> list_code_signing(store::Transaction& tx, const Call& call);

/// Tags of event source mappings and code signing configurations.
Task<std::map<std::string, std::string>> find_tags(store::Transaction& tx, Arn arn);
void save_tags(store::Transaction& tx, const Arn& arn, const std::map<std::string, std::string>& tags);

Task<std::optional<FunctionUrl>> find_url(store::Transaction& tx, FunctionName name);
Task<std::optional<FunctionUrl>> find_url_by_id(store::Transaction& tx, std::string id);
void save_url(store::Transaction& tx, const FunctionUrl& url);
void erase_url(store::Transaction& tx, const FunctionUrl& url);
/// The URLs of a function and its aliases.
Task<std::vector<FunctionUrl>> list_urls(store::Transaction& tx, FunctionName name);

Task<std::optional<LayerVersion>> find_layer(store::Transaction& tx, LayerName name);
void save_layer(store::Transaction& tx, const LayerName& name, const LayerVersion& layer);
/// The number of the layer's next version; none is given twice.
Task<int64_t> next_layer_version(store::Transaction& tx, LayerName name);
/// Versions by layer and number, of the layer `name`, or of all in its account and region where it names none.
Task<std::vector<std::pair<std::string, LayerVersion>>> all_layers(store::Transaction& tx, LayerName name,
                                                                   size_t limit);

Task<std::optional<Mapping>> find_mapping(store::Transaction& tx, MappingName name);
void save_mapping(store::Transaction& tx, const MappingName& name, const Mapping& mapping);
void erase_mapping(store::Transaction& tx, const MappingName& name);
Task<std::vector<Mapping>> list_mappings(store::Transaction& tx, std::string account, std::string region,
                                         std::string after, size_t limit);
/// Mappings of every account and region.
Task<std::vector<MappingName>> all_mappings(store::Transaction& tx);

/// How far a mapping has read its stream. It goes with the mapping.
Task<StreamPositions> find_stream_positions(store::Transaction& tx, MappingName name);
void save_stream_position(store::Transaction& tx, const MappingName& name, std::string_view shard,
                          const ShardPosition& position);
void erase_stream_position(store::Transaction& tx, const MappingName& name, std::string_view shard);
/// How its last batch went, "" if there was none.
Task<std::string> find_processing_result(store::Transaction& tx, MappingName name);
void save_processing_result(store::Transaction& tx, const MappingName& name, std::string_view result);

/// Who polls a mapping, "" if nobody does.
Task<std::string> find_lease(store::Transaction& tx, std::string uuid);
void save_lease(store::Transaction& tx, std::string_view uuid, std::string_view process);
void erase_lease(store::Transaction& tx, std::string_view uuid);
/// Until when a process is known to live.
Task<std::optional<Time>> find_heartbeat(store::Transaction& tx, std::string process);
void save_heartbeat(store::Transaction& tx, std::string_view process, Time until);
/// Forgets processes that were not heard of since `before`.
Task<void> forget_processes(store::Transaction& tx, Time before);

void save_event(store::Transaction& tx, const QueuedEvent& event);
void erase_event(store::Transaction& tx, const QueuedEvent& event);
/// Events due until `now`, the earliest first.
Task<std::vector<QueuedEvent>> due_events(store::Transaction& tx, Time now, size_t limit);
Task<std::optional<Time>> next_event_due(store::Transaction& tx);
/// Events of all times, in the order of their due times, from the key `from` on ("" for the first); the key after them.
struct EventPage {
    std::vector<QueuedEvent> events;
    std::string next;  ///< "" at the end
};
Task<EventPage> page_of_events(store::Transaction& tx, std::string from, size_t limit);

/// Topics of the store.
inline constexpr std::string_view mappings_topic = "lambda/mappings";
inline constexpr std::string_view events_topic = "lambda/events";

}  // namespace cumulet::lambda
