// CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html

#include "base/bytes.h"
#include "base/hash.h"
#include "contracts/s3.h"
#include "services/lambda/bootstraps.h"
#include "services/lambda/fault.h"
#include "services/lambda/hot_reload.h"
#include "services/lambda/page.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_package_bytes = 256 << 20;

/// A function's configuration under the name that the caller used: an alias shows itself.
FunctionConfiguration shown_as(const FunctionName& name, const Function& function) {
    auto shown = function.configuration;
    shown.FunctionArn = name.arn();
    return shown;
}

}  // namespace

PoolBounds pool_bounds() {
    const auto cores = std::max<size_t>(1, std::thread::hardware_concurrency());
    return {.workers = std::clamp<size_t>(cores * 32, 64, 1000)};
}

Service::Service(store::Store& store, store::Blobs& blobs, contracts::Door& door, BlockingPool& threads, Clock& clock,
                 Options options)
    : store_(store),
      blobs_(blobs),
      door_(door),
      threads_(threads),
      clock_(clock),
      options_(std::move(options)),
      code_(blobs, threads, options_.folder / "code"),
      engine_(options_.settings.container_engine),
      images_(engine_, threads, options_.folder / "images"),
      courier_(tasks_),
      pool_(loop_, launcher_, options_.pool),
      book_(door),
      pollers_(store, door, tasks_, options_.shared, poller_hooks()),
      urls_(*this, store, options_.gate) {
    write_bootstraps(options_.folder / "bootstrap");
}

void Service::start(std::string endpoint) {
    endpoint_ = std::move(endpoint);
    courier_.start();
    tasks_.start(look_for_sandbox());
    book_tasks_.start(book_.run());
    tasks_.start(serve_events());
    tasks_.start(pollers_.supervise());
    tasks_.start(warm_all());
}

Task<void> Service::stop() {
    store_.wake_all();
    engine_.stop();
    co_await pool_.stop();
    co_await tasks_.stop();
    book_.stop();
    co_await book_tasks_.stop();
}

Task<Package> Service::open_hot_folder(std::string path) {
    if (!options_.settings.hot_reload) {
        throw invalid(
            "The bucket hot-reload shows folders of this machine to functions. Where signatures or policies are "
            "checked, "
            "that must be allowed: cumulet serve --hot-reload.");
    }
    const auto fault = co_await threads_.run([&] { return hot_reload_fault(path, options_.folder.parent_path()); });
    if (!fault.empty()) throw invalid(fault);
    co_return Package{.blob = {}, .hot_folder = path, .sha256 = to_base64(sha256(path))};
}

Task<Package> Service::store_package(Call& call, PackageSource source) {
    if (source.storage_mode == "REFERENCE")
        throw aws::not_implemented("lambda", source.operation, "S3ObjectStorageMode REFERENCE");
    if (source.encrypted_by) throw aws::not_implemented("lambda", source.operation, "SourceKMSKeyArn");
    if (source.bucket == hot_reload_bucket && source.key && source.operation != "PublishLayerVersion")
        co_return co_await open_hot_folder(std::move(*source.key));
    std::string bytes;
    if (source.zip) {
        bytes = std::move(*source.zip);
        if (bytes.size() > static_cast<size_t>(most_zipped_bytes)) {
            throw aws::Error("RequestEntityTooLargeException", package_too_large(bytes.size(), source.operation), 413);
        }
    } else if (source.bucket && source.key) {
        aws::s3::Client s3(door_);
        try {
            auto object = co_await s3.get_object(
                call, {.Bucket = *source.bucket, .Key = *source.key, .VersionId = std::move(source.object_version)});
            bytes = co_await read_all(object.Body, most_package_bytes);
        } catch (const aws::Error& error) {
            throw invalid(fmt::format("Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
                                      error.code, error.message));
        } catch (const StreamTooLong&) {
            throw invalid(fmt::format("Unzipped size must be smaller than {} bytes", most_unzipped_bytes));
        }
    } else {
        throw invalid("Please provide a source for function code.");
    }
    const auto check = co_await threads_.run([&bytes] { return check_package(bytes); });
    if (!check.fault.empty()) throw invalid(check.fault);
    Package package{.sha256 = to_base64(sha256(bytes)),
                    .size_bytes = static_cast<int64_t>(bytes.size()),
                    .unzipped_bytes = static_cast<int64_t>(check.unzipped_bytes)};
    package.blob = co_await blobs_.put(std::move(bytes));
    co_return package;
}

Task<void> Service::set_layers(store::Transaction& tx, const Call& call, Function& function,
                               std::optional<std::vector<std::string>> arns) {
    if (!arns) {
        if (!function.configuration.Layers) co_return;
        arns.emplace();
        for (const auto& layer : *function.configuration.Layers) arns->push_back(layer.Arn.value_or(""));
        int64_t unzipped_bytes = function.unzipped_bytes;
        for (const auto& arn : *arns) {
            const auto layer = co_await find_layer(tx, parse_layer_name(call, arn));
            if (layer) unzipped_bytes += layer->unzipped_bytes;
        }
        check_combined_size(unzipped_bytes);
        co_return;
    }
    auto resolved = co_await resolve_layers(tx, call, std::move(*arns));
    check_combined_size(function.unzipped_bytes + resolved.unzipped_bytes);
    function.configuration.Layers.reset();
    if (!resolved.shown.empty()) function.configuration.Layers = std::move(resolved.shown);
}

std::string Service::pool_keys(const FunctionName& name) const {
    const auto all = fmt::format("{}/{}/{}", name.account, name.region, name.name);
    return name.qualifier.empty() ? all : all + "/" + name.qualifier;
}

Task<FunctionConfiguration> Service::create_function(Call& call, CreateFunctionRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    check_new_name(call, name, request.FunctionName);
    auto function = new_function(call, name, request);
    if (!function.is_image()) check_runtime(*request.Runtime, request.Handler.value_or(""));
    if (function.is_image() && request.CodeSigningConfigArn) throw no_signed_images();
    const auto exists = [&](store::Transaction& tx) -> Task<bool> {
        co_return (co_await find_function(tx, name)).has_value();
    };
    const auto conflict = user_fault<ResourceConflictException>("Function already exist: " + name.name);
    if (co_await store_.transact(exists)) throw conflict;

    const auto package = co_await take_code(call, function.is_image(),
                                            {.operation = "CreateFunction",
                                             .zip = std::move(request.Code.ZipFile),
                                             .bucket = std::move(request.Code.S3Bucket),
                                             .key = std::move(request.Code.S3Key),
                                             .object_version = std::move(request.Code.S3ObjectVersion),
                                             .image_uri = std::move(request.Code.ImageUri),
                                             .storage_mode = std::move(request.Code.S3ObjectStorageMode),
                                             .encrypted_by = std::move(request.Code.SourceKMSKeyArn)});
    expect_worker();
    set_code(function, package, request.Architectures);
    touch(function, call.random().uuid(), call.now());
    const auto version_revision = call.random().uuid();
    std::exception_ptr failure;
    try {
        co_return co_await store_.transact([&](store::Transaction& tx) -> Task<FunctionConfiguration> {
            if (co_await exists(tx)) throw conflict;
            auto saved = function;
            co_await set_layers(tx, call, saved, request.Layers);
            saved.code_signing = request.CodeSigningConfigArn.value_or("");
            co_await check_signed(tx, call, saved.code_signing);
            auto answer = saved.configuration;
            if (request.Publish.value_or(false)) {
                auto version = publish(saved, saved.last_version = 1, std::nullopt);
                revise(version, version_revision);
                save_version(tx, name, version);
                answer = version.configuration;
                answer.FunctionArn = name.unqualified_arn();  // only the Version tells of it
            }
            save_function(tx, name, saved);
            co_return answer;
        });
    } catch (...) {
        failure = std::current_exception();
    }
    if (!package.blob.empty()) co_await blobs_.remove(package.blob);
    std::rethrow_exception(failure);
}

Task<GetFunctionResponse> Service::get_function(Call& call, GetFunctionRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    GetFunctionResponse response;
    const auto [function, current] = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<std::pair<std::shared_ptr<const Function>, Function>> {
            auto found = co_await load_qualified(tx, functions_, name);
            co_return std::pair(std::move(found), co_await load_function(tx, name));
        });
    response.Configuration = shown_as(name, *function);
    response.Code.emplace().RepositoryType = "S3";
    // The build is known only to those who may read the function.
    response.Code->Location = fmt::format("{}{}{}/{}/{}/{}/{}", call.base_url(), code_prefix, name.account, name.region,
                                          name.name, percent_encode(function->version()), function->build);
    if (!function->hot_folder.empty()) response.Code->Location = "file://" + function->hot_folder;
    if (function->image) {
        response.Code = FunctionCodeLocation{.RepositoryType = "ECR",
                                             .ImageUri = function->image->uri,
                                             .ResolvedImageUri = function->image->resolved_uri()};
    }
    if (!current.tags.empty()) response.Tags = current.tags;
    if (current.reserved_concurrency)
        response.Concurrency.emplace().ReservedConcurrentExecutions = current.reserved_concurrency;
    co_return response;
}

Task<http::Response> Service::serve(Call& call, http::Request request) {
    std::vector<std::string> parts;
    std::string_view path = std::string_view(request.path).substr(std::min(code_prefix.size(), request.path.size()));
    for (size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        parts.push_back(percent_decode(path.substr(at, end - at)));
        at = end + 1;
    }
    http::Response missing{.status = 404};
    if (parts.size() != 5 || (request.method != "GET" && request.method != "HEAD")) co_return missing;
    const auto code = co_await find_code(std::move(parts));
    if (!code) co_return missing;
    http::Response response;
    response.headers.add("Content-Type", "application/zip");
    response.stream_size = co_await blobs_.size(*code);
    response.stream = co_await blobs_.read(*code);
    co_return response;
}

Task<std::optional<std::string>> Service::find_code(std::vector<std::string> parts) {
    constexpr std::string_view layer_mark = "layer:";
    const auto& [account, region, name, version, secret] = std::tie(parts[0], parts[1], parts[2], parts[3], parts[4]);
    if (name.starts_with(layer_mark)) {
        const LayerName layer_name{.account = account,
                                   .region = region,
                                   .name = name.substr(layer_mark.size()),
                                   .version = std::strtoll(version.c_str(), nullptr, 10)};
        const auto layer = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<LayerVersion>> {
            co_return co_await find_layer(tx, layer_name);
        });
        if (!layer || layer->deleted || !equal_in_constant_time(layer->secret, secret)) co_return std::nullopt;
        co_return layer->blob;
    }
    const FunctionName function_name{.account = account, .region = region, .name = name, .qualifier = version};
    try {
        const auto function = co_await find_version(function_name);
        const bool packaged = !function->code_blob.empty();
        if (packaged && equal_in_constant_time(function->build, secret)) co_return function->code_blob;
    } catch (const ResourceNotFoundException&) {
        // The same answer as for a wrong secret.
    }
    co_return std::nullopt;
}

Task<FunctionConfiguration> Service::get_function_configuration(Call& call, GetFunctionConfigurationRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    co_return shown_as(name, *co_await find_version(name));
}

Task<ListFunctionsResponse> Service::list_functions(Call& call, ListFunctionsRequest request) {
    const auto limit = page_limit(request.MaxItems);
    const auto after = from_base64(request.Marker.value_or("")).value_or("");
    const bool with_versions = request.FunctionVersion.value_or("") == "ALL";
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListFunctionsResponse> {
        ListFunctionsResponse response;
        auto& listed = response.Functions.emplace();
        const auto functions = co_await lambda::list_functions(tx, call, after, limit + 1);
        for (const auto& function : functions) {
            const auto& name = *function.configuration.FunctionName;
            if (listed.size() >= limit || &function - functions.data() >= static_cast<ptrdiff_t>(limit)) {
                const auto& last =
                    *functions[static_cast<size_t>(&function - functions.data()) - 1].configuration.FunctionName;
                response.NextMarker = to_base64(last);
                break;
            }
            listed.push_back(lambda::listed(function));
            if (!with_versions) continue;
            const FunctionName full{.account = call.account, .region = call.region, .name = name};
            listed.back().FunctionArn = full.unqualified_arn() + ":$LATEST";
            for (const auto& version : co_await list_versions(tx, full, 0, 1000))
                listed.push_back(lambda::listed(version));
        }
        co_return response;
    });
}

Task<DeleteFunctionResponse> Service::delete_function(Call& call, DeleteFunctionRequest request) {
    const auto name = parse_function_name(call, request.FunctionName, request.Qualifier);
    if (name.qualifier == latest) throw invalid("$LATEST version cannot be deleted without deleting the function.");
    if (name.names_alias()) throw invalid("Deletion of aliases is not currently supported.");
    const auto blobs = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<std::string>> {
        if (name.qualifier.empty()) co_return co_await erase_function(tx, name);
        co_await load_function(tx, name);
        const auto number = std::strtoll(name.qualifier.c_str(), nullptr, 10);
        for (const auto& alias : co_await lambda::list_aliases(tx, name, "", 1000)) {
            if (alias.FunctionVersion == name.qualifier) {
                throw user_fault<ResourceConflictException>(
                    fmt::format("Version {} is currently referenced by an alias: {}. Please delete the alias first.",
                                name.qualifier, alias.Name.value_or("")));
            }
        }
        tx.erase(version_key(name, number));
        erase_policy(tx, name);
        erase_event_config(tx, name);
        erase_provisioned(tx, name);
        co_return std::vector<std::string>();
    });
    pool_.forget(pool_keys(name));
    for (const auto& blob : blobs) {
        if (!blob.empty()) co_await blobs_.remove(blob);
    }
    co_return DeleteFunctionResponse{.StatusCode = 204};
}

}  // namespace cumulet::lambda
