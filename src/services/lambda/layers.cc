// The operations on layers: PublishLayerVersion, GetLayerVersion, ListLayers, and the permissions of their versions.
// https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html

#include "services/lambda/fault.h"
#include "services/lambda/page.h"
#include "services/lambda/policy.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr size_t most_layer_versions = 10'000;

ResourceNotFoundException layer_not_found() {
    return user_fault<ResourceNotFoundException>("The resource you requested does not exist.");
}

LayerName named(const Call& call, std::string_view layer, int64_t version) {
    if (version < 1) throw invalid("Layer Version Cannot be less than 1");
    auto name = parse_layer_name(call, layer);
    name.version = version;
    return name;
}

/// What a caller from another account is told, who needs the layer's own permission.
aws::Error not_permitted(const Call& call, const LayerName& name) {
    return aws::access_denied(
        fmt::format("User: {} is not authorized to perform: lambda:GetLayerVersion on resource: {} because no "
                    "resource-based policy allows the lambda:GetLayerVersion action",
                    call.principal.arn, name.version_arn()));
}

/// A version that is not deleted, and that the caller's account may read.
Task<LayerVersion> load_layer(store::Transaction& tx, const Call& call, LayerName name) {
    auto layer = co_await find_layer(tx, name);
    if (name.account != call.account && !(layer && !layer->deleted && allows_account(layer->policy, call.account))) {
        throw not_permitted(call, name);
    }
    if (!layer || layer->deleted) throw layer_not_found();
    co_return std::move(*layer);
}

/// For the operations on permissions, whose error names the version.
Task<LayerVersion> load_layer_for_policy(store::Transaction& tx, LayerName name) {
    auto layer = co_await find_layer(tx, name);
    if (!layer || layer->deleted) {
        throw user_fault<ResourceNotFoundException>(
            fmt::format("Layer version {} does not exist.", name.version_arn()));
    }
    co_return std::move(*layer);
}

void check_policy_revision(const LayerVersion& layer, const std::optional<std::string>& seen) {
    if (!seen || *seen == policy_revision(layer.policy)) return;
    throw user_fault<PreconditionFailedException>(
        "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the "
        "latest Revision Id");
}

json::object statement_of(const AddLayerVersionPermissionRequest& request, const LayerName& name) {
    json::object statement{{"Sid", request.StatementId},
                           {"Effect", "Allow"},
                           {"Principal", request.Principal == "*" ? json::value("*") : principal_of(request.Principal)},
                           {"Action", request.Action},
                           {"Resource", name.version_arn()}};
    if (request.OrganizationId) {
        statement["Condition"] =
            json::object{{"StringEquals", json::object{{"aws:PrincipalOrgID", *request.OrganizationId}}}};
    }
    return statement;
}

}  // namespace

Task<GetLayerVersionResponse> Service::show_layer(Call& call, LayerName name) {
    auto layer = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<LayerVersion> { co_return co_await load_layer(tx, call, name); });
    auto shown = std::move(layer.shown);
    shown.Content->Location = fmt::format("{}{}{}/{}/layer:{}/{}/{}", call.base_url(), code_prefix, name.account,
                                          name.region, name.name, name.version, layer.secret);
    co_return shown;
}

Task<PublishLayerVersionResponse> Service::publish_layer_version(Call& call, PublishLayerVersionRequest request) {
    auto name = parse_layer_name(call, request.LayerName);
    if (name.version != 0 || name.account != call.account || name.region != call.region) {
        throw invalid("Invalid layer name: " + request.LayerName);
    }
    auto package = co_await store_package(call, {.operation = "PublishLayerVersion",
                                                 .zip = std::move(request.Content.ZipFile),
                                                 .bucket = std::move(request.Content.S3Bucket),
                                                 .key = std::move(request.Content.S3Key),
                                                 .object_version = std::move(request.Content.S3ObjectVersion),
                                                 .image_uri = {},
                                                 .storage_mode = std::move(request.Content.S3ObjectStorageMode),
                                                 .encrypted_by = {}});
    LayerVersion layer{
        .shown = {}, .blob = package.blob, .unzipped_bytes = package.unzipped_bytes, .secret = call.random().uuid()};
    auto& shown = layer.shown;
    shown.Content.emplace().CodeSha256 = package.sha256;
    shown.Content->CodeSize = package.size_bytes;
    shown.LayerArn = name.layer_arn();
    shown.Description = request.Description.value_or("");
    shown.CreatedDate = format_modified(call.now());
    shown.CompatibleArchitectures = std::move(request.CompatibleArchitectures);
    shown.CompatibleRuntimes = std::move(request.CompatibleRuntimes);
    shown.LicenseInfo = std::move(request.LicenseInfo);
    std::exception_ptr failure;
    try {
        name.version = co_await store_.transact([&](store::Transaction& tx) -> Task<int64_t> {
            auto numbered = name;
            numbered.version = co_await next_layer_version(tx, name);
            auto saved = layer;
            saved.shown.Version = numbered.version;
            saved.shown.LayerVersionArn = numbered.version_arn();
            save_layer(tx, numbered, saved);
            co_return numbered.version;
        });
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        co_await blobs_.remove(package.blob);
        std::rethrow_exception(failure);
    }
    auto published = co_await show_layer(call, name);
    co_return PublishLayerVersionResponse{.Content = std::move(published.Content),
                                          .LayerArn = std::move(published.LayerArn),
                                          .LayerVersionArn = std::move(published.LayerVersionArn),
                                          .Description = std::move(published.Description),
                                          .CreatedDate = std::move(published.CreatedDate),
                                          .Version = published.Version,
                                          .CompatibleArchitectures = std::move(published.CompatibleArchitectures),
                                          .CompatibleRuntimes = std::move(published.CompatibleRuntimes),
                                          .LicenseInfo = std::move(published.LicenseInfo)};
}

Task<GetLayerVersionResponse> Service::get_layer_version(Call& call, GetLayerVersionRequest request) {
    co_return co_await show_layer(call, named(call, request.LayerName, request.VersionNumber));
}

Task<GetLayerVersionResponse> Service::get_layer_version_by_arn(Call& call, GetLayerVersionByArnRequest request) {
    co_return co_await show_layer(call, parse_layer_name(call, request.Arn));
}

Task<ListLayersResponse> Service::list_layers(Call& call, ListLayersRequest request) {
    const auto limit = page_limit(request.MaxItems);
    const auto after = request.Marker.value_or("");
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListLayersResponse> {
        ListLayersResponse response;
        auto& listed = response.Layers.emplace();
        const LayerName any{.account = call.account, .region = call.region};
        for (auto& [name, layer] : co_await all_layers(tx, any, most_layer_versions)) {
            if (name <= after || layer.deleted ||
                !layer.suits(request.CompatibleRuntime, request.CompatibleArchitecture))
                continue;
            if (!listed.empty() && listed.back().LayerName == name) {
                listed.back().LatestMatchingVersion = layer.listed();  // versions come in their order
            } else if (listed.size() == limit) {
                response.NextMarker = listed.back().LayerName;
                break;
            } else {
                listed.push_back(
                    {.LayerName = name, .LayerArn = layer.shown.LayerArn, .LatestMatchingVersion = layer.listed()});
            }
        }
        co_return response;
    });
}

Task<ListLayerVersionsResponse> Service::list_layer_versions(Call& call, ListLayerVersionsRequest request) {
    const auto name = parse_layer_name(call, request.LayerName);
    const auto limit = page_limit(request.MaxItems);
    const auto before = request.Marker ? std::strtoll(request.Marker->c_str(), nullptr, 10) : INT64_MAX;
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListLayerVersionsResponse> {
        ListLayerVersionsResponse response;
        auto& listed = response.LayerVersions.emplace();
        auto layers = co_await all_layers(tx, name, most_layer_versions);
        for (auto at = layers.rbegin(); at != layers.rend(); ++at) {  // the newest first
            const auto& layer = at->second;
            if (*layer.shown.Version >= before || layer.deleted ||
                !layer.suits(request.CompatibleRuntime, request.CompatibleArchitecture)) {
                continue;
            }
            if (listed.size() == limit) {
                response.NextMarker = std::to_string(*listed.back().Version);
                break;
            }
            listed.push_back(layer.listed());
        }
        co_return response;
    });
}

Task<DeleteLayerVersionResponse> Service::delete_layer_version(Call& call, DeleteLayerVersionRequest request) {
    const auto name = named(call, request.LayerName, request.VersionNumber);
    if (name.account != call.account) throw not_permitted(call, name);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto layer = co_await find_layer(tx, name);
        if (!layer || layer->deleted) co_return;
        layer->deleted = true;
        layer->policy.clear();
        save_layer(tx, name, *layer);
    });
    co_return DeleteLayerVersionResponse{};
}

Task<AddLayerVersionPermissionResponse> Service::add_layer_version_permission(
    Call& call, AddLayerVersionPermissionRequest request) {
    const auto name = named(call, request.LayerName, request.VersionNumber);
    const auto statement = statement_of(request, name);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<AddLayerVersionPermissionResponse> {
        auto layer = co_await load_layer_for_policy(tx, name);
        check_policy_revision(layer, request.RevisionId);
        layer.policy = with_statement(layer.policy, statement);
        save_layer(tx, name, layer);
        co_return AddLayerVersionPermissionResponse{.Statement = json::serialize(statement),
                                                    .RevisionId = policy_revision(layer.policy)};
    });
}

Task<RemoveLayerVersionPermissionResponse> Service::remove_layer_version_permission(
    Call& call, RemoveLayerVersionPermissionRequest request) {
    const auto name = named(call, request.LayerName, request.VersionNumber);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto layer = co_await load_layer_for_policy(tx, name);
        check_policy_revision(layer, request.RevisionId);
        layer.policy = without_statement(layer.policy, request.StatementId);
        save_layer(tx, name, layer);
    });
    co_return RemoveLayerVersionPermissionResponse{};
}

Task<GetLayerVersionPolicyResponse> Service::get_layer_version_policy(Call& call,
                                                                      GetLayerVersionPolicyRequest request) {
    const auto name = named(call, request.LayerName, request.VersionNumber);
    const auto layer = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<LayerVersion> { co_return co_await load_layer_for_policy(tx, name); });
    if (layer.policy.empty()) {
        throw user_fault<ResourceNotFoundException>("No policy is associated with the given resource.");
    }
    co_return GetLayerVersionPolicyResponse{.Policy = layer.policy, .RevisionId = policy_revision(layer.policy)};
}

Task<Service::ResolvedLayers> Service::resolve_layers(store::Transaction& tx, const Call& call,
                                                      std::vector<std::string> arns) {
    std::vector<LayerName> names;
    for (const auto& arn : arns) names.push_back(parse_layer_name(call, arn));
    check_layers(call, names);
    ResolvedLayers resolved;
    for (const auto& name : names) {
        const auto layer = co_await find_layer(tx, name);
        if (name.account != call.account && !(layer && allows_account(layer->policy, call.account))) {
            throw not_permitted(call, name);
        }
        if (!layer || layer->deleted)
            throw invalid(fmt::format("Layer version {} does not exist.", name.version_arn()));
        resolved.shown.push_back({.Arn = name.version_arn(), .CodeSize = layer->size_bytes()});
        resolved.unzipped_bytes += layer->unzipped_bytes;
    }
    co_return resolved;
}

Task<std::filesystem::path> Service::layers_of(Call& call, std::shared_ptr<const Function> function) {
    const auto& layers = function->configuration.Layers;
    if (!layers || layers->empty()) co_return std::filesystem::path();
    std::vector<StoredPackage> packages =
        co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<StoredPackage>> {
            std::vector<StoredPackage> found;
            for (const auto& layer : *layers) {
                const auto version = co_await find_layer(tx, parse_layer_name(call, layer.Arn.value_or("")));
                if (version) found.push_back({.blob = version->blob, .sha256 = version->sha256()});
            }
            co_return found;
        });
    co_return packages.empty() ? std::filesystem::path() : co_await code_.merged(std::move(packages));
}

}  // namespace cumulet::lambda
