// The operations on code signing configurations. Packages here carry no signatures, so one that enforces them refuses
// every deployment. https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html

#include "services/lambda/fault.h"
#include "services/lambda/page.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_functions = 10'000;

/// The configuration that a function is to have, or has.
Task<CodeSigningConfig> load_config_of_function(store::Transaction& tx, const Call& call, std::string arn) {
    auto config = co_await find_code_signing(tx, call, arn);
    if (!config) {
        throw user_fault<CodeSigningConfigNotFoundException>(
            fmt::format("The code signing configuration cannot be found. Check that the provided configuration is not "
                        "deleted: {}.",
                        arn));
    }
    co_return std::move(*config);
}

}  // namespace

Task<CodeSigningConfig> load_code_signing(store::Transaction& tx, const Call& call, std::string arn) {
    auto config = co_await find_code_signing(tx, call, arn);
    if (!config) {
        throw ResourceNotFoundException(fmt::format("The Lambda code signing configuration {} can not be found.", arn));
    }
    co_return std::move(*config);
}

Task<void> Service::check_signed(store::Transaction& tx, const Call& call, std::string config_arn) {
    if (config_arn.empty()) co_return;
    const auto config = co_await load_config_of_function(tx, call, config_arn);
    if (config.CodeSigningPolicies.UntrustedArtifactOnDeployment != "Enforce") co_return;
    throw user_fault<CodeVerificationFailedException>(
        "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is "
        "not configured to accept. Check the provided signature for unsigned.");
}

Task<CreateCodeSigningConfigResponse> Service::create_code_signing_config(Call& call,
                                                                          CreateCodeSigningConfigRequest request) {
    CodeSigningConfig config;
    config.CodeSigningConfigId = "csc-" + call.random().hex(17);
    config.CodeSigningConfigArn = call.arn("lambda", "code-signing-config:" + config.CodeSigningConfigId);
    config.Description = request.Description.value_or("");
    config.AllowedPublishers = request.AllowedPublishers;
    config.CodeSigningPolicies = request.CodeSigningPolicies.value_or(CodeSigningPolicies());
    if (!config.CodeSigningPolicies.UntrustedArtifactOnDeployment) {
        config.CodeSigningPolicies.UntrustedArtifactOnDeployment = "Warn";
    }
    config.LastModified = format_modified(call.now());
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        save_code_signing(tx, call, config);
        if (request.Tags) save_tags(tx, *Arn::parse(config.CodeSigningConfigArn), *request.Tags);
        co_return;
    });
    co_return CreateCodeSigningConfigResponse{.CodeSigningConfig = config};
}

Task<GetCodeSigningConfigResponse> Service::get_code_signing_config(Call& call, GetCodeSigningConfigRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<GetCodeSigningConfigResponse> {
        co_return GetCodeSigningConfigResponse{.CodeSigningConfig =
                                                   co_await load_code_signing(tx, call, request.CodeSigningConfigArn)};
    });
}

Task<UpdateCodeSigningConfigResponse> Service::update_code_signing_config(Call& call,
                                                                          UpdateCodeSigningConfigRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<UpdateCodeSigningConfigResponse> {
        auto config = co_await load_code_signing(tx, call, request.CodeSigningConfigArn);
        if (request.Description) config.Description = request.Description;
        if (request.AllowedPublishers) config.AllowedPublishers = *request.AllowedPublishers;
        if (request.CodeSigningPolicies) config.CodeSigningPolicies = *request.CodeSigningPolicies;
        config.LastModified = format_modified(call.now());
        save_code_signing(tx, call, config);
        co_return UpdateCodeSigningConfigResponse{.CodeSigningConfig = config};
    });
}

Task<DeleteCodeSigningConfigResponse> Service::delete_code_signing_config(Call& call,
                                                                          DeleteCodeSigningConfigRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_code_signing(tx, call, request.CodeSigningConfigArn);
        for (const auto& function : co_await lambda::list_functions(tx, call, "", most_functions)) {
            if (function.code_signing != request.CodeSigningConfigArn) continue;
            throw user_fault<ResourceConflictException>(fmt::format(
                "The code signing configuration {} is in use by a function.", request.CodeSigningConfigArn));
        }
        erase_code_signing(tx, call, request.CodeSigningConfigArn);
        if (const auto arn = Arn::parse(request.CodeSigningConfigArn)) save_tags(tx, *arn, {});
    });
    co_return DeleteCodeSigningConfigResponse{};
}

Task<ListCodeSigningConfigsResponse> Service::list_code_signing_configs(Call& call,
                                                                        ListCodeSigningConfigsRequest request) {
    const auto limit = page_limit(request.MaxItems);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListCodeSigningConfigsResponse> {
        ListCodeSigningConfigsResponse response;
        auto& listed = response.CodeSigningConfigs.emplace();
        for (auto& config : co_await list_code_signing(tx, call)) {
            if (request.Marker && config.CodeSigningConfigArn <= *request.Marker) continue;
            if (listed.size() == limit) {
                response.NextMarker = listed.back().CodeSigningConfigArn;
                break;
            }
            listed.push_back(std::move(config));
        }
        co_return response;
    });
}

Task<PutFunctionCodeSigningConfigResponse> Service::put_function_code_signing_config(
    Call& call, PutFunctionCodeSigningConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_config_of_function(tx, call, request.CodeSigningConfigArn);
        auto function = co_await load_function(tx, name);
        if (function.is_image()) throw no_signed_images();
        function.code_signing = request.CodeSigningConfigArn;
        save_function(tx, name, function);
    });
    co_return PutFunctionCodeSigningConfigResponse{.CodeSigningConfigArn = request.CodeSigningConfigArn,
                                                   .FunctionName = name.name};
}

Task<GetFunctionCodeSigningConfigResponse> Service::get_function_code_signing_config(
    Call& call, GetFunctionCodeSigningConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto function = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Function> { co_return co_await load_function(tx, name); });
    co_return GetFunctionCodeSigningConfigResponse{.CodeSigningConfigArn = function.code_signing,
                                                   .FunctionName = name.name};
}

Task<DeleteFunctionCodeSigningConfigResponse> Service::delete_function_code_signing_config(
    Call& call, DeleteFunctionCodeSigningConfigRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    co_await change_function(store_, name, [](Function& function) { function.code_signing.clear(); });
    co_return DeleteFunctionCodeSigningConfigResponse{};
}

Task<ListFunctionsByCodeSigningConfigResponse> Service::list_functions_by_code_signing_config(
    Call& call, ListFunctionsByCodeSigningConfigRequest request) {
    const auto limit = page_limit(request.MaxItems);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListFunctionsByCodeSigningConfigResponse> {
        co_await load_code_signing(tx, call, request.CodeSigningConfigArn);
        ListFunctionsByCodeSigningConfigResponse response;
        auto& listed = response.FunctionArns.emplace();
        for (const auto& function :
             co_await lambda::list_functions(tx, call, request.Marker.value_or(""), most_functions)) {
            if (function.code_signing != request.CodeSigningConfigArn) continue;
            if (listed.size() == limit) {
                response.NextMarker = parse_function_name(call, listed.back()).name;
                break;
            }
            listed.push_back(*function.configuration.FunctionArn);
        }
        co_return response;
    });
}

}  // namespace cumulet::lambda
