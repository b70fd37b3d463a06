// AWS Lambda: functions as processes of this machine.
#pragma once

#include "contracts/metrics.h"
#include "contracts/resource.h"
#include "services/lambda/destination.h"
#include "services/lambda/images/folders.h"
#include "services/lambda/package.h"
#include "services/lambda/poller.h"
#include "services/lambda/runtimes.h"
#include "services/lambda/settings.h"
#include "services/lambda/storage.h"
#include "services/lambda/url_surface.h"
#include "services/lambda/workers/courier.h"
#include "services/lambda/workers/pool.h"

namespace cumulet::lambda {

/// How many events each function with a reserved concurrency has at once, in this process.
class Running {
  public:
    /// One event's place; gives it back at its end.
    class Place {
      public:
        Place(Running& running, std::string function) : running_(&running), function_(std::move(function)) {}
        Place(Place&& other) noexcept
            : running_(std::exchange(other.running_, nullptr)), function_(std::move(other.function_)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (running_) running_->leave(function_);
        }

      private:
        Running* running_;
        std::string function_;
    };

    /// Nothing if `most` are running already.
    std::optional<Place> enter(const std::string& function, int32_t most);

  private:
    void leave(const std::string& function);

    std::mutex mutex_;
    std::unordered_map<std::string, int32_t> counts_;
};

/// An event whose response is read while it is written.
struct StreamedRun {
    Call call;
    std::shared_ptr<ResponsePipe> pipe;
    std::string content_type;
    // Once the pipe is at its end:
    Outcome outcome;
    std::exception_ptr failure;
};

/// Bounds that fit this machine: processes by its cores.
PoolBounds pool_bounds();

/// Type and value by name, for queues and topics.
using MessageAttributes = std::map<std::string, std::pair<std::string, std::string>>;

struct Options {
    std::filesystem::path folder;  ///< for unpacked code and bootstraps: made if missing, emptied at the start
    PoolBounds pool = pool_bounds();
    contracts::Gate* gate = nullptr;  ///< who may use function URLs; without one, everyone
    contracts::Metrics* metrics = nullptr;
    Settings settings;
    bool shared = true;  ///< other processes may use the store too; false spares the wait for leases that a crash left
};

class Service final : public aws::lambda::Api, private contracts::Surface {
  public:
    Service(store::Store& store, store::Blobs& blobs, contracts::Door& door, BlockingPool& threads, Clock& clock,
            Options options);

    /// Begins the background work on this reactor: queued events, pollers, logs. `endpoint` ("http://127.0.0.1:4566")
    /// is where functions reach this cloud: their AWS_ENDPOINT_URL. Before it, nothing may be invoked.
    void start(std::string endpoint);
    /// Ends it, and every process. Ends the waits of the whole store, so call it at shutdown only.
    Task<void> stop();
    /// Serves the packages that GetFunction's Code.Location names, below `code_prefix`.
    contracts::Surface& code_surface() { return *this; }
    /// Answers requests to function URLs.
    UrlSurface& urls() { return urls_; }
    /// Sentences on what this machine does not permit; empty if nothing is missing or it is not yet known.
    std::vector<std::string> warnings() const;
    static constexpr std::string_view code_prefix = "/_aws/lambda/code/";

    // functions.cc
    Task<aws::lambda::FunctionConfiguration> create_function(Call& call,
                                                             aws::lambda::CreateFunctionRequest request) override;
    Task<aws::lambda::GetFunctionResponse> get_function(Call& call, aws::lambda::GetFunctionRequest request) override;
    Task<aws::lambda::FunctionConfiguration> get_function_configuration(
        Call& call, aws::lambda::GetFunctionConfigurationRequest request) override;
    Task<aws::lambda::ListFunctionsResponse> list_functions(Call& call,
                                                            aws::lambda::ListFunctionsRequest request) override;
    Task<aws::lambda::DeleteFunctionResponse> delete_function(Call& call,
                                                              aws::lambda::DeleteFunctionRequest request) override;

    // updates.cc
    Task<aws::lambda::FunctionConfiguration> update_function_code(
        Call& call, aws::lambda::UpdateFunctionCodeRequest request) override;
    Task<aws::lambda::FunctionConfiguration> update_function_configuration(
        Call& call, aws::lambda::UpdateFunctionConfigurationRequest request) override;

    // invoke.cc
    Task<aws::lambda::InvocationResponse> invoke(Call& call, aws::lambda::InvocationRequest request) override;
    Task<aws::lambda::InvokeAsyncResponse> invoke_async(Call& call, aws::lambda::InvokeAsyncRequest request) override;

    // stream.cc
    Task<aws::lambda::InvokeWithResponseStreamResponse> invoke_with_response_stream(
        Call& call, aws::lambda::InvokeWithResponseStreamRequest request) override;

    // versions.cc
    Task<aws::lambda::FunctionConfiguration> publish_version(Call& call,
                                                             aws::lambda::PublishVersionRequest request) override;
    Task<aws::lambda::ListVersionsByFunctionResponse> list_versions_by_function(
        Call& call, aws::lambda::ListVersionsByFunctionRequest request) override;
    Task<aws::lambda::AliasConfiguration> create_alias(Call& call, aws::lambda::CreateAliasRequest request) override;
    Task<aws::lambda::AliasConfiguration> get_alias(Call& call, aws::lambda::GetAliasRequest request) override;
    Task<aws::lambda::AliasConfiguration> update_alias(Call& call, aws::lambda::UpdateAliasRequest request) override;
    Task<aws::lambda::DeleteAliasResponse> delete_alias(Call& call, aws::lambda::DeleteAliasRequest request) override;
    Task<aws::lambda::ListAliasesResponse> list_aliases(Call& call, aws::lambda::ListAliasesRequest request) override;

    // permissions.cc
    Task<aws::lambda::AddPermissionResponse> add_permission(Call& call,
                                                            aws::lambda::AddPermissionRequest request) override;
    Task<aws::lambda::RemovePermissionResponse> remove_permission(
        Call& call, aws::lambda::RemovePermissionRequest request) override;
    Task<aws::lambda::GetPolicyResponse> get_policy(Call& call, aws::lambda::GetPolicyRequest request) override;
    Task<aws::lambda::PutResourcePolicyResponse> put_resource_policy(
        Call& call, aws::lambda::PutResourcePolicyRequest request) override;
    Task<aws::lambda::GetResourcePolicyResponse> get_resource_policy(
        Call& call, aws::lambda::GetResourcePolicyRequest request) override;
    Task<aws::lambda::DeleteResourcePolicyResponse> delete_resource_policy(
        Call& call, aws::lambda::DeleteResourcePolicyRequest request) override;
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;
    Task<std::string> resource_policy(Call& call, std::string arn) override;

    // mappings.cc
    Task<aws::lambda::EventSourceMappingConfiguration> create_event_source_mapping(
        Call& call, aws::lambda::CreateEventSourceMappingRequest request) override;
    Task<aws::lambda::EventSourceMappingConfiguration> get_event_source_mapping(
        Call& call, aws::lambda::GetEventSourceMappingRequest request) override;
    Task<aws::lambda::EventSourceMappingConfiguration> update_event_source_mapping(
        Call& call, aws::lambda::UpdateEventSourceMappingRequest request) override;
    Task<aws::lambda::EventSourceMappingConfiguration> delete_event_source_mapping(
        Call& call, aws::lambda::DeleteEventSourceMappingRequest request) override;
    Task<aws::lambda::ListEventSourceMappingsResponse> list_event_source_mappings(
        Call& call, aws::lambda::ListEventSourceMappingsRequest request) override;

    // settings.cc
    Task<aws::lambda::TagResourceResponse> tag_resource(Call& call, aws::lambda::TagResourceRequest request) override;
    Task<aws::lambda::UntagResourceResponse> untag_resource(Call& call,
                                                            aws::lambda::UntagResourceRequest request) override;
    Task<aws::lambda::ListTagsResponse> list_tags(Call& call, aws::lambda::ListTagsRequest request) override;
    Task<aws::lambda::GetAccountSettingsResponse> get_account_settings(
        Call& call, aws::lambda::GetAccountSettingsRequest request) override;
    Task<aws::lambda::Concurrency> put_function_concurrency(
        Call& call, aws::lambda::PutFunctionConcurrencyRequest request) override;
    Task<aws::lambda::DeleteFunctionConcurrencyResponse> delete_function_concurrency(
        Call& call, aws::lambda::DeleteFunctionConcurrencyRequest request) override;
    Task<aws::lambda::GetFunctionConcurrencyResponse> get_function_concurrency(
        Call& call, aws::lambda::GetFunctionConcurrencyRequest request) override;
    Task<aws::lambda::PutRuntimeManagementConfigResponse> put_runtime_management_config(
        Call& call, aws::lambda::PutRuntimeManagementConfigRequest request) override;
    Task<aws::lambda::PutFunctionRecursionConfigResponse> put_function_recursion_config(
        Call& call, aws::lambda::PutFunctionRecursionConfigRequest request) override;
    Task<aws::lambda::GetRuntimeManagementConfigResponse> get_runtime_management_config(
        Call& call, aws::lambda::GetRuntimeManagementConfigRequest request) override;
    Task<aws::lambda::GetFunctionRecursionConfigResponse> get_function_recursion_config(
        Call& call, aws::lambda::GetFunctionRecursionConfigRequest request) override;

    // layers.cc
    Task<aws::lambda::PublishLayerVersionResponse> publish_layer_version(
        Call& call, aws::lambda::PublishLayerVersionRequest request) override;
    Task<aws::lambda::GetLayerVersionResponse> get_layer_version(Call& call,
                                                                 aws::lambda::GetLayerVersionRequest request) override;
    Task<aws::lambda::GetLayerVersionResponse> get_layer_version_by_arn(
        Call& call, aws::lambda::GetLayerVersionByArnRequest request) override;
    Task<aws::lambda::ListLayersResponse> list_layers(Call& call, aws::lambda::ListLayersRequest request) override;
    Task<aws::lambda::ListLayerVersionsResponse> list_layer_versions(
        Call& call, aws::lambda::ListLayerVersionsRequest request) override;
    Task<aws::lambda::DeleteLayerVersionResponse> delete_layer_version(
        Call& call, aws::lambda::DeleteLayerVersionRequest request) override;
    Task<aws::lambda::AddLayerVersionPermissionResponse> add_layer_version_permission(
        Call& call, aws::lambda::AddLayerVersionPermissionRequest request) override;
    Task<aws::lambda::RemoveLayerVersionPermissionResponse> remove_layer_version_permission(
        Call& call, aws::lambda::RemoveLayerVersionPermissionRequest request) override;
    Task<aws::lambda::GetLayerVersionPolicyResponse> get_layer_version_policy(
        Call& call, aws::lambda::GetLayerVersionPolicyRequest request) override;

    // urls.cc
    Task<aws::lambda::CreateFunctionUrlConfigResponse> create_function_url_config(
        Call& call, aws::lambda::CreateFunctionUrlConfigRequest request) override;
    Task<aws::lambda::GetFunctionUrlConfigResponse> get_function_url_config(
        Call& call, aws::lambda::GetFunctionUrlConfigRequest request) override;
    Task<aws::lambda::UpdateFunctionUrlConfigResponse> update_function_url_config(
        Call& call, aws::lambda::UpdateFunctionUrlConfigRequest request) override;
    Task<aws::lambda::DeleteFunctionUrlConfigResponse> delete_function_url_config(
        Call& call, aws::lambda::DeleteFunctionUrlConfigRequest request) override;
    Task<aws::lambda::ListFunctionUrlConfigsResponse> list_function_url_configs(
        Call& call, aws::lambda::ListFunctionUrlConfigsRequest request) override;

    // event_configs.cc
    Task<aws::lambda::FunctionEventInvokeConfig> put_function_event_invoke_config(
        Call& call, aws::lambda::PutFunctionEventInvokeConfigRequest request) override;
    Task<aws::lambda::FunctionEventInvokeConfig> update_function_event_invoke_config(
        Call& call, aws::lambda::UpdateFunctionEventInvokeConfigRequest request) override;
    Task<aws::lambda::FunctionEventInvokeConfig> get_function_event_invoke_config(
        Call& call, aws::lambda::GetFunctionEventInvokeConfigRequest request) override;
    Task<aws::lambda::DeleteFunctionEventInvokeConfigResponse> delete_function_event_invoke_config(
        Call& call, aws::lambda::DeleteFunctionEventInvokeConfigRequest request) override;
    Task<aws::lambda::ListFunctionEventInvokeConfigsResponse> list_function_event_invoke_configs(
        Call& call, aws::lambda::ListFunctionEventInvokeConfigsRequest request) override;

    // provisioned.cc
    Task<aws::lambda::PutProvisionedConcurrencyConfigResponse> put_provisioned_concurrency_config(
        Call& call, aws::lambda::PutProvisionedConcurrencyConfigRequest request) override;
    Task<aws::lambda::GetProvisionedConcurrencyConfigResponse> get_provisioned_concurrency_config(
        Call& call, aws::lambda::GetProvisionedConcurrencyConfigRequest request) override;
    Task<aws::lambda::DeleteProvisionedConcurrencyConfigResponse> delete_provisioned_concurrency_config(
        Call& call, aws::lambda::DeleteProvisionedConcurrencyConfigRequest request) override;
    Task<aws::lambda::ListProvisionedConcurrencyConfigsResponse> list_provisioned_concurrency_configs(
        Call& call, aws::lambda::ListProvisionedConcurrencyConfigsRequest request) override;

    // code_signing.cc
    Task<aws::lambda::CreateCodeSigningConfigResponse> create_code_signing_config(
        Call& call, aws::lambda::CreateCodeSigningConfigRequest request) override;
    Task<aws::lambda::GetCodeSigningConfigResponse> get_code_signing_config(
        Call& call, aws::lambda::GetCodeSigningConfigRequest request) override;
    Task<aws::lambda::UpdateCodeSigningConfigResponse> update_code_signing_config(
        Call& call, aws::lambda::UpdateCodeSigningConfigRequest request) override;
    Task<aws::lambda::DeleteCodeSigningConfigResponse> delete_code_signing_config(
        Call& call, aws::lambda::DeleteCodeSigningConfigRequest request) override;
    Task<aws::lambda::ListCodeSigningConfigsResponse> list_code_signing_configs(
        Call& call, aws::lambda::ListCodeSigningConfigsRequest request) override;
    Task<aws::lambda::PutFunctionCodeSigningConfigResponse> put_function_code_signing_config(
        Call& call, aws::lambda::PutFunctionCodeSigningConfigRequest request) override;
    Task<aws::lambda::GetFunctionCodeSigningConfigResponse> get_function_code_signing_config(
        Call& call, aws::lambda::GetFunctionCodeSigningConfigRequest request) override;
    Task<aws::lambda::DeleteFunctionCodeSigningConfigResponse> delete_function_code_signing_config(
        Call& call, aws::lambda::DeleteFunctionCodeSigningConfigRequest request) override;
    Task<aws::lambda::ListFunctionsByCodeSigningConfigResponse> list_functions_by_code_signing_config(
        Call& call, aws::lambda::ListFunctionsByCodeSigningConfigRequest request) override;

  private:
    friend class UrlSurface;
    /// Where code comes from: the bytes of a package, an object of S3, or an image.
    struct PackageSource {
        std::string_view operation;
        std::optional<std::string> zip;
        std::optional<std::string> bucket;
        std::optional<std::string> key;
        std::optional<std::string> object_version;
        std::optional<std::string> image_uri;
        std::optional<std::string> storage_mode;  ///< of an object: COPY or REFERENCE
        std::optional<std::string> encrypted_by;  ///< the ARN of a KMS key
    };
    struct ResolvedLayers {
        std::vector<aws::lambda::Layer> shown;
        int64_t unzipped_bytes = 0;
    };

    // layers.cc
    Task<aws::lambda::GetLayerVersionResponse> show_layer(Call& call, LayerName name);
    /// The layers that `arns` name, in their order. Throws where a function may not have them.
    Task<ResolvedLayers> resolve_layers(store::Transaction& tx, const Call& call, std::vector<std::string> arns);
    /// The folder for /opt, empty if the function has no layers.
    Task<std::filesystem::path> layers_of(Call& call, std::shared_ptr<const Function> function);

    // functions.cc
    Task<Package> store_package(Call& call, PackageSource source);
    // images.cc
    /// The code of a function that is an image, or is none. Throws InvalidParameterValueException.
    Task<Package> take_code(Call& call, bool is_image, PackageSource source);
    Task<Package> open_image(std::string uri);
    /// The file system of the function's image. Throws CodeArtifactUserDeletedException where the engine has it no
    /// more, and the function is Failed until it has.
    Task<std::shared_ptr<const ImageFolder>> image_of(FunctionName name, std::shared_ptr<const Function> function);
    /// Failed where the image is `lost`, in a sentence; else Active.
    Task<void> set_image_state(FunctionName name, std::shared_ptr<const Function> function, std::string lost);
    // functions.cc
    /// Sets the layers that a request names, and checks their size together with the code's.
    Task<void> set_layers(store::Transaction& tx, const Call& call, Function& function,
                          std::optional<std::vector<std::string>> arns);
    Task<http::Response> serve(Call& call, http::Request request) override;
    /// The blob that a path of account, region, name, version and secret means.
    Task<std::optional<std::string>> find_code(std::vector<std::string> parts);
    /// The code is `path`, a folder of this machine. Throws where it may not be shown to functions.
    Task<Package> open_hot_folder(std::string path);
    /// What the pool's keys of the function begin with, or of the version that `name` names.
    std::string pool_keys(const FunctionName& name) const;
    // updates.cc
    /// Versions go on as they are.
    void retire_latest(FunctionName name);

    // stream.cc
    /// Runs a function whose response is read while it is written, and waits until the response begins.
    Task<std::shared_ptr<StreamedRun>> run_streaming(Call& call, FunctionName name,
                                                     std::shared_ptr<const Function> function, Invocation invocation);
    Task<void> finish_streaming(std::shared_ptr<StreamedRun> streamed, FunctionName name,
                                std::shared_ptr<const Function> function, Invocation invocation);

    // invoke.cc
    /// The function that an event for `name` goes to: an alias may have more than one.
    Task<std::shared_ptr<const Function>> find_to_run(Call& call, FunctionName name);
    /// $LATEST, a version, or an alias's own one, whatever its weights. Throws ResourceNotFoundException.
    Task<std::shared_ptr<const Function>> find_version(FunctionName name);

    // execution.cc
    /// The pool's key of the workers that have the function's code as it is now.
    Task<std::string> current_key(FunctionName name, std::shared_ptr<const Function> function);
    Task<Outcome> run(Call& call, FunctionName name, std::shared_ptr<const Function> function, Invocation invocation);
    Task<Outcome> run_counted(Call& call, FunctionName name, std::shared_ptr<const Function> function,
                              Invocation invocation);
    /// $LATEST of `function`, which has what all versions share.
    Task<std::shared_ptr<const Function>> current_of(FunctionName name, std::shared_ptr<const Function> function);
    void measure(const FunctionName& name, std::initializer_list<contracts::MetricSample> samples);
    /// What a new worker is started for.
    struct WorkerStart {
        std::string key;
        std::string initialization = "on-demand";
        bool in_invoke = false;  ///< its initialisation is a part of the event: the one before was not ready in time
    };
    /// Starts a worker in the room that the pool gave, or gives that room back and throws.
    Task<std::shared_ptr<Worker>> start_worker(Call& call, FunctionName name, std::shared_ptr<const Function> function,
                                               WorkerStart start);
    Task<WorkerPlan> plan(Call& call, FunctionName name, std::shared_ptr<const Function> function, WorkerStart start);
    /// Gives the plan its room and its program.
    Task<void> plan_package(Call& call, std::shared_ptr<const Function> function, WorkerPlan& plan);
    Task<void> plan_image(FunctionName name, std::shared_ptr<const Function> function, WorkerPlan& plan);
    /// What this machine permits: found out in the background of the start, waited for by the first function to run.
    Task<const Sandbox*> sandbox();
    Task<void> look_for_sandbox();
    /// A worker is likely to be started soon: lets a process for it be made ready.
    void expect_worker();
    Task<RoleSession> assume_role(FunctionName name, std::string role);

    // events.cc
    Task<void> queue_event(Call& call, FunctionName name, const Function& function, Invocation invocation);
    Task<void> serve_events();
    Task<std::vector<QueuedEvent>> claim_events();
    /// What an earlier process tried when it ended is tried at once. Only where no other process uses the store.
    Task<void> release_claims();
    Task<void> handle_event(QueuedEvent event);
    /// How one attempt to handle an event went.
    struct Attempt {
        std::shared_ptr<const Function> function;  // nothing if it is gone
        std::optional<aws::lambda::FunctionEventInvokeConfig> config;
        bool throttled = false;
        bool failed = true;
        bool ran = false;
        std::string condition;  // why it was not tried at all
        std::string answer;
    };
    Task<std::optional<aws::lambda::FunctionEventInvokeConfig>> event_config_of(FunctionName name);
    Task<void> end_attempt(Call& call, QueuedEvent event, Attempt attempt);
    Task<void> send_to_destination(Call& call, const QueuedEvent& event, const Attempt& attempt, EventEnd end);
    Task<void> try_again(QueuedEvent event, QueuedEvent changed, Time due);
    Task<void> forget(QueuedEvent event);
    // deliveries.cc
    /// Sends `body` to a queue, topic, function or bucket. False if it was refused there, which is logged.
    Task<bool> deliver(Call& call, std::string target, std::string body, std::string key,
                       MessageAttributes attributes = {});
    PollerHooks poller_hooks();
    // provisioned.cc
    /// Keeps `count` workers of a function ready, until it is gone or another count is wanted; those that end are
    /// replaced. What they are initialised for is `initialization`.
    Task<void> keep_warm(FunctionName name, std::shared_ptr<const Function> function, int32_t count,
                         std::string initialization);
    /// Starts workers until `count` are ready; false if one did not get so far.
    Task<bool> warm(FunctionName name, std::shared_ptr<const Function> function, int32_t count,
                    std::string initialization);
    Task<void> warm_all();
    std::string pool_key(const FunctionName& name, const Function& function) const;
    int32_t allocated(const std::string& key) const;
    // code_signing.cc
    /// Throws CodeVerificationFailedException where a function may have signed code only: no code here is signed.
    Task<void> check_signed(store::Transaction& tx, const Call& call, std::string config_arn);

    Task<void> send_to_dead_letters(Call& call, const QueuedEvent& event, std::string target_arn, std::string answer);

    store::Store& store_;
    store::Blobs& blobs_;
    contracts::Door& door_;
    BlockingPool& threads_;
    Clock& clock_;
    const Options options_;
    std::string endpoint_;
    std::unique_ptr<Sandbox> sandbox_;                    // nothing until it is found
    std::atomic<const Sandbox*> found_sandbox_{nullptr};  // the same, for any thread
    Semaphore sandbox_search_{1};
    Semaphore compilation_{1};  // of a runtime
    CodeFolders code_;
    ContainerEngine engine_;
    ImageFolders images_;
    Semaphore image_searches_{2};  // which may take minutes of a thread each
    FunctionCache functions_;
    Loop loop_;
    Launcher launcher_;
    Courier courier_;
    Pool pool_;
    Running running_;
    std::atomic<int64_t> running_now_{0};
    LogBook book_;
    TaskGroup tasks_;  // pollers and queued events
    TaskGroup book_tasks_;
    Semaphore event_permits_{64};
    Pollers pollers_;
    UrlSurface urls_;
};

/// AWS::Lambda::Function, Permission, EventSourceMapping, Version and Alias.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::lambda
