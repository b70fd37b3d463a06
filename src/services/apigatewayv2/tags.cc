// TagResource, UntagResource, GetTags, for APIs, stages, domain names and VPC links.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/tags-resource-arn.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

using Tags = std::map<std::string, std::string>;
using Change = std::function<void(Tags&)>;

constexpr size_t most_tags = 50;

/// The segments of arn:aws:apigateway:<region>::/apis/<id>[/stages/<name>], /domainnames/<name> or /vpclinks/<id>.
std::vector<std::string> parse_resource(const std::string& text) {
    const auto arn = Arn::parse(text);
    std::vector<std::string> segments;
    if (arn && arn->service == "apigateway" && arn->resource.starts_with('/')) {
        std::string_view rest = arn->resource;
        while (!rest.empty() && segments.size() < 8) segments.emplace_back(contracts::take_segment(rest));
    }
    if (segments.size() != 2 && (segments.size() != 4 || segments[2] != "stages"))
        throw BadRequestException("Invalid resource ARN specified in the request");  // Unverified: the words
    return segments;
}

Tags changed(std::optional<Tags> tags, const Change& change) {
    auto result = std::move(tags).value_or(Tags());
    if (change) change(result);
    if (result.size() > most_tags) throw BadRequestException("Resource has too many tags");  // Unverified: the words
    return result;
}

/// Tags do not change what an API serves, so its version stays.
template <typename T>
Task<Tags> change_item(store::Transaction& tx, Place place, std::string id, Change change) {
    auto item = co_await find_item<T>(tx, place, id);
    if (!item) throw NotFoundException("Invalid resource identifier specified");  // Unverified: the words
    item->Tags = changed(std::move(item->Tags), change);
    if (change) save_item(tx, place, *item);
    co_return *item->Tags;
}

Task<Tags> change_api(store::Transaction& tx, Place place, Change change) {
    auto api = co_await load_api(tx, place);
    api.Tags = changed(std::move(api.Tags), change);
    if (change) save_api(tx, place, api);
    co_return *api.Tags;
}

Task<Tags> change_tags(store::Transaction& tx, Place account, std::vector<std::string> segments, Change change) {
    const auto& kind = segments[0];
    auto place = account;
    place.api_id = segments[1];
    if (kind == "apis" && segments.size() == 4)
        return change_item<Stage>(tx, std::move(place), segments[3], std::move(change));
    if (kind == "apis") return change_api(tx, std::move(place), std::move(change));
    if (kind == "vpclinks" && segments.size() == 2)
        return change_item<VpcLink>(tx, std::move(account), segments[1], std::move(change));
    throw BadRequestException("Invalid resource ARN specified in the request");  // Unverified: the words
}

}  // namespace

Task<Tags> Service::change_tags_of(Call& call, std::string arn, Change change) {
    const auto segments = parse_resource(arn);
    if (segments[0] == "domainnames") {
        const auto domain = co_await edit_domain(call, segments[1], [&](contracts::ApiDomain& edited) {
            edited.settings.tags = changed(std::move(edited.settings.tags), change);
        });
        co_return *domain.settings.tags;
    }
    co_return co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Tags> { return change_tags(tx, place_of(call, ""), segments, change); });
}

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceRequest request) {
    co_await change_tags_of(call, request.ResourceArn, [&](Tags& tags) {
        for (const auto& [key, value] : request.Tags.value_or(Tags())) tags[key] = value;
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceRequest request) {
    co_await change_tags_of(call, request.ResourceArn, [&](Tags& tags) {
        for (const auto& key : request.TagKeys) tags.erase(key);
    });
    co_return UntagResourceResponse{};
}

Task<GetTagsResponse> Service::get_tags(Call& call, GetTagsRequest request) {
    co_return GetTagsResponse{.Tags = co_await change_tags_of(call, request.ResourceArn, nullptr)};
}

}  // namespace cumulet::apigatewayv2
