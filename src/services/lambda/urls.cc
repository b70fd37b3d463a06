// The operations on function URLs: CreateFunctionUrlConfig and its relatives.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html

#include "base/bytes.h"
#include "services/lambda/fault.h"
#include "services/lambda/page.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

constexpr std::string_view custom_id_tag = "_custom_id_";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";

ResourceNotFoundException url_not_found() {
    return user_fault<ResourceNotFoundException>("The resource you requested does not exist.");
}

/// The id that a function's tag asks for, made the label of a host name.
std::optional<std::string> wanted_id(const Function& function, const std::string& qualifier) {
    const auto tag = function.tags.find(std::string(custom_id_tag));
    if (tag == function.tags.end()) return std::nullopt;
    auto id = to_lower(tag->second);
    const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-'; };
    if (id.empty() || id.size() > 40 || !std::ranges::all_of(id, fits)) {
        throw invalid(fmt::format("The tag {} is no label of a host name: {}", custom_id_tag, tag->second));
    }
    return qualifier.empty() ? id : fmt::format("{}-{}", id, to_lower(qualifier));
}

/// A URL's qualifier is an alias: the contract's pattern says so in a way that cannot be checked with the others.
FunctionName url_name(const Call& call, const std::string& function, const std::optional<std::string>& qualifier) {
    if (qualifier && FunctionName{.qualifier = *qualifier}.names_version()) {
        throw aws::validation_error(
            fmt::format("1 validation error detected: Value '{}' at 'qualifier' failed to satisfy constraint: Member "
                        "must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
                        *qualifier));
    }
    auto name = parse_function_name(call, function, qualifier);
    if (name.qualifier == latest) name.qualifier.clear();
    return name;
}

/// As it is read: with the mode that it has by itself.
FunctionUrlConfig completed(FunctionUrlConfig config) {
    if (!config.InvokeMode) config.InvokeMode = "BUFFERED";
    return config;
}

/// The three answers have the same members.
template <typename Response>
Response shown_as(const FunctionUrlConfig& config) {
    Response response;
    response.FunctionUrl = config.FunctionUrl;
    response.FunctionArn = config.FunctionArn;
    response.AuthType = config.AuthType;
    response.Cors = config.Cors;
    response.CreationTime = config.CreationTime;
    response.InvokeMode = config.InvokeMode;
    if constexpr (requires { response.LastModifiedTime; }) response.LastModifiedTime = config.LastModifiedTime;
    return response;
}

/// The function that a URL is to be of. Throws ResourceNotFoundException if it, or its alias, is not there.
Task<Function> load_owner(store::Transaction& tx, FunctionName name) {
    auto function = co_await find_function(tx, name);
    if (!function || (!name.qualifier.empty() && !co_await find_alias(tx, name))) {
        throw user_fault<ResourceNotFoundException>("Function does not exist");
    }
    co_return std::move(*function);
}

Task<lambda::FunctionUrl> load_url(store::Transaction& tx, FunctionName name) {
    auto url = co_await find_url(tx, name);
    if (!url) throw url_not_found();
    co_return std::move(*url);
}

}  // namespace

Task<CreateFunctionUrlConfigResponse> Service::create_function_url_config(Call& call,
                                                                          CreateFunctionUrlConfigRequest request) {
    const auto name = url_name(call, request.FunctionName, request.Qualifier);
    const auto random_id = call.random().text(32, letters);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<CreateFunctionUrlConfigResponse> {
        const auto function = co_await load_owner(tx, name);
        if (co_await find_url(tx, name)) {
            throw user_fault<ResourceConflictException>(
                fmt::format("Failed to create function url config for [functionArn = {}]. Error message:  "
                            "FunctionUrlConfig exists for this Lambda function",
                            name.arn()));
        }
        lambda::FunctionUrl url{
            .id = wanted_id(function, name.qualifier).value_or(random_id), .function = name, .config = {}};
        if (co_await find_url_by_id(tx, url.id)) {
            throw user_fault<ResourceConflictException>(fmt::format("The function URL id {} is taken.", url.id));
        }
        url.config.FunctionUrl = url_of(call, url.id, name.region);
        url.config.FunctionArn = name.arn();
        url.config.AuthType = request.AuthType;
        url.config.Cors = request.Cors;
        url.config.InvokeMode = request.InvokeMode;  // recorded: not shown until it is read
        url.config.CreationTime = url.config.LastModifiedTime = format_modified(call.now());
        save_url(tx, url);
        co_return shown_as<CreateFunctionUrlConfigResponse>(url.config);
    });
}

Task<GetFunctionUrlConfigResponse> Service::get_function_url_config(Call& call, GetFunctionUrlConfigRequest request) {
    const auto name = url_name(call, request.FunctionName, request.Qualifier);
    const auto url = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<lambda::FunctionUrl> { co_return co_await load_url(tx, name); });
    co_return shown_as<GetFunctionUrlConfigResponse>(completed(url.config));
}

Task<UpdateFunctionUrlConfigResponse> Service::update_function_url_config(Call& call,
                                                                          UpdateFunctionUrlConfigRequest request) {
    const auto name = url_name(call, request.FunctionName, request.Qualifier);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<UpdateFunctionUrlConfigResponse> {
        co_await load_owner(tx, name);
        auto url = co_await load_url(tx, name);
        if (request.AuthType) url.config.AuthType = *request.AuthType;
        if (request.Cors) url.config.Cors = request.Cors;
        if (request.InvokeMode) url.config.InvokeMode = request.InvokeMode;
        url.config.LastModifiedTime = format_modified(call.now());
        save_url(tx, url);
        co_return shown_as<UpdateFunctionUrlConfigResponse>(url.config);
    });
}

Task<DeleteFunctionUrlConfigResponse> Service::delete_function_url_config(Call& call,
                                                                          DeleteFunctionUrlConfigRequest request) {
    const auto name = url_name(call, request.FunctionName, request.Qualifier);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> { erase_url(tx, co_await load_url(tx, name)); });
    co_return DeleteFunctionUrlConfigResponse{};
}

Task<ListFunctionUrlConfigsResponse> Service::list_function_url_configs(Call& call,
                                                                        ListFunctionUrlConfigsRequest request) {
    const auto name = parse_function_name(call, request.FunctionName);
    const auto limit = page_limit(request.MaxItems);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListFunctionUrlConfigsResponse> {
        ListFunctionUrlConfigsResponse response;
        co_await load_owner(tx, name);
        for (auto& url : co_await list_urls(tx, name)) {
            if (request.Marker && url.function.qualifier <= *request.Marker) continue;
            if (response.FunctionUrlConfigs.size() == limit) {
                response.NextMarker =
                    parse_function_name(call, response.FunctionUrlConfigs.back().FunctionArn).qualifier;
                break;
            }
            response.FunctionUrlConfigs.push_back(completed(std::move(url.config)));
        }
        co_return response;
    });
}

}  // namespace cumulet::lambda
