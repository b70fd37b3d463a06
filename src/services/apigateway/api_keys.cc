// CreateApiKey, GetApiKey, GetApiKeys, UpdateApiKey, DeleteApiKey, ImportApiKeys.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html

#include "base/bytes.h"
#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"
#include "services/apigateway/usage.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr size_t shortest_value = 20;
constexpr size_t longest_value = 128;
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

constexpr PatchRule rules[] = {
    {"/name", "replace"},
    {"/description", "replace"},
    {"/customerId", "replace"},
    {"/enabled", "replace", Patched::flag},
    {"/stages", "add remove", Patched::valued_element, "/stageKeys"},
};
constexpr PatchTable table{rules};

ApiKey without_value(ApiKey key, bool included) {
    if (!included) key.value.reset();
    return key;
}

void check_value(const std::string& value) {
    if (value.size() < shortest_value) throw BadRequestException("API Key value should be at least 20 characters");
    if (value.size() > longest_value) throw BadRequestException("API Key value exceeds maximum size of 128 characters");
}

ApiKey new_key(Call& call, const std::optional<std::string>& value) {
    ApiKey key;
    key.id = new_id(call.random(), 10);
    key.value = value.value_or(call.random().text(40, alphabet));
    key.enabled = false;
    key.createdDate = key.lastUpdatedDate = call.now();
    key.stageKeys.emplace();
    check_value(*key.value);
    return key;
}

Task<void> save_key(store::Transaction& tx, Place place, ApiKey key) {
    co_await check_room<ApiKey>(tx, place);
    if (co_await find_key_id(tx, place, *key.value)) throw ConflictException("API Key already exists");
    save_item(tx, place, key);
    save_key_value(tx, place, *key.value, *key.id);
}

bool starts_with(const std::optional<std::string>& text, const std::optional<std::string>& prefix) {
    return !prefix || text.value_or("").starts_with(*prefix);
}

/// The rows of a CSV text; fields may stand in quotes.
std::vector<std::vector<std::string>> read_csv(std::string_view text) {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row(1);
    bool quoted = false;
    const auto end_row = [&] {
        if (row.size() > 1 || !row.front().empty()) rows.push_back(std::move(row));
        row.assign(1, "");
    };
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            row.back() += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            row.emplace_back();
        } else if (c == '\n' && !quoted) {
            end_row();
        } else if (c != '\r' || quoted) {
            row.back() += c;
        }
    }
    end_row();
    return rows;
}

}  // namespace

Task<ApiKey> Service::create_api_key(Call& call, CreateApiKeyRequest request) {
    auto key = new_key(call, request.value);
    key.name = request.name;
    key.customerId = request.customerId;
    key.description = request.description;
    key.enabled = request.enabled.value_or(false);
    key.tags = request.tags;
    for (const auto& stage : request.stageKeys.value_or(std::vector<StageKey>()))
        key.stageKeys->push_back(fmt::format("{}/{}", stage.restApiId.value_or(""), stage.stageName.value_or("")));
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> { return save_key(tx, place_of(call), key); });
    co_return key;
}

Task<ApiKey> Service::get_api_key(Call& call, GetApiKeyRequest request) {
    auto key = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<ApiKey> { return load_item<ApiKey>(tx, place_of(call), request.apiKey); });
    co_return without_value(std::move(key), request.includeValue.value_or(false));
}

Task<ApiKeys> Service::get_api_keys(Call& call, GetApiKeysRequest request) {
    auto keys = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<std::vector<ApiKey>> { return all_items<ApiKey>(tx, place_of(call)); });
    std::erase_if(keys, [&](const ApiKey& key) {
        const bool other = request.customerId && key.customerId != request.customerId;
        return other || !starts_with(key.name, request.nameQuery);
    });
    auto page = page_of(std::move(keys), request.limit, request.position);
    for (auto& key : page.items) key = without_value(std::move(key), request.includeValues.value_or(false));
    co_return ApiKeys{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<ApiKey> Service::update_api_key(Call& call, UpdateApiKeyRequest request) {
    const auto place = place_of(call);
    auto key = co_await store_.transact([&](store::Transaction& tx) -> Task<ApiKey> {
        const auto before = co_await load_item<ApiKey>(tx, place, request.apiKey);
        auto key = patched(before, "GetApiKey", table, request.patchOperations);
        if (!key.stageKeys) key.stageKeys.emplace();
        if (!key.tags) key.tags.emplace();
        key.lastUpdatedDate = call.now();
        save_item(tx, place, key);
        co_return key;
    });
    co_return without_value(std::move(key), false);
}

Task<DeleteApiKeyResponse> Service::delete_api_key(Call& call, DeleteApiKeyRequest request) {
    const auto place = place_of(call);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto key = co_await load_item<ApiKey>(tx, place, request.apiKey);
        for (const auto& plan : co_await plans_of_key(tx, place, request.apiKey)) {
            erase_item<UsagePlanKey>(tx, place_of(call, plan), request.apiKey);
            erase_plan_of_key(tx, place, request.apiKey, plan);
        }
        erase_key_value(tx, place, *key.value);
        erase_item<ApiKey>(tx, place, request.apiKey);
    });
    co_return DeleteApiKeyResponse{};
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html
Task<ApiKeyIds> Service::import_api_keys(Call& call, ImportApiKeysRequest request) {
    const auto rows = read_csv(request.body);
    if (rows.size() < 2) throw BadRequestException("Input contains no API keys");  // Unverified: the words.
    std::vector<std::pair<ApiKey, std::vector<std::string>>> keys;
    for (size_t i = 1; i < rows.size(); ++i) {
        std::map<std::string, std::string> fields;
        for (size_t column = 0; column < std::min(rows[0].size(), rows[i].size()); ++column)
            fields[to_lower(rows[0][column])] = rows[i][column];
        auto key = new_key(call, fields["key"]);
        key.name = fields["name"];
        if (!fields["description"].empty()) key.description = fields["description"];
        key.enabled = fields["enabled"].empty() || to_lower(fields["enabled"]) == "true";
        std::vector<std::string> plans;
        for (std::string_view rest = fields["usageplanids"]; !rest.empty();) {
            const auto end = std::min(rest.find(','), rest.size());
            plans.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        keys.emplace_back(std::move(key), std::move(plans));
    }
    const auto place = place_of(call);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        for (const auto& [key, plans] : keys) {
            co_await save_key(tx, place, key);
            for (const auto& plan : plans) co_await add_key_to_plan(tx, place, plan, key);
        }
    });
    ApiKeyIds ids;
    ids.ids.emplace();
    for (const auto& [key, plans] : keys) ids.ids->push_back(*key.id);
    ids.warnings.emplace();
    co_return ids;
}

}  // namespace cumulet::apigateway
