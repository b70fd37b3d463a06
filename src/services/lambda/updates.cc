// UpdateFunctionCode, UpdateFunctionConfiguration: new workers from the next event on.
// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html

#include "services/lambda/fault.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

void Service::retire_latest(FunctionName name) {
    expect_worker();
    name.qualifier = latest;
    pool_.retire(pool_keys(name));
}

Task<FunctionConfiguration> Service::update_function_code(Call& call, UpdateFunctionCodeRequest request) {
    if (request.PublishTo) throw aws::not_implemented("lambda", "UpdateFunctionCode", "PublishTo");
    const auto name = parse_function_name(call, request.FunctionName);
    const bool is_image = co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        const auto function = co_await load_function(tx, name);
        check_revision(function, request.RevisionId);
        co_return function.is_image();
    });
    const auto package = co_await take_code(call, is_image,
                                            {.operation = "UpdateFunctionCode",
                                             .zip = std::move(request.ZipFile),
                                             .bucket = std::move(request.S3Bucket),
                                             .key = std::move(request.S3Key),
                                             .object_version = std::move(request.S3ObjectVersion),
                                             .image_uri = std::move(request.ImageUri),
                                             .storage_mode = std::move(request.S3ObjectStorageMode),
                                             .encrypted_by = std::move(request.SourceKMSKeyArn)});
    const auto revision = call.random().uuid();
    const auto version_revision = call.random().uuid();
    const bool dry_run = request.DryRun.value_or(false);
    std::string unused = package.blob;  // the package that nothing names in the end
    std::exception_ptr failure;
    FunctionConfiguration answer;
    try {
        answer = co_await store_.transact([&](store::Transaction& tx) -> Task<FunctionConfiguration> {
            auto function = co_await load_function(tx, name);
            check_revision(function, request.RevisionId);
            unused = package.blob;
            auto replaced = function.code_blob;
            for (const auto& version : co_await list_versions(tx, name, 0, 1000)) {
                if (version.code_blob == replaced) replaced.clear();
            }
            set_code(function, package, request.Architectures);
            co_await set_layers(tx, call, function, std::nullopt);
            co_await check_signed(tx, call, function.code_signing);
            touch(function, revision, call.now());
            if (dry_run) co_return function.configuration;
            unused = replaced;
            auto shown = function.configuration;
            if (request.Publish.value_or(false)) {
                auto version = publish(function, ++function.last_version, std::nullopt);
                revise(version, version_revision);
                save_version(tx, name, version);
                shown = version.configuration;
            }
            save_function(tx, name, function);
            co_return shown;
        });
    } catch (...) {
        failure = std::current_exception();
        unused = package.blob;
    }
    if (!unused.empty()) co_await blobs_.remove(unused);
    if (failure) std::rethrow_exception(failure);
    if (!dry_run) retire_latest(name);
    co_return answer;
}

Task<FunctionConfiguration> Service::update_function_configuration(Call& call,
                                                                   UpdateFunctionConfigurationRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    if (request.Runtime) check_runtime(*request.Runtime, request.Handler.value_or(""));
    const auto revision = call.random().uuid();
    auto answer = co_await store_.transact([&](store::Transaction& tx) -> Task<FunctionConfiguration> {
        auto function = co_await load_function(tx, name);
        check_revision(function, request.RevisionId);
        configure(function, request);
        co_await set_layers(tx, call, function, request.Layers);
        touch(function, revision, call.now());
        save_function(tx, name, function);
        co_return function.configuration;
    });
    retire_latest(name);
    co_return answer;
}

}  // namespace cumulet::lambda
