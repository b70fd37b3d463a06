// TagResource, UntagResource, GetTags: for APIs, stages, API keys, usage plans, client certificates, VPC links and
// domain names. https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html

#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

using TagMap = std::map<std::string, std::string>;

constexpr size_t most_tags = 50;

/// The segments of arn:aws:apigateway:<region>::/restapis/<id>[/stages/<name>], /apikeys/<id> and the like.
std::vector<std::string> parse_resource(const std::string& text) {
    const auto arn = Arn::parse(text);
    std::vector<std::string> segments;
    if (arn && arn->service == "apigateway" && arn->resource.starts_with('/')) {
        for (std::string_view rest = std::string_view(arn->resource).substr(1); !rest.empty();) {
            const auto end = std::min(rest.find('/'), rest.size());
            segments.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    if (segments.size() < 2) throw BadRequestException("Invalid ARN specified in the request");
    return segments;
}

using Change = std::function<void(TagMap&)>;

void check_count(const TagMap& tags) {
    if (tags.size() > most_tags)
        throw BadRequestException("Number of tags exceeds the limit of 50");  // Unverified: the words.
}

template <typename T>
Task<TagMap> change_item(store::Transaction& tx, Place place, std::string id, Change change) {
    auto item = co_await load_item<T>(tx, place, id);
    auto tags = item.tags.value_or(TagMap());
    if (!change) co_return tags;
    change(tags);
    check_count(tags);
    item.tags = tags;
    save_item(tx, place, item);
    co_return tags;
}

/// The tags of what the ARN names, changed if `change` is given. They do not change what an API serves.
Task<TagMap> change_tags(store::Transaction& tx, Place account, std::vector<std::string> segments, std::string arn,
                         Change change) {
    const auto& kind = segments[0];
    const auto& id = segments[1];
    if (kind == "restapis" && segments.size() == 4 && segments[2] == "stages")
        return change_item<Stage>(tx, {account.account, account.region, id}, segments[3], std::move(change));
    if (segments.size() == 2) {
        if (kind == "restapis") return change_item<RestApi>(tx, account, id, std::move(change));
        if (kind == "apikeys") return change_item<ApiKey>(tx, account, id, std::move(change));
        if (kind == "usageplans") return change_item<UsagePlan>(tx, account, id, std::move(change));
        if (kind == "clientcertificates") return change_item<ClientCertificate>(tx, account, id, std::move(change));
        if (kind == "vpclinks") return change_item<VpcLink>(tx, account, id, std::move(change));
    }
    if (kind == "domainnameaccessassociations")
        return change_item<DomainNameAccessAssociation>(tx, account, std::move(arn), std::move(change));
    throw BadRequestException("Invalid ARN specified in the request");
}

}  // namespace

Task<TagMap> Service::change_tags_of(Call& call, std::string arn, std::function<void(TagMap&)> change) {
    const auto segments = parse_resource(arn);
    if (segments[0] != "domainnames" || segments.size() != 2) {
        co_return co_await store_.transact([&](store::Transaction& tx) -> Task<TagMap> {
            return change_tags(tx, place_of(call), segments, arn, change);
        });
    }
    // A private domain's name is followed by its id.
    const auto plus = std::min(segments[1].find('+'), segments[1].size());
    std::optional<std::string> id;
    if (plus < segments[1].size()) id = segments[1].substr(plus + 1);
    const auto domain = co_await edit_domain(call, segments[1].substr(0, plus), id, [&](contracts::ApiDomain& edited) {
        auto tags = edited.settings.tags.value_or(TagMap());
        if (change) change(tags);
        check_count(tags);
        edited.settings.tags = std::move(tags);
    });
    co_return domain.settings.tags.value_or(TagMap());
}

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceRequest request) {
    co_await change_tags_of(call, request.resourceArn, [&](TagMap& tags) {
        for (const auto& [key, value] : request.tags) tags[key] = value;
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceRequest request) {
    co_await change_tags_of(call, request.resourceArn, [&](TagMap& tags) {
        for (const auto& key : request.tagKeys) tags.erase(key);
    });
    co_return UntagResourceResponse{};
}

Task<Tags> Service::get_tags(Call& call, GetTagsRequest request) {
    co_return Tags{.tags = co_await change_tags_of(call, request.resourceArn, nullptr)};
}

}  // namespace cumulet::apigateway
