// TagResource, UntagResource, GetTags, for APIs and stages.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/tags-resource-arn.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

using Tags = std::map<std::string, std::string>;

constexpr size_t most_tags = 50;

/// What arn:aws:apigateway:<region>::/apis/<id>[/stages/<name>] names.
struct Tagged {
    Place place;
    std::string stage;  ///< "" for the API itself
};

Tagged parse_resource(const Call& call, const std::string& text) {
    const auto arn = Arn::parse(text);
    constexpr std::string_view prefix = "/apis/";
    if (!arn || arn->service != "apigateway" || !arn->resource.starts_with(prefix)) {
        throw BadRequestException("Invalid resource ARN specified in the request");  // Unverified: the words
    }
    auto id = arn->resource.substr(prefix.size());
    std::string stage;
    if (const auto slash = id.find('/'); slash != std::string::npos) {
        constexpr std::string_view stages = "/stages/";
        if (id.compare(slash, stages.size(), stages) != 0) throw unsupported("tags of " + arn->resource);
        stage = id.substr(slash + stages.size());
        id.resize(slash);
    }
    return {{call.account, arn->region.empty() ? call.region : arn->region, std::move(id)}, std::move(stage)};
}

Task<Tags> read_tags(store::Transaction& tx, Tagged tagged) {
    auto tags = tagged.stage.empty() ? (co_await load_api(tx, tagged.place)).Tags
                                     : (co_await load_item<Stage>(tx, tagged.place, tagged.stage)).Tags;
    co_return std::move(tags).value_or(Tags());
}

/// Tags do not change what an API serves, so its version stays.
Task<void> write_tags(store::Transaction& tx, Tagged tagged, Tags tags) {
    if (tagged.stage.empty()) {
        auto api = co_await load_api(tx, tagged.place);
        api.Tags = std::move(tags);
        save_api(tx, tagged.place, api);
    } else {
        auto stage = co_await load_item<Stage>(tx, tagged.place, tagged.stage);
        stage.Tags = std::move(tags);
        save_item(tx, tagged.place, stage);
    }
}

}  // namespace

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceRequest request) {
    const auto tagged = parse_resource(call, request.ResourceArn);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto tags = co_await read_tags(tx, tagged);
        for (const auto& [key, value] : request.Tags.value_or(Tags())) tags[key] = value;
        if (tags.size() > most_tags) throw BadRequestException("Resource has too many tags");  // Unverified: the words
        co_await write_tags(tx, tagged, std::move(tags));
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceRequest request) {
    const auto tagged = parse_resource(call, request.ResourceArn);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto tags = co_await read_tags(tx, tagged);
        for (const auto& key : request.TagKeys) tags.erase(key);
        co_await write_tags(tx, tagged, std::move(tags));
    });
    co_return UntagResourceResponse{};
}

Task<GetTagsResponse> Service::get_tags(Call& call, GetTagsRequest request) {
    const auto tagged = parse_resource(call, request.ResourceArn);
    auto tags = co_await store_.transact([&](store::Transaction& tx) -> Task<Tags> { return read_tags(tx, tagged); });
    co_return GetTagsResponse{.Tags = std::move(tags)};
}

}  // namespace cumulet::apigatewayv2
